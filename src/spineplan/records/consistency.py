"""What the constraints of the knowledge say about a set of known values: what contradicts, and what follows.

Names that have no value are unknown. Constraints over derived facts are left out, because nothing is derived yet.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from spineplan.evaluating.reference import evaluate
from spineplan.model.expressions import Value, names_in
from spineplan.model.facts import Constraint
from spineplan.model.knowledge import Knowledge


class Constraints:
    """The constraints over facts that can be given, with the facts that each one reads."""

    def __init__(self, knowledge: Knowledge) -> None:
        self.knowledge = knowledge
        self.read: list[tuple[Constraint, tuple[str, ...]]] = []
        for constraint in knowledge.constraints.values():
            names = tuple(dict.fromkeys(names_in(constraint.holds)))
            if all(name in knowledge.facts for name in names):
                self.read.append((constraint, names))

    def broken(self, values: Mapping[str, Value]) -> list[tuple[Constraint, tuple[str, ...]]]:
        """The constraints that the values contradict, with the known facts among those they read."""
        return [
            (constraint, tuple(name for name in names if name in values))
            for constraint, names in self.read
            if evaluate(constraint.holds, values) is False
        ]

    def following(self, values: Mapping[str, Value]) -> dict[str, tuple[Value, Constraint]]:
        """The unknown booleans and categories that have one value left, with the constraint that says so; to a fixed point."""
        known = dict(values)
        found: dict[str, tuple[Value, Constraint]] = {}
        changed = True
        while changed:
            changed = False
            for constraint, names in self.read:
                if evaluate(constraint.holds, known) is not None:
                    continue
                for name in names:
                    if name not in known:
                        left = self._possible(name, constraint, known)
                        if len(left) == 1:
                            known[name] = left[0]
                            found[name] = (left[0], constraint)
                            changed = True
        return found

    def _possible(self, name: str, constraint: Constraint, known: Mapping[str, Value]) -> list[Value]:
        declaration = self.knowledge.facts[name]
        candidates: Iterable[Value]
        if declaration.type == "boolean":
            candidates = (True, False)
        elif declaration.type == "category":
            candidates = tuple(declaration.values)
        else:
            return []
        return [value for value in candidates if evaluate(constraint.holds, {**known, name: value}) is not False]
