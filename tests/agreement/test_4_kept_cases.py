"""Disagreements that were found or feared once, kept for ever: a small Program, one patient, and what has to come out."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from spineplan.checking.knowledge import check_knowledge
from spineplan.checking.language import Symbol, check_expression
from spineplan.evaluating.compiled import CompiledProgram
from spineplan.evaluating.reference import evaluate, run_reference
from spineplan.loading.folders import load_folder
from spineplan.model.expressions import (
    And,
    Arithmetic,
    AtLeast,
    Band,
    Bands,
    Comparison,
    Expression,
    IsTrue,
    Literal,
    Membership,
    Not,
    Or,
    Ref,
    Value,
    ValueType,
)
from spineplan.model.problems import InputError
from spineplan.model.program import Definition, Input, Program

from .generating import FACTS
from .oracle import ask, ask_program

MANIFEST = Path(__file__).resolve().parents[2] / "knowledge" / "manifest.yaml"
B0, B1 = Ref("b0"), Ref("b1")
SYMBOLS = {name.name: Symbol(name.type, name.low, name.high, values=name.values) for name in FACTS}


@dataclass(frozen=True)
class Kept:
    """One case: why it is kept, the definitions in order, the patient, and the value of the last definition."""

    why: str
    definitions: tuple[Definition, ...]
    values: dict[str, Value]
    expected: Value

    @property
    def program(self) -> Program:
        """The Program of the case over the facts of the generator; `b5` is quiet."""
        inputs = tuple(Input(name.name, name.type, name.values, name.name == "b5") for name in FACTS)
        return Program("kept", inputs, self.definitions)


def _one(why: str, type_: ValueType, expression: Expression, values: dict[str, Value], expected: Value) -> Kept:
    return Kept(why, (Definition("it", type_, expression),), values, expected)


TENTHS = Arithmetic("+", Literal(0.1), Literal(0.2))
KEPT = (
    _one("decimal constants are Float64, not exact decimals", "boolean", Comparison(">", TENTHS, Literal(0.3)), {}, True),
    _one("constants divide as Float64, not as whole numbers", "number", Arithmetic("/", Literal(1.0), Literal(2.0)), {}, 0.5),
    _one("large whole constants do not overflow", "number", Arithmetic("*", Literal(3e9), Literal(3e9)), {}, 9e18),
    _one(
        "a negative constant after a minus sign is no comment",
        "number",
        Arithmetic("-", Ref("whole"), Literal(-3.0)),
        {"whole": 1.0},
        4.0,
    ),
    _one("a quote inside a category value", "boolean", Membership(Ref("saying"), ("it's so",)), {"saying": "it's so"}, True),
    _one("the same part counted twice counts twice", "boolean", AtLeast(2, (B0, B0)), {"b0": True}, True),
    _one("a silent quiet fact is no", "boolean", Not(Ref("b5")), {}, True),
    _one("a quiet fact that is given as not known is not known", "boolean", Not(Ref("b5")), {"b5": None}, None),
    _one("a given unknown is unknown", "boolean", Or((B0, B1)), {"b0": None, "b1": False}, None),
    _one("nothing joined by AND inside OR", "boolean", Or((And(()), B0)), {}, True),
    _one(
        "the value of a band that does not count may be unknown",
        "number",
        Bands((Band(B0, Ref("half")), Band(Literal(True), Literal(1.0)))),
        {"b0": False},
        1.0,
    ),
    _one(
        "an unknown band hides what follows",
        "boolean",
        Bands((Band(B0, Literal(True)), Band(Literal(True), Literal(True)))),
        {},
        None,
    ),
    Kept(
        "a hidden definition that is never unknown is read negated",
        (Definition("step", "boolean", IsTrue(B0), hidden=True), Definition("it", "boolean", Not(Ref("step")))),
        {},
        True,
    ),
    Kept(
        "the values of a category are declared in another order than its bands",
        (
            Definition(
                "shade", "category", Bands((Band(B0, Literal("green")), Band(Literal(True), Literal("red")))), ("red", "green")
            ),
            Definition("it", "boolean", Not(Membership(Ref("shade"), ("green",)))),
        ),
        {"b0": False},
        True,
    ),
    Kept(
        "a category whose every band gives the same value is unknown while an earlier band is",
        (
            Definition(
                "shade", "category", Bands((Band(B0, Literal("red")), Band(Literal(True), Literal("red")))), ("red", "green")
            ),
            Definition("it", "boolean", Membership(Ref("shade"), ("red", "green"))),
        ),
        {},
        None,
    ),
)


@pytest.mark.parametrize("kept", KEPT, ids=lambda kept: kept.why)
def test_on_the_reference(kept: Kept) -> None:
    assert run_reference(kept.program, kept.values)["it"] == kept.expected


@pytest.mark.parametrize("kept", KEPT, ids=lambda kept: kept.why)
def test_on_the_compiled_program(kept: Kept) -> None:
    assert CompiledProgram(kept.program).run(kept.values)["it"] == kept.expected


@pytest.mark.parametrize("kept", KEPT, ids=lambda kept: kept.why)
def test_on_duckdb(kept: Kept) -> None:
    assert ask_program(kept.program, [kept.values])[0]["it"] == kept.expected


@pytest.mark.parametrize("text", [f"positive * 1e9{' * 1e9' * 40} > 0", "positive * 1e308 * 10 - positive * 1e308 * 10 > 0"])
def test_calculations_that_could_leave_float64_are_refused(text: str) -> None:
    """Infinity minus infinity is NaN, which DuckDB orders above all numbers."""
    expression, findings = check_expression(text, "boolean", SYMBOLS)
    assert expression is None and all("too large" in finding.what for finding in findings)


def test_a_large_calculation_that_is_accepted_is_the_same_everywhere() -> None:
    expression, findings = check_expression("positive * 1e9 * 1e9 - positive * 1e9 * 1e9 > -1", "boolean", SYMBOLS)
    assert expression is not None, findings
    assert ask(expression, [{"positive": 2.0}]) == [evaluate(expression, {"positive": 2.0})] == [True]


def test_a_long_sum_can_be_compiled() -> None:
    expression, findings = check_expression(" + ".join(["positive"] * 220) + " > 300", "boolean", SYMBOLS)
    assert expression is not None, findings
    program = _one("long sum", "boolean", expression, {}, None).program
    assert [CompiledProgram(program).run({"positive": each})["it"] for each in (1.0, 2.0, None)] == [False, True, None]


def test_an_unknown_category_is_not_its_last_value() -> None:
    bands = Bands((Band(B0, Literal("red")), Band(Literal(True), Literal("green"))))
    definitions = tuple(Definition(name, "category", bands, ("red", "green")) for name in ("shade", "tone"))
    program = Program("kept", (Input("b0", "boolean"),), definitions)
    assert list(CompiledProgram(program).values({}).categories(("shade", "tone"))) == [None, None]


@pytest.mark.parametrize("written", [{"expression": "colour"}, {"expression": "'red'"}])
def test_a_derived_category_needs_bands(tmp_path: Path, written: dict[str, str]) -> None:
    """Evaluators know a defined category as bands only."""
    derived = {
        "shade": {"label": "shade", "type": "category", "values": {"red": "red"}, "why": "kept", "source": "none", **written}
    }
    shutil.copy(MANIFEST, tmp_path)
    (tmp_path / "derived.yaml").write_text(yaml.safe_dump({"derived": derived}), encoding="utf-8")
    with pytest.raises(InputError, match="the derived category `shade` needs `bands`"):
        check_knowledge(load_folder(tmp_path))
