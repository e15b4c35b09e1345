"""Which unknown input facts an unknown value waits for: only those that can still change it."""

from __future__ import annotations

from collections.abc import Mapping

from spineplan.evaluating.reference import evaluate
from spineplan.model.expressions import (
    And,
    AtLeast,
    Bands,
    Comparison,
    Expression,
    IsFalse,
    IsTrue,
    Literal,
    Membership,
    Not,
    Or,
    Ref,
    Value,
    names_in,
)

Missing = frozenset[str]
_NOTHING: Missing = frozenset()


class Unknowns:
    """Finds missing facts for one patient; what was found for a name is remembered.

    `values` gives facts and definitions (unknown: None); `expressions` the expression of every defined name.
    """

    def __init__(self, values: Mapping[str, Value], expressions: Mapping[str, Expression]) -> None:
        self._values = values
        self._expressions = expressions
        self._found: dict[str, Missing] = {}

    def of(self, name: str) -> Missing:
        """The input facts that an unknown name waits for; empty when it is known."""
        found = self._found.get(name)
        if found is None:
            if self._values.get(name) is not None:
                found = _NOTHING
            else:
                inner = self._expressions.get(name)
                found = frozenset((name,)) if inner is None else self._judge(inner)[1]
            self._found[name] = found
        return found

    def of_expression(self, expression: Expression) -> Missing:
        """The input facts that an unknown expression waits for; empty when it is known."""
        return self._judge(expression)[1]

    def _judge(self, part: Expression) -> tuple[Value, Missing]:
        """Value of an expression and, where it is unknown, what it waits for; hidden definitions are judged by their expression."""
        kind = type(part)
        if kind is Ref:
            assert isinstance(part, Ref)
            value = self._values.get(part.name)
            if value is not None:
                return value, _NOTHING
            inner = self._expressions.get(part.name)
            if inner is None:
                return None, self.of(part.name)
            known = self._found.get(part.name)
            if known:
                return None, known
            value, missing = self._judge(inner)
            self._found[part.name] = missing
            return value, missing
        match part:
            case And(operands):
                return self._junction(operands, False)
            case Or(operands):
                return self._junction(operands, True)
            case Not(operand):
                value, missing = self._judge(operand)
                return (None if value is None else not value), missing
            case IsTrue(operand):
                return self._judge(operand)[0] is True, _NOTHING
            case IsFalse(operand):
                return self._judge(operand)[0] is False, _NOTHING
            case AtLeast(count, operands):
                return self._counting(count, operands)
            case Bands(bands):
                for band in bands:
                    holds, missing = self._judge(band.when)
                    if holds is None:
                        return None, missing
                    if holds:
                        return self._judge(band.value)
                return None, _NOTHING
            case Literal(value):
                return value, _NOTHING
            case Comparison() | Membership():
                value = evaluate(part, self._values)
                if value is not None:
                    return value, _NOTHING
                return None, _NOTHING.union(*(self.of(name) for name in names_in(part)))
            case _:
                return evaluate(part, self._values), _NOTHING.union(*(self.of(name) for name in names_in(part)))

    def _junction(self, operands: tuple[Expression, ...], decisive: bool) -> tuple[Value, Missing]:
        gathered: Missing = _NOTHING
        unknown = False
        for operand in operands:
            value, missing = self._judge(operand)
            if value is decisive:
                return decisive, _NOTHING
            if value is None:
                unknown = True
                gathered |= missing
        return (None, gathered) if unknown else (not decisive, _NOTHING)

    def _counting(self, count: int, operands: tuple[Expression, ...]) -> tuple[Value, Missing]:
        judged = [self._judge(operand) for operand in operands]
        true = sum(value is True for value, _ in judged)
        unknown = sum(value is None for value, _ in judged)
        if true >= count:
            return True, _NOTHING
        if true + unknown < count:
            return False, _NOTHING
        return None, _NOTHING.union(*(missing for value, missing in judged if value is None))
