"""The evaluators that every paragraph of the manual is run on. DuckDB is the outside oracle: it never saw our code."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import duckdb

from spineplan.evaluating.compiled import CompiledProgram
from spineplan.evaluating.reference import run_reference
from spineplan.model.expressions import Value, ValueType
from spineplan.querying.sql_text import to_sql

from .manual import Paragraph
from .vocabulary import FACTS

Answers = list[tuple[Value, ...]]


def on_reference(paragraph: Paragraph) -> Answers:
    """The values of each row by the reference evaluator."""
    results = [run_reference(paragraph.program, row.facts, row.doubtful) for row in paragraph.rows]
    return [tuple(result[heading] for heading in paragraph.headings) for result in results]


def on_compiled(paragraph: Paragraph) -> Answers:
    """The values of each row by the compiled evaluator."""
    program = CompiledProgram(paragraph.program)
    results = [program.run(row.facts, row.doubtful) for row in paragraph.rows]
    return [tuple(result[heading] for heading in paragraph.headings) for result in results]


def on_duckdb(paragraph: Paragraph) -> Answers:
    """The values of each row by one DuckDB query over all rows."""
    asked = ", ".join(to_sql(column.expression) for column in paragraph.columns)
    if not paragraph.fact_names:
        return [_typed(row) for row in duckdb.execute(f"SELECT {asked}").fetchall()]
    lines = []
    for number, row in enumerate(paragraph.rows):
        silent = {name: False for name in paragraph.quiet if name not in row.doubtful}
        known = {**silent, **row.facts}
        lines.append(f"({number}, {', '.join(_sql_value(known.get(name), FACTS[name].type) for name in paragraph.fact_names)})")
    names = ", ".join(f'"{name}"' for name in paragraph.fact_names)
    query = f"SELECT {asked} FROM (VALUES {', '.join(lines)}) AS patients(row_number, {names}) ORDER BY row_number"
    return [_typed(row) for row in duckdb.execute(query).fetchall()]


ENGINES: dict[str, Callable[[Paragraph], Answers]] = {"reference": on_reference, "compiled": on_compiled, "duckdb": on_duckdb}


def disagreements(paragraph: Paragraph, engine: str) -> list[str]:
    """What an evaluator answers otherwise than the manual says, as sentences; empty when it keeps to the manual."""
    answers = ENGINES[engine](paragraph)
    found = []
    for row, answer in zip(paragraph.rows, answers, strict=True):
        for column, said, expected in zip(paragraph.columns, answer, row.expected, strict=True):
            if said != expected or isinstance(said, bool) != isinstance(expected, bool):
                found.append(f"`{column.heading}` for {dict(row.facts)} is {said!r} on {engine}, expected {expected!r}")
    return found


def missing_combinations(paragraph: Paragraph) -> set[tuple[str, ...]]:
    """The combinations of yes, no and not known that a complete truth table leaves out."""
    given = {cells[: len(paragraph.fact_names)] for cells in paragraph.cells}
    return set(product("TF-", repeat=len(paragraph.fact_names))) - given


def _sql_value(value: Value, type_: ValueType) -> str:
    kind = {"boolean": "BOOLEAN", "number": "DOUBLE", "category": "VARCHAR"}[type_]
    text = "NULL" if value is None else f"'{value}'"
    return f"CAST({text} AS {kind})"


def _typed(row: tuple[object, ...]) -> tuple[Value, ...]:
    return tuple(value if value is None or isinstance(value, bool | str) else float(str(value)) for value in row)
