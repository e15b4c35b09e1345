"""The plan as it is published: the stable, versioned JSON contract. `application.plan_schema` makes the JSON Schema from these classes."""

from __future__ import annotations

import msgspec

from spineplan.model.expressions import Value
from spineplan.model.knowledge import GuidelinePosition, InteractionLevel, Kind, PlanStage, Urgency
from spineplan.model.outcome import Status

SCHEMA_VERSION = "1.0"


class Source(msgspec.Struct, frozen=True):
    """A source with the place inside it, its title and year."""

    id: str
    locator: str = ""
    title: str = ""
    year: int | None = None


class Reason(msgspec.Struct, frozen=True):
    """Why: one sentence, the rule it comes from, the facts of this patient, its sources; not `verified`: it rests on something unconfirmed."""

    text: str
    rule: str
    facts: dict[str, Value] = {}
    sources: tuple[Source, ...] = ()
    verified: bool = True


class KnowledgeVersion(msgspec.Struct, frozen=True):
    """Which knowledge made the plan."""

    version: str
    sha256: str


class Alert(msgspec.Struct, frozen=True):
    """A red flag that holds: what to do and within which time."""

    id: str
    title: str
    urgency: Urgency
    action: str
    within: str
    because: tuple[Reason, ...]


class RegimenLine(msgspec.Struct, frozen=True):
    """How to give it. `text` says all of it in one line; the parts are for machines. Amounts carry their unit."""

    text: str
    route: str = ""
    form: str = ""
    dose: str = ""
    frequency: str = ""
    max_daily: str = ""
    maximum: str = ""
    days: int | None = None
    what: str = ""
    intensity: str = ""
    minutes: str = ""
    sessions: str = ""
    interval: str = ""
    weeks: str = ""
    note: str = ""
    sources: tuple[Source, ...] = ()
    verified: bool = True


class Course(msgspec.Struct, frozen=True, rename={"from_": "from"}):
    """One stage of an option: regimen, and when it begins and ends (a date, or in words)."""

    stage: PlanStage
    regimen: RegimenLine | None
    from_: str
    until: str


class PositionLine(msgspec.Struct, frozen=True):
    """What one guideline says of the option in this case. `applies` is false while its condition is not known to hold."""

    guideline: str
    position: GuidelinePosition
    strength: str
    year: int
    source: Source
    verified: bool = True


class MonitoringLine(msgspec.Struct, frozen=True):
    """What to watch."""

    text: str
    sources: tuple[Source, ...] = ()
    verified: bool = True


class Element(msgspec.Struct, frozen=True):
    """One option with its status and reasons. `instead_of`: what it replaces; `chosen`: what was chosen in its place."""

    id: str
    name: str
    kind: Kind
    role: str
    status: Status
    courses: tuple[Course, ...]
    cautions: tuple[Reason, ...]
    monitoring: tuple[MonitoringLine, ...]
    because: tuple[Reason, ...]
    positions: tuple[PositionLine, ...]
    missing: tuple[str, ...]
    instead_of: str = ""
    chosen: str = ""
    companion_of: tuple[str, ...] = ()
    aims: tuple[str, ...] = ()
    advice: str = ""
    note: str = ""


class QuestionLine(msgspec.Struct, frozen=True):
    """A question that matters: what it would settle and its rank."""

    field: str
    facts: tuple[str, ...]
    text: str
    decides: tuple[str, ...]
    rank: int


class UnmetLine(msgspec.Struct, frozen=True):
    """A role left empty, why, and what next."""

    role: str
    why: str
    next: str


class AssumptionLine(msgspec.Struct, frozen=True):
    """A value taken for known that was not recorded."""

    fact: str
    value: str
    why: str


class CurrentTreatment(msgspec.Struct, frozen=True):
    """What to do with something that the patient already takes."""

    name: str
    action: str
    because: tuple[Reason, ...]
    level: InteractionLevel | None = None


class FollowUp(msgspec.Struct, frozen=True):
    """When to look again, what to measure and what follows from it."""

    day: str
    measure: str
    rules: str
    element: str


class PatientStrip(msgspec.Struct, frozen=True):
    """What must stay in sight: age, sex, weight, pregnancy, kidney function with date, allergies in one of four states."""

    age: str
    sex: str
    weight: str
    pregnancy: str
    kidney: str
    allergies: str
    allergy_state: str
    diagnosis: str
    phase: str
    pain: str
    goal: str = ""


class Plan(msgspec.Struct, frozen=True):
    """The individual plan of one patient."""

    spineplan: str
    schema_version: str
    knowledge: KnowledgeVersion
    profile: str
    as_of: str
    case_sha256: str
    provisional: bool
    intended_use: str
    limits: tuple[str, ...]
    patient: PatientStrip
    urgency: Urgency
    urgency_open: tuple[str, ...]
    alerts: tuple[Alert, ...]
    elements: tuple[Element, ...]
    questions: tuple[QuestionLine, ...]
    unmet: tuple[UnmetLine, ...]
    assumptions: tuple[AssumptionLine, ...]
    not_checked: tuple[str, ...]
    current_treatment: tuple[CurrentTreatment, ...]
    follow_up: tuple[FollowUp, ...]
