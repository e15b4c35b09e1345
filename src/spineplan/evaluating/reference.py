"""The reference evaluator: what expressions mean, written to be read. Every other backend is tested against it.

A value is True, False or None (unknown) for booleans, a float or None for numbers, a text or None for categories.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, Protocol

from spineplan.model.expressions import (
    And,
    Arithmetic,
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
from spineplan.model.program import Program


class Values(Protocol):
    """Where names have their values: a mapping, or anything else with `get`."""

    def get(self, name: str, /) -> Value:
        """The value of a name; None when it is unknown."""
        ...


def evaluate(expression: Expression, values: Values) -> Value:
    """The value of an expression where a name that is not in `values` is unknown."""
    match expression:
        case Literal(value):
            return value
        case Ref(name):
            return values.get(name)
        case Not(operand):
            inner = evaluate(operand, values)
            return None if inner is None else not inner
        case And(operands):
            return _and([evaluate(operand, values) for operand in operands])
        case Or(operands):
            return _or([evaluate(operand, values) for operand in operands])
        case AtLeast(count, operands):
            return _at_least(count, [evaluate(operand, values) for operand in operands])
        case Comparison(operator, left, right):
            return _compare(operator, evaluate(left, values), evaluate(right, values))
        case Membership(subject, members):
            inner = evaluate(subject, values)
            return None if inner is None else inner in members
        case Arithmetic(operator, left, right):
            return _calculate(operator, evaluate(left, values), evaluate(right, values))
        case IsTrue(operand):
            return evaluate(operand, values) is True
        case IsFalse(operand):
            return evaluate(operand, values) is False
        case Bands(bands):
            for band in bands:
                holds = evaluate(band.when, values)
                if holds is None:
                    return None
                if holds:
                    return evaluate(band.value, values)
            return None


class Traced(NamedTuple):
    """A value that remembers where it comes from: its expression and the values of all that the expression reads."""

    value: Value
    expression: Expression
    reads: dict[str, Value]


def trace(program: Program, values: Mapping[str, Value], doubtful: frozenset[str] = frozenset()) -> dict[str, Traced]:
    """Every definition with its value and its grounds, hidden ones included, in the order of the Program.

    Missing quiet facts are False unless doubtful.
    """
    known: dict[str, Value] = {item.name: False for item in program.inputs if item.quiet and item.name not in doubtful}
    known.update(values)
    results: dict[str, Traced] = {}
    for definition in program.definitions:
        expression = definition.expression
        result = evaluate(expression, known)
        results[definition.name] = Traced(result, expression, {name: known.get(name) for name in names_in(expression)})
        known[definition.name] = result
    return results


def run_reference(program: Program, values: Mapping[str, Value], doubtful: frozenset[str] = frozenset()) -> dict[str, Value]:
    """The value of every definition, hidden ones included, in the order of the Program."""
    return {name: traced.value for name, traced in trace(program, values, doubtful).items()}


def _and(values: list[Value]) -> Value:
    if any(value is False for value in values):
        return False
    return None if any(value is None for value in values) else True


def _or(values: list[Value]) -> Value:
    if any(value is True for value in values):
        return True
    return None if any(value is None for value in values) else False


def _at_least(count: int, values: list[Value]) -> Value:
    true = sum(value is True for value in values)
    unknown = sum(value is None for value in values)
    if true >= count:
        return True
    return None if true + unknown >= count else False


def _compare(operator: str, left: Value, right: Value) -> Value:
    if left is None or right is None:
        return None
    assert isinstance(left, float | int) and isinstance(right, float | int)
    match operator:
        case "<":
            return left < right
        case "<=":
            return left <= right
        case ">":
            return left > right
        case ">=":
            return left >= right
        case "=":
            return left == right
        case _:
            return left != right


def _calculate(operator: str, left: Value, right: Value) -> Value:
    if left is None or right is None:
        return None
    assert isinstance(left, float | int) and isinstance(right, float | int)
    match operator:
        case "+":
            return float(left + right)
        case "-":
            return float(left - right)
        case "*":
            return float(left * right)
        case _:
            return float(left / right)
