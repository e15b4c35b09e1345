"""Facts: what is known of a patient, where it comes from, and the vocabulary that declares it."""

from __future__ import annotations

from typing import Literal as OneOf

import msgspec

from spineplan.model.expressions import Expression, Value, ValueType

FieldKind = OneOf["list", "panel", "single"]


class Field(msgspec.Struct, frozen=True):
    """What is asked at once. A `list` that is given closes its facts; a `panel` has items that are yes, no or not asked."""

    id: str
    title: str
    question: str
    kind: FieldKind
    order: int


class Codes(msgspec.Struct, frozen=True):
    """Codes that fill a fact or name an option in a record. ICD-10 and ATC are prefixes, the rest are exact."""

    icd10: tuple[str, ...] = ()
    snomed: tuple[str, ...] = ()
    loinc: tuple[str, ...] = ()
    rxnorm: tuple[str, ...] = ()
    atc: tuple[str, ...] = ()


class FactDeclaration(msgspec.Struct, frozen=True):
    """A fact that a case may give. Numbers have unit, plausible range (both ends included) and step; categories have values with labels.

    `quiet`: silence means no, without an assumption shown (declined, not available...). `confirm`: a complete list does not close it,
    unless `none_settles` and the whole field was answered with "none".
    `within_days`: a mention dated longer ago does not set the fact (it sets `history`, where there is one).
    `applies`: outside it every atom on the fact is false. `part_of`: the id of the option, class or diagnosis it was made from.
    """

    name: str
    type: ValueType
    label: str
    field: str
    question: str = ""
    unit: str = ""
    minimum: float = 0.0
    maximum: float = 0.0
    step: float = 0.0
    values: dict[str, str] = {}
    synonyms: tuple[str, ...] = ()
    codes: Codes = Codes()
    confirm: bool = False
    none_settles: bool = False
    quiet: bool = False
    applies: Expression | None = None
    valid_days: int | None = None
    within_days: int | None = None
    history: str = ""
    part_of: str = ""


class DerivedFact(msgspec.Struct, frozen=True):
    """A fact that follows from others by an expression, with the sentence and sources that justify it."""

    name: str
    type: ValueType
    label: str
    expression: Expression
    why: str
    sources: tuple[SourceRef, ...]
    verified: bool
    unit: str = ""
    minimum: float = 0.0
    maximum: float = 0.0
    step: float = 0.0
    values: dict[str, str] = {}


class Constraint(msgspec.Struct, frozen=True):
    """What holds for every possible patient; input that breaks it is contradictory."""

    id: str
    holds: Expression
    why: str


class TermEffect(msgspec.Struct, frozen=True):
    """What a phrase of the case file does: sets facts, makes facts unknown."""

    set: dict[str, Value] = {}
    unknown: tuple[str, ...] = ()


class Term(msgspec.Struct, frozen=True):
    """A phrase that stands for several facts. `dated` replaces it when a year is given; `dated_recent` when the date is within
    `within_days`, `negated` when it is denied ("no peptic ulcer"); without it a denied term leaves its facts unknown.
    """

    phrase: str
    field: str
    effect: TermEffect
    dated: TermEffect | None = None
    dated_recent: TermEffect | None = None
    negated: TermEffect | None = None
    within_days: int = 0


class SourceRef(msgspec.Struct, frozen=True, order=True):
    """A source and the place inside it."""

    id: str
    locator: str = ""


class Origin(msgspec.Struct, frozen=True):
    """Where the value of a fact comes from: the words or the resource, and its date (ISO) when it has one."""

    text: str
    date: str = ""
    reference: str = ""


class Assumption(msgspec.Struct, frozen=True, order=True):
    """A value that was not recorded but taken for known, and why; always shown."""

    fact: str
    value: str
    why: str


class TriedTreatment(msgspec.Struct, frozen=True):
    """What the case says of a treatment that was tried."""

    option: str
    days: float | None
    response: str
    tolerated: bool | None
    text: str


class CurrentMedicine(msgspec.Struct, frozen=True):
    """A medicine that the patient takes: the words, the substance ids it stands for (empty when not checked) and the daily amount."""

    text: str
    ids: tuple[str, ...]
    daily_amount: float | None = None
    unit: str = ""


class PatientFacts(msgspec.Struct, frozen=True):
    """All that is known of one patient: only known values are in `values`; `as_of` is an ISO date.

    `null` holds facts that were asked and cannot be known today; every other missing fact is open. `doubtful` holds facts that the
    input makes uncertain (a broad term, an unreadable medicine): unknown even where silence would mean no.
    """

    as_of: str
    values: dict[str, bool | float | str]
    origins: dict[str, Origin] = {}
    assumptions: tuple[Assumption, ...] = ()
    not_checked: tuple[str, ...] = ()
    null: frozenset[str] = frozenset()
    doubtful: frozenset[str] = frozenset()
    given_fields: frozenset[str] = frozenset()
    medicines: tuple[CurrentMedicine, ...] = ()
    tried: tuple[TriedTreatment, ...] = ()
    allergy_state: str = "not recorded"
    goal: str = ""
    name: str = ""
