"""Chapter 2 of the manual: comparing and calculating with numbers."""

from __future__ import annotations

import pytest

from .engines import ENGINES, disagreements
from .manual import Chapter, Paragraph

CHAPTER = Chapter(
    2,
    "Numbers",
    """Numbers are compared with numbers. Each number fact has a unit, a plausible range and a step; inputs are rounded to the step
    before any rule sees them, so a boundary means exactly what it says. While a number is not known, every comparison with it is not known.""",
)

CHAPTER.section("Comparisons")
CHAPTER.paragraph(
    "The six comparisons, just below, on and just above the boundary.",
    """
    age | age < 60 | age <= 60 | age = 60 | age <> 60 | age >= 60 | age > 60
    59  | T        | T         | F        | T         | F         | F
    60  | F        | T         | T        | F         | T         | F
    61  | F        | F         | F        | T         | T         | T
    -   | -        | -         | -        | -         | -         | -
    """,
)
CHAPTER.paragraph(
    "Decimal boundaries are as sharp as whole ones.",
    """
    temperature | temperature < 37.5 | temperature <= 37.5 | temperature = 37.5 | temperature >= 37.5 | temperature > 37.5
    37.4        | T                  | T                   | F                  | F                   | F
    37.5        | F                  | T                   | T                  | T                   | F
    37.6        | F                  | F                   | F                  | T                   | T
    -           | -                  | -                   | -                  | -                   | -
    """,
)
CHAPTER.paragraph(
    "Numbers below zero are written with a minus sign.",
    """
    balance | balance > -3 | balance >= -3 | balance < 0 | balance >= 0
    -4      | F            | F             | T           | F
    -3      | F            | T             | T           | F
    -2      | T            | T             | T           | F
    0       | T            | T             | F           | T
    -       | -            | -             | -           | -
    """,
)
CHAPTER.paragraph(
    "The number may stand on the left.",
    """
    age | 60 <= age | 60 < age | 60 = age | 60 > age
    59  | F         | F        | F        | T
    60  | T         | F        | T        | F
    61  | T         | T        | F        | F
    -   | -         | -        | -        | -
    """,
)
CHAPTER.paragraph(
    "Two facts may be compared; both have to be known.",
    """
    pain | balance | pain > balance | pain = balance | pain <> balance
    5    | 4       | T              | F              | T
    5    | 5       | F              | T              | F
    4    | 5       | F              | F              | T
    5    | -       | -              | -              | -
    -    | 5       | -              | -              | -
    -    | -       | -              | -              | -
    """,
)
CHAPTER.paragraph(
    "A comparison that is not known counts inside AND, OR and NOT as any part that is not known.",
    """
    age | pain | age >= 60 AND pain >= 7 | age >= 60 OR pain >= 7 | NOT age >= 60
    60  | 7    | T                       | T                      | F
    59  | 7    | F                       | T                      | T
    59  | 6    | F                       | F                      | T
    60  | -    | -                       | T                      | F
    59  | -    | F                       | -                      | T
    -   | 7    | -                       | T                      | -
    -   | 6    | F                       | -                      | -
    -   | -    | -                       | -                      | -
    """,
)

CHAPTER.paragraph(
    "A comparison that every plausible value meets is still not known while the number is not.",
    """
    age | age >= 0 | age <= 120
    0   | T        | T
    120 | T        | T
    -   | -        | -
    """,
)

CHAPTER.section("BETWEEN")
CHAPTER.paragraph(
    "BETWEEN takes in both ends.",
    """
    age | age BETWEEN 40 AND 60 | age >= 40 AND age <= 60 | age NOT BETWEEN 40 AND 60
    39  | F                     | F                       | T
    40  | T                     | T                       | F
    50  | T                     | T                       | F
    60  | T                     | T                       | F
    61  | F                     | F                       | T
    -   | -                     | -                       | -
    """,
)
CHAPTER.paragraph(
    "The first AND after BETWEEN belongs to it; a second AND joins the next condition.",
    """
    age | fever | age BETWEEN 40 AND 60 AND fever | age BETWEEN 40 AND 60 OR fever
    40  | T     | T                               | T
    40  | F     | F                               | T
    39  | T     | F                               | T
    39  | F     | F                               | F
    39  | -     | F                               | -
    60  | -     | -                               | T
    -   | F     | F                               | -
    """,
)
CHAPTER.paragraph(
    "An end may be a fact. One end that is broken settles the answer, even while the other end is not known.",
    """
    pain | balance | age | pain BETWEEN balance AND age
    5    | 5       | 5   | T
    5    | 6       | 60  | F
    5    | 6       | -   | F
    5    | -       | 4   | F
    5    | 4       | -   | -
    5    | -       | 60  | -
    -    | 4       | 60  | -
    """,
)

CHAPTER.section("Calculating", "`+`, `-`, `*` and `/` give a number, which is not known while any part of it is not known.")
CHAPTER.paragraph(
    "The four operations.",
    """
    weight | height | weight + 2 | weight - 2 | weight * 2 | weight / 2 | weight / height
    80     | 2      | 82         | 78         | 160        | 40         | 40
    80.5   | 1.75   | 82.5       | 78.5       | 161        | 40.25      | 46
    80     | -      | 82         | 78         | 160        | 40         | -
    -      | 2      | -          | -          | -          | -          | -
    """,
)
CHAPTER.paragraph(
    "Division keeps the fraction.",
    """
    age | age / 2 | age / 4 | 1 / 2 * age
    5   | 2.5     | 1.25    | 2.5
    6   | 3       | 1.5     | 3
    0   | 0       | 0       | 0
    -   | -       | -       | -
    """,
)
CHAPTER.paragraph(
    "Multiplication and division bind before addition and subtraction; equals are taken from left to right.",
    """
    age | balance | age + balance * 2 | (age + balance) * 2 | age - balance - 1 | age - (balance - 1) | age / 2 / 5 | age / 2 * 5
    20  | 3       | 26                | 46                  | 16                | 18                  | 2           | 50
    20  | -3      | 14                | 34                  | 22                | 24                  | 2           | 50
    20  | -       | -                 | -                   | -                 | -                   | 2           | 50
    -   | 3       | -                 | -                   | -                 | -                   | -           | -
    """,
)
CHAPTER.paragraph(
    "A number that is not known stays not known, even multiplied by nought or taken from itself.",
    """
    balance | 0 * balance | balance - balance
    7       | 0           | 0
    -7      | 0           | 0
    -       | -           | -
    """,
)
CHAPTER.paragraph(
    "A negative fact is written as nought minus the fact.",
    """
    balance | 0 - balance | 0 - balance > 3 | -1 * balance
    -4      | 4           | T               | 4
    -3      | 3           | F               | 3
    4       | -4          | F               | -4
    -       | -           | -               | -
    """,
)
CHAPTER.paragraph(
    "A calculated number is compared with <, <=, >, >= or BETWEEN; calculating comes before comparing.",
    """
    weight | height | weight / height / height >= 30 | weight / height / height BETWEEN 18 AND 30 | weight - 20 > height * 50
    120    | 2      | T                              | T                                          | F
    120.5  | 2      | T                              | F                                          | T
    119.5  | 2      | F                              | T                                          | F
    72     | 2      | F                              | T                                          | F
    71.5   | 2      | F                              | F                                          | F
    -      | 2      | -                              | -                                          | -
    120    | -      | -                              | -                                          | -
    """,
)
CHAPTER.paragraph(
    "A number alone may be what a rule gives, for instance a dose.",
    """
    age | 3 | -3 | 2.5
    60  | 3 | -3 | 2.5
    -   | 3 | -3 | 2.5
    """,
)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("paragraph", CHAPTER.paragraphs, ids=lambda paragraph: paragraph.title)
def test_every_evaluator_keeps_to_the_manual(paragraph: Paragraph, engine: str) -> None:
    assert disagreements(paragraph, engine) == []
