"""What the parts of a record say of each fact, merged to one statement a fact before it is settled.

Several resources may speak of one fact. The newest clear answer counts; answers that contradict each other without an order in
time make the fact unknown. The order in which statements arrive has no influence.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import msgspec

from spineplan.model.facts import Assumption, FactDeclaration, Origin
from spineplan.model.knowledge import Knowledge
from spineplan.model.problems import Place
from spineplan.records.consistency import Constraints
from spineplan.records.fhir_reading import Index, Moment, Resource
from spineplan.records.meanings import Meaning
from spineplan.records.names import Names
from spineplan.records.settling import Gathering

_NOT_DATED = ""
_LISTED = 12


class Statement(msgspec.Struct, frozen=True):
    """One resource's word on a fact. `weak`: it follows only by the meaning of a broader term and yields to any other word."""

    value: bool | float | str
    text: str
    date: str
    instant: str
    reference: str
    place: Place
    weak: bool = False

    @property
    def order(self) -> tuple[str, str, str, str]:
        """By time, then by where it comes from."""
        return (self.instant, self.reference, self.text, str(self.value))


class Findings:
    """Collects statements, doubts and what could not be read; `hand_over` gives one value a fact to a Gathering."""

    def __init__(self, knowledge: Knowledge, names: Names, as_of: date, index: Index) -> None:
        self.knowledge = knowledge
        self.names = names
        self.as_of = as_of
        self.index = index
        self.gathering = Gathering(knowledge, names, as_of.isoformat())
        self.statements: dict[str, list[Statement]] = {}
        self.doubts: dict[str, Place] = {}
        self.unused: dict[str, set[str]] = {}
        self._meanings: dict[tuple[str, tuple[str, ...]], Meaning | None] = {}

    def meaning(self, word: str, fields: tuple[str, ...]) -> Meaning | None:
        """`Names.condition` for words without a date of their own, each looked up once."""
        key = (word, fields)
        if key not in self._meanings:
            self._meanings[key] = self.names.condition(word, self.as_of.isoformat(), fields)
        return self._meanings[key]

    def fact(self, name: str) -> FactDeclaration | None:
        """The declaration of a fact, or None."""
        return self.knowledge.facts.get(name)

    def state(
        self, fact: str, value: bool | float | str, source: Resource, text: str, when: Moment | None = None, weak: bool = False
    ) -> bool:
        """One resource says a value of a fact. Returns False when there is no such fact or the number is not plausible."""
        declaration = self.knowledge.facts.get(fact)
        if declaration is None:
            return False
        if declaration.type == "number" and not (
            isinstance(value, int | float) and declaration.minimum <= value <= declaration.maximum
        ):
            self.not_used("Not plausible", f"{declaration.label} {value} ({source.reference})")
            return False
        dated = when.text if when else _NOT_DATED
        instant = when.instant.isoformat() if when else _NOT_DATED
        found = Statement(value, text, dated, instant, source.reference, source.place, weak)
        self.statements.setdefault(fact, []).append(found)
        return True

    def doubt(self, facts: Iterable[str], source: Resource) -> None:
        """One resource makes facts uncertain that nothing else settles."""
        for fact in facts:
            if fact in self.knowledge.facts:
                self.doubts.setdefault(fact, source.place)

    def lies_ahead(self, when: Moment | None) -> bool:
        """Whether something is dated after the day of the plan; one day is allowed for the difference between time zones."""
        return when is not None and when.days_before(self.as_of) < -1

    def not_used(self, group: str, text: str) -> None:
        """Something of the record that was left out, by group; each group is said in one line of `not_checked`."""
        self.unused.setdefault(group, set()).add(text)

    def assume(self, fact: str, value: str, why: str) -> None:
        """A value that was taken for known, and why."""
        self.gathering.assumptions.append(Assumption(fact, value, why))

    # --- merging -----------------------------------------------------------------------------------------------------------

    def hand_over(self) -> Gathering:
        """One value a fact, all doubts and what was not used, to the Gathering, which is returned."""
        chosen = {fact: found for fact in sorted(self.statements) if (found := self._chosen(fact)) is not None}
        self._contradictions(chosen)
        for fact, statement in sorted(chosen.items()):
            origin = Origin(statement.text, statement.date, statement.reference)
            self.gathering.state(fact, statement.value, statement.place, origin, yielding=statement.weak)
        for fact, place in sorted(self.doubts.items()):
            self.gathering.doubt((fact,), place)
        self.gathering.not_checked |= {_line(group, texts) for group, texts in self.unused.items()}
        return self.gathering

    def _chosen(self, fact: str) -> Statement | None:
        """The statement that counts for a fact, or None when they leave it uncertain."""
        found = sorted(self.statements[fact], key=lambda statement: statement.order)
        strong = [statement for statement in found if not statement.weak]
        if not strong:
            if len({statement.value for statement in found}) == 1:
                return found[-1]
            self._uncertain(fact, found)
            return None
        newest = strong[-1]
        values = {statement.value for statement in strong}
        if len(values) == 1:
            return newest
        same_time = {statement.value for statement in strong if statement.instant in (newest.instant, _NOT_DATED)}
        if len(same_time) == 1:
            return newest
        self._uncertain(fact, strong)
        return None

    def _uncertain(self, fact: str, found: list[Statement]) -> None:
        self.doubts.setdefault(fact, found[-1].place)
        self.not_used("Contradictory in the record", self.knowledge.facts[fact].label)

    def _contradictions(self, chosen: dict[str, Statement]) -> None:
        """Facts that break a constraint together are left open, except who the patient is."""
        constraints = Constraints(self.knowledge)
        while True:
            broken = constraints.broken({fact: statement.value for fact, statement in chosen.items()})
            suspects = {
                fact
                for _, facts in broken
                for fact in facts
                if fact in chosen and chosen[fact].reference.partition("/")[0] != "Patient"
            }
            if not suspects:
                return
            for fact in sorted(suspects):
                self._uncertain(fact, [chosen.pop(fact)])


def _line(group: str, texts: set[str]) -> str:
    """A group as one line: the first names and how many more."""
    listed = sorted(texts)
    more = f" and {len(listed) - _LISTED} more" if len(listed) > _LISTED else ""
    return f"{group}: {', '.join(listed[:_LISTED])}{more}"
