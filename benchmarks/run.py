"""Speed, as ratios measured in one run: the compiled path against the reference and DuckDB, and a whole `spineplan plan` against `python -c pass`.

Machines are noisy: read the ratios. Run with `make bench`.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import duckdb
from rich.console import Console
from rich.table import Table

from spineplan.application import Engine, encode, make_plan, open_engine, read_patient
from spineplan.compiling.program import compile_program
from spineplan.evaluating.compiled import DictValues
from spineplan.evaluating.deciding import outcome_of
from spineplan.evaluating.reference import run_reference
from spineplan.model.facts import PatientFacts
from spineplan.model.program import Program
from spineplan.querying.sql_text import to_sql

ROOT = Path(__file__).resolve().parent.parent
CASE = ROOT / "examples" / "warfarin-radiculopathy.yaml"
AS_OF = "2026-03-02"


def median_ms(action: Callable[[], object], runs: int) -> float:
    """Median wall time of an action in milliseconds, after one warm-up."""
    action()
    times = []
    for _ in range(runs):
        begun = time.perf_counter()
        action()
        times.append(time.perf_counter() - begun)
    return statistics.median(times) * 1000


def rules_through_duckdb(engine: Engine, program: Program, patient: PatientFacts) -> float:
    """Milliseconds to run every readable rule as one DuckDB query each, over one row of facts and derived values."""
    values = run_reference(program, patient.values, patient.doubtful)
    types = {"boolean": "BOOLEAN", "number": "DOUBLE", "category": "VARCHAR"}
    columns = {item.name: (item.type, patient.values.get(item.name, False if item.quiet else None)) for item in program.inputs}
    visible = [item for item in program.definitions if not item.hidden]
    columns |= {item.name: (item.type, values[item.name]) for item in visible}
    connection = duckdb.connect()
    connection.execute(
        f"CREATE TABLE patient ({', '.join(f'{name!r}'.replace(chr(39), chr(34)) + ' ' + types[kind] for name, (kind, _) in columns.items())})"
    )
    connection.execute(f"INSERT INTO patient VALUES ({', '.join('?' * len(columns))})", [value for _, value in columns.values()])
    owners = {*engine.knowledge.options, *engine.knowledge.classes, *engine.knowledge.interactions}
    rules = [item for item in visible if "." in item.name and item.name.split(".")[0] in owners and item.type == "boolean"]
    readable = set(columns)
    from spineplan.model.expressions import names_in

    queries = [f"SELECT {to_sql(item.expression)} FROM patient" for item in rules if set(names_in(item.expression)) <= readable]
    sample = queries[:: max(1, len(queries) // 200)]
    begun = time.perf_counter()
    for query in sample:
        connection.execute(query).fetchone()
    return (time.perf_counter() - begun) * 1000 * len(queries) / len(sample)


def process_ms(arguments: list[str], runs: int) -> float:
    """Median wall time of a whole process in milliseconds."""
    return median_ms(lambda: subprocess.run(arguments, check=True, capture_output=True), runs)


def main() -> None:
    """Measure and print."""
    engine = open_engine()
    patient = read_patient(engine, CASE.name, CASE.read_text("utf-8"), AS_OF)
    program = compile_program(engine.knowledge, engine.profile)

    def reference() -> object:
        values = DictValues(run_reference(program, patient.values, patient.doubtful))
        return outcome_of(engine.prepared.directory, values, patient)

    assert reference() == engine.decide(patient)
    compiled = median_ms(lambda: engine.decide(patient), 500)
    rows = [
        ("whole outcome, compiled path", compiled),
        ("whole outcome, reference path", median_ms(reference, 10)),
        ("the rules alone, one by one through DuckDB (scaled from a sample)", rules_through_duckdb(engine, program, patient)),
        ("outcome, reasons and the plan as JSON", median_ms(lambda: encode(make_plan(engine, patient)), 20)),
        ("reading the case file", median_ms(lambda: read_patient(engine, CASE.name, CASE.read_text("utf-8"), AS_OF), 50)),
    ]
    console = Console()
    table = Table(title=f"One patient, in one process ({len(program.definitions):,} definitions, profile {engine.profile})")
    for heading in ("what", "median ms", "times the compiled path"):
        table.add_column(heading, justify="left" if heading == "what" else "right")
    for what, figure in rows:
        table.add_row(what, f"{figure:,.3f}", f"{figure / compiled:,.1f}")
    console.print(table)
    floor = process_ms([sys.executable, "-c", "pass"], 15)
    whole = process_ms([sys.executable, "-c", "from spineplan.cli.main import run; run()", "plan", str(CASE)], 15)
    table = Table(title="Whole processes, compiled Program from the cache")
    for heading in ("what", "median ms", "times `python -c pass`"):
        table.add_column(heading, justify="left" if heading == "what" else "right")
    table.add_row("python -c pass", f"{floor:,.0f}", "1.0")
    table.add_row("spineplan plan CASE", f"{whole:,.0f}", f"{whole / floor:,.1f}")
    console.print(table)


if __name__ == "__main__":
    main()
