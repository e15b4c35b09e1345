"""Chapter 7 of the manual: facts that do not apply, facts that go without saying, facts in doubt."""

from __future__ import annotations

import pytest

from spineplan.evaluating.reference import evaluate

from .engines import ENGINES, disagreements
from .manual import Chapter, Paragraph, checked, guarded

CHAPTER = Chapter(
    7,
    "Facts that do not apply",
    """A fact may say when it applies at all. Outside that, the fact itself and every comparison with it is no, without a question asked:
    a man is not in week 20 of a pregnancy, and nobody need ask. The author of a rule writes the comparison alone; the compiler adds the rest.""",
)

CHAPTER.section("Numbers and categories that do not apply", "Here `pregnancy_week` applies where `pregnant` holds.")
WEEKS = {"pregnancy_week": "pregnant"}
CHAPTER.paragraph(
    "A comparison is no where the fact does not apply, and not known only where it might apply.",
    """
    pregnant | pregnancy_week | pregnancy_week >= 20 | pregnancy_week < 20 | NOT pregnancy_week >= 20
    T        | 19             | F                    | T                   | T
    T        | 20             | T                    | F                   | F
    T        | -              | -                    | -                   | -
    F        | -              | F                    | F                   | T
    F        | 20             | F                    | F                   | T
    -        | -              | -                    | -                   | -
    -        | 20             | -                    | F                   | -
    -        | 19             | F                    | -                   | T
    """,
    applies=WEEKS,
)
CHAPTER.paragraph(
    "The same goes for `=`, `<>`, BETWEEN and calculations.",
    """
    pregnant | pregnancy_week | pregnancy_week = 20 | pregnancy_week <> 20 | pregnancy_week BETWEEN 20 AND 28 | pregnancy_week * 7 >= 140
    T        | 20             | T                   | F                    | T                                | T
    T        | 28             | F                   | T                    | T                                | T
    T        | 29             | F                   | T                    | F                                | T
    T        | 19             | F                   | T                    | F                                | F
    F        | -              | F                   | F                    | F                                | F
    F        | 20             | F                   | F                    | F                                | F
    -        | -              | -                   | -                    | -                                | -
    """,
    applies=WEEKS,
)
CHAPTER.paragraph(
    "A category outside its `applies` has none of its values.",
    """
    pregnant | delivery  | delivery = 'caesarean' | delivery IN ('natural', 'caesarean')
    T        | caesarean | T                      | T
    T        | natural   | F                      | T
    T        | -         | -                      | -
    F        | -         | F                      | F
    F        | caesarean | F                      | F
    -        | -         | -                      | -
    -        | natural   | F                      | -
    """,
    applies={"delivery": "pregnant"},
)
CHAPTER.paragraph(
    "`<>` asks for another of the values, so it is no as well where the fact does not apply; NOT and NOT IN turn the answer round.",
    """
    pregnant | delivery  | delivery <> 'natural' | NOT delivery = 'natural' | delivery NOT IN ('natural')
    T        | caesarean | T                     | T                        | T
    T        | natural   | F                     | F                        | F
    T        | -         | -                     | -                        | -
    F        | -         | F                     | T                        | T
    F        | caesarean | F                     | T                        | T
    -        | -         | -                     | -                        | -
    -        | natural   | F                     | -                        | -
    -        | caesarean | -                     | T                        | T
    """,
    applies={"delivery": "pregnant"},
)
CHAPTER.paragraph(
    "Inside larger conditions each comparison is guarded where it stands, not the whole condition.",
    """
    pregnant | pregnancy_week | fever | pregnancy_week >= 20 OR fever | AT_LEAST(1, pregnancy_week >= 20, fever) | pregnancy_week >= 20 AND fever
    F        | -              | T     | T                             | T                                        | F
    F        | -              | F     | F                             | F                                        | F
    F        | -              | -     | -                             | -                                        | F
    T        | 20             | T     | T                             | T                                        | T
    T        | -              | F     | -                             | -                                        | F
    """,
    applies=WEEKS,
)

CHAPTER.section("Yes-or-no facts that do not apply", "Here `breastfeeding` applies to women.")
CHAPTER.paragraph(
    "A yes-or-no fact is no where it does not apply.",
    """
    sex    | breastfeeding | (breastfeeding) | NOT breastfeeding
    female | T             | T               | F
    female | F             | F               | T
    female | -             | -               | -
    male   | -             | F               | T
    male   | T             | F               | T
    -      | T             | -               | -
    -      | F             | F               | T
    -      | -             | -               | -
    """,
    applies={"breastfeeding": "sex = 'female'"},
)
CHAPTER.paragraph(
    "The condition of a fact may itself rest on a fact that does not always apply.",
    """
    sex    | pregnant | pregnancy_week | pregnancy_week >= 20
    female | T        | 20             | T
    female | F        | -              | F
    female | -        | -              | -
    female | T        | 19             | F
    male   | -        | -              | F
    male   | T        | 20             | F
    -      | T        | 20             | -
    -      | F        | -              | F
    """,
    applies={"pregnancy_week": "pregnant", "pregnant": "sex = 'female'"},
)
CHAPTER.paragraph(
    "In bands, a band about a fact that does not apply does not hold.",
    """
    pregnant | pregnancy_week | trimester
    T        | 28             | third
    T        | 27             | second
    T        | 13             | first
    T        | -              | -
    F        | -              | none
    -        | -              | -
    """,
    bands={
        "trimester": """
- {when: pregnancy_week >= 28, value: third}
- {when: pregnancy_week >= 14, value: second}
- {when: pregnant, value: first}
- {value: none}
"""
    },
    applies=WEEKS,
)

CHAPTER.section(
    "Facts that go without saying",
    "For a few facts silence means no: a treatment that nobody says was declined was not declined. A `?` marks a fact that the input makes doubtful.",
)
CHAPTER.paragraph(
    "A fact that goes without saying is no when nobody mentions it, and not known when the input makes it doubtful.",
    """
    declined_massage | (declined_massage) | NOT declined_massage
    T                | T                  | F
    F                | F                  | T
    -                | F                  | T
    ?                | -                  | -
    """,
    quiet=("declined_massage",),
)
CHAPTER.paragraph(
    "Any other fact is not known when nobody mentions it, doubtful or not.",
    """
    fever | (fever) | NOT fever
    -     | -       | -
    ?     | -       | -
    """,
)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("paragraph", CHAPTER.paragraphs, ids=lambda paragraph: paragraph.title)
def test_every_evaluator_keeps_to_the_manual(paragraph: Paragraph, engine: str) -> None:
    assert disagreements(paragraph, engine) == []


def test_other_than_is_guarded_alike_for_numbers_and_categories() -> None:
    not_pregnant = {"pregnant": False}
    number = guarded(checked("pregnancy_week <> 20", "boolean"), {"pregnancy_week": "pregnant"})
    category = guarded(checked("delivery <> 'natural'", "boolean"), {"delivery": "pregnant"})
    assert evaluate(number, not_pregnant) == evaluate(category, not_pregnant)
