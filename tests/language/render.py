"""The manual as one page for guideline authors. `python -m tests.language.render` in the top folder writes docs/language.md.

The page is made from the same tables that the tests run; `test_9_the_page.py` fails while page and tables differ.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from pathlib import Path

import yaml

from . import (
    test_1_truth,
    test_2_numbers,
    test_3_categories,
    test_4_counting,
    test_5_bands,
    test_6_what_is_refused,
    test_7_facts_that_do_not_apply,
    test_8_what_the_compiler_adds,
)
from .manual import DOUBTFUL, UNKNOWN, Chapter, Paragraph, Section
from .refusals import Refusal, findings_of, is_said
from .vocabulary import FACTS, describe

PAGE = Path(__file__).resolve().parents[2] / "docs" / "language.md"
CHAPTERS: tuple[Chapter, ...] = (
    test_1_truth.CHAPTER,
    test_2_numbers.CHAPTER,
    test_3_categories.CHAPTER,
    test_4_counting.CHAPTER,
    test_5_bands.CHAPTER,
    test_6_what_is_refused.CHAPTER,
    test_7_facts_that_do_not_apply.CHAPTER,
    test_8_what_the_compiler_adds.CHAPTER,
)
WORDS = {"T": "yes", "F": "no", UNKNOWN: "*not known*", DOUBTFUL: "*doubtful*"}
OPENING = """\
# The rule language

<!-- Made by `python -m tests.language.render` from the tests in tests/language. Do not edit by hand. -->

A rule says when it holds. It says so in the part of SQL that this manual shows: names of facts, comparisons, AND, OR, NOT,
counting and bands. Each paragraph is one sentence and a table. A row of the table is a patient: what is known on the left,
the answers on the right. Every row of this page is run as a test on every evaluator of Spineplan for one patient, and as
SQL text on an independent database.

*Not known* is an answer of its own. It never turns into yes or no by itself, and an answer that is known stays the same when
more is learnt.
"""
FACTS_OPENING = """\
## The facts in the examples

They are invented for this page. The real ones stand in `knowledge/facts/`.
"""


def page() -> str:
    """The whole page, ending in one line break."""
    facts = _table(["fact", "values"], [[f"`{name}`", describe(name)] for name in FACTS])
    blocks = [OPENING.strip(), FACTS_OPENING.strip(), facts]
    for chapter in CHAPTERS:
        blocks.extend([f"## {chapter.number}. {chapter.title}", _filled(chapter.opening)])
        blocks.extend(_refusals() if chapter is test_6_what_is_refused.CHAPTER else _content(chapter))
    return "\n\n".join(blocks) + "\n"


def write() -> None:
    """Write docs/language.md."""
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(page(), encoding="utf-8")


def _content(chapter: Chapter) -> Iterator[str]:
    for item in chapter.content:
        if isinstance(item, Section):
            yield f"### {item.title}"
            if item.remark:
                yield _filled(item.remark)
        else:
            yield from _paragraph(item)


def _paragraph(paragraph: Paragraph) -> Iterator[str]:
    yield f"**{paragraph.title}**"
    for name, condition in paragraph.applies.items():
        yield f"`{name}` applies where `{condition}`."
    for heading, bands in paragraph.bands.items():
        pairs = [[f"{key}: {_yaml_value(value)}" for key, value in band.items()] for band in yaml.safe_load(bands)]
        lines = [f"  - {{{', '.join(each)}}}" for each in pairs]
        yield "\n".join(["```yaml", f"bands:  # {heading}", *lines, "```"])
    spoken = {*paragraph.bands, *paragraph.built}
    headings = [_code(name) for name in paragraph.fact_names]
    headings.extend(f"*{heading}*" if heading in spoken else _code(heading) for heading in paragraph.headings)
    yield _table(headings, [[WORDS.get(cell, cell) for cell in cells] for cells in paragraph.cells])


def _yaml_value(value: object) -> str:
    if isinstance(value, bool):
        return str(value).upper()
    text = str(value)
    return f'"{text}"' if any(sign in text for sign in ",'\"") else text


def _refusals() -> Iterator[str]:
    for each in test_6_what_is_refused.SECTIONS:
        yield f"### {each.title}"
        if each.remark:
            yield _filled(each.remark)
        yield _table(["written", "what is said", "what to do"], [_refused(refusal) for refusal in each.refusals])
    yield "### Several problems at once"
    several = [Refusal(text, "", "") for text, _ in test_6_what_is_refused.SEVERAL]
    yield _table(["written", "what is said"], [[_code(refusal.text), "<br>".join(_said(refusal))] for refusal in several])


def _refused(refusal: Refusal) -> list[str]:
    finding = next(item for item in findings_of(refusal) if is_said(refusal, item))
    return [_code(refusal.text), _plain(finding.what), _escaped(finding.suggestion)]


def _said(refusal: Refusal) -> list[str]:
    return [_plain(finding.what) for finding in findings_of(refusal)]


def _plain(what: str) -> str:
    """A message without the parser's own words, which change with its version."""
    head, found, _ = what.partition(" is not a SQL expression")
    return _escaped(head + found)


def _code(text: str) -> str:
    return f"`{_escaped(text)}`" if text.strip() else "*(nothing)*"


def _filled(text: str) -> str:
    return textwrap.fill(text, width=140)


def _escaped(text: str) -> str:
    return text.replace("|", "\\|")


def _table(headings: list[str], rows: list[list[str]]) -> str:
    all_rows = [headings, *rows]
    widths = [max(len(row[index]) for row in all_rows) for index in range(len(headings))]
    padded = [[cell.ljust(width) for cell, width in zip(row, widths, strict=True)] for row in all_rows]
    lines = [f"| {' | '.join(row)} |" for row in padded]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)


if __name__ == "__main__":
    write()
