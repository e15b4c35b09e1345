"""The brief plan: what a doctor must know within a minute, between two patients.

Alerts and unasked warning signs stand first and unshortened, then the chosen options by stage and role, the follow-up, what is
open, and one line for what was not chosen. Every option of the plan is named. A reason is cut to its first sentence and never
inside one; `spineplan why` and `--details` say the rest.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from spineplan.cli.layout import Block, Heading, Paragraph, Span, Style, paragraph
from spineplan.cli.plan_pieces import STAGES, PlanPieces, allergies, draft, in_one_go, span_of_time
from spineplan.cli.shortening import LINE, cut, first, last, stem, without
from spineplan.cli.wording import Cited, Wording, counted
from spineplan.model.plan import Course, Element, Plan, Reason, RegimenLine

_STAGE_TITLES = {"now": "Now", "after-acute": "When the acute pain has gone", "maintenance": "Keeping well"}
_ORDER = ("for", "conditional", "against")
_FEW = 3


def brief_blocks(plan: Plan, words: Wording) -> list[Block]:
    """The brief plan as blocks to lay out."""
    return _BriefText(plan, words).blocks()


class _BriefText(PlanPieces):
    def __init__(self, plan: Plan, words: Wording) -> None:
        super().__init__(plan, words)
        self.sources = Cited(located=False)
        self.stems = [stem(element.name) for element in plan.elements]

    def blocks(self) -> list[Block]:
        parts = (
            self.head(),
            self._strip(),
            self.alerts(),
            self.open_alerts(),
            *(self._stage(stage) for stage in STAGES),
            self._follow_up(),
            self._questions(),
            self._unmet(),
            self._current(),
            self._ruled_out(),
            self._advised_against(),
            self._set_aside(),
            self._deferred(),
            self._waiting(),
            self._alternatives(),
            self._not_indicated(),
            self._assumptions(),
            self._not_checked(),
            self._foot(),
        )
        return in_one_go(parts)

    def _strip(self) -> list[Block]:
        strip = self.plan.patient
        told = allergies(strip.allergy_state, strip.allergies)
        known: Style = "caution" if strip.allergy_state != "none known" else ""
        who = [
            _said(title, value, bare=True) for title, value in (("age", strip.age), ("sex", strip.sex), ("weight", strip.weight))
        ]
        who += [_said("pregnancy", strip.pregnancy, strip.pregnancy.startswith("pregnant")), _said("kidneys", strip.kidney)]
        pain = [_said("phase", strip.phase, bare=True), _said("pain", strip.pain)]
        pain += [_said("goal", strip.goal)] if strip.goal else []
        return [
            paragraph([Span(f"{'; '.join(who)}; "), Span("allergies ", "quiet"), Span(told, known)]),
            paragraph([Span(strip.diagnosis or "Diagnosis not recorded", "strong"), Span(f"; {'; '.join(pain)}")]),
        ]

    # --- what is chosen

    def _stage(self, stage: str) -> list[Block]:
        reviews = [pair for pair in self.placed(stage) if pair[0].kind == "monitoring" and pair[0].id in self.reviews]
        self.shown.update({element.id: _text(course) for element, course in reviews})
        chosen = [pair for pair in self.placed(stage) if pair not in reviews]
        if not chosen:
            nothing = paragraph("Nothing is chosen for now; see below what is open or withheld.")
            return [Heading(_STAGE_TITLES[stage]), nothing] if stage == "now" else []
        same = [(element, course) for element, course in chosen if self.shown.get(element.id) == _text(course)]
        fresh = [pair for pair in chosen if pair not in same]
        blocks: list[Block] = [Heading(_STAGE_TITLES[stage])]
        for role in self.roles(element for element, _ in fresh):
            blocks.append(paragraph(self.words.role(role), style="heading"))
            for element, course in fresh:
                if element.role == role:
                    blocks.extend(self._chosen(element, course))
        if same:
            names = counted([element.name for element, _ in same])
            blocks.append(paragraph([Span("Go on as before: ", "strong"), Span(f"{names}.")], "* "))
        return blocks

    def _chosen(self, element: Element, course: Course) -> Iterable[Paragraph]:
        again = element.id in self.shown
        self.shown[element.id] = _text(course)
        marks = ["already in use"] if element.status == "in-use" else []
        marks += ["continued"] if again else []
        marks += [f"goes with {self.words.things(element.companion_of)}"] if element.companion_of else []
        marks += [f"instead of {self.words.thing(element.instead_of)}"] if element.instead_of else []
        how = self._how(course)
        lines = [[Span(element.name, "strong"), *(Span(f" ({mark})", "quiet") for mark in marks)]]
        lines[0] += [Span(": "), *how] if how else []
        if again:
            yield paragraph(lines[0], "* ", "strong")
            return
        dosed = course.regimen is not None and bool(course.regimen.dose)
        _add(lines, self._because(element, self.opens(course.stage)), apart=dosed)
        if any(line.position in ("against", "conditional") for line in element.positions):
            _add(lines, self._positions(element), apart=True)
        for number, line in enumerate(lines):
            yield paragraph(line, "  " if number else "* ", "strong")
        for caution in element.cautions:
            text = caution.text if len(caution.text) <= LINE else first(caution.text)
            yield paragraph([Span(text), *_doubt(caution.verified)], "  ! ", "caution")
        if element.missing:
            yield paragraph(f"Not known: {self.words.asked(element.missing, _FEW)}", "  ? ", "caution")

    def _how(self, course: Course) -> list[Span]:
        """The dose line with its end and, for a dose, the first sentence of the note, which may limit it."""
        when = _time(course, self.opens(course.stage), self.plan.as_of)
        regimen = course.regimen
        if regimen is None:
            return [Span(when)] if when else []
        note = first(regimen.note).rstrip(".") if regimen.dose else ""
        said = "; ".join(part for part in (_amount(regimen, bool(when)), note, when) if part)
        tail = self.sources.tail(regimen.sources, regimen.verified) if regimen.dose else _doubt(regimen.verified)
        return [Span(said), *tail]

    def _because(self, element: Element, opens: str) -> list[Span]:
        """The shortest reason; that an option belongs to a later stage is said by its place."""
        own = [reason for reason in element.because if not opens or opens not in reason.text] or list(element.because)
        if not own:
            return []
        shortest = min(own, key=lambda reason: len(first(reason.text)))
        withheld = element.status == "deferred" and len(own) == len(element.because)
        text = without(shortest.text, opens) if withheld else first(shortest.text)
        return [Span("Because: ", "quiet"), Span(text), *self.sources.tail(shortest.sources, shortest.verified)]

    def _positions(self, element: Element) -> list[Span]:
        """Who is for and against in a few words: `for A 2020, B 2017; against C 2017`."""
        spans: list[Span] = []
        told = [line for line in element.positions if line.position in _ORDER]
        for position in _ORDER:
            names = [self.words.guideline(line.guideline, line.year) for line in told if line.position == position]
            if names:
                style: Style = "caution" if position == "against" else ""
                spans += [Span("; ")] if spans else []
                spans += [Span(position, style), Span(f" {counted(names)}")]
        doubtful = [line for line in told if not line.verified]
        if doubtful:
            spans.append(Span(" [unverified]" if len(doubtful) == len(told) else " [partly unverified]", "quiet"))
        return spans

    def _follow_up(self) -> list[Block]:
        blocks: list[Block] = []
        for line in self.plan.follow_up:
            name = f" ({self.words.thing(line.element)})" if line.element else ""
            blocks.append(paragraph([Span(line.day, "strong"), Span(f"{name}: ", "quiet"), Span(cut(line.measure))], "* "))
        return _part("Follow-up", blocks)

    # --- what is open

    def _questions(self) -> list[Block]:
        blocks: list[Block] = []
        for question in sorted(self.plan.questions, key=lambda line: line.rank):
            asked, _, listed = question.text.partition(" (")
            if listed and len(question.text) > 2 * LINE:
                spans = [Span(asked, "strong"), Span(f" ({len(question.facts)} facts: spineplan ask CASE)")]
            else:
                labels = self.words.not_named(question.facts, question.text)
                spans = [Span(question.text, "strong"), *([Span(f" ({counted(labels, _FEW)})")] if labels else [])]
            if question.decides:
                settled = self.words.things(question.decides, _FEW)
                spans.append(Span(f" Settles {len(question.decides)}: {settled}.", "quiet"))
            blocks.append(paragraph(spans, f"{question.rank:>2}. ", "strong"))
        return _part("Questions that would change this plan", blocks)

    def _unmet(self) -> list[Block]:
        blocks: list[Block] = []
        for line in self.plan.unmet:
            spans = [Span(f"{self.words.role(line.role)}: ", "strong"), Span(f"{line.why} Next: {line.next}")]
            blocks.append(paragraph(spans, "! ", "caution"))
        return _part("Not filled", blocks)

    def _current(self) -> list[Block]:
        blocks: list[Block] = []
        for current in self.plan.current_treatment:
            word: Style = "strong" if current.action == "continue" else "caution"
            level = f" ({current.level})" if current.level else ""
            reason = [Span(": "), *self._short(current.because[0])] if current.because else []
            blocks.append(paragraph([Span(current.action.upper(), word), Span(f" {current.name}{level}"), *reason], "* "))
        left = [element for element in self.with_status("in-use") if element.id not in self.shown]
        return _part("Current treatment", [*blocks, *self._grouped(left)])

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
        return _part("Deferred", self._grouped(left, until=True))

    def _waiting(self) -> list[Block]:
        """What waits for an answer: under the fact where it is one, otherwise under what the facts are asked with."""
        waiting: dict[str, list[Element]] = {}
        for element in self.with_status("needs-information"):
            labels = self.words.labels(element.missing)
            needed = counted(labels if len(labels) == 1 else sorted(self.words.belongings(element.missing)))
            waiting.setdefault(needed or "something that is not named", []).append(element)
        blocks: list[Block] = []
        for needed, group in waiting.items():
            blocks.append(paragraph([Span(needed, "strong"), Span(f": {self._names(group)}")], "? ", "quiet"))
        return _part("Waiting for information", blocks)

    def _alternatives(self) -> list[Block]:
        """Safe and called for, but another was chosen: by which criterion."""
        grouped: dict[str, list[Element]] = {}
        for element in sorted(self.with_status("alternative"), key=lambda e: (self.words.role_order(e.role), e.role)):
            deciding = [reason for reason in element.because if reason.rule.startswith("choice.")] or element.because[:1]
            criterion = first(deciding[0].text) if deciding else ""
            chosen = self.words.thing(element.chosen) if element.chosen else ""
            chosen = f"Chosen: {chosen}." if chosen and chosen not in criterion else ""
            grouped.setdefault(" ".join(part for part in (criterion, chosen) if part), []).append(element)
        blocks: list[Block] = []
        for said, group in grouped.items():
            blocks.append(paragraph([Span(self._names(group), "strong"), Span(f": {said}" if said else "")], "o ", "quiet"))
        return _part("Also possible", blocks)

    def _not_indicated(self) -> list[Block]:
        names = self._names(self.with_status("not-indicated"))
        return [paragraph([Span("Not called for: ", "heading"), Span(f"{names}.", "quiet")])] if names else []

    def _grouped(self, elements: list[Element], sign: str = "- ", until: bool = False) -> list[Block]:
        """One line for all options that share a sentence of their first reason: the first, or the last, which says `until` when."""
        groups: dict[str, list[Element]] = {}
        for element in elements:
            groups.setdefault(self._sentence(element, until), []).append(element)
        blocks: list[Block] = []
        for sentence, group in groups.items():
            spans = [Span(self._names(group), "strong")]
            reasons = [element.because[0] for element in group if element.because]
            if sentence:
                cited = dict.fromkeys((source for reason in reasons for source in reason.sources), None)
                tail = self.sources.tail(cited, all(reason.verified for reason in reasons))
                spans += [Span(f": {sentence}"), *tail, *_more([len(element.because) - 1 for element in group])]
            blocks.append(paragraph(spans, sign, "quiet"))
        return blocks

    def _sentence(self, element: Element, until: bool) -> str:
        """A sentence of the first reason without what the line says already: the option's name, and when a stage opens."""
        if not element.because:
            return ""
        text = element.because[0].text
        for _, opens in self.words.stages.values():
            text = without(text, opens)
        return (last(text) if until else first(text)).replace(f": {element.name}.", ".")

    def _names(self, elements: Iterable[Element]) -> str:
        """Names in a row; an explanation in brackets at the end is left out where the name is still like no other."""
        stems = ((element.name, stem(element.name)) for element in elements)
        return counted([short if self.stems.count(short) == 1 else name for name, short in stems])

    def _short(self, reason: Reason) -> list[Span]:
        """The reason where it fits on one line, otherwise its first sentence; with its sources."""
        text = reason.text if len(reason.text) <= LINE else first(reason.text)
        return [Span(text), *self.sources.tail(reason.sources, reason.verified)]

    # --- the end

    def _assumptions(self) -> list[Block]:
        """What was taken for known; sentences that differ only in what they are about are said once."""
        grouped: dict[str, list[str]] = {}
        for line in self.plan.assumptions:
            title, _, why = line.why.partition(": ")
            field = self.words.fields.get(line.fact)
            if field and title == field:
                grouped.setdefault(why, []).append(title)
            else:
                grouped.setdefault(line.why, []).append("" if field else f"{self.words.fact(line.fact)}: {line.value}")
        said: list[str] = []
        for why, names in grouped.items():
            listed = counted([name for name in dict.fromkeys(names) if name])
            said.append(f"{listed} ({why.rstrip('.')})." if listed else why)
        heading = Span("Taken for known although not recorded: ", "heading")
        return [paragraph([heading, Span(" ".join(said), "quiet")])] if said else []

    def _not_checked(self) -> list[Block]:
        if not self.plan.not_checked:
            return []
        why = ": Spineplan does not know these; no contraindication, interaction or dose was checked against them."
        return _part(
            "Not checked", [paragraph([Span(counted(list(self.plan.not_checked)), "caution"), Span(why)], "? ", "caution")]
        )

    def _foot(self) -> list[Block]:
        return [
            paragraph(f"{first(self.plan.intended_use)} {self.made()}", style="quiet"),
            draft(),
            paragraph("`spineplan why CASE ELEMENT` explains any line; `--details` prints everything.", style="strong"),
        ]


def _part(title: str, lines: Sequence[Block]) -> list[Block]:
    return [paragraph(title, style="heading"), *lines] if lines else []


def _add(lines: list[list[Span]], said: list[Span], apart: bool) -> None:
    """Put what is said on a line of its own, or after the last line as its next sentence."""
    if said and apart:
        lines.append(said)
    elif said:
        lines[-1] += [Span(" " if lines[-1][-1].text.endswith((".", "]")) else ". "), *said]


def _said(title: str, value: str, bare: bool = False) -> str:
    """A value under its title; `bare` leaves the title out where the value speaks for itself."""
    if not value:
        return f"{title} not recorded"
    return value if bare and value not in ("not recorded", "not known", "unavailable") else f"{title} {value}"


def _text(course: Course) -> str:
    return course.regimen.text if course.regimen else ""


def _amount(regimen: RegimenLine, ends: bool) -> str:
    """The dose line; of a method how much of it, of advice its first clauses; without the length where its end is said (`ends`)."""
    if regimen.dose or not regimen.what or not regimen.text.startswith(regimen.what):
        return regimen.text
    amount = regimen.text.removeprefix(regimen.what).removeprefix("; ")
    if ends and regimen.days is not None:
        amount = amount.removesuffix(f"for {regimen.days} days").removesuffix("; ")
    if amount and (regimen.minutes or regimen.sessions or regimen.interval):
        return amount
    return "; ".join(part for part in (cut(regimen.what), amount) if part)


def _time(course: Course, opens: str, today: str) -> str:
    """From when until when; the day of the plan and an end that only repeats the length of the regimen are left out."""
    when = span_of_time(course, opens).removeprefix(f"{today} ")
    days = course.regimen.days if course.regimen else None
    return "" if days is not None and when.startswith(f"until {days} days ") else when


def _doubt(verified: bool) -> list[Span]:
    return [] if verified else [Span(" [unverified]", "quiet")]


def _more(counts: list[int]) -> list[Span]:
    """How many more reasons the options of a line have."""
    low, high = min(counts), max(counts)
    if high <= 0:
        return []
    return [Span(f" +{high} more" if low == high else f" +{low} to {high} more", "quiet")]
