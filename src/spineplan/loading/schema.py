"""The form of knowledge files, as pydantic models: which keys there are and what type each has. Meaning is checked in `checking`."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from spineplan.model.knowledge import GuidelinePosition, InteractionLevel, Kind, PlanStage, Urgency


def _listed(value: Any) -> Any:
    return value if isinstance(value, list) else [value]


def _text(value: Any) -> Any:
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float):
        return f"{value:g}" if isinstance(value, float) else str(value)
    return value


Text = Annotated[str, BeforeValidator(_text)]
Condition = Text
Texts = Annotated[list[Text], BeforeValidator(_listed)]


class Strict(BaseModel):
    """No unknown keys anywhere."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class SourceAt(Strict):
    """A source with the place inside it."""

    id: str
    at: Text = ""


Sources = Annotated[list[str | SourceAt], BeforeValidator(_listed), Field(min_length=1)]


class RuleForm(Strict):
    """A condition with its sentence and sources."""

    when: Condition = "TRUE"
    why: str
    source: Sources
    verified: bool = True
    until: str = ""
    do: str = ""
    note: str = ""


class CompanionForm(RuleForm):
    """A required co-prescription."""

    any_of: list[str] = Field(min_length=1)
    satisfied_by: Condition = "FALSE"


class MonitoringForm(Strict):
    """What to watch."""

    when: Condition = "TRUE"
    what: str
    why: str = ""
    source: Sources
    verified: bool = True
    note: str = ""


class TrialForm(Strict):
    """The shortest adequate trial."""

    days: float
    source: Sources
    verified: bool = True
    note: str = ""


class MaximumForm(Strict):
    """A ceiling by an expression, such as mg per kg."""

    expression: Condition
    unit: str
    source: Sources | None = None
    note: str = ""


class RegimenForm(Strict):
    """One band of how an option is given."""

    when: Condition | None = None
    route: str = ""
    form: str = ""
    dose: Text = ""
    per_day: float | None = None
    frequency: str = ""
    max_daily: Text = ""
    days: int | None = None
    what: str = ""
    intensity: Text = ""
    minutes: Text = ""
    sessions: Text = ""
    interval: Text = ""
    weeks: Text = ""
    note: str = ""
    maximum: MaximumForm | None = None
    source: Sources
    verified: bool = True


class LineForm(Strict):
    """One band of the line of therapy."""

    when: Condition | None = None
    line: int
    why: str = ""
    source: Sources | None = None


class CodesForm(Strict):
    """Codes of a fact or option."""

    icd10: Texts = []
    snomed: Texts = []
    loinc: Texts = []
    rxnorm: Texts = []
    atc: Texts = []


Rules = dict[str, RuleForm]


class InheritableForm(Strict):
    """Rules that an option has itself or inherits from its classes."""

    contraindications: Rules = {}
    cautions: Rules = {}
    temporary: Rules = {}
    companions: dict[str, CompanionForm] = {}
    monitoring: dict[str, MonitoringForm] = {}
    note: str = ""


class ClassForm(InheritableForm):
    """A class of options and medicines."""

    name: str
    parents: list[str] = []
    members: list[str] = []
    atc: Texts = []
    must_consider: list[str] = []
    cross_allergy: bool = False
    synonyms: list[Text] = []
    stopping: Literal["", "stop", "taper"] = ""


class MedicineForm(Strict):
    """A medicine that is taken but never offered."""

    name: str
    atc: Texts = []
    classes: list[str] = []
    synonyms: list[Text] = []
    codes: CodesForm = CodesForm()
    contains: list[str] = []
    daily: Literal["", "mg", "mcg_per_hour"] = ""
    stopping: Literal["", "stop", "taper"] = ""
    note: str = ""


class OptionForm(InheritableForm):
    """Something a plan can contain."""

    name: str
    kind: Kind
    role: str
    classes: list[str] = []
    atc: Texts = []
    synonyms: list[Text] = []
    codes: CodesForm = CodesForm()
    stages: list[Literal["acute", "after-acute", "maintenance"]] = Field(min_length=1)
    indications: Rules
    line: int | list[LineForm] = 1
    burden: int = Field(ge=1, le=5, default=2)
    exclusive: list[str] = []
    safe_fallback: bool = False
    active_companion: bool = False
    counts_as_active: bool = False
    plan_ahead: bool = True
    emergency: bool = False
    invasive: str = ""
    needs: str = ""
    everywhere: bool | None = None
    loads: dict[str, float] = {}
    daily: Literal["", "mg", "mcg_per_hour"] = ""
    trial: TrialForm | None = None
    aims: list[str] = []
    regimens: list[RegimenForm] = Field(min_length=1)
    stopping: Literal["stop", "taper"] | None = None
    advice: str = ""


class MatrixColumnForm(Strict):
    """One condition of the contraindication matrix."""

    when: Condition
    why: str
    local: Condition | None = None
    temporary: str = ""


class MatrixCellForm(Strict):
    """One cell: X absolute, L local, R relative."""

    level: Literal["X", "L", "R"]
    source: Sources
    verified: bool = True
    note: str = ""
    why: str = ""


class MatrixForm(Strict):
    """The contraindication matrix of methods."""

    columns: dict[str, MatrixColumnForm] = {}
    rows: dict[str, dict[str, MatrixCellForm]] = {}


class FieldForm(Strict):
    """What is asked at once."""

    title: str
    question: str
    kind: Literal["list", "panel", "single"]
    order: int


class FactForm(Strict):
    """A fact of the vocabulary."""

    type: Literal["boolean", "number", "category"]
    label: str
    field: str
    question: str = ""
    unit: str = ""
    range: tuple[float, float] | None = None
    step: float | None = None
    values: dict[str, str] = {}
    synonyms: list[Text] = []
    codes: CodesForm = CodesForm()
    confirm: bool = False
    none_settles: bool = False
    applies: Condition | None = None
    valid_days: int | None = None
    current: bool = False
    history: str = ""
    within_days: int | None = None
    note: str = ""
    source: Sources | None = None


class BandForm(Strict):
    """One band of a derived fact."""

    when: Condition | None = None
    value: Text


class DerivedForm(Strict):
    """A fact that follows from others."""

    type: Literal["boolean", "number", "category"]
    label: str
    why: str
    source: Sources
    verified: bool = True
    expression: Condition | None = None
    bands: list[BandForm] | None = None
    values: dict[str, str] = {}
    unit: str = ""
    range: tuple[float, float] | None = None
    step: float | None = None
    note: str = ""


class ConstraintForm(Strict):
    """What holds for every possible patient."""

    holds: Condition
    why: str
    source: Sources | None = None


class TermEffectForm(Strict):
    """What a phrase sets or makes unknown."""

    set: dict[str, bool | float | str] = {}
    unknown: list[str] = []


class TermForm(TermEffectForm):
    """A phrase that stands for several facts."""

    field: str = "conditions"
    dated: TermEffectForm | None = None
    dated_recent: TermEffectForm | None = None
    negated: TermEffectForm | None = None
    within_days: int = 0
    note: str = ""


class ImagingForm(Strict):
    """Imaging advice of a diagnosis."""

    advice: str
    source: Sources
    verified: bool = True


class DiagnosisForm(Strict):
    """A diagnosis."""

    name: str
    synonyms: list[Text] = []
    codes: CodesForm = CodesForm()
    priority: int
    course: str = ""
    imaging: ImagingForm | None = None
    limit: str = ""
    source: Sources
    verified: bool = True
    note: str = ""


class SelectorForm(Strict):
    """Which options: all, or by kind, role, class or id, without the exceptions."""

    all: bool = False
    kinds: list[Kind] = []
    roles: list[str] = []
    classes: list[str] = []
    options: list[str] = []
    except_: list[str] = Field(default=[], alias="except")


class RedFlagForm(Strict):
    """An alert."""

    title: str
    urgency: Urgency
    when: Condition
    action: str
    within: str
    defers: SelectorForm = SelectorForm()
    withholds_while_unknown: SelectorForm = SelectorForm()
    why: str
    source: Sources
    verified: bool = True
    note: str = ""


class InteractionForm(Strict):
    """Two groups that do not go together."""

    between: tuple[str, str]
    level: InteractionLevel
    when: Condition = "TRUE"
    why: str
    do: str = ""
    source: Sources
    verified: bool = True
    note: str = ""


class GuidelineForm(Strict):
    """A guideline."""

    title: str
    body: str = ""
    year: int
    source: Sources
    note: str = ""


class PositionForm(Strict):
    """What a guideline says of options."""

    guideline: str
    options: list[str] = Field(min_length=1)
    when: Condition = "TRUE"
    position: GuidelinePosition
    strength: str = ""
    source: Sources
    verified: bool = True
    note: str = ""


class DisagreementForm(Strict):
    """Where practice and guideline differ."""

    practice: str
    guideline: str
    options: list[str] = []
    source: Sources
    verified: bool = True
    note: str = ""


class ProfileForm(Strict):
    """A way of choosing."""

    title: str
    description: str = ""
    guidelines: list[str] = []


class UnmetForm(Strict):
    """When an empty role is said."""

    when: Condition
    why: str
    next: str
    source: Sources | None = None


class RoleForm(Strict):
    """A clinical role."""

    title: str
    order: int
    capacity: int = Field(ge=1)
    stages: list[PlanStage]
    gate: Condition = "TRUE"
    gate_why: str = ""
    step_up: Condition = "FALSE"
    unmet: UnmetForm | None = None
    note: str = ""
    source: Sources | None = None


class StageForm(Strict):
    """A stage of treatment."""

    title: str
    order: int
    opens: str
    source: Sources | None = None


class LimitForm(Strict):
    """One band of a budget."""

    when: Condition | None = None
    value: float


class LoadForm(Strict):
    """A running budget."""

    title: str
    unit: str
    current: list[str] = []
    limit: list[LimitForm] = Field(min_length=1)
    why: str
    source: Sources
    verified: bool = True
    note: str = ""


class SourceForm(Strict):
    """A source."""

    title: str
    year: int | None = None
    url: str = ""
    quality: str = ""
    note: str = ""


class HazardForm(Strict):
    """What must never happen."""

    title: str
    never: Condition
    options: list[str] = Field(min_length=1)
    why: str = ""
    source: Sources
    verified: bool = True


class KnowledgeFile(Strict):
    """Any knowledge file: a mapping with one or more of these sections."""

    sources: dict[str, SourceForm] = {}
    fields: dict[str, FieldForm] = {}
    facts: dict[str, FactForm] = {}
    derived: dict[str, DerivedForm] = {}
    constraints: dict[str, ConstraintForm] = {}
    terms: dict[str, TermForm] = {}
    diagnoses: dict[str, DiagnosisForm] = {}
    red_flags: dict[str, RedFlagForm] = {}
    classes: dict[str, ClassForm] = {}
    medicines: dict[str, MedicineForm] = {}
    options: dict[str, OptionForm] = {}
    matrix: MatrixForm = MatrixForm()
    interactions: dict[str, InteractionForm] = {}
    guidelines: dict[str, GuidelineForm] = {}
    positions: dict[str, PositionForm] = {}
    disagreements: dict[str, DisagreementForm] = {}
    profiles: dict[str, ProfileForm] = {}
    roles: dict[str, RoleForm] = {}
    stages: dict[str, StageForm] = {}
    loads: dict[str, LoadForm] = {}
    hazards: dict[str, HazardForm] = {}


class ManifestFile(Strict):
    """manifest.yaml."""

    name: str
    version: Text
    released: Any
    default_profile: str
    intended_use: str
    limits: list[str] = []
