"""Random expressions, Programs and patients for the agreement tests.

Expressions are built backwards from the wished type, so that all of them are valid. Numbers are kept small: `Name.bound` is the largest
size a number can have, so that no calculation leaves Float64 (whether the checker demands that of authors is its own question).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import get_args

import hypothesis.strategies as st
import msgspec

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
)
from spineplan.model.program import Definition, Input, Program

COMPARISONS: tuple[ComparisonOperator, ...] = get_args(ComparisonOperator)
OPERATIONS: tuple[ArithmeticOperator, ...] = get_args(ArithmeticOperator)
LARGEST = 1e9
COLOURS = ("red", "green", "blue")
SAYINGS = ("yes", "it's so", 'a "quoted" word', "naïve")


@dataclass(frozen=True)
class Name:
    """A fact or an earlier definition, as an expression may read it. `step` and the ends describe the values of a number fact."""

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
"""Facts of every type; numbers include nought, negatives, divisors and steps that binary fractions cannot hold."""


def patients(names: Sequence[Name] = FACTS) -> st.SearchStrategy[dict[str, Value]]:
    """Partial values of facts: only what is known."""
    return st.fixed_dictionaries({}, optional={name.name: values_of(name) for name in names})


def values_of(name: Name) -> st.SearchStrategy[Value]:
    """The values that a fact can have; numbers lie on its step as the records reader leaves them."""
    if name.type == "boolean":
        return st.booleans()
    if name.type == "category":
        return st.sampled_from(name.values)
    first, last = round(name.low / name.step), round(name.high / name.step)
    return st.integers(first, last).map(lambda count: float(round(count * name.step, 6)))


def expressions(
    wished: ValueType, names: Sequence[Name] = FACTS, depth: int = 4, authors: bool = False, bands: bool = True
) -> st.SearchStrategy[Expression]:
    """Expressions of the wished type. `authors` leaves out what only the compiler writes; `bands` also leaves out ordered bands."""
    return _Builder(tuple(names), authors, bands).of_type(wished, depth)


class _Builder:
    def __init__(self, names: tuple[Name, ...], authors: bool, bands: bool) -> None:
        self.names, self.authors, self.with_bands = names, authors, bands

    def named(self, type_: ValueType) -> tuple[Name, ...]:
        return tuple(name for name in self.names if name.type == type_)

    def of_type(self, wished: ValueType, depth: int) -> st.SearchStrategy[Expression]:
        if wished == "boolean":
            return self.boolean(depth)
        if wished == "category":
            return self.category(depth)
        return self.number(depth).map(lambda pair: pair[0])

    def boolean(self, depth: int) -> st.SearchStrategy[Expression]:
        refs: st.SearchStrategy[Expression] = st.sampled_from([Ref(name.name) for name in self.named("boolean")])
        atoms = st.one_of(refs, self.membership(), st.deferred(lambda: self.comparison(0)))
        if depth <= 0:
            return st.one_of(atoms, refs, refs, st.booleans().map(Literal))
        inner = st.deferred(lambda: self.boolean(depth - 1))
        several = st.lists(inner, min_size=2, max_size=3).map(tuple)
        kinds: list[st.SearchStrategy[Expression]] = [
            atoms,
            inner.map(Not),
            several.map(And),
            several.map(Or),
            self.counting(inner),
            st.deferred(lambda: self.comparison(depth - 1)),
        ]
        if not self.authors:
            kinds.extend([inner.map(IsTrue), inner.map(IsFalse), st.sampled_from([And(()), Or(())])])
        if self.with_bands:
            kinds.append(self.bands(inner, inner))
        return st.one_of(kinds)

    @staticmethod
    @st.composite
    def _counting(draw: st.DrawFn, inner: st.SearchStrategy[Expression]) -> Expression:
        operands = draw(st.lists(inner, min_size=1, max_size=4))
        return AtLeast(draw(st.integers(1, len(operands))), tuple(operands))

    def counting(self, inner: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
        return self._counting(inner)

    def bands(self, when: st.SearchStrategy[Expression], value: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
        """One to four bands; the last has no condition, except that the compiler may leave it out."""
        earlier = st.lists(st.builds(Band, when, value), max_size=3)
        last = st.builds(Band, st.just(Literal(True)), value)
        closed = st.builds(lambda some, end: Bands((*some, end)), earlier, last)
        if self.authors:
            return closed
        return st.one_of(closed, st.lists(st.builds(Band, when, value), min_size=1, max_size=3).map(lambda some: Bands(tuple(some))))

    def membership(self) -> st.SearchStrategy[Expression]:
        def of(name: Name) -> st.SearchStrategy[Expression]:
            values = st.lists(st.sampled_from(name.values), min_size=1, max_size=len(name.values), unique=True)
            return values.map(lambda chosen: Membership(Ref(name.name), tuple(chosen)))

        return st.sampled_from(self.named("category")).flatmap(of)

    def comparison(self, depth: int) -> st.SearchStrategy[Expression]:
        """Equality only between a name and a name or constant, as the checker demands; the other comparisons between any numbers."""
        refs: st.SearchStrategy[Expression] = st.sampled_from([Ref(name.name) for name in self.named("number")])
        sides = self.number(depth).map(lambda pair: pair[0])
        ordered = st.builds(Comparison, st.sampled_from(["<", "<=", ">", ">="]), sides, sides)
        equal = st.builds(Comparison, st.sampled_from(["=", "<>"]), refs, st.one_of(refs, _constants().map(lambda pair: pair[0])))
        boundary = st.builds(Comparison, st.sampled_from(COMPARISONS), refs, _constants().map(lambda pair: pair[0]))
        return st.one_of(ordered, equal, boundary)

    def number(self, depth: int) -> st.SearchStrategy[tuple[Expression, float]]:
        """A number expression with a bound on its size."""
        refs: st.SearchStrategy[tuple[Expression, float]] = st.sampled_from([(Ref(name.name), name.bound) for name in self.named("number")])
        if depth <= 0:
            return st.one_of(refs, refs, _constants())
        kinds = [refs, _constants(), st.deferred(lambda: self.arithmetic(depth))]
        if self.with_bands:
            kinds.append(st.deferred(lambda: self.number_bands(depth)))
        return st.one_of(kinds)

    def arithmetic(self, depth: int) -> st.SearchStrategy[tuple[Expression, float]]:
        divisors: list[tuple[Expression, float]] = [(Literal(value), abs(value)) for value in (2.0, -4.0, 3.0, 0.5)]
        divisors.extend((Ref(name.name), min(abs(name.low), abs(name.high))) for name in self.named("number") if name.never_zero)

        @st.composite
        def build(draw: st.DrawFn) -> tuple[Expression, float]:
            operator = draw(st.sampled_from(OPERATIONS))
            left, left_bound = draw(self.number(depth - 1))
            right, right_bound = draw(st.sampled_from(divisors) if operator == "/" else self.number(depth - 1))
            bound = {"*": left_bound * right_bound, "/": left_bound / right_bound if right_bound else 0.0}.get(operator, left_bound + right_bound)
            if bound > LARGEST:
                return left, left_bound
            return Arithmetic(operator, left, right), bound

        return build()

    def number_bands(self, depth: int) -> st.SearchStrategy[tuple[Expression, float]]:
        @st.composite
        def build(draw: st.DrawFn) -> tuple[Expression, float]:
            bounds: list[float] = []

            def remember(pair: tuple[Expression, float]) -> Expression:
                bounds.append(pair[1])
                return pair[0]

            drawn = draw(self.bands(self.boolean(depth - 1), self.number(depth - 1).map(remember)))
            return drawn, max(bounds)

        return build()

    def category(self, depth: int) -> st.SearchStrategy[Expression]:
        """Bands of constants, the only form of a defined category."""
        constants: st.SearchStrategy[Expression] = st.sampled_from([Literal(colour) for colour in COLOURS])
        return self.bands(self.boolean(max(depth - 1, 0)), constants)


def _constants() -> st.SearchStrategy[tuple[Expression, float]]:
    """Constants near the values of the facts, so that boundaries are met often."""
    values = (-5.0, -3.0, -0.5, 0.0, 0.1, 0.3, 0.5, 1.0, 1.5, 2.0, 3.0, 7.0)
    return st.sampled_from([(Literal(value), abs(value)) for value in values])


@st.composite
def programs(draw: st.DrawFn, most: int = 40) -> Program:
    """Programs of one to `most` definitions that read facts and earlier definitions; some facts are quiet, some definitions hidden."""
    quiet = draw(st.sets(st.sampled_from([name.name for name in FACTS if name.type == "boolean"]), max_size=3))
    names = list(FACTS)
    definitions: list[Definition] = []
    for number in range(draw(st.integers(1, most))):
        type_ = draw(st.sampled_from(("boolean", "boolean", "boolean", "number", "category")))
        name = f"d{number}"
        # Recently defined names come first, so that chains of definitions grow long.
        pool = names[-8:] if draw(st.booleans()) else names
        builder = _Builder((*FACTS, *(each for each in pool if each not in FACTS)), authors=False, bands=True)
        depth = draw(st.integers(0, 2))
        if type_ == "number":
            expression, bound = draw(builder.number(depth))
            names.append(Name(name, "number", low=-bound, high=bound))
        else:
            expression = draw(builder.of_type(type_, depth))
            names.append(Name(name, type_, COLOURS if type_ == "category" else ()))
        values = COLOURS if type_ == "category" else ()
        definitions.append(Definition(name, type_, expression, values, hidden=draw(st.booleans()) and draw(st.booleans())))
    inputs = tuple(Input(name.name, name.type, name.values, name.name in quiet) for name in FACTS)
    return Program("random", inputs, tuple(definitions))


def nodes(expression: Expression) -> list[msgspec.Struct]:
    """Every node of an expression, bands included."""
    from spineplan.model.expressions import children

    found: list[msgspec.Struct] = [expression, *(expression.bands if isinstance(expression, Bands) else ())]
    for child in children(expression):
        found.extend(nodes(child))
    return found
