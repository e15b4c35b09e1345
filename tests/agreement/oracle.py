"""DuckDB as the outside oracle: expressions and small Programs over many patients in one query."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import duckdb

from spineplan.model.expressions import Expression, Value
from spineplan.model.program import Program
from spineplan.querying.sql_text import to_sql

from .generating import FACTS

KINDS = {"boolean": "BOOLEAN", "number": "DOUBLE", "category": "VARCHAR"}
CONNECTION = duckdb.connect(config={"threads": 1})


def ask(expression: Expression, patients: Sequence[Mapping[str, Value]]) -> list[Value]:
    """The value of an expression for each patient."""
    return [row[0] for row in _rows(f"SELECT {to_sql(expression)} FROM ({_facts(patients)}) ORDER BY patient")]


def ask_program(program: Program, patients: Sequence[Mapping[str, Value]]) -> list[dict[str, Value]]:
    """The values of all definitions for each patient: every definition is one more column around the query so far."""
    quiet = {item.name: False for item in program.inputs if item.quiet}
    query = _facts([{**quiet, **patient} for patient in patients])
    for definition in program.definitions:
        column = f"CAST({to_sql(definition.expression)} AS {KINDS[definition.type]})"
        query = f'SELECT *, {column} AS "{definition.name}" FROM ({query})'
    names = [definition.name for definition in program.definitions]
    asked = ", ".join(f'"{name}"' for name in names)
    return [dict(zip(names, row, strict=True)) for row in _rows(f"SELECT {asked} FROM ({query}) ORDER BY patient")]


def _facts(patients: Sequence[Mapping[str, Value]]) -> str:
    lines = []
    for number, patient in enumerate(patients):
        values = (_value(patient.get(name.name), KINDS[name.type]) for name in FACTS)
        lines.append(f"({number}, {', '.join(values)})")
    columns = ", ".join(f'"{name.name}"' for name in FACTS)
    return f"SELECT * FROM (VALUES {', '.join(lines)}) AS facts(patient, {columns})"


def _value(value: Value, kind: str) -> str:
    text = "NULL" if value is None else "'" + str(value).replace("'", "''") + "'"
    return f"CAST({text} AS {kind})"


def _rows(query: str) -> list[tuple[Value, ...]]:
    return CONNECTION.execute(query).fetchall()
