"""Laws of the language: more knowledge never takes an answer back, and what means the same is answered the same."""

from __future__ import annotations

import hypothesis.strategies as st
from hypothesis import HealthCheck, assume, given, settings

from spineplan.checking.language import Symbol, check_expression
from spineplan.evaluating.reference import evaluate
from spineplan.model.expressions import (
    FALSE,
    TRUE,
    And,
    AtLeast,
    Expression,
    IsFalse,
    IsTrue,
    Not,
    Or,
    Value,
    ValueType,
    conjunction,
    disjunction,
    names_in,
    negation,
)

from .generating import FACTS, expressions, patients, values_of
from .writing import written

MANY = settings(max_examples=250, deadline=None, suppress_health_check=list(HealthCheck))
TYPES: tuple[ValueType, ...] = ("boolean", "number", "category")
CONDITIONS = expressions("boolean", depth=3)
LISTS = st.lists(expressions("boolean", depth=2) | st.sampled_from([TRUE, FALSE]), max_size=4)
# Ranges are needed to know what may divide; without steps, fewer conditions are refused as implausible.
SYMBOLS = {name.name: Symbol(name.type, name.low, name.high, values=name.values) for name in FACTS}


@st.composite
def more_and_less(draw: st.DrawFn) -> tuple[dict[str, Value], dict[str, Value]]:
    """What is known of a patient, and what is known later: the same and more."""
    less = draw(patients())
    added = {name.name: draw(values_of(name)) for name in FACTS if name.name not in less and draw(st.booleans())}
    return less, {**less, **added}


@MANY
@given(st.sampled_from(TYPES).flatmap(lambda type_: expressions(type_, authors=True)), more_and_less())
def test_an_answer_once_known_stays(expression: Expression, known: tuple[dict[str, Value], dict[str, Value]]) -> None:
    less, more = known
    answer = evaluate(expression, less)
    assert answer is None or evaluate(expression, more) == answer


@MANY
@given(expressions("boolean", authors=True), patients())
def test_only_facts_that_are_read_matter(expression: Expression, values: dict[str, Value]) -> None:
    read = set(names_in(expression))
    assert evaluate(expression, values) == evaluate(expression, {name: value for name, value in values.items() if name in read})


@MANY
@given(st.sampled_from(TYPES[:2]).flatmap(lambda type_: expressions(type_, authors=True)), st.data())
def test_with_all_facts_known_the_answer_is_known(expression: Expression, data: st.DataObject) -> None:
    assert evaluate(expression, {name.name: data.draw(values_of(name)) for name in FACTS}) is not None


@MANY
@given(CONDITIONS, patients())
def test_not_twice_is_nothing(condition: Expression, values: dict[str, Value]) -> None:
    assert evaluate(Not(Not(condition)), values) == evaluate(condition, values)


@MANY
@given(LISTS, patients())
def test_order_of_parts_means_nothing(parts: list[Expression], values: dict[str, Value]) -> None:
    turned = parts[::-1]
    assert evaluate(And(tuple(parts)), values) == evaluate(And(tuple(turned)), values)
    assert evaluate(Or(tuple(parts)), values) == evaluate(Or(tuple(turned)), values)
    for count in range(1, len(parts) + 1):
        assert evaluate(AtLeast(count, tuple(parts)), values) == evaluate(AtLeast(count, tuple(turned)), values)


@MANY
@given(LISTS, patients())
def test_de_morgan(parts: list[Expression], values: dict[str, Value]) -> None:
    turned = tuple(Not(part) for part in parts)
    assert evaluate(Not(And(tuple(parts))), values) == evaluate(Or(turned), values)
    assert evaluate(Not(Or(tuple(parts))), values) == evaluate(And(turned), values)


@MANY
@given(LISTS, patients())
def test_counting_is_between_or_and_and(parts: list[Expression], values: dict[str, Value]) -> None:
    assume(parts)
    operands = tuple(parts)
    assert evaluate(AtLeast(1, operands), values) == evaluate(Or(operands), values)
    assert evaluate(AtLeast(len(operands), operands), values) == evaluate(And(operands), values)
    for count in range(1, len(operands) + 1):
        fewer_hold = AtLeast(len(operands) - count + 1, tuple(Not(part) for part in operands))
        assert evaluate(Not(AtLeast(count, operands)), values) == evaluate(fewer_hold, values)


@MANY
@given(LISTS, CONDITIONS, patients())
def test_folding_keeps_the_meaning(parts: list[Expression], condition: Expression, values: dict[str, Value]) -> None:
    assert evaluate(conjunction(parts), values) == evaluate(And(tuple(parts)), values)
    assert evaluate(disjunction(parts), values) == evaluate(Or(tuple(parts)), values)
    assert evaluate(negation(condition), values) == evaluate(Not(condition), values)


@MANY
@given(CONDITIONS, patients())
def test_known_questions_are_always_answered(condition: Expression, values: dict[str, Value]) -> None:
    answer = evaluate(condition, values)
    assert evaluate(IsTrue(condition), values) is (answer is True)
    assert evaluate(IsFalse(condition), values) is (answer is False)


@MANY
@given(expressions("boolean", authors=True, bands=False), st.lists(patients(), min_size=1, max_size=5))
def test_what_is_written_is_read_with_the_same_meaning(condition: Expression, some: list[dict[str, Value]]) -> None:
    text = written(condition)
    read, findings = check_expression(text, "boolean", SYMBOLS)
    assume(not any("constant" in finding.what or "never hold" in f"{finding.what} {finding.suggestion}" for finding in findings))
    assume(not any("outside the plausible range" in finding.what for finding in findings))
    assume(not any("twice" in finding.what for finding in findings))
    assert findings == [] and read is not None, text
    for values in some:
        assert evaluate(read, values) == evaluate(condition, values), text


@MANY
@given(st.sampled_from(TYPES), st.text(max_size=60))
def test_any_text_gives_an_expression_or_findings_but_no_crash(needed: ValueType, text: str) -> None:
    expression, findings = check_expression(text, needed, SYMBOLS)
    assert (expression is None) == bool(findings)


# fmt: off
WORDS = (
    "b0", "b1", "whole", "colour", "'red'", "AND", "OR", "NOT", "(", ")", "<", "=", "<>",
    "IN", "BETWEEN", "AT_LEAST", ",", "2", "+", "/", "-",
)
ODD_WORDS = (
    "IS", "NULL", "CASE", "WHEN", "THEN", "END", "[", "]", "::", "?", "$", "*", ".", ":",
    "'", '"', "SELECT", "FROM", "DATE", "INTERVAL",
)
# fmt: on


@settings(MANY, max_examples=800)
@given(st.lists(st.sampled_from([*WORDS, *WORDS, *ODD_WORDS]), max_size=9).map(" ".join))
def test_any_words_give_an_expression_or_findings_but_no_crash(text: str) -> None:
    expression, findings = check_expression(text, "boolean", SYMBOLS)
    assert (expression is None) == bool(findings)
    if expression is not None:
        assert evaluate(expression, {}) in (None, True, False)
