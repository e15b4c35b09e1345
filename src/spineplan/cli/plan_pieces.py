"""What the brief plan and the full plan share: the banner of alerts, the warning signs not asked, and small pieces.

The one thing to do first stands alone in a box, unshortened and in the very same words in both texts.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from spineplan.cli.layout import Block, Box, Gap, Heading, Paragraph, Span, Style, paragraph
from spineplan.cli.wording import URGENCY_SIGNS, Cited, Wording, counted, number_of
from spineplan.model.plan import Alert, Course, Element, Plan, Reason

STAGES = ("now", "after-acute", "maintenance")
PLACED = frozenset({"recommended", "in-use", "deferred"})
MANY = 8
_ALERT_STYLES: dict[str, Style] = {"emergency": "stop", "urgent": "stop", "soon": "caution", "routine": "note"}
_FACTS = 4


class PlanPieces:
    """A plan with its wording, and the parts that every text of it has. `shown` collects the options that stand in a stage."""

    def __init__(self, plan: Plan, words: Wording) -> None:
        self.plan = plan
        names = {element.id: element.name for element in plan.elements}
        alerts = {alert.id: alert.title for alert in plan.alerts}
        self.words = words._replace(options={**words.options, **names}, alerts={**words.alerts, **alerts})
        self.cited = Cited()
        self.reviews = {line.element for line in plan.follow_up}
        self.shown: dict[str, str] = {}

    def head(self) -> list[Block]:
        """The title, and that it is a draft and whether provisional."""
        plan = self.plan
        state = [Span("DRAFT", "caution"), Span(" until you accept it.")]
        if plan.provisional:
            state += [Span(" "), Span("PROVISIONAL:", "caution")]
            open_questions = number_of(len(plan.questions), "open question") if plan.questions else "What is not known yet"
            state += [Span(f" {open_questions} may change it{' (see Questions)' if plan.questions else ''}.")]
        return [Heading(f"Spineplan: treatment plan as of {plan.as_of}"), paragraph(state)]

    def alerts(self, fully: bool = False) -> list[Block]:
        """The banner: the first of the most urgent red flags in a box that cannot be overlooked, every other one below it.

        A doctor must see one action first, so the others get a line each: what it is and within which time. An alert that is as
        urgent as the first keeps its action there; `fully` says of every one what to do and why.
        """
        if not self.plan.alerts:
            return [paragraph("No warning sign is known to be present.")]
        leading, *others = self.plan.alerts
        blocks: list[Block] = [Box(tuple(self._alert(leading)), _ALERT_STYLES[leading.urgency])]
        for alert in others:
            blocks.extend(self._also(alert, fully, equal=alert.urgency == leading.urgency))
        return blocks

    def _also(self, alert: Alert, fully: bool, equal: bool) -> Iterable[Paragraph]:
        said, *rest = self._alert(alert)
        within = "" if fully else f"; within: {alert.within.rstrip('.')}."
        yield paragraph([*said.spans, Span(within)], "Also present: ", "strong")
        if fully:
            yield from (line._replace(lead=f"  {line.lead}") for line in rest)
        elif equal:
            yield paragraph(alert.action, "  Do  ", "strong")

    def _alert(self, alert: Alert) -> Iterable[Paragraph]:
        style = _ALERT_STYLES[alert.urgency]
        sign = URGENCY_SIGNS[alert.urgency]
        yield paragraph(f"{sign} {alert.urgency.upper()} {sign}  {alert.title}", style=style)
        yield paragraph(alert.action, "Do       ", "strong", "strong")
        yield paragraph(alert.within, "Within   ", "strong", "strong")
        for reason in alert.because:
            yield paragraph([*self.cited.reason(reason), *self.facts(reason)], "Because  ", "quiet")

    def open_alerts(self) -> list[Block]:
        """The warning signs that were not asked, by title."""
        open_alerts = self.plan.urgency_open
        if not open_alerts:
            return []
        names = self.words.things(open_alerts)
        spans = [Span("Warning signs NOT ASKED", "caution"), Span(f" (not asked is not the same as absent): {names}.")]
        return [paragraph(spans, "?  ", "caution")]

    def placed(self, stage: str) -> list[tuple[Element, Course]]:
        """What is chosen for a stage."""
        return [(e, c) for e in self.plan.elements if e.status in PLACED for c in courses(e) if c.stage == stage]

    def opens(self, stage: str) -> str:
        """The sentence that says when a stage opens."""
        return self.words.stages.get(stage, ("", ""))[1]

    def roles(self, elements: Iterable[Element]) -> list[str]:
        """The roles of these options in the order of choice."""
        return sorted({element.role for element in elements}, key=lambda role: (self.words.role_order(role), role))

    def with_status(self, status: str) -> list[Element]:
        """The options with this status."""
        return [element for element in self.plan.elements if element.status == status]

    def facts(self, reason: Reason) -> list[Span]:
        """The patient's facts behind a reason, in brackets: those that were recorded, and what is so before what is not."""
        recorded = [name for name in reason.facts if self.words.recorded(name)] or list(reason.facts)
        ordered = sorted(recorded, key=lambda name: (reason.facts[name] is None, reason.facts[name] is False, name))
        facts = [self.words.value(name, reason.facts[name]) for name in ordered]
        return [Span(f" ({counted(facts, _FACTS)})")] if facts else []

    def facts_named(self, names: Sequence[str]) -> str:
        """Facts to be asked, by label; many are counted."""
        return self.words.asked(names, MANY)

    def made(self) -> str:
        """What made the plan: versions, profile, day and case."""
        plan = self.plan
        profile = self.words.profiles.get(plan.profile)
        return (
            f"Spineplan {plan.spineplan}, knowledge {plan.knowledge.version} ({plan.knowledge.sha256[:12]}), "
            f"profile {plan.profile}{f' ({profile})' if profile else ''}, as of {plan.as_of}, case {plan.case_sha256[:12]}."
        )


def draft() -> Paragraph:
    """The last word: a draft, and who answers for the decision."""
    said = Span(": a proposal for the doctor, who examines, decides and answers for the decision.")
    return paragraph([Span("DRAFT", "caution"), said])


def in_one_go(parts: Iterable[list[Block]]) -> list[Block]:
    """The parts that have something to say, with a gap after each."""
    return [block for part in parts if part for block in (*part, Gap())]


def courses(element: Element) -> tuple[Course, ...]:
    """The courses; what is recommended without one stands in the present stage, so that it is never lost."""
    if element.status == "recommended" and not element.courses:
        return (Course("now", None, "", ""),)
    return element.courses


def allergies(state: str, listed: str) -> str:
    """One of four states, as a word that cannot be taken for another."""
    said = {
        "known": f"KNOWN: {listed}" if listed not in ("", state) else "KNOWN, but not by a name that could be checked",
        "none known": "none known",
        "not recorded": "NOT RECORDED (not the same as none)",
        "unavailable": "UNAVAILABLE (asked, could not be found out)",
    }
    return said.get(state, f"{state}: {listed}" if listed else state)


def span_of_time(course: Course, opens: str) -> str:
    """From when until when; the opening of a later stage (`opens`) stands in its heading and is not repeated."""
    begins = course.from_ if course.stage == "now" or course.from_ not in (opens, course.stage) else ""
    until = course.until if not course.until or course.until.startswith(("until ", "till ")) else f"until {course.until}"
    return " ".join(part for part in (begins, until) if part)
