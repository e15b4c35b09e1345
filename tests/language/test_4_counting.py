"""Chapter 4 of the manual: AT_LEAST."""

# ruff: noqa: E501 (tables stay in line, however wide)

from __future__ import annotations

import pytest

from .engines import ENGINES, disagreements, missing_combinations
from .manual import Chapter, Paragraph

CHAPTER = Chapter(
    4,
    "Counting",
    """`AT_LEAST(n, a, b, ...)` asks whether at least n of the conditions hold. It is the only function. It is yes once n conditions are yes,
    no once too few are left that could become yes, and not known in between.""",
)

CHAPTER.section("Two of three")
CHAPTER.paragraph(
    "All combinations of three conditions, of which two have to hold.",
    """
    fever | fatigue | night_sweats | AT_LEAST(2, fever, fatigue, night_sweats)
    T     | T       | T            | T
    T     | T       | F            | T
    T     | T       | -            | T
    T     | F       | T            | T
    T     | F       | F            | F
    T     | F       | -            | -
    T     | -       | T            | T
    T     | -       | F            | -
    T     | -       | -            | -
    F     | T       | T            | T
    F     | T       | F            | F
    F     | T       | -            | -
    F     | F       | T            | F
    F     | F       | F            | F
    F     | F       | -            | F
    F     | -       | T            | -
    F     | -       | F            | F
    F     | -       | -            | -
    -     | T       | T            | T
    -     | T       | F            | -
    -     | T       | -            | -
    -     | F       | T            | -
    -     | F       | F            | F
    -     | F       | -            | -
    -     | -       | T            | -
    -     | -       | F            | -
    -     | -       | -            | -
    """,
    complete=True,
)

CHAPTER.section("The two ends")
CHAPTER.paragraph(
    "At least one is OR; at least all is AND.",
    """
    fever | fatigue | AT_LEAST(1, fever, fatigue) | fever OR fatigue | AT_LEAST(2, fever, fatigue) | fever AND fatigue
    T     | T       | T                           | T                | T                           | T
    T     | F       | T                           | T                | F                           | F
    T     | -       | T                           | T                | -                           | -
    F     | T       | T                           | T                | F                           | F
    F     | F       | F                           | F                | F                           | F
    F     | -       | -                           | -                | F                           | F
    -     | T       | T                           | T                | -                           | -
    -     | F       | -                           | -                | F                           | F
    -     | -       | -                           | -                | -                           | -
    """,
    complete=True,
)
CHAPTER.paragraph(
    "At least one of one condition is the condition.",
    """
    fever | AT_LEAST(1, fever)
    T     | T
    F     | F
    -     | -
    """,
    complete=True,
)

CHAPTER.section("Any conditions may be counted")
CHAPTER.paragraph(
    "Comparisons, categories and negations count like facts.",
    """
    age | pain | phase   | fever | AT_LEAST(3, age >= 60, pain >= 7, phase = 'chronic', NOT fever)
    60  | 7    | chronic | T     | T
    60  | 7    | acute   | F     | T
    60  | 7    | acute   | T     | F
    59  | 7    | chronic | F     | T
    59  | 6    | chronic | F     | F
    60  | 7    | -       | -     | -
    60  | -    | -       | F     | -
    -   | 7    | chronic | F     | T
    59  | 6    | -       | -     | F
    59  | -    | -       | -     | -
    -   | -    | -       | -     | -
    """,
)
CHAPTER.paragraph(
    "NOT before AT_LEAST asks whether fewer hold.",
    """
    fever | fatigue | night_sweats | NOT AT_LEAST(2, fever, fatigue, night_sweats)
    T     | T       | -            | F
    T     | F       | F            | T
    T     | F       | -            | -
    F     | F       | -            | T
    -     | -       | -            | -
    """,
)
CHAPTER.paragraph(
    "AT_LEAST stands inside other conditions, and inside itself.",
    """
    fever | fatigue | night_sweats | age | AT_LEAST(2, fever, fatigue, night_sweats) AND age >= 60 | AT_LEAST(2, AT_LEAST(1, fever, fatigue), night_sweats, age >= 60)
    T     | T       | -            | 60  | T                                                       | T
    T     | T       | -            | 59  | F                                                       | -
    T     | F       | F            | 60  | F                                                       | T
    F     | F       | -            | 60  | F                                                       | -
    F     | F       | T            | 60  | F                                                       | T
    T     | -       | F            | 60  | -                                                       | T
    -     | -       | F            | 59  | F                                                       | F
    -     | -       | T            | 59  | F                                                       | -
    F     | F       | T            | -   | F                                                       | -
    """,
)


@pytest.mark.parametrize(
    "paragraph", [each for each in CHAPTER.paragraphs if each.complete], ids=lambda paragraph: paragraph.title
)
def test_complete_tables_leave_nothing_out(paragraph: Paragraph) -> None:
    assert missing_combinations(paragraph) == set()


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("paragraph", CHAPTER.paragraphs, ids=lambda paragraph: paragraph.title)
def test_every_evaluator_keeps_to_the_manual(paragraph: Paragraph, engine: str) -> None:
    assert disagreements(paragraph, engine) == []
