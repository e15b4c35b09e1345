"""Checked knowledge: everything clinical, with parsed and typed expressions, sources and places. Produced by `checking`, read by all else."""

from __future__ import annotations

from typing import Literal as OneOf

import msgspec

from spineplan.model.expressions import FALSE, Expression
from spineplan.model.facts import Codes, Constraint, DerivedFact, FactDeclaration, Field, SourceRef, Term

Kind = OneOf[
    "drug",
    "block",
    "physical-agent",
    "massage",
    "manual",
    "exercise",
    "self-care",
    "orthosis",
    "supplement",
    "complementary",
    "psychological",
    "surgery",
    "referral",
    "investigation",
    "monitoring",
]
ClinicalStage = OneOf["acute", "after-acute", "maintenance"]
PlanStage = OneOf["now", "after-acute", "maintenance"]
PLAN_STAGES: tuple[PlanStage, ...] = ("now", "after-acute", "maintenance")
Urgency = OneOf["emergency", "urgent", "soon", "routine"]
InteractionLevel = OneOf["contraindicated", "avoid", "caution", "silent"]
GuidelinePosition = OneOf["for", "conditional", "against", "silent"]


class Rule(msgspec.Struct, frozen=True):
    """A clinical statement with its condition: an indication, contraindication, caution or temporary bar.

    `id` is unique over the knowledge (`owner.section.key`); `until` is set on temporary bars; `do` says what to do instead.
    """

    id: str
    when: Expression
    why: str
    sources: tuple[SourceRef, ...]
    verified: bool
    until: str = ""
    do: str = ""


class Companion(msgspec.Struct, frozen=True):
    """A co-prescription that must be there unless `rule.when` is FALSE; `satisfied_by` is a condition under which it already is."""

    rule: Rule
    any_of: tuple[str, ...]
    satisfied_by: Expression


class Quantity(msgspec.Struct, frozen=True):
    """An amount or a range of amounts with its unit."""

    low: float
    high: float
    unit: str

    def __str__(self) -> str:
        numbers = f"{self.low:g}" if self.low == self.high else f"{self.low:g}-{self.high:g}"
        return f"{numbers} {self.unit}".strip()


class Regimen(msgspec.Struct, frozen=True):
    """How an option is given while `when` is the first TRUE band: a dose line for drugs, parameters for methods."""

    id: str
    when: Expression
    sources: tuple[SourceRef, ...]
    verified: bool
    route: str = ""
    form: str = ""
    dose: Quantity | None = None
    per_day: float | None = None
    frequency: str = ""
    max_daily: Quantity | None = None
    days: int | None = None
    what: str = ""
    intensity: str = ""
    minutes: str = ""
    sessions: str = ""
    interval: str = ""
    weeks: str = ""
    note: str = ""
    maximum: Expression | None = None
    maximum_unit: str = ""


class LineBand(msgspec.Struct, frozen=True):
    """The line of therapy while `when` is the first band known to be TRUE."""

    when: Expression
    line: int


class Monitoring(msgspec.Struct, frozen=True):
    """What is to be watched while the option is used, unless `when` is FALSE."""

    id: str
    when: Expression
    what: str
    sources: tuple[SourceRef, ...]
    verified: bool


class Trial(msgspec.Struct, frozen=True):
    """The shortest trial, in days, after which no response counts as a failure."""

    days: float
    sources: tuple[SourceRef, ...]
    verified: bool


class Option(msgspec.Struct, frozen=True):
    """Something that a plan can contain. Inherited rules are not repeated here: see `Knowledge.inherited`.

    `plan_ahead`: false where only the pain of the day decides, so that it is never planned for a later stage.
    `emergency`: a general wish ("no surgery") does not decline it; only naming it does.
    """

    id: str
    name: str
    kind: Kind
    role: str
    classes: tuple[str, ...]
    stages: tuple[ClinicalStage, ...]
    indications: tuple[Rule, ...]
    contraindications: tuple[Rule, ...]
    temporary: tuple[Rule, ...]
    cautions: tuple[Rule, ...]
    companions: tuple[Companion, ...]
    monitoring: tuple[Monitoring, ...]
    regimens: tuple[Regimen, ...]
    lines: tuple[LineBand, ...]
    burden: int
    exclusive: tuple[str, ...] = ()
    safe_fallback: bool = False
    active_companion: bool = False
    counts_as_active: bool = False
    plan_ahead: bool = True
    emergency: bool = False
    invasive: str = ""
    needs: str = ""
    everywhere: bool = False
    loads: dict[str, float] = {}
    daily: str = ""
    trial: Trial | None = None
    aims: tuple[str, ...] = ()
    stopping: str = "stop"
    synonyms: tuple[str, ...] = ()
    codes: Codes = Codes()
    advice: str = ""
    note: str = ""
    file: str = ""


class OptionClass(msgspec.Struct, frozen=True):
    """A class of options and medicines; its rules hold for every member. `members` lists the member ids, options and medicines alike.

    `cross_allergy`: an allergy to any member bars every member.
    """

    id: str
    name: str
    parents: tuple[str, ...]
    members: tuple[str, ...]
    atc: tuple[str, ...]
    must_consider: tuple[str, ...]
    contraindications: tuple[Rule, ...]
    temporary: tuple[Rule, ...]
    cautions: tuple[Rule, ...]
    companions: tuple[Companion, ...]
    monitoring: tuple[Monitoring, ...]
    synonyms: tuple[str, ...] = ()
    stopping: str = ""
    cross_allergy: bool = False


class Medicine(msgspec.Struct, frozen=True):
    """A medicine that a patient may take and that no plan offers. `contains`: a combination stands for its ingredients."""

    id: str
    name: str
    classes: tuple[str, ...]
    synonyms: tuple[str, ...]
    codes: Codes
    contains: tuple[str, ...] = ()
    daily: str = ""
    stopping: str = ""


class Selector(msgspec.Struct, frozen=True):
    """Which options an alert defers or withholds, already resolved to option ids."""

    options: frozenset[str]


class RedFlag(msgspec.Struct, frozen=True):
    """An alert: what it is, how urgent, what to do within which time, and what it holds back."""

    id: str
    title: str
    urgency: Urgency
    rule: Rule
    action: str
    within: str
    defers: Selector
    withholds_while_unknown: Selector


class Diagnosis(msgspec.Struct, frozen=True):
    """A diagnosis the plan knows. The lowest `priority` is the working diagnosis when several hold."""

    id: str
    name: str
    synonyms: tuple[str, ...]
    codes: Codes
    priority: int
    course: str
    imaging: str
    limit: str
    sources: tuple[SourceRef, ...]


class Interaction(msgspec.Struct, frozen=True):
    """Two groups (options, classes or medicines) that do not go together, in both directions."""

    id: str
    left: str
    right: str
    level: InteractionLevel
    when: Expression
    why: str
    do: str
    sources: tuple[SourceRef, ...]
    verified: bool


class Guideline(msgspec.Struct, frozen=True):
    """A guideline: who issued it and when."""

    id: str
    title: str
    body: str
    year: int
    sources: tuple[SourceRef, ...]


class Position(msgspec.Struct, frozen=True):
    """What a guideline says of options while `when` holds."""

    id: str
    guideline: str
    options: tuple[str, ...]
    when: Expression
    position: GuidelinePosition
    strength: str
    sources: tuple[SourceRef, ...]
    verified: bool


class Disagreement(msgspec.Struct, frozen=True):
    """Where the practice and guidelines differ; both sides are kept."""

    id: str
    practice: str
    guideline: str
    options: tuple[str, ...]
    sources: tuple[SourceRef, ...]
    verified: bool


class Profile(msgspec.Struct, frozen=True):
    """A way of choosing: the guidelines whose positions it follows (none: the combined practice)."""

    id: str
    title: str
    description: str
    guidelines: tuple[str, ...]


class Unmet(msgspec.Struct, frozen=True):
    """When an empty role has to be said, why, and what next."""

    when: Expression
    why: str
    next: str


class Role(msgspec.Struct, frozen=True):
    """A clinical role: its place in the order of choice, how many options it takes, and in which plan stages it is filled.

    `step_up`: while it is TRUE, what the patient already takes is not enough and does not fill the role.
    """

    id: str
    title: str
    order: int
    capacity: int
    stages: tuple[PlanStage, ...]
    gate: Expression
    gate_why: str
    unmet: Unmet | None
    step_up: Expression = FALSE


class Stage(msgspec.Struct, frozen=True):
    """A stage of treatment and when it opens, in words."""

    id: str
    title: str
    order: int
    opens: str


class LimitBand(msgspec.Struct, frozen=True):
    """The budget of a load while `when` is the first TRUE band."""

    when: Expression
    value: float


class Load(msgspec.Struct, frozen=True):
    """A running budget per day, on which current medicines already draw."""

    id: str
    title: str
    unit: str
    current: tuple[str, ...]
    limit: tuple[LimitBand, ...]
    why: str
    sources: tuple[SourceRef, ...]
    verified: bool


class Source(msgspec.Struct, frozen=True):
    """A source of the knowledge. Quality: A regulator or guideline, B formulary or article, C secondary, U not confirmed."""

    id: str
    title: str
    year: int | None
    url: str
    quality: str


class Hazard(msgspec.Struct, frozen=True):
    """What must never happen: none of `options` may be recommended while `never` is TRUE."""

    id: str
    title: str
    never: Expression
    options: tuple[str, ...]
    sources: tuple[SourceRef, ...]
    verified: bool


class Manifest(msgspec.Struct, frozen=True):
    """Name, version and stated purpose of a knowledge base."""

    name: str
    version: str
    released: str
    default_profile: str
    intended_use: str
    limits: tuple[str, ...]


class Knowledge(msgspec.Struct, frozen=True):
    """The whole checked knowledge, every collection keyed by id. `sha256` is over the normalised content of the files."""

    manifest: Manifest
    sha256: str
    sources: dict[str, Source]
    fields: dict[str, Field]
    facts: dict[str, FactDeclaration]
    derived: dict[str, DerivedFact]
    constraints: dict[str, Constraint]
    terms: dict[str, Term]
    diagnoses: dict[str, Diagnosis]
    red_flags: dict[str, RedFlag]
    classes: dict[str, OptionClass]
    medicines: dict[str, Medicine]
    options: dict[str, Option]
    interactions: dict[str, Interaction]
    guidelines: dict[str, Guideline]
    positions: dict[str, Position]
    disagreements: dict[str, Disagreement]
    profiles: dict[str, Profile]
    roles: dict[str, Role]
    stages: dict[str, Stage]
    loads: dict[str, Load]
    hazards: dict[str, Hazard]

    def lineage(self, option_or_medicine: str) -> tuple[str, ...]:
        """The ids of all classes of an option or medicine, own and inherited, nearest first, each once."""
        entry = self.options.get(option_or_medicine) or self.medicines.get(option_or_medicine)
        waiting = list(entry.classes) if entry else []
        seen: dict[str, None] = {}
        while waiting:
            current = waiting.pop(0)
            if current not in seen and current in self.classes:
                seen[current] = None
                waiting.extend(self.classes[current].parents)
        return tuple(seen)

    def inherited(self, option: str) -> tuple[OptionClass, ...]:
        """The classes whose rules an option inherits, nearest first."""
        return tuple(self.classes[name] for name in self.lineage(option))

    def selected(self, selector: str) -> tuple[str, ...]:
        """The ids of options and medicines that a selector (an option, a medicine or a class) stands for, sorted."""
        if selector in self.classes:
            return self.classes[selector].members
        return (selector,) if selector in self.options or selector in self.medicines else ()


def fact_name(prefix: str, identity: str) -> str:
    """The fact made from an option, class, medicine, diagnosis or alert: `fact_name("takes", "diclofenac-gel")` is `takes_diclofenac_gel`."""
    return f"{prefix}_{identity.replace('-', '_')}"
