"""Chapter 1 of the manual: yes, no and not known."""

from __future__ import annotations

import pytest

from .engines import ENGINES, disagreements, missing_combinations
from .manual import Chapter, Paragraph

CHAPTER = Chapter(
    1,
    "Yes, no and not known",
    """A condition is answered with yes, no or not known. Not known is never the same as no: what nobody has asked may still be so.
    A condition that joins others is known as soon as the known parts settle it, and not before.""",
)

CHAPTER.section("A fact is a condition by itself")
CHAPTER.paragraph(
    "A yes-or-no fact is written by its name alone.",
    """
    fever | (fever)
    T     | T
    F     | F
    -     | -
    """,
    complete=True,
)
CHAPTER.paragraph(
    "TRUE always holds and FALSE never does, whatever is known.",
    """
    fever | TRUE | FALSE | NOT TRUE | NOT FALSE
    T     | T    | F     | F        | T
    F     | T    | F     | F        | T
    -     | T    | F     | F        | T
    """,
    complete=True,
)

CHAPTER.section("NOT, AND, OR")
CHAPTER.paragraph(
    "NOT turns yes and no round; what is not known stays not known.",
    """
    fever | NOT fever | NOT NOT fever
    T     | F         | T
    F     | T         | F
    -     | -         | -
    """,
    complete=True,
)
CHAPTER.paragraph(
    "AND is no as soon as one part is no, even while the other is not known; it is yes only when both are yes.",
    """
    fever | fatigue | fever AND fatigue
    T     | T       | T
    T     | F       | F
    T     | -       | -
    F     | T       | F
    F     | F       | F
    F     | -       | F
    -     | T       | -
    -     | F       | F
    -     | -       | -
    """,
    complete=True,
)
CHAPTER.paragraph(
    "OR is yes as soon as one part is yes, even while the other is not known; it is no only when both are no.",
    """
    fever | fatigue | fever OR fatigue
    T     | T       | T
    T     | F       | T
    T     | -       | T
    F     | T       | T
    F     | F       | F
    F     | -       | -
    -     | T       | T
    -     | F       | -
    -     | -       | -
    """,
    complete=True,
)
CHAPTER.paragraph(
    "Longer chains follow the same rule: one no settles AND, one yes settles OR.",
    """
    fever | fatigue | night_sweats | fever AND fatigue AND night_sweats | fever OR fatigue OR night_sweats
    T     | T       | T            | T                                  | T
    T     | T       | F            | F                                  | T
    T     | T       | -            | -                                  | T
    T     | F       | T            | F                                  | T
    T     | F       | F            | F                                  | T
    T     | F       | -            | F                                  | T
    T     | -       | T            | -                                  | T
    T     | -       | F            | F                                  | T
    T     | -       | -            | -                                  | T
    F     | T       | T            | F                                  | T
    F     | T       | F            | F                                  | T
    F     | T       | -            | F                                  | T
    F     | F       | T            | F                                  | T
    F     | F       | F            | F                                  | F
    F     | F       | -            | F                                  | -
    F     | -       | T            | F                                  | T
    F     | -       | F            | F                                  | -
    F     | -       | -            | F                                  | -
    -     | T       | T            | -                                  | T
    -     | T       | F            | F                                  | T
    -     | T       | -            | -                                  | T
    -     | F       | T            | F                                  | T
    -     | F       | F            | F                                  | -
    -     | F       | -            | F                                  | -
    -     | -       | T            | -                                  | T
    -     | -       | F            | F                                  | -
    -     | -       | -            | -                                  | -
    """,
    complete=True,
)
CHAPTER.paragraph(
    "TRUE and FALSE inside AND and OR follow the same tables.",
    """
    fever | fever AND TRUE | fever AND FALSE | fever OR TRUE | fever OR FALSE
    T     | T              | F               | T             | T
    F     | F              | F               | T             | F
    -     | -              | F               | T             | -
    """,
    complete=True,
)
CHAPTER.paragraph(
    "NOT of a whole AND or OR is the same as NOT of each part with the other word between them.",
    """
    fever | fatigue | NOT (fever AND fatigue) | NOT fever OR NOT fatigue | NOT (fever OR fatigue) | NOT fever AND NOT fatigue
    T     | T       | F                       | F                        | F                      | F
    T     | F       | T                       | T                        | F                      | F
    T     | -       | -                       | -                        | F                      | F
    F     | T       | T                       | T                        | F                      | F
    F     | F       | T                       | T                        | T                      | T
    F     | -       | T                       | T                        | -                      | -
    -     | T       | -                       | -                        | F                      | F
    -     | F       | T                       | T                        | -                      | -
    -     | -       | -                       | -                        | -                      | -
    """,
    complete=True,
)
CHAPTER.paragraph(
    "A condition is judged part by part: the same unknown fact twice does not cancel out.",
    """
    fever | fever OR NOT fever | fever AND NOT fever
    T     | T                  | F
    F     | T                  | F
    -     | -                  | -
    """,
    complete=True,
)

CHAPTER.section(
    "What binds first",
    "NOT binds before AND, and AND binds before OR. Brackets change the order; write them whenever a colleague might read it otherwise.",
)
CHAPTER.paragraph(
    "NOT takes only what stands next to it.",
    """
    fever | fatigue | NOT fever AND fatigue | (NOT fever) AND fatigue | NOT (fever AND fatigue)
    T     | T       | F                     | F                       | F
    T     | F       | F                     | F                       | T
    F     | T       | T                     | T                       | T
    F     | F       | F                     | F                       | T
    -     | T       | -                     | -                       | -
    -     | F       | F                     | F                       | T
    F     | -       | -                     | -                       | T
    """,
)
CHAPTER.paragraph(
    "AND joins before OR, on whichever side it stands.",
    """
    fever | fatigue | night_sweats | fever OR fatigue AND night_sweats | fever OR (fatigue AND night_sweats) | (fever OR fatigue) AND night_sweats
    T     | F       | F            | T                                 | T                                   | F
    T     | T       | F            | T                                 | T                                   | F
    F     | T       | T            | T                                 | T                                   | T
    F     | T       | F            | F                                 | F                                   | F
    T     | -       | F            | T                                 | T                                   | F
    T     | F       | -            | T                                 | T                                   | -
    -     | F       | T            | -                                 | -                                   | -
    -     | T       | T            | T                                 | T                                   | T
    """,
)
CHAPTER.paragraph(
    "AND before OR, with AND written first and NOT inside.",
    """
    fever | fatigue | night_sweats | fever AND NOT fatigue OR night_sweats | fever AND (NOT fatigue OR night_sweats)
    F     | T       | T            | T                                     | F
    F     | F       | T            | T                                     | F
    T     | F       | F            | T                                     | T
    T     | T       | F            | F                                     | F
    -     | T       | T            | T                                     | -
    T     | -       | F            | -                                     | -
    """,
)
CHAPTER.paragraph(
    "NOT before a comparison turns the whole comparison round, with or without brackets.",
    """
    age | NOT age < 60 | NOT (age < 60) | age >= 60
    59  | F            | F              | F
    60  | T            | T              | T
    -   | -            | -              | -
    """,
)

CHAPTER.section("How it may be written")
CHAPTER.paragraph(
    "The words TRUE, FALSE, NOT, AND, OR may be written in small letters; names of facts are always small.",
    """
    fever | fatigue | fever and not fatigue | fever or true
    T     | F       | T                     | T
    T     | T       | F                     | T
    -     | F       | -                     | T
    """,
)
CHAPTER.paragraph(
    "Brackets that change nothing do no harm.",
    """
    fever | fatigue | ((fever) AND ((fatigue)))
    T     | T       | T
    F     | -       | F
    -     | T       | -
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
