"""Chapter 5 of the manual: ordered bands."""

from __future__ import annotations

import pytest

from .engines import ENGINES, disagreements
from .manual import Chapter, Paragraph

CHAPTER = Chapter(
    5,
    "Bands",
    """Bands give a derived fact its value: the first band whose condition holds counts. Their order means something, and the last has no
    `when`. While an earlier band is not known, the whole is not known: nobody can say which band is the first that holds.""",
)

CHAPTER.section("The first band that holds")
PHASES = """
- {when: duration < 42, value: acute}
- {when: duration <= 84, value: subacute}
- {value: chronic}
"""
CHAPTER.paragraph(
    "Bands over one number cut it into pieces without gap or overlap.",
    """
    duration | phase of the pain
    0        | acute
    41       | acute
    42       | subacute
    84       | subacute
    85       | chronic
    -        | -
    """,
    bands={"phase of the pain": PHASES},
)
CHAPTER.paragraph(
    "Where two bands hold, the first counts.",
    """
    fever | fatigue | what to do
    T     | T       | ring
    T     | F       | ring
    F     | T       | visit
    F     | F       | wait
    """,
    bands={"what to do": "[{when: fever, value: ring}, {when: fatigue, value: visit}, {value: wait}]"},
)

CHAPTER.section("A band that is not known")
CHAPTER.paragraph(
    "A band that is not known hides all bands after it; a band that holds makes the later ones irrelevant.",
    """
    fever | fatigue | what to do
    T     | -       | ring
    F     | -       | -
    -     | T       | -
    -     | F       | -
    -     | -       | -
    F     | F       | wait
    """,
    bands={"what to do": "[{when: fever, value: ring}, {when: fatigue, value: visit}, {value: wait}]"},
)
CHAPTER.paragraph(
    "It stays not known even where every later band would give the same value.",
    """
    fever | fatigue | what to do
    T     | F       | ring
    F     | T       | ring
    F     | F       | ring
    -     | T       | -
    -     | F       | -
    F     | -       | -
    """,
    bands={"what to do": "[{when: fever, value: ring}, {when: fatigue, value: ring}, {value: ring}]"},
)
CHAPTER.paragraph(
    "Bands over two numbers: the second is needed only where the first does not decide.",
    """
    age | pain | risk
    75  | -    | high
    74  | 7    | moderate
    74  | 6    | low
    74  | -    | -
    -   | 7    | -
    -   | -    | -
    """,
    bands={"risk": "[{when: age >= 75, value: high}, {when: pain >= 7, value: moderate}, {value: low}]"},
)

CHAPTER.section("Bands that give numbers and conditions")
CHAPTER.paragraph(
    "A value may be a number or a calculation; only the value of the band that counts has to be known.",
    """
    age | weight | balance | dose
    75  | -      | -       | 5
    60  | 80     | -       | 20
    60  | -      | 3       | -
    59  | -      | 3       | 6
    59  | 80     | -       | -
    -   | 80     | 3       | -
    """,
    bands={"dose": "[{when: age >= 75, value: 5}, {when: age >= 60, value: weight / 4}, {value: balance * 2}]"},
)
CHAPTER.paragraph(
    "A value may be a condition, TRUE or FALSE.",
    """
    fever | fatigue | age | unwell
    T     | -       | -   | T
    F     | T       | 60  | T
    F     | T       | 59  | F
    F     | T       | -   | -
    F     | F       | 60  | F
    F     | F       | -   | F
    F     | -       | 60  | -
    -     | F       | 59  | -
    """,
    bands={"unwell": "[{when: fever, value: TRUE}, {when: fatigue, value: age >= 60}, {value: FALSE}]"},
)
CHAPTER.paragraph(
    "Any condition may stand in a band.",
    """
    fever | fatigue | night_sweats | phase    | score
    T     | T       | -            | -        | 3
    T     | F       | F            | acute    | 2
    T     | F       | F            | subacute | 2
    T     | F       | F            | chronic  | 1
    F     | F       | -            | acute    | 1
    T     | F       | -            | chronic  | -
    T     | F       | F            | -        | -
    F     | F       | F            | -        | 1
    """,
    bands={
        "score": """
- {when: "AT_LEAST(2, fever, fatigue, night_sweats)", value: 3}
- {when: "fever AND phase IN ('acute', 'subacute')", value: 2}
- {value: 1}
"""
    },
)
CHAPTER.paragraph(
    "A single band without `when` always gives its value.",
    """
    fever | what to do
    T     | wait
    F     | wait
    -     | wait
    """,
    bands={"what to do": "[{value: wait}]"},
)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("paragraph", CHAPTER.paragraphs, ids=lambda paragraph: paragraph.title)
def test_every_evaluator_keeps_to_the_manual(paragraph: Paragraph, engine: str) -> None:
    assert disagreements(paragraph, engine) == []
