"""The generator makes every construct, and answers of every kind come out. Without this, agreement proves little."""

from __future__ import annotations

from collections import Counter
from typing import get_args

from hypothesis import HealthCheck, given, seed, settings

from spineplan.evaluating.reference import run_reference
from spineplan.model.expressions import Arithmetic, Band, Bands, Comparison, Expression, Literal, Value, names_in
from spineplan.model.program import Program

from .generating import COMPARISONS, FACTS, OPERATIONS, expressions, nodes, patients, programs

ONCE = settings(max_examples=200, deadline=None, database=None, suppress_health_check=list(HealthCheck))


def _programs() -> list[tuple[Program, dict[str, Value]]]:
    made: list[tuple[Program, dict[str, Value]]] = []

    @seed(1)
    @ONCE
    @given(programs(), patients())
    def collect(program: Program, values: dict[str, Value]) -> None:
        made.append((program, values))

    collect()
    return made


MADE = _programs()
DEFINITIONS = [definition for program, _ in MADE for definition in program.definitions]
NODES = [node for definition in DEFINITIONS for node in nodes(definition.expression)]


def test_every_construct_is_made() -> None:
    made = Counter(type(node) for node in NODES)
    assert {kind: made[kind] for kind in (*get_args(Expression), Band) if made[kind] < 20} == {}


def test_every_operator_is_made() -> None:
    made = Counter(node.operator for node in NODES if isinstance(node, Comparison | Arithmetic))
    assert [operator for operator in (*COMPARISONS, *OPERATIONS) if made[operator] < 10] == []


def test_bands_and_constants_of_every_type_are_made() -> None:
    constants = Counter(type(node.value) for node in NODES if isinstance(node, Literal))
    assert min(constants[kind] for kind in (bool, float, str)) >= 20
    banded = Counter(definition.type for definition in DEFINITIONS if isinstance(definition.expression, Bands))
    assert min(banded[kind] for kind in ("boolean", "number", "category")) >= 20


def test_definitions_read_facts_of_every_name_and_earlier_definitions() -> None:
    read = Counter(name for definition in DEFINITIONS for name in names_in(definition.expression))
    assert [name.name for name in FACTS if read[name.name] < 20] == []
    assert sum(count for name, count in read.items() if name.startswith("d")) >= 500


def test_programs_are_short_and_long_with_hidden_and_quiet_parts() -> None:
    lengths = [len(program.definitions) for program, _ in MADE]
    assert min(lengths) <= 3 and max(lengths) >= 25
    assert any(definition.hidden for definition in DEFINITIONS)
    assert any(item.quiet for program, _ in MADE for item in program.inputs)


def test_answers_are_yes_no_and_not_known() -> None:
    answers: Counter[object] = Counter()
    for program, values in MADE:
        types = {definition.name: definition.type for definition in program.definitions}
        for name, value in run_reference(program, values).items():
            answers[value if types[name] == "boolean" else (types[name], value is None)] += 1
    total = sum(answers.values())
    for kind in (True, False, None, ("number", True), ("number", False), ("category", True), ("category", False)):
        assert answers[kind] >= total * 0.02, f"too few of {kind}: {answers}"


def test_the_part_of_the_authors_holds_nothing_else() -> None:
    @seed(1)
    @ONCE
    @given(expressions("boolean", authors=True, bands=False))
    def check(expression: Expression) -> None:
        made = {type(node).__name__ for node in nodes(expression)}
        assert made & {"IsTrue", "IsFalse", "Bands", "Band"} == set()

    check()
