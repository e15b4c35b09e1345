"""The manual is whole: every construct of the language stands in it, and docs/language.md is what its tables say."""

from __future__ import annotations

from collections.abc import Iterator
from typing import get_args

from spineplan.model.expressions import (
    Arithmetic,
    ArithmeticOperator,
    Comparison,
    ComparisonOperator,
    Expression,
    Literal,
    ValueType,
    children,
)

from .render import CHAPTERS, PAGE, page


def _nodes(expression: Expression) -> Iterator[Expression]:
    yield expression
    for child in children(expression):
        yield from _nodes(child)


COLUMNS = [column for chapter in CHAPTERS for paragraph in chapter.paragraphs for column in paragraph.columns]
NODES = [node for column in COLUMNS for node in _nodes(column.expression)]


def test_every_construct_stands_in_the_manual() -> None:
    assert set(get_args(Expression)) - {type(node) for node in NODES} == set()


def test_every_operator_stands_in_the_manual() -> None:
    used = {node.operator for node in NODES if isinstance(node, Comparison | Arithmetic)}
    assert {*get_args(ComparisonOperator), *get_args(ArithmeticOperator)} - used == set()


def test_every_type_is_written_and_given_in_the_manual() -> None:
    assert {column.type for column in COLUMNS} == set(get_args(ValueType))
    assert {type(node.value) for node in NODES if isinstance(node, Literal)} == {bool, float, str}


def test_chapters_are_numbered_in_order() -> None:
    assert [chapter.number for chapter in CHAPTERS] == list(range(1, len(CHAPTERS) + 1))


def test_no_sentence_stands_twice() -> None:
    titles = [paragraph.title for chapter in CHAPTERS for paragraph in chapter.paragraphs]
    assert len(titles) == len(set(titles))


def test_every_chapter_with_tables_shows_what_is_not_known() -> None:
    for chapter in CHAPTERS:
        if chapter.paragraphs:
            assert any(None in row.expected for paragraph in chapter.paragraphs for row in paragraph.rows), chapter.title


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run `python -m tests.language.render` and read what changed"
