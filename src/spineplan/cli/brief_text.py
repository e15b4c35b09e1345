"""The brief plan: what a doctor must know within a minute, between two patients.

Alerts and unasked warning signs stand first and unshortened, then the chosen options by stage and role, the follow-up, what is
open, and one line for what was not chosen. Every option of the plan is named. A reason is cut to its first sentence and never inside
one; `spineplan why` and `--details` say the rest.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from spineplan.cli.layout import Block, Heading, Paragraph, Span, Style, paragraph
from spineplan.cli.plan_pieces import STAGES, PlanPieces, allergies, draft, in_one_go, span_of_time
from spineplan.cli.wording import Cited, Wording, counted, number_of
from spineplan.model.plan import Course, Element, Plan, Reason, RegimenLine

_STAGE_TITLES = {"now": "Now", "after-acute": "When the acute pain has gone", "maintenance": "Keeping well"}
_ORDER = ("for", "conditional", "against")
_FEW = 3
_LINE = 92
_END = re.compile(r"(?<=[.!?])\s+(?=[A-Z])")
_SHORTENED = ("e.g.", "i.e.", "vs.", "approx.", "max.", "min.", "ca.", "Dr.", "St.", "no.")


def brief_blocks(plan: Plan, words: Wording) -> list[Block]:
    """The brief plan as blocks to lay out."""
    return _BriefText(plan, words).blocks()


class _BriefText(PlanPieces):
    def __init__(self, plan: Plan, words: Wording) -> None:
        super().__init__(plan, words)
        self.sources = Cited(located=False)

    def blocks(self) -> list[Block]:
        parts = (
            self.head,
            self._strip,
            self.alerts,
            self.open_alerts,
            *(lambda stage=stage: self._stage(stage) for stage in STAGES),
            self._follow_up,
            self._questions,
            self._unmet,
            self._current,
            self._ruled_out,
            self._advised_against,
            self._set_aside,
            self._deferred,
            self._waiting,
            self._alternatives,
            self._not_indicated,
            self._assumptions,
            self._not_checked,
            self._foot,
        )
        return in_one_go(part() for part in parts)

    def _strip(self) -> list[Block]:
        strip = self.plan.patient
        told = allergies(strip.allergy_state, strip.allergies)
        who = [("age", strip.age), ("sex", strip.sex), ("weight", strip.weight)]
        body = [_said(title, value, bare=True) for title, value in who]
        body += [_said("pregnancy", strip.pregnancy), _said("kidneys", strip.kidney)]
        pain = [
            _said("phase", strip.phase, bare=True),
            _said("pain", strip.pain),
            *([_said("goal", strip.goal)] if strip.goal else []),
        ]
        return [
            paragraph("; ".join(body)),
            paragraph([Span("Allergies ", "quiet"), Span(told, "caution" if strip.allergy_state != "none known" else "")]),
            paragraph([Span(strip.diagnosis or "Diagnosis not recorded", "strong"), Span("; " + "; ".join(pain))]),
        ]

    # --- what is chosen

    def _stage(self, stage: str) -> list[Block]:
        chosen = [
            (element, course)
            for element, course in self.placed(stage)
            if not (element.kind == "monitoring" and element.id in self.reviews)
        ]
        if not chosen:
            nothing = paragraph("Nothing is chosen for now; see below what is open or withheld.")
            return [Heading(_STAGE_TITLES[stage]), nothing] if stage == "now" else []
        same = [(element, course) for element, course in chosen if self._as_before(element, course)]
        fresh = [pair for pair in chosen if pair not in same]
        blocks: list[Block] = [Heading(_STAGE_TITLES[stage])]
        for role in self.roles(element for element, _ in fresh):
            blocks.append(paragraph(self.words.role(role), style="heading"))
            for element, course in fresh:
                if element.role == role:
                    blocks.extend(self._chosen(element, course))
        if same:
            names = [f"{e.name}{_time(c, self.opens(stage), ' (', ')')}" for e, c in same]
            blocks.append(paragraph([Span("Go on as before: ", "strong"), Span(f"{counted(names)}.")]))
        return blocks

    def _as_before(self, element: Element, course: Course) -> bool:
        return element.id in self.shown and self.shown[element.id] == _text(course)

    def _chosen(self, element: Element, course: Course) -> Iterable[Paragraph]:
        again = element.id in self.shown
        self.shown[element.id] = _text(course)
        marks = ["already in use"] if element.status == "in-use" else []
        marks += ["continued"] if again else []
        marks += [f"goes with {self.words.things(element.companion_of)}"] if element.companion_of else []
        marks += [f"instead of {self.words.thing(element.instead_of)}"] if element.instead_of else []
        name = [Span(element.name, "strong"), *(Span(f" ({mark})", "quiet") for mark in marks)]
        yield paragraph(name, "* ", "strong")
        yield from self._how(course)
        if again:
            return
        yield from self._because(element, self.opens(course.stage))
        yield from (paragraph(self._short(caution), "    ! ", "caution") for caution in element.cautions)
        if element.missing:
            yield paragraph(f"not known: {self.words.asked(element.missing, _FEW)}", "    ? ", "caution")
        positions = self._positions(element)
        if positions:
            yield paragraph(positions, "    Guidelines ", "quiet")

    def _how(self, course: Course) -> Iterable[Paragraph]:
        """The dose line with its dates and, for a dose, the first sentence of the note, which may limit it."""
        when = _time(course, self.opens(course.stage))
        if course.regimen is None:
            if when:
                yield paragraph(when, "    ")
            return
        regimen = course.regimen
        note = f"; {_first(regimen.note).rstrip('.')}" if regimen.dose and regimen.note else ""
        said = f"{regimen.text}{note}{f'; {when}' if when else ''}"
        yield paragraph([Span(said), *self.sources.tail(regimen.sources, regimen.verified)], "    ")

    def _because(self, element: Element, opens: str) -> Iterable[Paragraph]:
        """The shortest reason; that an option belongs to a later stage is said by its place."""
        own = [reason for reason in element.because if not opens or opens not in reason.text] or list(element.because)
        if not own:
            return
        shortest = min(own, key=lambda reason: len(_first(reason.text)))
        withheld = element.status == "deferred" and len(own) == len(element.because)
        text = _without(shortest.text, opens) if withheld else _first(shortest.text)
        yield paragraph([Span(text), *self.sources.tail(shortest.sources, shortest.verified)], "    Because ", "quiet")

    def _positions(self, element: Element) -> list[Span]:
        """Who is for and against in a few words: `for A 2020, B 2017; against C 2017`."""
        spans: list[Span] = []
        for position in _ORDER:
            names = [
                f"{self.words.guideline(line.guideline, line.year)}{'' if line.verified else ' (unverified)'}"
                for line in element.positions
                if line.position == position
            ]
            if names:
                style: Style = "caution" if position == "against" else ""
                spans += [Span("; ")] if spans else []
                spans += [Span(position, style), Span(f" {counted(names)}")]
        return spans

    def _follow_up(self) -> list[Block]:
        blocks: list[Block] = []
        for line in self.plan.follow_up:
            name = f" ({self.words.thing(line.element)})" if line.element else ""
            blocks.append(paragraph([Span(line.day, "strong"), Span(f"{name}: ", "quiet"), Span(line.measure)], "* "))
        left = [
            e
            for e in self.plan.elements
            if e.kind == "monitoring" and e.id in self.reviews and e.status in ("recommended", "in-use")
        ]
        self.shown.update({element.id: "" for element in left})
        return [Heading("Follow-up"), *blocks] if blocks else []

    # --- what is open

    def _questions(self) -> list[Block]:
        blocks: list[Block] = []
        for question in sorted(self.plan.questions, key=lambda line: line.rank):
            spans = [Span(question.text, "strong")]
            labels = self.words.not_named(question.facts, question.text)
            if labels:
                spans.append(Span(f" ({counted(labels, _FEW)})"))
            if question.decides:
                settled = self.words.things(question.decides, _FEW)
                spans.append(Span(f" Settles {len(question.decides)}: {settled}.", "quiet"))
            blocks.append(paragraph(spans, f"{question.rank:>2}. ", "strong"))
        return [Heading("Questions that would change this plan"), *blocks] if blocks else []

    def _unmet(self) -> list[Block]:
        blocks: list[Block] = [
            paragraph([Span(f"{self.words.role(line.role)}: ", "strong"), Span(f"{line.why} Next: {line.next}")], "! ", "caution")
            for line in self.plan.unmet
        ]
        return [Heading("Not filled"), *blocks] if blocks else []

    def _current(self) -> list[Block]:
        blocks: list[Block] = []
        for current in self.plan.current_treatment:
            word: Style = "strong" if current.action == "continue" else "caution"
            level = f" ({current.level})" if current.level else ""
            reason = [Span(": "), *self._short(current.because[0])] if current.because else []
            blocks.append(paragraph([Span(current.action.upper(), word), Span(f" {current.name}{level}"), *reason], "* "))
        left = [element for element in self.with_status("in-use") if element.id not in self.shown]
        return [Heading("Current treatment"), *blocks, *self._grouped(left)] if blocks or left else []

    # --- what is not chosen, one line each

    def _ruled_out(self) -> list[Block]:
        return _part("Ruled out", self._grouped(self.with_status("ruled-out"), "x "))

    def _advised_against(self) -> list[Block]:
        blocks: list[Block] = []
        for element in self.with_status("advised-against"):
            positions = self._positions(element)
            reason = self._short(element.because[0]) if element.because else []
            said = [Span(": "), *reason, *([Span("; ")] if reason and positions else []), *positions]
            blocks.append(paragraph([Span(element.name, "strong"), *(said if len(said) > 1 else [])], "- ", "quiet"))
        return _part(f"Advised against by the profile {self.plan.profile}", blocks)

    def _set_aside(self) -> list[Block]:
        return _part("Set aside", self._grouped(self.with_status("set-aside")))

    def _deferred(self) -> list[Block]:
        left = [element for element in self.with_status("deferred") if element.id not in self.shown]
        return _part("Deferred", self._grouped(left, whole=True))

    def _waiting(self) -> list[Block]:
        """What waits for an answer, grouped by the facts where they are few and otherwise by what they belong to."""
        waiting: dict[str, list[str]] = {}
        for element in self.with_status("needs-information"):
            labels = self.words.labels(element.missing)
            needed = counted(labels) if len(labels) <= _FEW else counted(self.words.belongings(element.missing), _FEW)
            waiting.setdefault(needed or "something that is not named", []).append(element.name)
        return _part(
            "Waiting for information",
            [
                paragraph([Span(counted(names), "strong"), Span(f": not known: {needed}.")], "? ", "quiet")
                for needed, names in waiting.items()
            ],
        )

    def _alternatives(self) -> list[Block]:
        """Safe and called for, but another was chosen: by which criterion."""
        grouped: dict[tuple[str, str], list[str]] = {}
        for element in sorted(self.with_status("alternative"), key=lambda e: (self.words.role_order(e.role), e.role)):
            deciding = [reason for reason in element.because if reason.rule.startswith("choice.")] or element.because[:1]
            criterion = _first(deciding[0].text) if deciding else ""
            chosen = self.words.thing(element.chosen) if element.chosen else ""
            grouped.setdefault((criterion, chosen if chosen not in criterion else ""), []).append(element.name)
        blocks: list[Block] = []
        for (criterion, chosen), names in grouped.items():
            said = " ".join(part for part in (criterion, f"Chosen: {chosen}." if chosen else "") if part)
            blocks.append(paragraph([Span(counted(names), "strong"), Span(f": {said}" if said else "")], "o ", "quiet"))
        return _part("Also possible", blocks)

    def _not_indicated(self) -> list[Block]:
        names = [element.name for element in self.with_status("not-indicated")]
        return _part("Not called for", [paragraph(f"{counted(names)}.", style="quiet")] if names else [])

    def _grouped(self, elements: list[Element], sign: str = "- ", whole: bool = False) -> list[Block]:
        """One line for all options that share their first reason (its first sentence, or `whole`), and how many more there are."""
        groups: dict[str, tuple[list[Span], list[str], list[int]]] = {}
        for element in elements:
            said = self._reason(element, whole)
            _, names, more = groups.setdefault("".join(span.text for span in said), (said, [], []))
            names.append(element.name)
            more.append(max(len(element.because) - 1, 0))
        blocks: list[Block] = []
        for said, names, more in groups.values():
            spans = [Span(counted(names), "strong"), *([Span(": "), *said] if said else []), *_more(more)]
            blocks.append(paragraph(spans, sign, "quiet"))
        return blocks

    def _reason(self, element: Element, whole: bool) -> list[Span]:
        """The first reason without what the line says already: the name of the option, and when a stage opens."""
        if not element.because:
            return []
        reason = element.because[0]
        text = reason.text
        for _, opens in self.words.stages.values():
            text = _without(text, opens)
        text = text if whole else _first(text)
        return [Span(text.replace(f": {element.name}.", ".")), *self.sources.tail(reason.sources, reason.verified)]

    def _short(self, reason: Reason) -> list[Span]:
        """The reason where it fits on one line, otherwise its first sentence; with its sources."""
        text = reason.text if len(reason.text) <= _LINE else _first(reason.text)
        return [Span(text), *self.sources.tail(reason.sources, reason.verified)]

    # --- the end

    def _assumptions(self) -> list[Block]:
        """What was taken for known; sentences that differ only in what they are about are said once."""
        grouped: dict[str, list[str]] = {}
        for line in self.plan.assumptions:
            title, _, why = line.why.partition(": ")
            known = self.words.fields.get(line.fact)
            if known and title == known:
                grouped.setdefault(why, []).append(title)
            else:
                grouped.setdefault(line.why, []).append("" if known else f"{self.words.fact(line.fact)} {line.value}")
        said = []
        for why, names in grouped.items():
            listed = counted(list(dict.fromkeys(name for name in names if name)))
            said.append(f"{listed}: {why}" if listed else why)
        return _part("Taken for known although not recorded", [paragraph(line, "- ", "quiet") for line in said])

    def _not_checked(self) -> list[Block]:
        if not self.plan.not_checked:
            return []
        names = counted(list(self.plan.not_checked))
        why = "Spineplan does not know these, so no contraindication, interaction or dose was checked against them."
        return _part("Not checked", [paragraph([Span(names, "caution"), Span(f": {why}")], "? ", "caution")])

    def _foot(self) -> list[Block]:
        hint = "`spineplan why CASE ELEMENT` explains any line; `--details` prints everything, with the sources and limits."
        return [
            paragraph(_first(self.plan.intended_use), style="quiet"),
            paragraph(self.made(), style="quiet"),
            draft(),
            paragraph(hint, style="strong"),
        ]


def _part(title: str, lines: Sequence[Block]) -> list[Block]:
    return [paragraph(title, style="heading"), *lines] if lines else []


def _said(title: str, value: str, bare: bool = False) -> str:
    """A value under its title; `bare` leaves the title out where the value speaks for itself."""
    if not value:
        return f"{title} not recorded"
    return value if bare and value not in ("not recorded", "not known", "unavailable") else f"{title} {value}"


def _first(text: str) -> str:
    """The first sentence."""
    for end in _END.finditer(text):
        if not text[: end.start()].endswith(_SHORTENED):
            return text[: end.start()]
    return text


def _without(text: str, sentence: str) -> str:
    return text.replace(f" {sentence}", "") if sentence else text


def _text(course: Course) -> str:
    regimen: RegimenLine | None = course.regimen
    return regimen.text if regimen else ""


def _time(course: Course, opens: str, before: str = "", after: str = "") -> str:
    when = span_of_time(course, opens)
    return f"{before}{when}{after}" if when else ""


def _more(counts: list[int]) -> list[Span]:
    """How many more reasons the options of a line have: `(+1 to 5 reasons)`."""
    low, high = min(counts), max(counts)
    if not high:
        return []
    several = number_of(high, "reason")
    return [Span(f" (+{several})" if low == high else f" (+{low} to {several})", "quiet")]
