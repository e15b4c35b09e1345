"""Which unknown input facts an unknown expression waits for: only those that can still change it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from spineplan.evaluating.reference import evaluate
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

Lookup = Mapping[str, Value]


def unknown_facts(expression: Expression, values: Lookup, definition: Callable[[str], Expression | None]) -> set[str]:
    """The input facts without a value that the unknown value of an expression comes from. Empty when the expression is known.

    `values` gives facts and definitions; `definition` gives the expression of a defined name, None for an input fact.
    """
    found: set[str] = set()
    seen: set[str] = set()

    def visit(part: Expression) -> None:
        if evaluate(part, values) is not None:
            return
        match part:
            case Ref(name):
                visit_name(name)
            case Not() | And() | Or() | AtLeast():
                for child in children(part):
                    visit(child)
            case Comparison() | Membership():
                for name in names_in(part):
                    visit_name(name)
            case Bands(bands):
                for band in bands:
                    holds = evaluate(band.when, values)
                    if holds is None:
                        visit(band.when)
                        return
                    if holds:
                        visit(band.value)
                        return
            case _:
                for child in children(part):
                    visit(child)

    def visit_name(name: str) -> None:
        if name in seen or values.get(name) is not None:
            return
        seen.add(name)
        inner = definition(name)
        if inner is None:
            found.add(name)
        else:
            visit(inner)

    visit(expression)
    return found
