"""Expressions over named facts: the one form in which every condition, choice and number of the knowledge exists.

The first group of nodes is what authors may write; it is monotone (an answer once known stays when more is learnt). The second
group is made by the compiler only. Values are three-valued for booleans (TRUE, FALSE, unknown) and known-or-unknown for numbers and categories.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal as OneOf

import msgspec

ComparisonOperator = OneOf["<", "<=", ">", ">=", "=", "<>"]
ArithmeticOperator = OneOf["+", "-", "*", "/"]
ValueType = OneOf["boolean", "number", "category"]
Value = bool | float | str | None


class Literal(msgspec.Struct, frozen=True, tag="literal"):
    """A constant: TRUE, FALSE, a number (Float64, never NaN) or the name of a category value."""

    value: bool | float | str


class Ref(msgspec.Struct, frozen=True, tag="ref"):
    """The value of a named fact or of an earlier definition."""

    name: str


class Not(msgspec.Struct, frozen=True, tag="not"):
    """Kleene negation."""

    operand: Expression


class And(msgspec.Struct, frozen=True, tag="and"):
    """Kleene conjunction; TRUE when empty."""

    operands: tuple[Expression, ...]


class Or(msgspec.Struct, frozen=True, tag="or"):
    """Kleene disjunction; FALSE when empty."""

    operands: tuple[Expression, ...]


class Comparison(msgspec.Struct, frozen=True, tag="comparison"):
    """A comparison of two numbers; unknown when one of them is."""

    operator: ComparisonOperator
    left: Expression
    right: Expression


class Membership(msgspec.Struct, frozen=True, tag="in"):
    """Whether a category fact is one of the values; unknown while the fact is."""

    subject: Ref
    values: tuple[str, ...]


class Arithmetic(msgspec.Struct, frozen=True, tag="arithmetic"):
    """Float64 arithmetic; unknown when an operand is."""

    operator: ArithmeticOperator
    left: Expression
    right: Expression


class AtLeast(msgspec.Struct, frozen=True, tag="at_least"):
    """TRUE when `count` operands are TRUE; FALSE when too few can still become so; else unknown."""

    count: int
    operands: tuple[Expression, ...]


class IsTrue(msgspec.Struct, frozen=True, tag="is_true"):
    """Compiler only: TRUE when the operand is known to be TRUE, else FALSE."""

    operand: Expression


class IsFalse(msgspec.Struct, frozen=True, tag="is_false"):
    """Compiler only: TRUE when the operand is known to be FALSE, else FALSE."""

    operand: Expression


class Band(msgspec.Struct, frozen=True):
    """One band: its condition (TRUE in the last) and the value it gives."""

    when: Expression
    value: Expression


class Bands(msgspec.Struct, frozen=True, tag="bands"):
    """Compiler only: the value of the first band that is TRUE; unknown when an earlier band is unknown or none holds."""

    bands: tuple[Band, ...]


Expression = Literal | Ref | Not | And | Or | Comparison | Membership | Arithmetic | AtLeast | IsTrue | IsFalse | Bands

TRUE = Literal(True)
FALSE = Literal(False)


def conjunction(operands: list[Expression]) -> Expression:
    """The conjunction without needless nesting: no operands give TRUE, one gives itself, a FALSE gives FALSE."""
    kept = [operand for operand in dict.fromkeys(operands) if operand != TRUE]
    if FALSE in kept:
        return FALSE
    if not kept:
        return TRUE
    return kept[0] if len(kept) == 1 else And(tuple(kept))


def disjunction(operands: list[Expression]) -> Expression:
    """The disjunction without needless nesting: no operands give FALSE, one gives itself, a TRUE gives TRUE."""
    kept = [operand for operand in dict.fromkeys(operands) if operand != FALSE]
    if TRUE in kept:
        return TRUE
    if not kept:
        return FALSE
    return kept[0] if len(kept) == 1 else Or(tuple(kept))


def negation(operand: Expression) -> Expression:
    """NOT, with double negation and constants folded (both keep the meaning for unknown)."""
    if operand == TRUE:
        return FALSE
    if operand == FALSE:
        return TRUE
    return operand.operand if isinstance(operand, Not) else Not(operand)


def children(expression: Expression) -> tuple[Expression, ...]:
    """The direct parts of an expression."""
    match expression:
        case Literal() | Ref():
            return ()
        case Not(operand) | IsTrue(operand) | IsFalse(operand):
            return (operand,)
        case And(operands) | Or(operands):
            return operands
        case AtLeast(_, operands):
            return operands
        case Comparison(_, left, right) | Arithmetic(_, left, right):
            return (left, right)
        case Membership(subject, _):
            return (subject,)
        case Bands(bands):
            return tuple(part for band in bands for part in (band.when, band.value))


def names_in(expression: Expression) -> Iterator[str]:
    """Every name that the expression reads, in order of appearance, with repeats."""
    if isinstance(expression, Ref):
        yield expression.name
    for child in children(expression):
        yield from names_in(child)
