"""What the ranges of facts say of expressions: conditions that no patient can satisfy, and how large a calculation can become.

Only conjunctions of comparisons with constants are looked at; everything else is left to the prover.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

from spineplan.checking.symbols import Finding, Symbol
from spineplan.model.expressions import And, Arithmetic, Comparison, ComparisonOperator, Expression, Literal, Membership, Not, Ref

UNDECLARED_SIZE = 1e12
"""Taken for the size of a number whose range is not declared."""


class _Interval:
    """The values of a number that are left, between two ends and on its step."""

    def __init__(self, symbol: Symbol) -> None:
        self.step = symbol.step
        self.low, self.low_open, self.high, self.high_open = symbol.minimum, False, symbol.maximum, False
        self.excluded: set[float] = set()

    def narrow(self, operator: ComparisonOperator, value: float) -> None:
        if operator == "<>":
            self.excluded.add(value)
        if operator in (">", ">=", "="):
            is_open = operator == ">"
            if value > self.low or (value == self.low and is_open):
                self.low, self.low_open = value, is_open
        if operator in ("<", "<=", "="):
            is_open = operator == "<"
            if value < self.high or (value == self.high and is_open):
                self.high, self.high_open = value, is_open

    def empty(self) -> bool:
        low, high, step = self.low, self.high, self.step
        if step and math.isfinite(low) and math.isfinite(high):
            first = math.floor(low / step + 1e-9) + 1 if self.low_open else math.ceil(low / step - 1e-9)
            last = math.ceil(high / step - 1e-9) - 1 if self.high_open else math.floor(high / step + 1e-9)
            # As many values as are excluded can all be excluded; with more, one is left.
            if last - first >= len(self.excluded):
                return False
            return {round(value / step) for value in self.excluded} >= set(range(first, last + 1))
        if low == high:
            return self.low_open or self.high_open or low in self.excluded
        return low > high


def contradictions(operands: Sequence[Expression], symbols: Mapping[str, Symbol]) -> Iterator[Finding]:
    """Findings for facts that cannot meet all the operands of an AND. A comparison that can never hold by itself is left out."""
    numbers: dict[str, _Interval] = {}
    asked: dict[str, set[str]] = {}
    excluded: dict[str, set[str]] = {}
    for part in _conjuncts(operands):
        match part:
            case Comparison(operator, Ref(name), Literal(float(value))) if not _impossible(symbols[name], operator, value):
                numbers.setdefault(name, _Interval(symbols[name])).narrow(operator, value)
            case Membership(Ref(name), values):
                asked[name] = asked.get(name, set(values)) & set(values)
            case Not(Membership(Ref(name), values)):
                excluded.setdefault(name, set()).update(values)
    for name, interval in numbers.items():
        if interval.empty():
            yield Finding(
                f"no value of `{name}` satisfies all its comparisons here", "The condition can never hold: check < and >."
            )
    for name, left in asked.items():
        if not left - excluded.get(name, set()):
            yield Finding(
                f"no value of `{name}` satisfies all its conditions here",
                "The condition can never hold: use OR, or IN with every value that is meant.",
            )


def largest_size(expression: Expression, symbols: Mapping[str, Symbol]) -> float:
    """The largest size (distance from 0) that a number expression can reach inside the ranges of its facts; may be infinite."""
    match expression:
        case Literal(float(value)):
            return abs(value)
        case Ref(name):
            size = max(abs(symbols[name].minimum), abs(symbols[name].maximum))
            return size if math.isfinite(size) else UNDECLARED_SIZE
        case Arithmetic(operator, left, right):
            size = largest_size(left, symbols)
            if operator == "/":
                smallest = _smallest_size(right, symbols)
                return size / smallest if smallest > 0 else math.inf
            other = largest_size(right, symbols)
            return size * other if operator == "*" else size + other
        case _:
            return 0.0


def _smallest_size(divisor: Expression, symbols: Mapping[str, Symbol]) -> float:
    if isinstance(divisor, Ref):
        return min(abs(symbols[divisor.name].minimum), abs(symbols[divisor.name].maximum))
    return largest_size(divisor, symbols)


def _impossible(symbol: Symbol, operator: ComparisonOperator, value: float) -> bool:
    interval = _Interval(symbol)
    interval.narrow(operator, value)
    return interval.empty()


def _conjuncts(operands: Sequence[Expression]) -> Iterator[Expression]:
    for operand in operands:
        if isinstance(operand, And):
            yield from _conjuncts(operand.operands)
        else:
            yield operand
