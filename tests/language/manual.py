"""How the manual is written: chapters of paragraphs, each a sentence and a table that gives the answer for every row of facts.

In a table, columns that name a fact are what is known of a patient; every other column is an expression and its expected value,
written by hand. `T` is yes, `F` is no, `-` is not known, `?` is a fact that the input makes doubtful. What leaves is checked
columns and typed rows, ready for the evaluators (`engines`) and for the page (`render`).
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field

import yaml

from spineplan.checking.language import check_expression
from spineplan.compiling.program import ProgramWriter
from spineplan.model.expressions import TRUE, Band, Bands, Expression, Literal, Value, ValueType
from spineplan.model.facts import FactDeclaration
from spineplan.model.knowledge import Knowledge, Manifest, Profile
from spineplan.model.program import Definition, Input, Program

from .vocabulary import FACTS

UNKNOWN, DOUBTFUL = "-", "?"


class ManualError(Exception):
    """The manual itself is written wrongly: a table that is not rectangular, an expression that is refused."""


@dataclass(frozen=True)
class Column:
    """One expression of a table: its heading, what it means and which type it gives."""

    heading: str
    expression: Expression
    type: ValueType
    values: tuple[str, ...] = ()


@dataclass(frozen=True)
class Row:
    """One patient of a table: what is known, what is doubtful, and the value expected of each column."""

    facts: Mapping[str, bool | float | str]
    doubtful: frozenset[str]
    expected: tuple[Value, ...]


@dataclass(frozen=True)
class Section:
    """A heading inside a chapter, with a remark that may be empty."""

    title: str
    remark: str


@dataclass(frozen=True, eq=False)
class Paragraph:
    """One sentence of the language and the table that proves it.

    `bands` gives, by heading, the YAML of ordered bands; `built` expressions that only the compiler can make; `applies` the
    conditions outside which facts are false; `quiet` the facts whose silence means no; `complete` demands every combination.
    """

    title: str
    fact_names: tuple[str, ...]
    headings: tuple[str, ...]
    cells: tuple[tuple[str, ...], ...]
    bands: Mapping[str, str] = field(default_factory=dict)
    built: Mapping[str, Expression] = field(default_factory=dict)
    applies: Mapping[str, str] = field(default_factory=dict)
    quiet: tuple[str, ...] = ()
    complete: bool = False

    @functools.cached_property
    def columns(self) -> tuple[Column, ...]:
        """The expressions of the table, checked, and guarded by `applies` as the compiler guards them."""
        return tuple(self._column(index, heading) for index, heading in enumerate(self.headings))

    @functools.cached_property
    def rows(self) -> tuple[Row, ...]:
        """The patients of the table."""
        return tuple(self._row(cells) for cells in self.cells)

    @functools.cached_property
    def program(self) -> Program:
        """A Program whose inputs are the facts of the table and whose definitions are its columns."""
        inputs = tuple(Input(name, FACTS[name].type, FACTS[name].values, name in self.quiet) for name in self.fact_names)
        definitions = (Definition(column.heading, column.type, column.expression, column.values) for column in self.columns)
        return Program("manual", inputs, tuple(definitions))

    def _column(self, index: int, heading: str) -> Column:
        type_ = _type_of({cells[len(self.fact_names) + index] for cells in self.cells})
        values: tuple[str, ...] = ()
        if heading in self.built:
            expression = self.built[heading]
        elif heading in self.bands:
            expression = bands_from_yaml(self.bands[heading], type_)
        else:
            expression = checked(heading, type_)
        if type_ == "category" and isinstance(expression, Bands):
            values = tuple(dict.fromkeys(str(band.value.value) for band in expression.bands if isinstance(band.value, Literal)))
        return Column(heading, guarded(expression, self.applies), type_, values)

    def _row(self, cells: tuple[str, ...]) -> Row:
        known = dict(zip(self.fact_names, cells, strict=False))
        facts = {name: _known(cell, FACTS[name].type) for name, cell in known.items() if cell not in (UNKNOWN, DOUBTFUL)}
        doubtful = frozenset(name for name, cell in known.items() if cell == DOUBTFUL)
        answers = zip(cells[len(self.fact_names) :], self.columns, strict=True)
        expected = tuple(None if cell == UNKNOWN else _known(cell, column.type) for cell, column in answers)
        return Row(facts, doubtful, expected)


class Chapter:
    """One chapter: its number, title and opening words, and what was written in it, in order."""

    def __init__(self, number: int, title: str, opening: str) -> None:
        self.number, self.title, self.opening = number, title, " ".join(opening.split())
        self.content: list[Section | Paragraph] = []

    @property
    def paragraphs(self) -> list[Paragraph]:
        """The paragraphs of all sections."""
        return [item for item in self.content if isinstance(item, Paragraph)]

    def section(self, title: str, remark: str = "") -> None:
        """Begin a section."""
        self.content.append(Section(title, " ".join(remark.split())))

    def paragraph(
        self,
        title: str,
        table: str,
        *,
        bands: Mapping[str, str] | None = None,
        built: Mapping[str, Expression] | None = None,
        applies: Mapping[str, str] | None = None,
        quiet: tuple[str, ...] = (),
        complete: bool = False,
    ) -> None:
        """Add a paragraph. Raises ManualError when the table is not rectangular or has a fact after an expression."""
        lines = [tuple(cell.strip() for cell in line.split("|")) for line in table.strip().splitlines()]
        heading, cells = lines[0], tuple(lines[1:])
        names = tuple(name for name in heading if name in FACTS)
        if heading[: len(names)] != names or not cells or any(len(row) != len(heading) for row in cells):
            raise ManualError(f"the table of {title!r} is not facts, then expressions, with as many cells in each row")
        self.content.append(
            Paragraph(title, names, heading[len(names) :], cells, bands or {}, built or {}, applies or {}, quiet, complete)
        )


def checked(text: str, expected: ValueType) -> Expression:
    """The expression of a text that has to be accepted. Raises ManualError with the findings when it is not."""
    expression, findings = check_expression(text, expected, FACTS)
    if expression is None:
        raise ManualError(f"`{text}` was refused: {findings}")
    return expression


def bands_from_yaml(text: str, type_: ValueType) -> Bands:
    """Ordered bands as the knowledge files write them: category values bare, numbers and conditions as expressions."""
    bands: list[Band] = []
    for entry in yaml.safe_load(text):
        when = checked(str(entry["when"]), "boolean") if "when" in entry else TRUE
        value = Literal(str(entry["value"])) if type_ == "category" else checked(str(entry["value"]), type_)
        bands.append(Band(when, value))
    return Bands(tuple(bands))


def guarded(expression: Expression, applies: Mapping[str, str]) -> Expression:
    """The expression as the compiler writes it when facts have `applies`."""
    if not applies:
        return expression
    conditions = {name: checked(text, "boolean") for name, text in applies.items()}
    facts = {
        name: FactDeclaration(name, symbol.type, name, "manual", applies=conditions.get(name)) for name, symbol in FACTS.items()
    }
    return ProgramWriter(_knowledge(facts), "manual").guarded(expression)


def _knowledge(facts: dict[str, FactDeclaration]) -> Knowledge:
    manifest = Manifest("manual", "0", "", "manual", "", ())
    empty = dict.fromkeys(name for name in Knowledge.__struct_fields__ if name not in ("manifest", "sha256"))
    collections: dict[str, dict[str, object]] = {name: {} for name in empty}
    collections["facts"] = dict(facts)
    collections["profiles"] = {"manual": Profile("manual", "", "", ())}
    return Knowledge(manifest=manifest, sha256="", **collections)  # type: ignore[arg-type]  # empty collections of every kind


def _type_of(cells: set[str]) -> ValueType:
    given = cells - {UNKNOWN}
    if given <= {"T", "F"}:
        return "boolean"
    return "number" if all(_is_number(cell) for cell in given) else "category"


def _is_number(cell: str) -> bool:
    return cell.lstrip("-").replace(".", "", 1).isdigit()


def _known(cell: str, type_: ValueType) -> bool | float | str:
    if type_ == "number":
        return float(cell)
    if type_ == "category":
        return cell
    if cell not in ("T", "F"):
        raise ManualError(f"{cell!r} is neither T nor F")
    return cell == "T"
