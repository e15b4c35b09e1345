"""All evaluators give the same for random expressions and Programs: the reference says what is meant, the others follow."""

from __future__ import annotations

import hypothesis.strategies as st
from hypothesis import HealthCheck, given, settings

from spineplan.evaluating.compiled import CompiledProgram
from spineplan.evaluating.reference import evaluate, run_reference
from spineplan.model.expressions import Expression, Value, ValueType
from spineplan.model.program import Definition, Input, Program

from .generating import COLOURS, FACTS, expressions, patients, programs
from .oracle import ask, ask_program

MANY = settings(max_examples=250, deadline=None, suppress_health_check=list(HealthCheck))
SOME = settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
SEVERAL_PATIENTS = st.lists(patients(), min_size=1, max_size=6)


def typed_expressions() -> st.SearchStrategy[tuple[ValueType, Expression]]:
    types: tuple[ValueType, ...] = ("boolean", "boolean", "number", "category")
    return st.sampled_from(types).flatmap(lambda type_: st.tuples(st.just(type_), expressions(type_)))


@SOME
@given(programs(), SEVERAL_PATIENTS, st.sets(st.sampled_from([name.name for name in FACTS])))
def test_compiled_is_the_reference_for_every_definition(
    program: Program, some: list[dict[str, Value]], doubtful: set[str]
) -> None:
    compiled = CompiledProgram(program)
    visible = [definition.name for definition in program.definitions if not definition.hidden]
    for values in some:
        meant = run_reference(program, values, frozenset(doubtful))
        assert compiled.run(values, frozenset(doubtful)) == {name: meant[name] for name in visible}


@MANY
@given(typed_expressions(), SEVERAL_PATIENTS)
def test_compiled_is_the_reference_for_one_expression(typed: tuple[ValueType, Expression], some: list[dict[str, Value]]) -> None:
    type_, expression = typed
    inputs = tuple(Input(name.name, name.type, name.values) for name in FACTS)
    definition = Definition("it", type_, expression, COLOURS if type_ == "category" else ())
    compiled = CompiledProgram(Program("one", inputs, (definition,)))
    for values in some:
        assert compiled.run(values)["it"] == evaluate(expression, values)


@MANY
@given(typed_expressions(), SEVERAL_PATIENTS)
def test_duckdb_is_the_reference_for_one_expression(typed: tuple[ValueType, Expression], some: list[dict[str, Value]]) -> None:
    assert ask(typed[1], some) == [evaluate(typed[1], values) for values in some]


@SOME
@given(programs(most=8), SEVERAL_PATIENTS)
def test_duckdb_is_the_reference_for_every_definition(program: Program, some: list[dict[str, Value]]) -> None:
    assert ask_program(program, some) == [run_reference(program, values) for values in some]


@SOME
@given(programs(), patients())
def test_order_of_facts_and_unread_facts_change_nothing(program: Program, values: dict[str, Value]) -> None:
    turned = dict(reversed(values.items()))
    more = {**values, "nobody_reads_this": True}
    compiled = CompiledProgram(program)
    assert compiled.run(values) == compiled.run(turned) == compiled.run(more)
    assert run_reference(program, values) == run_reference(program, turned)


@SOME
@given(programs(), SEVERAL_PATIENTS)
def test_a_compiled_program_remembers_no_patient(program: Program, some: list[dict[str, Value]]) -> None:
    compiled = CompiledProgram(program)
    first = [compiled.run(values) for values in some]
    assert [compiled.run(values) for values in reversed(some)] == first[::-1]


@SOME
@given(programs(), patients())
def test_looking_up_one_value_is_the_same_as_running(program: Program, values: dict[str, Value]) -> None:
    compiled = CompiledProgram(program)
    looked_up, run = compiled.values(values), compiled.run(values)
    assert {name: looked_up.get(name) for name in run} == run
    assert [name for name in run if looked_up.is_true(name)] == [name for name, value in run.items() if value is True]
