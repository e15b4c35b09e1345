"""From what was gathered about a patient to PatientFacts: values checked, lists closed, contradictions found.

A reader (case file, FHIR, form) calls the methods of `Gathering` with what it found and where, then `settle`. Every problem is
collected; `settle` raises them all at once. A complete list closes its facts, and says so as an assumption.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

import msgspec

from spineplan.model.expressions import Value
from spineplan.model.facts import Assumption, CurrentMedicine, FactDeclaration, Origin, PatientFacts, TriedTreatment
from spineplan.model.knowledge import Knowledge, fact_name
from spineplan.model.problems import InputError, Place, Problem, did_you_mean
from spineplan.records.consistency import Constraints
from spineplan.records.meanings import Meaning
from spineplan.records.medicines import MedicineLine, ReadMedicine, daily_fact
from spineplan.records.names import Names
from spineplan.records.phrases import fold, iso_date

_NO_EFFECT_WORDS = "none no nil zero 0 failed failure ineffective worse worsened false n negative"
_NO_EFFECT_PHRASES = (
    "no effect, no response, no relief, no benefit, no improvement, not effective, without effect, did not help, didnt help, "
    "does not help, no help, not helpful, made no difference"
)
_SOME_EFFECT_WORDS = (
    "partial some slight moderate little insufficient good effective helped complete full yes true y excellent better improved"
)
_SOME_EFFECT_PHRASES = (
    "helped a bit, helped a little, helped somewhat, a little, a bit, some help, slight relief, "
    "some effect, partial response, good response, some relief, short relief, temporary relief, good effect, helps"
)
NO_EFFECT = frozenset((*_NO_EFFECT_WORDS.split(), *_NO_EFFECT_PHRASES.split(", ")))
SOME_EFFECT = frozenset((*_SOME_EFFECT_WORDS.split(), *_SOME_EFFECT_PHRASES.split(", ")))
NOT_TOLERATED = frozenset(
    ("not tolerated", "intolerant", "intolerance", "side effects", "side effect", "adverse effects", "adverse reaction")
)


class _Stated(msgspec.Struct):
    """A value with its place. A weak one yields to a different strong one and to doubt; a `yielding` one to doubt only."""

    value: bool | float | str
    place: Place
    origin: Origin
    weak: bool = False
    yielding: bool = False


class Gathering:
    """Collects values, doubts and closings with their places, then settles them. Feed it in any order: the result is the same."""

    def __init__(self, knowledge: Knowledge, names: Names, as_of: str) -> None:
        self.knowledge = knowledge
        self.names = names
        self.as_of = as_of
        self.problems: list[Problem] = []
        self.stated: dict[str, _Stated] = {}
        self.doubted: dict[str, Place] = {}
        self.null: set[str] = set()
        self.closed: dict[str, str] = {}
        self.denied: set[str] = set()
        self.given: set[str] = set()
        self.assumptions: list[Assumption] = []
        self.not_checked: set[str] = set()
        self.medicines: list[CurrentMedicine] = []
        self.tried: list[TriedTreatment] = []
        self.allergy_state = "not recorded"
        self.goal = ""
        self.name = ""
        self._daily: dict[str, list[tuple[float | None, Place, Origin]]] = {}

    # --- gathering -------------------------------------------------------------------------------------------------------

    def problem(self, place: Place, what: str, suggestion: str = "") -> None:
        """Note a problem; the gathering goes on."""
        self.problems.append(Problem(place, what, suggestion))

    def state(self, fact: str, value: Value, place: Place, origin: Origin, weak: bool = False, yielding: bool = False) -> None:
        """Set a fact after checking type, plausible range and category values; numbers are rounded to the fact's step.

        A second, different value is a problem that names both places, unless one of the two is `weak`. Doubt elsewhere removes a
        value that is `weak` or `yielding`.
        """
        declaration = self.knowledge.facts.get(fact)
        if declaration is None:
            derived = fact in self.knowledge.derived
            suggestion = "It is worked out from other facts; leave it out." if derived else self.names.suggest(fact, "fact")
            self.problem(place, f"`{fact}` is not a fact that can be given", suggestion)
            return
        checked = self._checked(declaration, value, place)
        if checked is None:
            return
        new = _Stated(checked, place, origin, weak, yielding)
        known = self.stated.get(fact)
        if known is None or (known.weak and not weak):
            self.stated[fact] = new
        elif known.value != checked and not weak:
            first, second = sorted((known, new), key=lambda stated: (stated.place, str(stated.value)))
            self.problem(
                second.place,
                f"{declaration.label} is {_shown(second.value)} here and {_shown(first.value)} at {first.place}",
                "Keep the one that is right.",
            )
        elif known.value == checked and known.weak == weak:
            kept = min((known, new), key=lambda stated: (stated.origin.text, stated.origin.reference, stated.place))
            self.stated[fact] = msgspec.structs.replace(kept, yielding=known.yielding and yielding)

    def _checked(self, fact: FactDeclaration, value: Value, place: Place) -> bool | float | str | None:
        if fact.type == "boolean":
            if isinstance(value, bool):
                return value
            self.problem(place, f"{fact.label} is answered by yes or no, not by `{value}`", "Write yes, no or not asked.")
            return None
        if fact.type == "category":
            if isinstance(value, str) and value in fact.values:
                return value
            self.problem(place, f"`{value}` is not a value of {fact.label}", f"Write one of: {', '.join(sorted(fact.values))}.")
            return None
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            self.problem(place, f"{fact.label} is a number ({fact.unit}), not `{value}`", "Write the number alone.")
            return None
        if not fact.minimum <= value <= fact.maximum:
            limits = f"{fact.minimum:g} to {fact.maximum:g} {fact.unit}".strip()
            self.problem(
                place, f"{fact.label} of {value:g} is not plausible", f"Values from {limits} are read; check number and unit."
            )
            return None
        return stepped(float(value), fact)

    def doubt(self, facts: Iterable[str], place: Place) -> None:
        """Make facts unknown that silence or a complete list would otherwise settle; a value stated elsewhere still counts."""
        for fact in facts:
            self.doubted.setdefault(fact, place)

    def apply(self, meaning: Meaning, place: Place, reference: str = "", field: str = "") -> None:
        """Take over the meaning of a phrase or code. In a list `field` a negated broad term leaves all to the list."""
        if meaning.future:
            self.problem(place, f"`{meaning.phrase}` lies after {self.as_of}", "Check the date, or `as_of`.")
        origin = Origin(meaning.phrase, meaning.date, reference)
        for fact, value in meaning.set.items():
            negative = value is False and not meaning.negated
            self.state(fact, value, place, origin, weak=negative and meaning.dated, yielding=negative)
        declared = self.knowledge.fields.get(field)
        if not (meaning.negated and not meaning.set and declared is not None and declared.kind == "list"):
            self.doubt(meaning.unknown, place)

    def take(self, line: MedicineLine, place: Place, reference: str = "") -> None:
        """Take over one line of a medicine list."""
        if line.problem:
            self.problem(place, line.problem, line.suggestion)
            return
        if line.unreadable:
            self.unreadable_medicine(line.text, place)
            return
        origin = Origin(line.text, "", reference)
        for medicine in line.medicines:
            meaning = self.names.class_facts(medicine.class_id) if medicine.class_id else _takes(medicine.ids)
            facts = {fact: value for fact, value in meaning.set.items() if fact in self.knowledge.facts}
            if line.doubted:
                self.doubt((*facts, *meaning.unknown), place)
            elif line.negated:
                if medicine.ids:
                    for fact in facts:
                        self.state(fact, False, place, origin)
            else:
                for fact, value in facts.items():
                    self.state(fact, value, place, origin)
                self.doubt(meaning.unknown, place)
                self._dose(medicine, place, origin)
                self.medicines.append(CurrentMedicine(line.text, medicine.ids, medicine.dose.amount, medicine.dose.unit))

    def takes(
        self, ids: Iterable[str], text: str, place: Place, amount: float | None = None, unit: str = "", reference: str = ""
    ) -> None:
        """Set that substances are taken (for coded medicines). `amount` a day counts for a single substance only."""
        substances = tuple(ids)
        origin = Origin(text, "", reference)
        for substance in substances:
            self.state(fact_name("takes", substance), True, place, origin)
            fact = daily_fact(self.knowledge, substance)
            if fact:
                fits = len(substances) == 1 and unit == self.knowledge.facts[fact].unit
                self._daily.setdefault(fact, []).append((amount if fits else None, place, origin))
        self.medicines.append(CurrentMedicine(text, substances, amount, unit if amount is not None else ""))

    def unreadable_medicine(self, text: str, place: Place) -> None:
        """A medicine that nobody can name makes every medicine unknown that is not known to be taken."""
        self.not_checked.add(text)
        self.doubt(self._taking(), place)

    def _taking(self) -> list[str]:
        return [name for name, fact in self.knowledge.facts.items() if fact.field == "medications" and fact.part_of]

    def _dose(self, medicine: ReadMedicine, place: Place, origin: Origin) -> None:
        for substance in medicine.ids:
            fact = daily_fact(self.knowledge, substance)
            if not fact:
                continue
            unit = self.knowledge.facts[fact].unit
            dose = medicine.dose
            if dose.wrong_unit or (dose.amount is not None and dose.unit != unit and dose.unit == "mcg/h"):
                wrong = dose.wrong_unit or dose.unit
                self.problem(
                    place, f"`{wrong}` in `{medicine.text}` is not a unit for this medicine", f"Write the amount in {unit}."
                )
                continue
            alone = len(medicine.ids) == 1 and dose.unit == unit
            self._daily.setdefault(fact, []).append((dose.amount if alone else None, place, origin))

    def cannot_be_known(self, field: str) -> None:
        """The field was asked and cannot be known today: its facts are null, but for those where silence means no."""
        self.given.add(field)
        self.null.update(name for name, fact in self.knowledge.facts.items() if fact.field == field and not fact.quiet)

    def close(self, field: str, why: str, none: bool = False) -> None:
        """The list of a field is complete: what it does not mention is not there. `why` is the sentence of the assumption.

        `none`: the field was answered with "none", which settles also those facts to confirm for which a plain none is an answer.
        """
        self.given.add(field)
        self.closed[field] = why
        if none:
            self.denied.add(field)

    # --- treatments, wishes, setting ---------------------------------------------------------------------------------------

    def treatment(self, tried: TriedTreatment, place: Place, members: tuple[str, ...] = (), adequate: bool | None = None) -> None:
        """What follows from a treatment that was tried.

        No response for at least the option's trial is a failure; for less, or in a low dose (`adequate` False), a short trial;
        for an unknown time, or an option without a stated trial, the failure is in doubt and is asked. A class (`members`) says
        not which member was tried: without response each member counts as tried too short, so that it is demoted and not set
        aside; not tolerated counts for every member.
        """
        origin = Origin(tried.text)
        self.tried.append(tried)
        options = tuple(option for option in (members or (tried.option,)) if option in self.knowledge.options)
        response = fold(tried.response)
        intolerant = tried.tolerated is False or response in NOT_TOLERATED
        for option in options:
            if intolerant:
                self.state(fact_name("not_tolerated", option), True, place, origin)
            if response not in NO_EFFECT:
                continue
            trial = self.knowledge.options[option].trial
            enough = adequate
            if enough is None and trial is not None and tried.days is not None:
                enough = tried.days >= trial.days
            if members or enough is False:
                self.state(fact_name("tried_short", option), True, place, origin)
            elif enough:
                self.state(fact_name("failed", option), True, place, origin)
            else:
                self.doubt((fact_name("failed", option),), place)

    def declined(self, options: Iterable[str], place: Place, text: str) -> None:
        """The patient does not want these options."""
        for option in options:
            self.state(fact_name("declined", option), True, place, Origin(text))

    def unavailable(self, options: Iterable[str], place: Place, text: str) -> None:
        """These options cannot be had here."""
        for option in options:
            self.state(fact_name("unavailable", option), True, place, Origin(text))

    # --- settling ----------------------------------------------------------------------------------------------------------

    def settle(self) -> PatientFacts:
        """The facts of the patient. Raises InputError with every problem that was found."""
        if iso_date(self.as_of) is None and not self.problems:
            self.problem(Place("case"), "the day of the case is missing", "Write `as_of: 2026-03-02`.")
        self._amounts()
        constraints = Constraints(self.knowledge)
        for fact in self.doubted:
            if fact in self.stated and (self.stated[fact].weak or self.stated[fact].yielding):
                del self.stated[fact]
        certain: dict[str, Value] = {fact: stated.value for fact, stated in self.stated.items() if not stated.weak}
        implied = constraints.following(certain)
        self.stated = {fact: stated for fact, stated in self.stated.items() if not (stated.weak and fact in implied)}
        values: dict[str, Value] = {fact: stated.value for fact, stated in self.stated.items()}
        self._contradictions(constraints, values)
        if self.problems:
            raise InputError(self.problems)
        for fact, (value, constraint) in constraints.following(values).items():
            values[fact] = value
            place = min(
                (self.stated[name].place for name in self.stated if name in _names(constraints, constraint.id)), default=Place("")
            )
            if isinstance(value, bool | float | str):
                self.stated[fact] = _Stated(value, place, Origin(constraint.why), False)
        doubtful = {fact for fact in self.doubted if fact not in values}
        closed = self._closed(constraints, values, doubtful)
        values.update(dict.fromkeys(closed, False))
        origins = {fact: stated.origin for fact, stated in self.stated.items()}
        self._nothing_taken(values, origins)
        kept = {fact: value for fact, value in sorted(values.items()) if value is not None}
        return PatientFacts(
            as_of=self.as_of,
            values=kept,
            origins={fact: origins[fact] for fact in sorted(origins) if fact in kept},
            assumptions=tuple(sorted({*self.assumptions, *self._assumptions(closed)})),
            not_checked=tuple(sorted(self.not_checked)),
            null=frozenset(self.null - set(kept)),
            doubtful=frozenset(doubtful - set(kept)),
            given_fields=frozenset(self.given),
            medicines=tuple(sorted(self.medicines, key=lambda medicine: (medicine.ids, medicine.text))),
            tried=tuple(sorted(self.tried, key=lambda tried: (tried.option, tried.text, tried.days or 0.0))),
            allergy_state=self.allergy_state,
            goal=self.goal,
            name=self.name,
        )

    def _amounts(self) -> None:
        """The daily amount of a substance: the sum over all its lines, unknown when one line does not say it."""
        for fact, parts in sorted(self._daily.items()):
            amounts = [amount for amount, _, _ in parts]
            _, place, origin = min(parts, key=lambda part: _order(part[2], part[1]))
            known = [amount for amount in amounts if amount is not None]
            if len(known) == len(amounts):
                self.state(fact, math.fsum(known), place, origin)
            else:
                self.doubt((fact,), place)

    def _contradictions(self, constraints: Constraints, values: Mapping[str, Value]) -> None:
        for constraint, facts in constraints.broken(values):
            listed = " and ".join(f"{self.knowledge.facts[fact].label} ({_shown(values[fact])})" for fact in facts)
            place = max((self.stated[fact].place for fact in facts if fact in self.stated), default=Place("case"))
            self.problem(place, f"{listed} contradict each other: {constraint.why}", "Correct one of them.")

    def _closed(self, constraints: Constraints, values: Mapping[str, Value], doubtful: set[str]) -> set[str]:
        """The facts that complete lists settle as FALSE; one that would decide a doubtful fact by a constraint stays open."""
        closed = {
            name
            for name, fact in self.knowledge.facts.items()
            if fact.field in self.closed
            and fact.type == "boolean"
            and not (fact.quiet or (fact.confirm and not (fact.none_settles and fact.field in self.denied)))
            and name not in values
            and name not in doubtful
            and name not in self.null
        }
        for _ in range(len(closed)):
            decided = constraints.following({**values, **dict.fromkeys(closed, False)})
            hasty = {
                name
                for fact, (_, constraint) in decided.items()
                if fact in doubtful
                for name in _names(constraints, constraint.id)
                if name in closed
            }
            if not hasty:
                break
            closed -= hasty
        return closed

    def _nothing_taken(self, values: dict[str, Value], origins: dict[str, Origin]) -> None:
        """The daily amount of a medicine that is not taken is 0."""
        for name, fact in self.knowledge.facts.items():
            if fact.type == "number" and fact.part_of and name not in values:
                taken = fact_name("takes", fact.part_of)
                if values.get(taken) is False:
                    values[name] = 0.0
                    if taken in origins:
                        origins[name] = origins[taken]

    def _assumptions(self, closed: Iterable[str]) -> list[Assumption]:
        fields = {self.knowledge.facts[name].field for name in closed}
        return [Assumption(field, "no", why) for field, why in self.closed.items() if field in fields]


def stepped(value: float, fact: FactDeclaration) -> float:
    """A number rounded to the step of its fact, half away from zero, without drift."""
    if fact.step <= 0:
        return value
    count = math.floor(abs(value) / fact.step + 0.5 + 1e-9)
    return round(math.copysign(count * fact.step, value), 9) + 0.0


def _takes(ids: Iterable[str]) -> Meaning:
    return Meaning("", {fact_name("takes", identity): True for identity in ids})


def _names(constraints: Constraints, identity: str) -> tuple[str, ...]:
    return next((names for constraint, names in constraints.read if constraint.id == identity), ())


def _order(origin: Origin, place: Place) -> tuple[str, str, Place]:
    return (origin.text, origin.reference, place)


def _shown(value: Value) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)


def suggestion_for(name: str, known: Iterable[str]) -> str:
    """The nearest known names, or the whole list when none is near."""
    pool = sorted(known)
    return did_you_mean(name, pool) or f"Known here: {', '.join(pool)}."
