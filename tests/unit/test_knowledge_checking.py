"""What `knowledge check` finds: every problem at its line, with advice, and no false ones that follow from a true one."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from spineplan.application import check_folder
from spineplan.model.problems import Problem


@pytest.fixture
def copy(root: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "knowledge"
    shutil.copytree(root / "knowledge", folder, ignore=shutil.ignore_patterns("cases"))
    return folder


def _add(folder: Path, text: str) -> None:
    (folder / "drugs" / "added.yaml").write_text(text, encoding="utf-8")


def _problems(folder: Path) -> tuple[Problem, ...]:
    return check_folder(folder).problems


OPTION = """options:
  trial-drug:
    name: Trial drug
    kind: drug
    role: base-analgesia
    stages: [acute]
    indications:
      pain: {{when: {when}, why: It is a trial., source: {source}}}
    contraindications:
      weak-kidney: {{when: {bar}, why: It harms the kidney., source: ART}}
    regimens:
      - {{route: oral, form: tablet, dose: {dose}, per_day: 3, max_daily: 1200 mg, days: 3, source: ART}}
"""
GOOD = {"when": "pain_nrs >= 4", "source": "ART", "bar": "egfr < 30", "dose": "200-400 mg"}


def test_a_sound_option_has_no_problem(copy: Path) -> None:
    _add(copy, OPTION.format(**GOOD))
    assert _problems(copy) == ()


@pytest.mark.parametrize(
    ("part", "value", "line", "words", "advice"),
    [
        ("when", "pain_nsr >= 4", 8, "`pain_nsr` is not a fact", "pain_nrs"),
        ("when", "pain_nrs >= 14", 8, "outside the plausible range", "unit"),
        ("when", "fever > 2", 8, "compares a boolean with a number", "by itself"),
        ("source", "ARTT", 8, "`ARTT` is not a source", "ART"),
        ("bar", "egfr < 30.5", 10, "off the step", "multiple"),
        ("bar", "egfr < 30 AND egfr > 60", 10, "no value of `egfr`", "never hold"),
        ("bar", "contraindicated_nsaid", 10, "`contraindicated_nsaid` is not a fact", "may not stand inside"),
        ("dose", "plenty", 12, "not an amount with a unit", "200-400 mg"),
        ("dose", "500 mg", 2, "gives at least 1500 mg a day", "maximum"),
    ],
)
def test_each_mistake_is_found_at_its_line_with_advice(
    copy: Path, part: str, value: str, line: int, words: str, advice: str
) -> None:
    _add(copy, OPTION.format(**{**GOOD, part: value}))
    problems = _problems(copy)
    assert len(problems) == 1, problems
    assert problems[0].place.file == "drugs/added.yaml"
    assert problems[0].place.line == line
    assert words in problems[0].what
    assert advice in problems[0].suggestion


def test_several_mistakes_are_found_at_once(copy: Path) -> None:
    _add(copy, OPTION.format(when="pain_nsr >= 4", source="ARTT", bar="egfr < 500", dose="plenty"))
    assert len(_problems(copy)) == 4


def test_an_entry_of_the_wrong_form_causes_no_false_problems_elsewhere(copy: Path) -> None:
    file = copy / "drugs" / "relaxants.yaml"
    text = file.read_text("utf-8")
    start = text.index("\n  tolperisone:")
    file.write_text(text[:start] + text[start:].replace("kind: drug", "kynd: drug", 1), encoding="utf-8")
    whats = [problem.what for problem in _problems(copy)]
    assert whats and all("kynd" in what or "`kind` is missing" in what for what in whats), whats


def test_a_file_that_is_no_yaml_causes_no_false_problems_elsewhere(copy: Path) -> None:
    (copy / "drugs" / "relaxants.yaml").write_text("options: [", encoding="utf-8")
    whats = [problem.what for problem in _problems(copy)]
    assert len(whats) == 1 and "not valid YAML" in whats[0]


def test_definitions_in_a_circle_are_named(copy: Path) -> None:
    _add(
        copy,
        """derived:
  first_thing: {type: boolean, label: first, expression: second_thing, why: It is a trial., source: ART}
  second_thing: {type: boolean, label: second, expression: first_thing, why: It is a trial., source: ART}
""",
    )
    (problem,) = _problems(copy)
    assert "circle" in problem.what and "first_thing -> second_thing" in problem.what


def test_a_temporary_bar_says_when_it_is_over(copy: Path) -> None:
    _add(copy, OPTION.format(**GOOD).replace("    contraindications:", "    temporary:"))
    (problem,) = _problems(copy)
    assert "`until`" in problem.what
