"""A Program to Python source. One generator for every backend that runs it: booleans are two planes, known-true and known-false.

The source uses only `&`, `|` and `^` on planes and calls `ops` for numbers, so it runs on packed bits and on single bits alike.
For one patient the same source is spelled with `and`, `or` and `not`, which Python does faster on False and True.
Only planes that something needs are written: negation is free, and definitions that are never unknown have one plane.
"""

from __future__ import annotations

from typing import NamedTuple

from spineplan.model.expressions import (
    And,
    Arithmetic,
    AtLeast,
    Band,
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
    children,
)
from spineplan.model.program import Definition, Program

Plane = tuple[str, str]  # name of a definition or input, and "t" or "f" or "=value" of a category
_OPERATORS = {"<": "lt", "<=": "le", ">": "gt", ">=": "ge", "=": "eq", "<>": "ne", "+": "add", "-": "sub", "*": "mul", "/": "div"}


class Generated(NamedTuple):
    """Source of a module with `run(T, F, N, C, one, ops, M)`, and what it reads and returns.

    T and F: planes of the boolean inputs; N: numbers; C: for each category input its planes by value, one-hot.
    Returns (true planes, false planes, numbers, categories) of the visible definitions, in the order of the name lists.
    A visible category is an index into its values, made by `ops.first`. M and a fifth result are explained in `generating_missing`:
    the sets of the `asked` facts, and what `missing_results` wait for.
    """

    source: str
    booleans: tuple[str, ...]
    numbers: tuple[str, ...]
    categories: tuple[tuple[str, str], ...]
    boolean_results: tuple[str, ...]
    number_results: tuple[str, ...]
    category_results: tuple[tuple[str, tuple[str, ...]], ...]
    asked: tuple[str, ...] = ()
    missing_results: tuple[str, ...] = ()


class Spelling(NamedTuple):
    """How the three operations on planes are written."""

    both: str
    either: str
    opposite: str


BITS = Spelling(" & ", " | ", "one ^ ")
TRUTHS = Spelling(" and ", " or ", "not ")


def generate(program: Program, wanted: frozenset[str] | None = None, bits: bool = False) -> Generated:
    """The source of a Program; `wanted` restricts the results (and with them the work) to these visible definitions.

    `bits`: spelled for packed planes of any width instead of for one patient.
    """
    return Generator(program, wanted, BITS if bits else TRUTHS).generate()


class Generator:
    """Writes the lines of one Program; see `generate`."""

    def __init__(self, program: Program, wanted: frozenset[str] | None, spelling: Spelling) -> None:
        self.program = program
        self.spelling = spelling
        self.visible = [item for item in program.definitions if not item.hidden and (wanted is None or item.name in wanted)]
        self.definitions: dict[str, Definition] = {definition.name: definition for definition in program.definitions}
        self.inputs = {item.name: item for item in program.inputs}
        self.crisp: set[str] = set()
        for definition in program.definitions:
            if definition.type == "boolean" and self.is_crisp(definition.expression):
                self.crisp.add(definition.name)
        self.passing = {item.name for item in program.definitions if item.hidden and item.name in self.crisp}
        self.short: dict[str, str] = {}
        for number, name in enumerate([*self.inputs, *self.definitions]):
            self.short[name] = f"v{number}"
        self.lines: list[str] = []
        self.aliases: dict[str, str] = {}
        self.complements: dict[str, str] = {}
        self.texts: dict[str, str] = {}
        self.made: dict[str, tuple[str, str]] = {}
        self.counter = 0

    def is_crisp(self, expression: Expression) -> bool:
        """Whether an expression is never unknown, so that one plane says all."""
        match expression:
            case IsTrue() | IsFalse():
                return True
            case Literal(value):
                return isinstance(value, bool)
            case Ref(name):
                return name in self.crisp
            case And() | Or() | Not() | AtLeast():
                return all(self.is_crisp(child) for child in children(expression))
            case _:
                return False

    def generate(self) -> Generated:
        """The source and what it reads and returns."""
        needed = self.needed()
        read = {name for name, _ in needed}
        booleans = tuple(name for name, item in self.inputs.items() if item.type == "boolean" and name in read)
        numbers = tuple(name for name, item in self.inputs.items() if item.type == "number" and name in read)
        categories = tuple(
            (name, value) for name, item in self.inputs.items() if item.type == "category" for value in item.values
        )
        self.unpack("T", [f"{self.short[name]}t" for name in booleans])
        self.unpack("F", [f"{self.short[name]}f" for name in booleans])
        self.unpack("N", [self.short[name] for name in numbers])
        self.unpack("C", [self.category_plane(name, value) for name, value in categories])
        for name in dict.fromkeys(operator for operator in (*_OPERATORS.values(), "choose", "first")):
            self.lines.append(f"{name} = ops.{name}")
        for definition in self.program.definitions:
            self.define(definition, needed)
        visible = self.visible
        boolean_results = tuple(definition.name for definition in visible if definition.type == "boolean")
        number_results = tuple(definition.name for definition in visible if definition.type == "number")
        category_results = tuple(
            (definition.name, self.values_of(definition)) for definition in visible if definition.type == "category"
        )
        returned = [
            "(" + ", ".join([*(self.plane(Ref(name), True) for name in boolean_results), ""]).strip() + ")",
            "(" + ", ".join([*(self.plane(Ref(name), False) for name in boolean_results), ""]).strip() + ")",
            "(" + ", ".join([*(self.short[name] for name in number_results), ""]).strip() + ")",
            "(" + ", ".join([*(f"{self.short[name]}c" for name, _ in category_results), ""]).strip() + ")",
        ]
        body = "\n    ".join(self.lines)
        result = ", ".join([*returned, self.further_results()])
        source = f"def run(T, F, N, C, one, ops, M):\n    zero = {self.spelling.opposite}one\n    {body}\n    return {result}\n"
        return Generated(source, booleans, numbers, categories, boolean_results, number_results, category_results)

    def further_results(self) -> str:
        """The text of a fifth result."""
        return "()"

    def always_needed(self) -> set[Plane]:
        """Planes that are needed besides those of the results."""
        return set()

    def unpack(self, source: str, names: list[str]) -> None:
        """Write the line that takes inputs out of a sequence."""
        if names:
            self.lines.append(f"({', '.join(names)},) = {source}")

    @staticmethod
    def values_of(definition: Definition) -> tuple[str, ...]:
        """The values of a category definition, band by band."""
        expression = definition.expression
        assert isinstance(expression, Bands)
        return tuple(str(band.value.value) for band in expression.bands if isinstance(band.value, Literal))

    # --- which planes are needed ---------------------------------------------------------------------------------------

    def needed(self) -> set[Plane]:
        """The planes that the results rest on."""
        wanted = self.always_needed()
        for definition in self.visible:
            if definition.type == "boolean":
                wanted |= {(definition.name, "t"), (definition.name, "f")}
            else:
                wanted.add((definition.name, "v"))
        for definition in reversed(self.program.definitions):
            name = definition.name
            if definition.type == "boolean":
                if name in self.crisp and (name, "f") in wanted:
                    wanted.add((name, "t"))
                if (name, "t") in wanted:
                    self.want(definition.expression, True, wanted)
                if (name, "f") in wanted and name not in self.crisp:
                    self.want(definition.expression, False, wanted)
            elif not wanted.isdisjoint({(name, "v"), (name, "t"), (name, "f")}):
                self.want(definition.expression, True, wanted)
                self.want(definition.expression, False, wanted)
        return wanted

    def want(self, expression: Expression, truth: bool, wanted: set[Plane]) -> None:
        """Mark the planes that one plane of an expression rests on."""
        match expression:
            case Ref(name):
                wanted.add((name, "t" if truth else "f"))
                wanted.add((name, "v"))
            case Not(operand):
                self.want(operand, not truth, wanted)
            case And(operands) | Or(operands) | AtLeast(_, operands):
                for operand in operands:
                    self.want(operand, truth, wanted)
            case IsTrue(operand):
                self.want(operand, True, wanted)
            case IsFalse(operand):
                self.want(operand, False, wanted)
            case Bands(bands):
                for band in bands:
                    self.want(band.when, True, wanted)
                    self.want(band.when, False, wanted)
                    self.want(band.value, truth, wanted)
            case _:
                for child in children(expression):
                    self.want(child, True, wanted)

    # --- definitions ---------------------------------------------------------------------------------------------------

    def define(self, definition: Definition, needed: set[Plane]) -> None:
        """Write the lines of one definition."""
        name, expression = definition.name, definition.expression
        variable = self.short[name]
        if definition.type == "boolean":
            if (name, "t") in needed:
                self.assign(f"{variable}t", self.plane(expression, True))
            if (name, "f") in needed and name not in self.passing:
                opposite = f"{self.spelling.opposite}{self.aliases.get(f'{variable}t', f'{variable}t')}"
                self.assign(f"{variable}f", opposite if name in self.crisp else self.plane(expression, False))
        elif not any((name, kind) in needed for kind in ("v", "t", "f")):
            return
        elif definition.type == "number":
            self.lines.append(f"{variable} = {self.number(expression)}")
        else:
            self.define_category(definition)

    def assign(self, variable: str, text: str) -> None:
        """Write an assignment, or only remember another name for the same plane."""
        opposite = self.spelling.opposite
        text = {f"{opposite}one": "zero", f"{opposite}zero": "one"}.get(text, text)
        if text.isidentifier():
            self.aliases[variable] = text
        elif text in self.texts:
            self.aliases[variable] = self.texts[text]
        else:
            self.texts[text] = variable
            self.lines.append(f"{variable} = {text}")

    def define_category(self, definition: Definition) -> None:
        """One plane per value; the first band that is true, nothing while an earlier one is unknown."""
        assert isinstance(definition.expression, Bands)
        variable = self.short[definition.name]
        firsts: list[str] = []
        crisp = all(self.is_crisp(band.when) for band in definition.expression.bands)
        if crisp and self.only_shown(definition):
            firsts = [self.plane(band.when, True) for band in definition.expression.bands]
            self.lines.append(f"{variable}c = first({', '.join(firsts)})")
            return
        by_value: dict[str, list[str]] = {}
        for band, plane in zip(definition.expression.bands, self.band_planes(definition.expression), strict=True):
            assert isinstance(band.value, Literal)
            by_value.setdefault(str(band.value.value), []).append(plane)
            firsts.append(plane)
        for value in definition.values or tuple(by_value):
            planes = by_value.get(value)
            self.lines.append(f"{self.category_plane(definition.name, value)} = {self.either(planes) if planes else 'zero'}")
        if not definition.hidden:
            self.lines.append(f"{variable}c = first({', '.join(firsts)})")

    def only_shown(self, definition: Definition) -> bool:
        """Whether nothing in the Program reads a category, so that its planes are not needed."""
        if not hasattr(self, "_read"):
            self._read = {name for item in self.program.definitions for name in _categories_read(item.expression)}
        return definition.name not in self._read

    def band_planes(self, bands: Bands) -> list[str]:
        """For each band the plane of being the one that counts."""
        planes: list[str] = []
        passed = "one"
        for band in bands.bands:
            planes.append(self.temporary(self.both([passed, self.plane(band.when, True)])))
            passed = self.temporary(self.both([passed, self.plane(band.when, False)]))
        return planes

    def category_plane(self, name: str, value: str) -> str:
        """The variable that says whether a category has a value."""
        definition = self.definitions.get(name)
        item = self.inputs.get(name)
        values = (definition.values or self.values_of(definition)) if definition else (item.values if item else ())
        return f"{self.short[name]}k{list(values).index(value)}"

    def category_values(self, name: str) -> tuple[str, ...]:
        """The possible values of a category."""
        definition = self.definitions.get(name)
        if definition is not None:
            return definition.values or self.values_of(definition)
        return self.inputs[name].values

    # --- expressions ---------------------------------------------------------------------------------------------------

    def plane(self, expression: Expression, truth: bool) -> str:
        """The text of one plane of a boolean expression."""
        match expression:
            case Literal(value):
                return "one" if value is truth else "zero"
            case Ref(name):
                if not truth and name in self.passing:
                    return f"({self.spelling.opposite}{self.plane(expression, True)})"
                variable = f"{self.short[name]}{'t' if truth else 'f'}"
                return self.aliases.get(variable, variable)
            case Not(operand):
                return self.plane(operand, not truth)
            case And(operands):
                parts = [self.plane(operand, truth) for operand in operands]
                return self.both(parts) if truth else self.either(parts)
            case Or(operands):
                parts = [self.plane(operand, truth) for operand in operands]
                return self.either(parts) if truth else self.both(parts)
            case AtLeast(count, operands):
                needed = count if truth else len(operands) - count + 1
                return self.threshold(needed, [self.plane(operand, truth) for operand in operands])
            case IsTrue(operand):
                return self.plane(operand, True) if truth else self.opposite(self.plane(operand, True))
            case IsFalse(operand):
                return self.plane(operand, False) if truth else self.opposite(self.plane(operand, False))
            case Comparison(operator, left, right):
                return self.compared(operator, self.number(left), self.number(right))[0 if truth else 1]
            case Membership(subject, values):
                all_values = self.category_values(subject.name)
                chosen = [value for value in all_values if (value in values) is truth]
                return self.either([self.category_plane(subject.name, value) for value in chosen])
            case Bands():
                return self.boolean_bands(expression, truth)
            case Arithmetic():
                raise TypeError("arithmetic has no planes")

    def opposite(self, plane: str) -> str:
        """The complement of a plane, computed once."""
        if plane in ("one", "zero"):
            return "zero" if plane == "one" else "one"
        if plane not in self.complements:
            self.complements[plane] = self.temporary(f"{self.spelling.opposite}{plane}")
        return self.complements[plane]

    def boolean_bands(self, bands: Bands, truth: bool) -> str:
        """One plane of boolean bands."""
        counted = self.band_planes(bands)
        return self.either(
            [self.both([plane, self.plane(band.value, truth)]) for plane, band in zip(counted, bands.bands, strict=True)]
        )

    def number(self, expression: Expression) -> str:
        """The text of a numeric expression."""
        match expression:
            case Literal(value):
                return repr(float(value))
            case Ref(name):
                return self.short[name]
            case Arithmetic(operator, left, right):
                return self.temporary(f"{_OPERATORS[operator]}({self.number(left)}, {self.number(right)})")
            case Bands(bands):
                planes = self.band_planes(expression)
                values = [self.number(band.value) for band in bands]
                pairs = ", ".join(f"({plane}, {value})" for plane, value in zip(planes, values, strict=True))
                return self.temporary(f"choose(one, ({pairs},))")
            case _:
                raise TypeError("not a number")

    def compared(self, operator: str, left: str, right: str) -> tuple[str, str]:
        """The two planes of a comparison, computed once."""
        call = f"{_OPERATORS[operator]}({left}, {right})"
        if call not in self.made:
            self.counter += 1
            names = (f"x{self.counter}t", f"x{self.counter}f")
            self.lines.append(f"{names[0]}, {names[1]} = {call}")
            self.made[call] = names
        return self.made[call]

    def temporary(self, text: str) -> str:
        """A variable for a text, computed once."""
        if text.isidentifier():
            return text
        if text not in self.texts:
            self.counter += 1
            self.texts[text] = f"y{self.counter}"
            self.lines.append(f"y{self.counter} = {text}")
        return self.texts[text]

    def threshold(self, count: int, planes: list[str]) -> str:
        """The plane of at least `count` of the planes, by counting up."""
        levels = ["zero"] * count
        for plane in planes:
            for level in range(count - 1, -1, -1):
                below = levels[level - 1] if level else "one"
                step = self.both([below, plane])
                levels[level] = self.temporary(self.either([levels[level], step]))
        return levels[-1]

    def both(self, parts: list[str]) -> str:
        """The text of "all of these planes"."""
        kept = [part for part in dict.fromkeys(parts) if part != "one"]
        if "zero" in kept:
            return "zero"
        if not kept:
            return "one"
        return kept[0] if len(kept) == 1 else f"({self.spelling.both.join(kept)})"

    def either(self, parts: list[str]) -> str:
        """The text of "any of these planes"."""
        kept = [part for part in dict.fromkeys(parts) if part != "zero"]
        if "one" in kept:
            return "one"
        if not kept:
            return "zero"
        return kept[0] if len(kept) == 1 else f"({self.spelling.either.join(kept)})"


def _categories_read(expression: Expression) -> list[str]:
    if isinstance(expression, Membership):
        return [expression.subject.name]
    return [name for child in children(expression) for name in _categories_read(child)]


__all__ = ["Band", "Generated", "generate"]
