"""Chapter 3 of the manual: categories."""

from __future__ import annotations

import pytest

from .engines import ENGINES, disagreements
from .manual import Chapter, Paragraph

CHAPTER = Chapter(
    3,
    "Categories",
    """A category fact has one of a few named values. Values are written in single quotes, exactly as they are declared. They have no order.""",
)

CHAPTER.section("One value")
CHAPTER.paragraph(
    "`=` asks for one value, `<>` for any other known value.",
    """
    phase    | phase = 'acute' | phase <> 'acute' | NOT phase = 'acute'
    acute    | T               | F                | F
    subacute | F               | T                | T
    chronic  | F               | T                | T
    -        | -               | -                | -
    """,
)
CHAPTER.paragraph(
    "The value may stand on the left.",
    """
    phase    | 'acute' = phase | 'acute' <> phase
    acute    | T               | F
    subacute | F               | T
    -        | -               | -
    """,
)

CHAPTER.section("Several values")
CHAPTER.paragraph(
    "IN asks for any of the values in the list, NOT IN for none of them.",
    """
    phase    | phase IN ('acute', 'subacute') | phase NOT IN ('acute', 'subacute') | NOT phase IN ('acute', 'subacute')
    acute    | T                              | F                                  | F
    subacute | T                              | F                                  | F
    chronic  | F                              | T                                  | T
    -        | -                              | -                                  | -
    """,
)
CHAPTER.paragraph(
    "A list of one value is the same as `=`; a value written twice counts once.",
    """
    phase    | phase IN ('chronic') | phase IN ('chronic', 'chronic')
    chronic  | T                    | T
    acute    | F                    | F
    -        | -                    | -
    """,
)
CHAPTER.paragraph(
    "Even a list of all values is not known while the fact is not known.",
    """
    sex    | sex IN ('female', 'male')
    female | T
    male   | T
    -      | -
    """,
)
CHAPTER.paragraph(
    "Conditions on categories join with any others.",
    """
    phase    | sex    | phase = 'acute' AND sex = 'female' | phase = 'acute' OR phase = 'chronic' | phase <> 'acute' AND phase <> 'chronic'
    acute    | female | T                                  | T                                    | F
    acute    | male   | F                                  | T                                    | F
    subacute | female | F                                  | F                                    | T
    chronic  | female | F                                  | T                                    | F
    acute    | -      | -                                  | T                                    | F
    subacute | -      | F                                  | F                                    | T
    -        | female | -                                  | -                                    | -
    -        | male   | F                                  | -                                    | -
    """,
)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("paragraph", CHAPTER.paragraphs, ids=lambda paragraph: paragraph.title)
def test_every_evaluator_keeps_to_the_manual(paragraph: Paragraph, engine: str) -> None:
    assert disagreements(paragraph, engine) == []
