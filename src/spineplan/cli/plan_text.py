"""The whole plan as text for a doctor: who, what is urgent, what to do by stage, what is open, what was not chosen and why.

Every element of the plan stands in exactly one part. A plan that rests on open questions is called provisional, and every
plan is a draft until a doctor accepts it. Reasons name their source and year; the sources are listed at the end.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import msgspec

from spineplan.cli.layout import Block, Gap, Heading, Paragraph, Span, Style, paragraph
from spineplan.cli.plan_pieces import MANY, STAGES, PlanPieces, allergies, draft, in_one_go, span_of_time
from spineplan.cli.wording import POSITION_SIGNS, Wording, counted, number_of
from spineplan.model.plan import Course, Element, MonitoringLine, Plan, Reason

_STAGE_TITLES = {"now": "Now", "after-acute": "After the acute signs have gone", "maintenance": "Maintenance"}
_LABEL = 10


def plan_blocks(plan: Plan, words: Wording) -> list[Block]:
    """The whole plan as blocks to lay out."""
    return _PlanText(plan, words).blocks()


class _Group(NamedTuple):
    """Options that share one reason: their names (with a mark where there are more reasons) and that reason."""

    names: list[str]
    reason: Reason | None


class _PlanText(PlanPieces):
    def __init__(self, plan: Plan, words: Wording) -> None:
        super().__init__(plan, words)
        self.watched: dict[tuple[MonitoringLine, ...], str] = {}

    def blocks(self) -> list[Block]:
        parts = (
            self.head,
            self._strip,
            lambda: self.alerts(fully=True),
            self.open_alerts,
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
        return in_one_go(part() for part in parts)

    # --- the head

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
                allergies(strip.allergy_state, strip.allergies),
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

    # --- the stages

    def _stages(self) -> list[Block]:
        blocks: list[Block] = []
        for stage in STAGES:
            chosen = self.placed(stage)
            if not chosen:
                if stage == "now":
                    nothing = paragraph("Nothing is chosen for now; see below what is open or withheld.")
                    blocks += [Heading(_STAGE_TITLES[stage]), nothing, Gap()]
                continue
            blocks.append(Heading(_STAGE_TITLES[stage]))
            opens = self.opens(stage)
            if stage != "now" and opens:
                blocks.append(paragraph(opens, style="quiet"))
            blocks.append(Gap())
            for role in self.roles(element for element, _ in chosen):
                blocks.append(Heading(self.words.role(role), 2))
                for element, course in chosen:
                    if element.role == role:
                        blocks.extend(self._chosen(element, course))
                blocks.append(Gap())
        return blocks

    def _chosen(self, element: Element, course: Course) -> Iterable[Paragraph]:
        again = element.id in self.shown
        opens = self.opens(course.stage)
        marks = [mark for mark, holds in (("already in use", element.status == "in-use"), ("continued", again)) if holds]
        name = [Span(element.name, "strong"), *(Span(f"  ({mark})", "quiet") for mark in marks)]
        yield paragraph(name, "* ", "strong")
        if element.kind == "monitoring" and element.id in self.reviews:
            yield self._row("How", "see Follow-up")
        else:
            yield from self._regimen(element.id, course)
            when = span_of_time(course, opens)
            if when:
                yield self._row("When", when)
        self.shown[element.id] = course.regimen.text if course.regimen else ""
        if element.companion_of:
            yield self._row("With", f"needed beside {self.words.things(element.companion_of)}")
        if again:
            return
        for number, reason in enumerate(element.because[:2]):
            said = msgspec.structs.replace(reason, text=reason.text.replace(f" {opens}", "")) if opens else reason
            yield self._row("" if number else "Because", [*self.cited.reason(said), *self.facts(said)])
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
            yield self._row("Not known", self.facts_named(element.missing))
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
                blocks.append(paragraph(self.words.things(question.decides, MANY), "    settles  ", "quiet"))
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
            blocks.extend(paragraph([*self.cited.reason(reason), *self.facts(reason)], "    ") for reason in current.because)
        left = [element for element in self.with_status("in-use") if element.id not in self.shown]
        blocks.extend(self._grouped(left))
        return [Heading("Current treatment"), *blocks] if blocks else []

    def _needs_information(self) -> list[Block]:
        waiting: dict[tuple[str, ...], list[str]] = {}
        for element in self.with_status("needs-information"):
            waiting.setdefault(element.missing, []).append(element.name)
        blocks: list[Block] = []
        for missing, names in waiting.items():
            needed = self.facts_named(missing) if missing else "something that is not named"
            blocks.append(paragraph([Span(counted(names), "strong"), Span(f": not known: {needed}")], "? ", "quiet"))
        return [Heading("Possible, once something is known"), *blocks] if blocks else []

    def _deferred(self) -> list[Block]:
        left = [element for element in self.with_status("deferred") if element.id not in self.shown]
        return self._part("Withheld for now", left)

    def _alternatives(self) -> list[Block]:
        blocks: list[Block] = []
        for element in sorted(self.with_status("alternative"), key=lambda e: (self.words.role_order(e.role), e.role)):
            chosen = f"; chosen: {self.words.thing(element.chosen)}" if element.chosen else ""
            reason = self.cited.reason(element.because[0]) if element.because else []
            title = [Span(element.name, "strong"), Span(f"  ({self.words.role(element.role)}{chosen})", "quiet")]
            blocks.append(paragraph([*title, *([Span(": "), *reason] if reason else [])], "o ", "quiet"))
        return [Heading("Alternatives"), *blocks] if blocks else []

    # --- what is not in the plan

    def _advised_against(self) -> list[Block]:
        elements = self.with_status("advised-against")
        blocks: list[Block] = []
        for element in elements:
            positions = self._positions(element)
            reason = self.cited.reason(element.because[0]) if element.because else []
            said = [Span(": "), *reason, *([Span(" ")] if reason and positions else []), *positions]
            blocks.append(paragraph([Span(element.name, "strong"), *(said if len(said) > 1 else [])], "- ", "quiet"))
        return [Heading(f"Advised against by the profile {self.plan.profile}"), *blocks] if blocks else []

    def _ruled_out(self) -> list[Block]:
        return self._part("Ruled out", self.with_status("ruled-out"), "x ")

    def _set_aside(self) -> list[Block]:
        return self._part("Set aside", self.with_status("set-aside"), facts=False)

    def _not_indicated(self) -> list[Block]:
        names = [element.name for element in self.with_status("not-indicated")]
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
            behind = self.facts(group.reason) if group.reason and facts else []
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
        limits: list[Block] = [paragraph(limit, "- ", "quiet", "quiet") for limit in self.plan.limits]
        return [
            Heading("Use and limits"),
            paragraph(self.plan.intended_use),
            *limits,
            Gap(),
            paragraph(self.made(), style="quiet"),
            draft(),
        ]
