"""What the constraints of the knowledge say about a set of known values: what contradicts, and what follows.

A small three-valued walk over the authors' part of the language; names that have no value are unknown. Constraints over derived
facts are left out, because nothing is derived yet.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from spineplan.model.expressions import (
    And,
    Arithmetic,
    AtLeast,
    Comparison,
    Expression,
    Literal,
    Membership,
    Not,
    Or,
    Ref,
    Value,
    names_in,
)
from spineplan.model.facts import Constraint
from spineplan.model.knowledge import Knowledge


def truth(expression: Expression, values: Mapping[str, Value]) -> Value:
    """The value of an expression; None is unknown. Forms that only the compiler makes are unknown."""
    match expression:
        case Literal(value):
            return value
        case Ref(name):
            return values.get(name)
        case Not(operand):
            inner = truth(operand, values)
            return None if inner is None else not inner
        case And(operands):
            return _count_true([truth(operand, values) for operand in operands], len(operands))
        case Or(operands):
            return _count_true([truth(operand, values) for operand in operands], 1)
        case AtLeast(count, operands):
            return _count_true([truth(operand, values) for operand in operands], count)
        case Comparison(operator, left, right):
            return _compare(operator, truth(left, values), truth(right, values))
        case Membership(subject, allowed):
            inner = truth(subject, values)
            return None if inner is None else inner in allowed
        case Arithmetic(operator, left, right):
            return _calculate(operator, truth(left, values), truth(right, values))
        case _:
            return None


def _count_true(values: list[Value], count: int) -> bool | None:
    certain = sum(value is True for value in values)
    possible = certain + sum(value is None for value in values)
    if certain >= count:
        return True
    return False if possible < count else None


def _compare(operator: str, left: Value, right: Value) -> bool | None:
    if left is None or right is None:
        return None
    if operator in ("=", "<>"):
        return (left == right) is (operator == "=")
    if isinstance(left, str) or isinstance(right, str):
        return None
    return {"<": left < right, "<=": left <= right, ">": left > right, ">=": left >= right}[operator]


def _calculate(operator: str, left: Value, right: Value) -> float | None:
    if left is None or right is None or isinstance(left, str) or isinstance(right, str):
        return None
    if operator == "/":
        return left / right if right else None
    return {"+": left + right, "-": left - right, "*": left * right}[operator]


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
            if truth(constraint.holds, values) is False
        ]

    def following(self, values: Mapping[str, Value]) -> dict[str, tuple[Value, Constraint]]:
        """The unknown booleans and categories that have one value left, with the constraint that says so; to a fixed point."""
        known = dict(values)
        found: dict[str, tuple[Value, Constraint]] = {}
        changed = True
        while changed:
            changed = False
            for constraint, names in self.read:
                if truth(constraint.holds, known) is not None:
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
        return [value for value in candidates if truth(constraint.holds, {**known, name: value}) is not False]
