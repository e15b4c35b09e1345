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
from spineplan.cli.wording import Cited, Wording, counted
from spineplan.model.plan import Course, Element, Plan, Reason, RegimenLine

_STAGE_TITLES = {"now": "Now", "after-acute": "When the acute pain has gone", "maintenance": "Keeping well"}
_ORDER = ("for", "conditional", "against")
_FEW = 3
_LINE = 92
_CLAUSE = 60
_END = re.compile(r"(?<=[.!?])\s+(?=[A-Z])")
_SHORTENED = ("e.g.", "i.e.", "vs.", "approx.", "max.", "min.", "ca.", "Dr.", "St.", "no.")


def brief_blocks(plan: Plan, words: Wording) -> list[Block]:
    """The brief plan as blocks to lay out."""
    return _BriefText(plan, words).blocks()


class _BriefText(PlanPieces):
    def __init__(self, plan: Plan, words: Wording) -> None:
        super().__init__(plan, words)
        self.sources = Cited(located=False)
        self.stems = [_stem(element.name) for element in plan.elements]

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
        known: Style = "caution" if strip.allergy_state != "none known" else ""
        return [
            paragraph([Span(f"{'; '.join(body)}; "), Span("allergies ", "quiet"), Span(told, known)]),
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
            names = counted([element.name for element, _ in same])
            blocks.append(paragraph([Span("Go on as before: ", "strong"), Span(f"{names}.")], "* "))
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
        how = self._how(course)
        name = [Span(element.name, "strong"), *(Span(f" ({mark})", "quiet") for mark in marks)]
        first = [*name, *([Span(": "), *how] if how else [])]
        why = [] if again else self._because(element, self.opens(course.stage))
        if why and course.regimen is not None and course.regimen.dose:
            yield paragraph(first, "* ", "strong")
            yield paragraph(why, "  ")
        else:
            yield paragraph([*first, *([Span(". "), *why] if why else [])], "* ", "strong")
        if again:
            return
        for caution in element.cautions:
            text = caution.text if len(caution.text) <= _LINE else _first(caution.text)
            yield paragraph([Span(text), *_doubt(caution.verified)], "  ! ", "caution")
        if element.missing:
            yield paragraph(f"Not known: {self.words.asked(element.missing, _FEW)}", "  ? ", "caution")
        positions = self._positions(element)
        if positions:
            yield paragraph(positions, "  ")

    def _how(regimen: RegimenLine, ends: bool) -> str:
    """The dose line; of a method how much of it and of advice the first clauses, without the length where its end is said (`ends`)."""
    if regimen.dose or not regimen.what or not regimen.text.startswith(regimen.what):
        return regimen.text
    amount = regimen.text.removeprefix(regimen.what).removeprefix("; ")
    if ends and regimen.days is not None:
        amount = amount.removesuffix(f"for {regimen.days} days").removesuffix("; ")
    counted_out = regimen.minutes or regimen.sessions or regimen.interval
    return amount if counted_out and amount else "; ".join(part for part in (_cut(regimen.what), amount) if part)


def _cut(text: str) -> str:
    """The text as far as its clauses fit on one line beside a name, with a mark that it goes on."""
    if len(text) <= _CLAUSE:
        return text
    ends = [found.start() for found in re.finditer(r"[,;:] ", text)]
    if not ends:
        return text
    fitting = [end for end in ends if end <= _CLAUSE]
    return f"{text[: fitting[-1] if fitting else ends[0]]} ..."


def _without(text: str, sentence: str) -> str:
    return text.replace(f" {sentence}", "") if sentence else text


def _text(course: Course) -> str:
    regimen: RegimenLine | None = course.regimen
    return regimen.text if regimen else ""


def _time(course: Course, opens: str, today: str) -> str:
    """From when until when; the day of the plan and an end that only repeats the length of the regimen are left out."""
    when = span_of_time(course, opens).removeprefix(f"{today} ")
    days = course.regimen.days if course.regimen else None
    return "" if days is not None and when.startswith(f"until {days} days ") else when


def _doubt(verified: bool) -> list[Span]:
    return [] if verified else [Span(" [unverified]", "quiet")]


def _more(counts: list[int]) -> list[Span]:
    """How many more reasons the options of a line have: `(+1 to 5 more)`."""
    low, high = min(counts), max(counts)
    if high <= 0:
        return []
    return [Span(f" +{high} more" if low == high else f" +{low} to {high} more", "quiet")]
