"""Random expressions, Programs and patients for the agreement tests.

Expressions are built backwards from the wished type, so that all of them are valid. Numbers are kept small: every number
expression carries a bound on its size, so that no calculation leaves Float64.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeVar, get_args

import hypothesis.strategies as st

from spineplan.model.expressions import (
    And,
    Arithmetic,
    ArithmeticOperator,
    AtLeast,
    Band,
    Bands,
    Comparison,
    ComparisonOperator,
    Expression,
    IsFalse,
    IsTrue,
    Literal,
    Membership,
    Not,
    Or,
    Ref,
    Value,
    ValueType,
    children,
)
from spineplan.model.program import Definition, Input, Program

T = TypeVar("T")
Numeric = tuple[Expression, float]  # a number expression and a bound on its size

COMPARISONS: tuple[ComparisonOperator, ...] = get_args(ComparisonOperator)
OPERATIONS: tuple[ArithmeticOperator, ...] = get_args(ArithmeticOperator)
LARGEST = 1e9
COLOURS = ("red", "green", "blue")
SAYINGS = ("yes", "it's so", 'a "quoted" word', "naïve")
CONSTANTS = (-5.0, -3.0, -0.5, 0.0, 0.1, 0.3, 0.5, 1.0, 1.5, 2.0, 3.0, 7.0)
DIVISORS = (2.0, -4.0, 3.0, 0.5)


@dataclass(frozen=True)
class Name:
    """A fact or an earlier definition, as an expression may read it. `low`, `high` and `step` describe the values of a number."""

    name: str
    type: ValueType
    values: tuple[str, ...] = ()
    low: float = 0.0
    high: float = 0.0
    step: float = 1.0

    @property
    def bound(self) -> float:
        """The largest size of the number."""
        return max(abs(self.low), abs(self.high))

    @property
    def never_zero(self) -> bool:
        """Whether one may divide by it."""
        return self.low > 0 or self.high < 0


FACTS: tuple[Name, ...] = (
    *(Name(f"b{index}", "boolean") for index in range(6)),
    Name("whole", "number", low=-5, high=5),
    Name("half", "number", low=-3, high=3, step=0.5),
    Name("tenth", "number", low=0, high=2, step=0.1),
    Name("positive", "number", low=1, high=7),
    Name("negative", "number", low=-4, high=-0.5, step=0.5),
    Name("colour", "category", COLOURS),
    Name("saying", "category", SAYINGS),
)
"""Facts of every type; numbers include nought, negatives, divisors and a step that binary fractions cannot hold."""


def patients() -> st.SearchStrategy[dict[str, Value]]:
    """Partial values of facts: only what is known."""
    return st.fixed_dictionaries({}, optional={name.name: values_of(name) for name in FACTS})


def values_of(name: Name) -> st.SearchStrategy[Value]:
    """The values that a fact can have; numbers lie on its step as the reader of a case leaves them."""
    if name.type == "boolean":
        return st.booleans()
    if name.type == "category":
        return st.sampled_from(name.values)
    first, last = round(name.low / name.step), round(name.high / name.step)
    return st.integers(first, last).map(lambda count: float(round(count * name.step, 6)))


@st.composite
def expressions(draw: st.DrawFn, wished: ValueType, depth: int = 4, authors: bool = False, bands: bool = True) -> Expression:
    """An expression over the facts. `authors` leaves out what only the compiler writes, `bands=False` ordered bands."""
    return _Maker(draw, FACTS, authors, bands).of_type(wished, depth)


@st.composite
def programs(draw: st.DrawFn, most: int = 40) -> Program:
    """Programs of one to `most` definitions that read facts and earlier definitions; some are hidden, some facts are quiet."""
    quiet = draw(st.sets(_one_of(tuple(name.name for name in FACTS if name.type == "boolean")), max_size=3))
    defined: list[Name] = []
    definitions: list[Definition] = []
    for number in range(draw(st.integers(1, most))):
        type_: ValueType = draw(_one_of(("boolean", "boolean", "boolean", "number", "category")))
        # The latest definitions stand beside the facts twice, so that chains of definitions grow long.
        maker = _Maker(draw, (*FACTS, *defined, *defined[-6:]), authors=False, bands=True)
        depth, name, values = draw(_one_of((0, 1, 1, 2))), f"d{number}", COLOURS if type_ == "category" else ()
        if type_ == "number":
            expression, bound = maker.number(depth)
            defined.append(Name(name, "number", low=-bound, high=bound))
        else:
            expression = maker.of_type(type_, depth)
            defined.append(Name(name, type_, values))
        definitions.append(Definition(name, type_, expression, values, hidden=draw(_one_of((False, False, True)))))
    inputs = tuple(Input(name.name, name.type, name.values, name.name in quiet) for name in FACTS)
    return Program("random", inputs, tuple(definitions))


def nodes(expression: Expression) -> list[Expression | Band]:
    """Every node of an expression, bands included."""
    found: list[Expression | Band] = [expression, *(expression.bands if isinstance(expression, Bands) else ())]
    for child in children(expression):
        found.extend(nodes(child))
    return found


class _Maker:
    """Draws expressions; `names` is what they may read."""

    def __init__(self, draw: st.DrawFn, names: Sequence[Name], authors: bool, bands: bool) -> None:
        self.draw, self.authors, self.with_bands = draw, authors, bands
        self.named = {type_: tuple(name for name in names if name.type == type_) for type_ in get_args(ValueType)}
        joined = [
            _Maker.negation,
            _Maker.conjunction,
            _Maker.disjunction,
            _Maker.counting,
            _Maker.comparison,
            _Maker.equality,
            _Maker.membership,
        ]
        if not authors:
            joined.extend([_Maker.known, _Maker.known])
        if bands:
            joined.append(_Maker.boolean_bands)
        self.kinds = tuple(joined)

    def pick(self, options: tuple[T, ...]) -> T:
        return self.draw(_one_of(options))

    def of_type(self, wished: ValueType, depth: int) -> Expression:
        if wished == "number":
            return self.number(depth)[0]
        return self.boolean(depth) if wished == "boolean" else self.category(depth)

    def ref(self, type_: ValueType) -> Ref:
        return Ref(self.pick(self.named[type_]).name)

    # --- conditions ----------------------------------------------------------------------------------------------------

    def boolean(self, depth: int) -> Expression:
        if depth <= 0:
            kind = self.pick(("ref", "ref", "ref", "constant", "comparison", "membership"))
            if kind == "constant":
                return Literal(self.draw(st.booleans()))
            if kind == "ref":
                return self.ref("boolean")
            return self.equality(0) if kind == "comparison" else self.membership(0)
        return self.pick(self.kinds)(self, depth - 1)

    def several(self, depth: int, fewest: int) -> tuple[Expression, ...]:
        return tuple(self.boolean(depth - index) for index in range(self.pick((fewest, 2, 3))))

    def negation(self, depth: int) -> Expression:
        return Not(self.boolean(depth))

    def conjunction(self, depth: int) -> Expression:
        return And(self.several(depth, 2 if self.authors else 0))

    def disjunction(self, depth: int) -> Expression:
        return Or(self.several(depth, 2 if self.authors else 0))

    def counting(self, depth: int) -> Expression:
        operands = (*self.several(depth, 1), self.boolean(0))
        return AtLeast(self.draw(st.integers(1, len(operands))), operands)

    def known(self, depth: int) -> Expression:
        operand = self.boolean(depth)
        return IsTrue(operand) if self.pick((True, False)) else IsFalse(operand)

    def membership(self, _depth: int) -> Expression:
        name = self.pick(self.named["category"])
        chosen = self.draw(st.lists(_one_of(name.values), min_size=1, max_size=len(name.values), unique=True))
        return Membership(Ref(name.name), tuple(chosen))

    def equality(self, _depth: int) -> Expression:
        """A name against a name or a constant; there the checker admits `=` too."""
        right = self.ref("number") if self.pick((True, False)) else Literal(self.pick(CONSTANTS))
        return Comparison(self.pick(COMPARISONS), self.ref("number"), right)

    def comparison(self, depth: int) -> Expression:
        operator = self.pick(tuple(each for each in COMPARISONS if each not in ("=", "<>")))
        return Comparison(operator, self.number(max(depth, 1))[0], self.number(depth)[0])

    def boolean_bands(self, depth: int) -> Expression:
        return self.bands(depth, lambda: self.boolean(depth))

    def bands(self, depth: int, value: Callable[[], Expression]) -> Bands:
        """One to four bands; the last has no condition, except that the compiler may leave that one out."""
        bands = [Band(self.boolean(depth - index), value()) for index in range(self.pick((0, 1, 2, 3)))]
        if self.authors or not bands or self.pick((True, True, False)):
            bands.append(Band(Literal(True), value()))
        return Bands(tuple(bands))

    # --- numbers and categories ----------------------------------------------------------------------------------------

    def number(self, depth: int) -> Numeric:
        kinds = ["ref", "ref", "constant"]
        if depth > 0:
            kinds.extend(["arithmetic", "arithmetic", "arithmetic"])
            if self.with_bands:
                kinds.append("bands")
        kind = self.pick(tuple(kinds))
        if kind == "arithmetic":
            return self.arithmetic(depth - 1)
        if kind == "bands":
            return self.number_bands(depth - 1)
        if kind == "ref":
            name = self.pick(self.named["number"])
            return Ref(name.name), name.bound
        constant = self.pick(CONSTANTS)
        return Literal(constant), abs(constant)

    def arithmetic(self, depth: int) -> Numeric:
        operator = self.pick(OPERATIONS)
        left, left_bound = self.number(depth)
        if operator == "/":
            right, smallest = self.divisor()
            bound = left_bound / smallest
        else:
            right, right_bound = self.number(depth)
            bound = left_bound * right_bound if operator == "*" else left_bound + right_bound
        return (Arithmetic(operator, left, right), bound) if bound <= LARGEST else (left, left_bound)

    def divisor(self) -> Numeric:
        """A non-zero constant or a name that is never nought, and its smallest size."""
        names = tuple(name for name in self.named["number"] if name.never_zero)
        if self.pick((True, False)):
            constant = self.pick(DIVISORS)
            return Literal(constant), abs(constant)
        name = self.pick(names)
        return Ref(name.name), min(abs(name.low), abs(name.high))

    def number_bands(self, depth: int) -> Numeric:
        bounds: list[float] = []

        def value() -> Expression:
            expression, bound = self.number(depth)
            bounds.append(bound)
            return expression

        return self.bands(depth, value), max([*bounds, 0.0])

    def category(self, depth: int) -> Expression:
        """Bands of constants, the only form of a defined category."""
        return self.bands(depth - 1, lambda: Literal(self.pick(COLOURS)))


@lru_cache(maxsize=2048)
def _sampled(options: tuple[Any, ...]) -> st.SearchStrategy[Any]:
    return st.sampled_from(options)


def _one_of(options: tuple[T, ...]) -> st.SearchStrategy[T]:
    """`sampled_from`, made once for each set of options: making it anew for every draw would cost most of the time."""
    # True and 1 are equal as keys of the cache; every set of options here holds one type only.
    return _sampled(options)
