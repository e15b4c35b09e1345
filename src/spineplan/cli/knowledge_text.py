"""The reports of the knowledge commands as text: what check and test found, the list of options, one entry."""

from __future__ import annotations

from collections.abc import Sequence

from spineplan.cli.layout import Block, Gap, Heading, Paragraph, Span, Table, paragraph
from spineplan.cli.wording import counted, number_of
from spineplan.model.explanation import CheckReport, ListedOption, Shown, TestReport
from spineplan.model.problems import Problem


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
    """The options as a table in the order given."""
    rows = tuple((option.id, option.kind, option.role, option.name, counted(list(option.synonyms), 4)) for option in options)
    return [
        Table(("Id", "Kind", "Role", "Name", "Also called"), rows),
        Gap(),
        paragraph(f"{number_of(len(options), 'option')}.", style="quiet"),
    ]


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
