"""The plan as text for a doctor: who, what is urgent, what to do by stage, what is open, what was not chosen and why.

Every element of the plan stands in exactly one part. A plan that rests on open questions is called provisional, and every
plan is a draft until a doctor accepts it. Reasons name their source and year; the sources are listed at the end.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import msgspec

from spineplan.cli.layout import Block, Box, Gap, Heading, Paragraph, Span, Style, paragraph
from spineplan.cli.wording import POSITION_SIGNS, URGENCY_SIGNS, Cited, Wording, counted, number_of
from spineplan.model.plan import Alert, Course, Element, MonitoringLine, Plan, Reason

_STAGES = ("now", "after-acute", "maintenance")
_STAGE_TITLES = {"now": "Now", "after-acute": "After the acute signs have gone", "maintenance": "Maintenance"}
_PLACED = frozenset({"recommended", "in-use", "deferred"})
_ALERT_STYLES: dict[str, Style] = {"emergency": "stop", "urgent": "stop", "soon": "caution", "routine": "note"}
_LABEL = 10
_MANY = 8
_FACTS = 4


def plan_blocks(plan: Plan, words: Wording) -> list[Block]:
    """The whole plan as blocks to lay out."""
    return _PlanText(plan, words).blocks()


class _Group(NamedTuple):
    """Options that share one reason: their names (with a mark where there are more reasons) and that reason."""

    names: list[str]
    reason: Reason | None


class _PlanText:
    def __init__(self, plan: Plan, words: Wording) -> None:
        self.plan = plan
        names = {element.id: element.name for element in plan.elements}
        alerts = {alert.id: alert.title for alert in plan.alerts}
        self.words = words._replace(options={**words.options, **names}, alerts={**words.alerts, **alerts})
        self.cited = Cited()
        self.reviews = {line.element for line in plan.follow_up}
        self.shown: dict[str, str] = {}
        self.watched: dict[tuple[MonitoringLine, ...], str] = {}

    def blocks(self) -> list[Block]:
        parts = (
            self._head,
            self._strip,
            self._alerts,
            self._open_alerts,
            self._stages,
            self._questions,
            self._unmet,
            self._current,
            self._needs_information,
            self._deferred,
            self._alternatives,
            self._advised_against,
            self._ruled_out,
            self._set_aside,
            self._not_indicated,
            self._assumptions,
            self._not_checked,
            self._follow_up,
            self._sources,
            self._foot,
        )
        blocks: list[Block] = []
        for part in parts:
            found = part()
            if found:
                blocks.extend([*found, Gap()])
        return blocks

    # --- the head

    def _head(self) -> list[Block]:
        plan = self.plan
        state = [Span("DRAFT", "caution"), Span(" until you accept it.")]
        if plan.provisional:
            state += [Span(" "), Span("PROVISIONAL:", "caution")]
            open_questions = number_of(len(plan.questions), "open question") if plan.questions else "What is not known yet"
            state += [Span(f" {open_questions} may change it{' (see Questions)' if plan.questions else ''}.")]
        return [Heading(f"Spineplan: treatment plan as of {plan.as_of}"), paragraph(state)]

    def _strip(self) -> list[Block]:
        strip = self.plan.patient
        rows: list[tuple[str, str, Style]] = [
            ("Age", strip.age, ""),
            ("Sex", strip.sex, ""),
            ("Weight", strip.weight, ""),
            ("Pregnancy", strip.pregnancy, ""),
            ("Kidneys", strip.kidney, ""),
            (
                "Allergies",
                _allergies(strip.allergy_state, strip.allergies),
                "caution" if strip.allergy_state != "none known" else "",
            ),
            ("Diagnosis", strip.diagnosis, "strong"),
            ("Phase", strip.phase, ""),
            ("Pain", strip.pain, ""),
            ("Goal", strip.goal, ""),
        ]
        needed = {title for title, _, _ in rows} - {"Goal"}
        return [
            Paragraph((Span(value or "not recorded", style),), f"{title:<12}", "quiet")
            for title, value, style in rows
            if value or title in needed
        ]

    def _alerts(self) -> list[Block]:
        blocks: list[Block] = []
        for alert in self.plan.alerts:
            if blocks:
                blocks.append(Gap())
            blocks.append(Box(tuple(self._alert(alert)), _ALERT_STYLES[alert.urgency]))
        return blocks or [paragraph("No warning sign is known to be present.")]

    def _alert(self, alert: Alert) -> Iterable[Paragraph]:
        style = _ALERT_STYLES[alert.urgency]
        sign = URGENCY_SIGNS[alert.urgency]
        yield paragraph(f"{sign} {alert.urgency.upper()} {sign}  {alert.title}", style=style)
        yield paragraph(alert.action, "Do       ", "strong", "strong")
        yield paragraph(alert.within, "Within   ", "strong", "strong")
        for reason in alert.because:
            yield paragraph([*self.cited.reason(reason), *self._facts(reason)], "Because  ", "quiet")

    def _open_alerts(self) -> list[Block]:
        open_alerts = self.plan.urgency_open
        if not open_alerts:
            return []
        names = self.words.things(open_alerts)
        spans = [Span("Warning signs NOT ASKED", "caution"), Span(f" (not asked is not the same as absent): {names}.")]
        return [paragraph(spans, "?  ", "caution")]

    # --- the stages

    def _stages(self) -> list[Block]:
        blocks: list[Block] = []
        for stage in _STAGES:
            chosen = [(e, c) for e in self.plan.elements if e.status in _PLACED for c in _courses(e) if c.stage == stage]
            if not chosen:
                if stage == "now":
                    nothing = paragraph("Nothing is chosen for now; see below what is open or withheld.")
                    blocks += [Heading(_STAGE_TITLES[stage]), nothing, Gap()]
                continue
            blocks.append(Heading(_STAGE_TITLES[stage]))
            opens = self.words.stages.get(stage, ("", ""))[1]
            if stage != "now" and opens:
                blocks.append(paragraph(opens, style="quiet"))
            blocks.append(Gap())
            roles = sorted({e.role for e, _ in chosen}, key=lambda role: (self.words.role_order(role), role))
            for role in roles:
                blocks.append(Heading(self.words.role(role), 2))
                for element, course in chosen:
                    if element.role == role:
                        blocks.extend(self._chosen(element, course))
                blocks.append(Gap())
        return blocks

    def _chosen(self, element: Element, course: Course) -> Iterable[Paragraph]:
        again = element.id in self.shown
        opens = self.words.stages.get(course.stage, ("", ""))[1]
        marks = [mark for mark, holds in (("already in use", element.status == "in-use"), ("continued", again)) if holds]
        name = [Span(element.name, "strong"), *(Span(f"  ({mark})", "quiet") for mark in marks)]
        yield paragraph(name, "* ", "strong")
        if element.kind == "monitoring" and element.id in self.reviews:
            yield self._row("How", "see Follow-up")
        else:
            yield from self._regimen(element.id, course)
            when = _span_of_time(course, opens)
            if when:
                yield self._row("When", when)
        self.shown[element.id] = course.regimen.text if course.regimen else ""
        if element.companion_of:
            yield self._row("With", f"needed beside {self.words.things(element.companion_of)}")
        if again:
            return
        for number, reason in enumerate(element.because[:2]):
            said = msgspec.structs.replace(reason, text=reason.text.replace(f" {opens}", "")) if opens else reason
            yield self._row("" if number else "Because", [*self.cited.reason(said), *self._facts(said)])
        if len(element.because) > 2:
            yield self._row("", f"{number_of(len(element.because) - 2, 'more reason')}: spineplan why CASE {element.id}", "quiet")
        for caution in element.cautions:
            yield self._row("Caution", self.cited.reason(caution), "", "caution")
        yield from self._watch(element)
        positions = self._positions(element)
        if positions:
            yield self._row("Guideline", positions)
        if element.aims:
            yield self._row("For", counted(list(element.aims)))
        if element.instead_of:
            yield self._row("Instead", f"of {self.words.thing(element.instead_of)}")
        if element.missing:
            yield self._row("Not known", self._facts_named(element.missing))
        if element.advice:
            yield self._row("Tell", element.advice)
        if element.note:
            yield self._row("Note", element.note)

    def _regimen(self, identity: str, course: Course) -> Iterable[Paragraph]:
        """The dose line or the parameters, with the note; in words where it has not changed since the stage before."""
        regimen = course.regimen
        if regimen is None:
            return
        label = "Dose" if regimen.dose else "How"
        if regimen.text == self.shown.get(identity):
            yield self._row(label, "as before")
            return
        yield self._row(label, [Span(regimen.text), *self.cited.tail(regimen.sources, regimen.verified)])
        if regimen.note:
            yield self._row("", regimen.note)

    def _watch(self, element: Element) -> Iterable[Paragraph]:
        """What to watch; a list that already stands under another option is pointed to and not repeated."""
        if not element.monitoring:
            return
        first = self.watched.setdefault(element.monitoring, element.name)
        if first != element.name:
            yield self._row("Watch", f"as under {first}")
            return
        for watch in element.monitoring:
            yield self._row("Watch", [Span(watch.text), *self.cited.tail(watch.sources, watch.verified)])

    def _row(self, label: str, content: str | Sequence[Span], style: Style = "", label_style: Style = "quiet") -> Paragraph:
        spans = (Span(content, style),) if isinstance(content, str) else tuple(content)
        return Paragraph(spans, f"    {label:<{_LABEL}}", label_style)

    def _positions(self, element: Element) -> list[Span]:
        spans: list[Span] = []
        styles: tuple[tuple[str, Style], ...] = (("against", "caution"), ("conditional", "strong"), ("for", "strong"))
        for position, style in styles:
            lines = [self.cited.position(line) for line in element.positions if line.position == position]
            if lines:
                spans += [Span("; ")] if spans else []
                spans += [Span(f"{POSITION_SIGNS[position]} {position}: ", style), Span(counted(lines))]
        return spans

    # --- what is open

    def _questions(self) -> list[Block]:
        blocks: list[Block] = []
        for question in sorted(self.plan.questions, key=lambda line: line.rank):
            blocks.append(paragraph(question.text, f"{question.rank:>2}. ", "strong"))
            asks = self.words.not_said(question.facts, question.text)
            if asks:
                blocks.append(paragraph(asks, "    asks     ", "quiet"))
            if question.decides:
                blocks.append(paragraph(self.words.things(question.decides, _MANY), "    settles  ", "quiet"))
        return [Heading("Questions, the most important first"), *blocks] if blocks else []

    def _unmet(self) -> list[Block]:
        blocks: list[Block] = []
        for unmet in self.plan.unmet:
            blocks.append(paragraph([Span(f"{self.words.role(unmet.role)}: ", "strong"), Span(unmet.why)], "! ", "caution"))
            blocks.append(paragraph(unmet.next, "  Next  ", "quiet"))
        return [Heading("Needs that this plan does not meet"), *blocks] if blocks else []

    def _current(self) -> list[Block]:
        blocks: list[Block] = []
        for current in self.plan.current_treatment:
            word: Style = "" if current.action == "continue" else "caution"
            level = f" ({current.level})" if current.level else ""
            blocks.append(paragraph([Span(current.action.upper(), word or "strong"), Span(f" {current.name}{level}")], "* "))
            blocks.extend(paragraph([*self.cited.reason(reason), *self._facts(reason)], "    ") for reason in current.because)
        left = [element for element in self._with_status("in-use") if element.id not in self.shown]
        blocks.extend(self._grouped(left))
        return [Heading("Current treatment"), *blocks] if blocks else []

    def _needs_information(self) -> list[Block]:
        waiting: dict[tuple[str, ...], list[str]] = {}
        for element in self._with_status("needs-information"):
            waiting.setdefault(element.missing, []).append(element.name)
        blocks: list[Block] = []
        for missing, names in waiting.items():
            needed = self._facts_named(missing) if missing else "something that is not named"
            blocks.append(paragraph([Span(counted(names), "strong"), Span(f": not known: {needed}")], "? ", "quiet"))
        return [Heading("Possible, once something is known"), *blocks] if blocks else []

    def _deferred(self) -> list[Block]:
        left = [element for element in self._with_status("deferred") if element.id not in self.shown]
        return self._part("Withheld for now", left)

    def _alternatives(self) -> list[Block]:
        blocks: list[Block] = []
        for element in sorted(self._with_status("alternative"), key=lambda e: (self.words.role_order(e.role), e.role)):
            chosen = f"; chosen: {self.words.thing(element.chosen)}" if element.chosen else ""
            reason = self.cited.reason(element.because[0]) if element.because else []
            title = [Span(element.name, "strong"), Span(f"  ({self.words.role(element.role)}{chosen})", "quiet")]
            blocks.append(paragraph([*title, *([Span(": "), *reason] if reason else [])], "o ", "quiet"))
        return [Heading("Alternatives"), *blocks] if blocks else []

    # --- what is not in the plan

    def _advised_against(self) -> list[Block]:
        elements = self._with_status("advised-against")
        blocks: list[Block] = []
        for element in elements:
            positions = self._positions(element)
            reason = self.cited.reason(element.because[0]) if element.because else []
            said = [Span(": "), *reason, *([Span(" ")] if reason and positions else []), *positions]
            blocks.append(paragraph([Span(element.name, "strong"), *(said if len(said) > 1 else [])], "- ", "quiet"))
        return [Heading(f"Advised against by the profile {self.plan.profile}"), *blocks] if blocks else []

    def _ruled_out(self) -> list[Block]:
        return self._part("Ruled out", self._with_status("ruled-out"), "x ")

    def _set_aside(self) -> list[Block]:
        return self._part("Set aside", self._with_status("set-aside"), facts=False)

    def _not_indicated(self) -> list[Block]:
        names = [element.name for element in self._with_status("not-indicated")]
        return [Heading("Nothing in this case calls for"), paragraph(f"{counted(names)}.", style="quiet")] if names else []

    def _part(self, title: str, elements: list[Element], sign: str = "- ", facts: bool = True) -> list[Block]:
        blocks = self._grouped(elements, sign, facts)
        return [Heading(title), *blocks] if blocks else []

    def _grouped(self, elements: list[Element], sign: str = "- ", facts: bool = True) -> list[Block]:
        """One line for all options that share their first reason; `facts` shows the patient's facts behind it."""
        groups: dict[str, _Group] = {}
        for element in elements:
            reason = element.because[0] if element.because else None
            key = repr((reason.text, reason.facts, reason.sources, reason.verified)) if reason else ""
            more = len(element.because) - 1
            name = f"{element.name} (+{number_of(more, 'reason')})" if more > 0 else element.name
            groups.setdefault(key, _Group([], reason)).names.append(name)
        blocks: list[Block] = []
        for group in groups.values():
            behind = self._facts(group.reason) if group.reason and facts else []
            said = [Span(": "), *self.cited.reason(group.reason), *behind] if group.reason else []
            blocks.append(paragraph([Span(counted(group.names), "strong"), *said], sign, "quiet"))
        return blocks

    # --- the end

    def _assumptions(self) -> list[Block]:
        grouped: dict[tuple[str, str], list[str]] = {}
        for line in self.plan.assumptions:
            facts = grouped.setdefault((line.why, line.value), [])
            if line.fact not in self.words.fields:
                facts.append(self.words.fact(line.fact))
        blocks: list[Block] = []
        for (why, value), facts in grouped.items():
            taken = [Span(f" Taken as {value}: ", "strong"), Span(f"{counted(facts)}.", "quiet")] if facts else []
            blocks.append(paragraph([Span(why), *taken], "- ", "quiet"))
        return [Heading("Taken for known although not recorded"), *blocks] if blocks else []

    def _not_checked(self) -> list[Block]:
        blocks: list[Block] = [paragraph(name, "? ", "caution") for name in self.plan.not_checked]
        lead = paragraph("Spineplan does not know these, so no contraindication, interaction or dose was checked against them:")
        return [Heading("Not checked"), lead, *blocks] if blocks else []

    def _follow_up(self) -> list[Block]:
        blocks: list[Block] = []
        for line in self.plan.follow_up:
            blocks.append(paragraph([Span(line.day, "strong"), Span(f": {line.measure}")], "* "))
            if line.rules:
                blocks.append(paragraph(line.rules, "    "))
            if line.element:
                blocks.append(paragraph(f"for {self.words.thing(line.element)}", "    ", style="quiet"))
        return [Heading("Follow-up"), *blocks] if blocks else []

    def _sources(self) -> list[Block]:
        blocks: list[Block] = [
            paragraph(f"{source.title}{f', {source.year}' if source.year else ''}", f"{source.id:<12}  ", "quiet")
            for source in self.cited.all()
        ]
        return [Heading("Sources"), *blocks] if blocks else []

    def _foot(self) -> list[Block]:
        plan = self.plan
        profile = self.words.profiles.get(plan.profile)
        made = (
            f"Spineplan {plan.spineplan}, knowledge {plan.knowledge.version} ({plan.knowledge.sha256[:12]}), "
            f"profile {plan.profile}{f' ({profile})' if profile else ''}, as of {plan.as_of}, case {plan.case_sha256[:12]}."
        )
        limits: list[Block] = [paragraph(limit, "- ", "quiet", "quiet") for limit in plan.limits]
        return [
            Heading("Use and limits"),
            paragraph(plan.intended_use),
            *limits,
            Gap(),
            paragraph(made, style="quiet"),
            paragraph(
                [
                    Span("DRAFT", "caution"),
                    Span(": a proposal for the doctor, who examines, decides and answers for the decision."),
                ]
            ),
        ]

    # --- pieces

    def _with_status(self, status: str) -> list[Element]:
        return [element for element in self.plan.elements if element.status == status]

    def _facts(self, reason: Reason) -> list[Span]:
        """The patient's facts behind a reason, in brackets: those that were recorded, and what is so before what is not."""
        recorded = [name for name in reason.facts if self.words.recorded(name)] or list(reason.facts)
        ordered = sorted(recorded, key=lambda name: (reason.facts[name] is None, reason.facts[name] is False, name))
        facts = [self.words.value(name, reason.facts[name]) for name in ordered]
        return [Span(f" ({counted(facts, _FACTS)})")] if facts else []

    def _facts_named(self, names: Sequence[str]) -> str:
        return self.words.asked(names, _MANY)


def _courses(element: Element) -> tuple[Course, ...]:
    """The courses; what is recommended without one stands in the present stage, so that it is never lost."""
    if element.status == "recommended" and not element.courses:
        return (Course("now", None, "", ""),)
    return element.courses


def _allergies(state: str, listed: str) -> str:
    """One of four states, as a word that cannot be taken for another."""
    said = {
        "known": f"KNOWN: {listed}" if listed not in ("", state) else "KNOWN, but not by a name that could be checked",
        "none known": "none known",
        "not recorded": "NOT RECORDED (not the same as none)",
        "unavailable": "UNAVAILABLE (asked, could not be found out)",
    }
    return said.get(state, f"{state}: {listed}" if listed else state)


def _span_of_time(course: Course, opens: str) -> str:
    """From when until when; the opening of a later stage (`opens`) stands in its heading and is not repeated."""
    begins = course.from_ if course.stage == "now" or course.from_ not in (opens, course.stage) else ""
    until = course.until if not course.until or course.until.startswith(("until ", "till ")) else f"until {course.until}"
    return " ".join(part for part in (begins, until) if part)
