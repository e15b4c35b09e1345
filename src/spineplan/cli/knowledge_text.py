"""The reports of the knowledge commands as text: what check and test found, the list of options, one entry."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypedDict

from spineplan.cli.layout import Block, Gap, Heading, Paragraph, Span, Table, paragraph
from spineplan.cli.wording import counted, number_of
from spineplan.model.explanation import CheckReport, ListedOption, Shown, TestReport
from spineplan.model.facts import FactDeclaration, Field
from spineplan.model.knowledge import Knowledge
from spineplan.model.problems import Problem


class ListedFact(TypedDict):
    """One fact in `knowledge list facts`."""

    id: str
    label: str
    field: str
    value: str
    synonyms: tuple[str, ...]


def check_blocks(report: CheckReport) -> list[Block]:
    """Problems with place and suggestion, or the word that the knowledge is sound; then counts."""
    blocks: list[Block] = []
    for problem in report.problems:
        blocks.extend([*problem_blocks(problem), Gap()])
    if report.problems:
        blocks.append(paragraph([Span(f"NOT SOUND: {number_of(len(report.problems), 'problem')}.", "stop")]))
    else:
        blocks.append(paragraph([Span("SOUND", "strong"), Span(": no problem was found.")]))
    if report.version:
        blocks.append(paragraph(f"Knowledge {report.version} ({report.sha256[:12]})", style="quiet"))
    if report.counts:
        rows = tuple((name.replace("_", " "), str(count), _unverified(report, name)) for name, count in report.counts.items())
        blocks += [Gap(), Table(("What", "Count", "Unverified"), rows)]
    rest = {name: count for name, count in report.unverified.items() if name not in report.counts and count}
    if rest:
        blocks += [
            Gap(),
            paragraph(counted([f"{name.replace('_', ' ')} {count}" for name, count in rest.items()]), "Unverified: "),
        ]
    return blocks


def problem_blocks(problem: Problem) -> list[Paragraph]:
    """Place and what; the suggestion on a line of its own."""
    blocks = [paragraph([Span(f"{problem.place}: ", "strong"), Span(problem.what)])]
    return [*blocks, paragraph(problem.suggestion, "    ")] if problem.suggestion else blocks


def case_blocks(report: TestReport) -> list[Block]:
    """Each named patient that failed with what was not met; then how many passed."""
    failed = [result for result in report.results if result.failures]
    blocks: list[Block] = []
    for result in failed:
        place = f"{result.file}:{result.line}" if result.line else result.file
        blocks.append(paragraph([Span("FAILED  ", "stop"), Span(result.name, "strong")]))
        blocks.append(paragraph(place, "    ", style="quiet"))
        blocks.extend(paragraph(failure, "    - ") for failure in result.failures)
        blocks.append(Gap())
    total = len(report.results)
    if not total:
        return [paragraph("No named patient was found, so nothing was tested.", style="caution")]
    return [*blocks, paragraph(f"{total - len(failed)} of {number_of(total, 'named patient')} passed.", style="strong")]


def list_blocks(options: Sequence[ListedOption]) -> list[Block]:
    """The options in the order given: id, name and other words, then kind and role."""
    blocks: list[Block] = []
    for option in options:
        other = f"; also {counted(list(option.synonyms), 4)}" if option.synonyms else ""
        place = counted(list(dict.fromkeys((option.kind, option.role))))
        spans = [Span(option.id, "strong"), Span(f": {option.name}"), Span(f"{other} ({place})", "quiet")]
        blocks.append(paragraph(spans, "- ", "quiet"))
    return [*blocks, Gap(), paragraph(f"{number_of(len(options), 'option')}.", style="quiet")]


def listed_facts(knowledge: Knowledge) -> tuple[ListedFact, ...]:
    """Every fact that is written down by its own name, by field and id; those made from options, medicines and diagnoses are not."""
    order = {identity: field.order for identity, field in knowledge.fields.items()}
    named = (fact for fact in knowledge.facts.values() if not fact.part_of)
    return tuple(
        ListedFact(id=fact.name, label=fact.label, field=fact.field, value=_value(fact), synonyms=fact.synonyms)
        for fact in sorted(named, key=lambda fact: (order.get(fact.field, 0), fact.field, fact.name))
    )


def _value(fact: FactDeclaration) -> str:
    if fact.type == "number":
        return f"{fact.minimum:g} to {fact.maximum:g} {fact.unit}".rstrip()
    return ", ".join(fact.values) if fact.values else "yes, no"


def fact_blocks(facts: Sequence[ListedFact], fields: Mapping[str, Field]) -> list[Block]:
    """The facts under the key of the case file that takes them: name, label, values other than yes and no, and other words."""
    blocks: list[Block] = []
    for key in dict.fromkeys(fact["field"] for fact in facts):
        title = fields[key].title if key in fields else key
        blocks += [Heading(f"{key}: {title}", 2)]
        for fact in facts:
            if fact["field"] == key:
                blocks.append(_fact(fact))
        blocks.append(Gap())
    return [*blocks, paragraph(f"{number_of(len(facts), 'fact')}.", style="quiet")]


def _fact(fact: ListedFact) -> Paragraph:
    value = "" if fact["value"] == "yes, no" else f" ({fact['value']})"
    other = f"; also {counted(list(fact['synonyms']), 4)}" if fact["synonyms"] else ""
    return paragraph([Span(fact["id"], "strong"), Span(f": {fact['label']}{value}"), Span(other, "quiet")], "- ", "quiet")


def shown_blocks(shown: Shown) -> list[Block]:
    """One entry: its title and its lines under their headings."""
    blocks: list[Block] = [Heading(f"{shown.title} ({shown.id})"), Gap()]
    for heading, lines in shown.sections:
        blocks.append(Heading(heading, 2))
        blocks.extend(paragraph(line, "- " if len(lines) > 1 else "", "quiet") for line in lines)
        blocks.append(Gap())
    return blocks


def _unverified(report: CheckReport, name: str) -> str:
    return str(report.unverified[name]) if name in report.unverified else ""
