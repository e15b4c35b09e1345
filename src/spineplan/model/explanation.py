"""Explanations: arguments for and against one option, the questions, and what the knowledge commands report."""

from __future__ import annotations

from typing import Literal as OneOf

import msgspec

from spineplan.model.plan import Element, QuestionLine, Source
from spineplan.model.problems import Problem

Verdict = OneOf["holds", "does not hold", "not known"]


class FactLine(msgspec.Struct, frozen=True):
    """A fact of this patient as it is shown: label, value in words with unit, where it comes from, its date."""

    name: str
    label: str
    value: str
    origin: str = ""
    date: str = ""


class Argument(msgspec.Struct, frozen=True):
    """One rule that bears on the option. `condition` is the rule in prose; `determining`: it decides the status."""

    rule: str
    section: str
    text: str
    condition: str
    verdict: Verdict
    determining: bool
    facts: tuple[FactLine, ...]
    sources: tuple[Source, ...]
    verified: bool
    do: str = ""


class Why(msgspec.Struct, frozen=True):
    """For and against one option in one case."""

    element: Element
    role: str
    summary: str
    arguments_for: tuple[Argument, ...]
    arguments_against: tuple[Argument, ...]
    not_judged: tuple[Argument, ...]


class Ask(msgspec.Struct, frozen=True):
    """The questions that matter, in order, and whether anything is open at all."""

    provisional: bool
    urgency_open: tuple[str, ...]
    questions: tuple[QuestionLine, ...]


class ListedOption(msgspec.Struct, frozen=True):
    """One option in `knowledge list`."""

    id: str
    name: str
    kind: str
    role: str
    synonyms: tuple[str, ...]
    codes: dict[str, tuple[str, ...]]


class CheckReport(msgspec.Struct, frozen=True):
    """What `knowledge check` found: problems (none: sound) and counts, among them unverified facts by section."""

    problems: tuple[Problem, ...]
    counts: dict[str, int]
    unverified: dict[str, int]
    version: str = ""
    sha256: str = ""


class CaseResult(msgspec.Struct, frozen=True):
    """One named patient: the expectations that were not met (none: passed)."""

    name: str
    file: str
    line: int
    failures: tuple[str, ...]


class TestReport(msgspec.Struct, frozen=True):
    """What `knowledge test` found."""

    results: tuple[CaseResult, ...]


class Shown(msgspec.Struct, frozen=True):
    """An entry of the knowledge in prose: title, lines of text grouped under headings."""

    id: str
    title: str
    sections: tuple[tuple[str, tuple[str, ...]], ...]
