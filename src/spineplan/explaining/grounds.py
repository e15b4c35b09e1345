"""The facts on which a value rests: those that made a condition TRUE or FALSE, through derived facts down to what was recorded."""

from __future__ import annotations

from collections.abc import Callable

from spineplan.evaluating.reference import Values, evaluate
from spineplan.model.expressions import (
    And,
    AtLeast,
    Bands,
    Comparison,
    Expression,
    Membership,
    Not,
    Or,
    Ref,
    Value,
    children,
    names_in,
)


def grounds(expression: Expression, values: Values, definition: Callable[[str], Expression | None]) -> dict[str, Value]:
    """The names (facts and derived facts) that decided the known value of an expression, with their values; empty when it is unknown."""
    found: dict[str, Value] = {}

    def visit(part: Expression) -> None:
        result = evaluate(part, values)
        if result is None:
            return
        match part:
            case Ref(name):
                visit_name(name)
            case And(operands) | Or(operands):
                decisive = isinstance(part, Or)
                for operand in operands:
                    if result is not decisive or evaluate(operand, values) is decisive:
                        visit(operand)
            case AtLeast(_, operands):
                for operand in operands:
                    if evaluate(operand, values) is result:
                        visit(operand)
            case Not(operand):
                visit(operand)
            case Comparison() | Membership():
                for name in names_in(part):
                    visit_name(name)
            case Bands(bands):
                for band in bands:
                    visit(band.when)
                    if evaluate(band.when, values) is True:
                        visit(band.value)
                        return
            case _:
                for child in children(part):
                    visit(child)

    def visit_name(name: str) -> None:
        value = values.get(name)
        if name in found or value is None:
            return
        inner = definition(name)
        if "." not in name:
            found[name] = value
        if inner is not None:
            visit(inner)

    visit(expression)
    return found
