"""Chapter 8 of the manual: what only the compiler writes."""

# ruff: noqa: E501 (tables stay in line, however wide)

from __future__ import annotations

import pytest

from spineplan.model.expressions import (
    And,
    Arithmetic,
    AtLeast,
    Band,
    Bands,
    Comparison,
    IsFalse,
    IsTrue,
    Literal,
    Membership,
    Not,
    Or,
    Ref,
)

from .engines import ENGINES, disagreements
from .manual import Chapter, Paragraph

FEVER, FATIGUE, PAIN = Ref("fever"), Ref("fatigue"), Ref("pain")

CHAPTER = Chapter(
    8,
    "What the compiler adds",
    """Nobody writes this chapter's expressions in a knowledge file. The compiler makes them, for example to say that an option is out because a
    contraindication is known to hold. They are the only place where not known becomes yes or no.""",
)

CHAPTER.section("Known to hold, known not to hold")
CHAPTER.paragraph(
    "Both questions always have an answer; where the fact is not known, both answers are no.",
    """
    fever | is true(fever) | is false(fever) | NOT is true(fever) | NOT is false(fever)
    T     | T              | F               | F                  | T
    F     | F              | T               | T                  | F
    -     | F              | F               | T                  | T
    """,
    built={
        "is true(fever)": IsTrue(FEVER),
        "is false(fever)": IsFalse(FEVER),
        "NOT is true(fever)": Not(IsTrue(FEVER)),
        "NOT is false(fever)": Not(IsFalse(FEVER)),
    },
    complete=True,
)
CHAPTER.paragraph(
    "They may be asked of any condition, and of each other.",
    """
    fever | fatigue | pain | is true(fever OR fatigue) | is false(fever AND fatigue) | is true(pain >= 7) | is false(pain >= 7) | is true(is false(fever))
    T     | -       | 7    | T                         | F                           | T                  | F                   | F
    F     | -       | 6    | F                         | T                           | F                  | T                   | T
    -     | -       | -    | F                         | F                           | F                  | F                   | F
    F     | F       | 7    | F                         | T                           | T                  | F                   | T
    """,
    built={
        "is true(fever OR fatigue)": IsTrue(Or((FEVER, FATIGUE))),
        "is false(fever AND fatigue)": IsFalse(And((FEVER, FATIGUE))),
        "is true(pain >= 7)": IsTrue(Comparison(">=", PAIN, Literal(7.0))),
        "is false(pain >= 7)": IsFalse(Comparison(">=", PAIN, Literal(7.0))),
        "is true(is false(fever))": IsTrue(IsFalse(FEVER)),
    },
)
CHAPTER.paragraph(
    "Inside AND, OR and counting they are conditions like any other.",
    """
    fever | fatigue | fever AND is true(fatigue) | fever OR is true(fatigue) | at least 1 of is true(fever), fatigue
    -     | -       | F                          | -                         | -
    T     | -       | F                          | T                         | T
    -     | T       | -                          | T                         | T
    F     | -       | F                          | F                         | -
    -     | F       | F                          | -                         | F
    """,
    built={
        "fever AND is true(fatigue)": And((FEVER, IsTrue(FATIGUE))),
        "fever OR is true(fatigue)": Or((FEVER, IsTrue(FATIGUE))),
        "at least 1 of is true(fever), fatigue": AtLeast(1, (IsTrue(FEVER), FATIGUE)),
    },
)

CHAPTER.section("The empty cases")
CHAPTER.paragraph(
    "AND of nothing is yes; OR of nothing is no.",
    """
    fever | AND of nothing | OR of nothing
    T     | T              | F
    -     | T              | F
    """,
    built={"AND of nothing": And(()), "OR of nothing": Or(())},
)
CHAPTER.paragraph(
    "Bands of which none holds give nothing that is known.",
    """
    fever | fatigue | the first of two
    T     | F       | ring
    F     | T       | visit
    F     | F       | -
    -     | T       | -
    F     | -       | -
    """,
    built={"the first of two": Bands((Band(FEVER, Literal("ring")), Band(FATIGUE, Literal("visit"))))},
)

CHAPTER.section("Bands inside other expressions")
DOSE = Bands((Band(FEVER, Literal(10.0)), Band(Literal(True), PAIN)))
CHAPTER.paragraph(
    "Bands that give a number may be compared and calculated with.",
    """
    fever | pain | the banded number | twice the banded number | the banded number > 5
    T     | -    | 10                | 20                      | T
    F     | 6    | 6                 | 12                      | T
    F     | 5    | 5                 | 10                      | F
    F     | -    | -                 | -                       | -
    -     | 9    | -                 | -                       | -
    """,
    built={
        "the banded number": DOSE,
        "twice the banded number": Arithmetic("*", DOSE, Literal(2.0)),
        "the banded number > 5": Comparison(">", DOSE, Literal(5.0)),
    },
)
CHAPTER.paragraph(
    "A band whose condition is `is true` is never not known, so it never hides a later band.",
    """
    fever | fatigue | phase   | what to do
    -     | T       | -       | visit
    T     | T       | -       | ring
    F     | F       | chronic | wait
    -     | -       | chronic | wait
    -     | F       | acute   | -
    -     | F       | -       | -
    """,
    built={
        "what to do": Bands(
            (
                Band(IsTrue(FEVER), Literal("ring")),
                Band(IsTrue(FATIGUE), Literal("visit")),
                Band(Membership(Ref("phase"), ("subacute", "chronic")), Literal("wait")),
            )
        )
    },
)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("paragraph", CHAPTER.paragraphs, ids=lambda paragraph: paragraph.title)
def test_every_evaluator_keeps_to_the_manual(paragraph: Paragraph, engine: str) -> None:
    assert disagreements(paragraph, engine) == []
