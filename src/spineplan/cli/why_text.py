"""Explanations as text: the arguments for and against one option, and the questions that matter.

Each argument shows its rule in prose, this patient's facts with origin and date, and its sources. Rules that decide
are marked.
"""

from __future__ import annotations

from collections.abc import Iterable

from spineplan.cli.layout import Block, Gap, Heading, Paragraph, Span, paragraph
from spineplan.cli.wording import POSITION_SIGNS, Cited, Wording, counted
from spineplan.model.explanation import Argument, Ask, FactLine, Why

_LABEL = 10
_MANY = 8


def why_blocks(why: Why, words: Wording) -> list[Block]:
    """The whole explanation as blocks to lay out."""
    cited = Cited()
    element = why.element
    title = f"{element.name}: {element.status}"
    blocks: list[Block] = [
        Heading(title),
        paragraph(words.role(why.role), style="quiet"),
        paragraph(why.summary, style="strong"),
        Gap(),
    ]
    for heading, sign, arguments in (
        ("Against", "- ", why.arguments_against),
        ("For", "+ ", why.arguments_for),
        ("Could not be judged", "? ", why.not_judged),
    ):
        bearing = [argument for argument in arguments if argument.verdict != "does not hold" or argument.determining]
        if bearing:
            blocks.append(Heading(heading, 2))
            for argument in sorted(bearing, key=lambda line: not line.determining):
                blocks.extend([*_argument(argument, sign, cited), Gap()])
    idle = [a for a in (*why.arguments_against, *why.arguments_for) if a.verdict == "does not hold" and not a.determining]
    if idle:
        blocks.append(Heading("Looked at, does not hold in this case", 2))
        blocks.extend(
            paragraph([Span(f"{a.section}: ", "quiet"), Span(a.text), *cited.tail(a.sources, a.verified)], ". ", "quiet")
            for a in idle
        )
        blocks.append(Gap())
    for course in element.courses:
        if course.regimen is not None:
            blocks += [Heading(f"How ({course.stage})", 2)]
            blocks.append(paragraph([Span(course.regimen.text), *cited.tail(course.regimen.sources, course.regimen.verified)]))
            blocks += [paragraph(course.regimen.note), Gap()] if course.regimen.note else [Gap()]
    blocks.extend(_more(why, words, cited))
    sources = cited.all()
    if sources:
        blocks.append(Heading("Sources", 2))
        blocks.extend(paragraph(f"{s.title}{f', {s.year}' if s.year else ''}", f"{s.id:<12}  ", "quiet") for s in sources)
    return blocks


def ask_blocks(ask: Ask, words: Wording) -> list[Block]:
    """The questions as blocks to lay out."""
    blocks: list[Block] = [Heading("Questions, the most important first")]
    if ask.urgency_open:
        spans = [
            Span("Warning signs NOT ASKED", "caution"),
            Span(f" (not asked is not the same as absent): {words.things(ask.urgency_open)}."),
        ]
        blocks += [paragraph(spans, "?  ", "caution"), Gap()]
    if not ask.questions:
        blocks.append(paragraph("No answer that is still open would change the plan."))
    for question in sorted(ask.questions, key=lambda line: line.rank):
        asked, _, listed = question.text.partition(" (")
        if listed and len(question.facts) > 1:
            labels = words.labels(question.facts)
        else:
            asked, labels = question.text, words.not_named(question.facts, question.text)
        blocks.append(paragraph(asked, f"{question.rank:>2}. ", "strong"))
        title = words.fields.get(question.field)
        blocks.append(_row("field", f"{title} (`{question.field}` in the case file)" if title else question.field))
        if len(labels) > _MANY:
            blocks += [_row("asks", ""), *(paragraph(label, "      - ", "quiet") for label in labels)]
        elif labels:
            blocks.append(_row("asks", "; ".join(labels)))
        if question.decides:
            blocks.append(_row("settles", words.things(question.decides, _MANY)))
        blocks.append(Gap())
    state = "PROVISIONAL: open answers may still change the plan." if ask.provisional else "The plan is not provisional."
    return [*blocks, Gap(), paragraph(state, style="caution" if ask.provisional else "quiet")]


def _argument(argument: Argument, sign: str, cited: Cited) -> Iterable[Paragraph]:
    decides = [Span("DECIDES:", "caution"), Span(" ")] if argument.determining else []
    verdict = [Span(f" ({argument.section}, {argument.verdict})", "quiet")]
    yield paragraph([*decides, Span(argument.text, "strong"), *verdict], sign, "strong")
    if argument.condition:
        yield _row("Rule", argument.condition)
    for number, fact in enumerate(argument.facts):
        yield _row("" if number else "Patient", _fact(fact))
    sources = [cited.short([source]) for source in argument.sources]
    shown = [short.strip("[]") for short in sources if short not in {"", "[unverified]"}]
    if not argument.verified or len(shown) < len(argument.sources):
        shown.append("unverified")
    if shown:
        yield _row("Source", "; ".join(shown))
    if argument.do:
        yield _row("Instead", argument.do)


def _fact(fact: FactLine) -> str:
    if fact.date and fact.date in fact.origin:
        origin = fact.origin
    else:
        origin = ", ".join(part for part in (fact.origin, fact.date) if part)
    return f"{fact.label}: {fact.value}{f' ({origin})' if origin else ''}"


def _more(why: Why, words: Wording, cited: Cited) -> Iterable[Block]:
    element = why.element
    if element.cautions:
        yield Heading("Cautions", 2)
        for caution in element.cautions:
            yield paragraph(cited.reason(caution), "! ", "caution")
        yield Gap()
    if element.monitoring:
        yield Heading("Watch", 2)
        for watch in element.monitoring:
            yield paragraph([Span(watch.text), *cited.tail(watch.sources, watch.verified)], "* ")
        yield Gap()
    if element.positions:
        yield Heading("Guidelines", 2)
        for line in sorted(element.positions, key=lambda p: (list(POSITION_SIGNS).index(p.position), p.guideline)):
            title = words.guidelines.get(line.guideline, line.guideline)
            yield paragraph(f"{cited.position(line)}: {title}", f"{POSITION_SIGNS[line.position]} {line.position:<12}")
        yield Gap()
    notes = [
        ("Chosen", words.thing(element.chosen) if element.chosen else ""),
        ("Instead of", words.thing(element.instead_of) if element.instead_of else ""),
        ("Beside", words.things(element.companion_of)),
        ("Not known", words.asked(element.missing)),
        ("Purpose", counted(list(element.aims))),
        ("Tell", element.advice),
        ("Note", element.note),
    ]
    for label, text in notes:
        if text:
            yield paragraph(text, f"{label:<12}", "quiet")
    yield Gap()


def _row(label: str, text: str) -> Paragraph:
    return paragraph(text, f"    {label:<{_LABEL}}", "quiet")
