"""Choice as expressions: stage by stage, in each by role in order, in each role by rank; every choice respects those before it.

A role is walked along its ranked entries (line, caution, burden, id; a treatment tried too short comes last). An entry is taken when its
option is known to fit and there is room. An option that could fit but for an unknown fact is *wanted*: it holds its room, and only safe
fallbacks may pass it. Companions are reserved with what needs them. All steps are crisp (never unknown) and, but for the results, hidden.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from spineplan.model.expressions import (
    FALSE,
    TRUE,
    Arithmetic,
    Band,
    Bands,
    Comparison,
    Expression,
    IsFalse,
    IsTrue,
    Literal,
    Ref,
    conjunction,
    disjunction,
    negation,
)
from spineplan.model.knowledge import PLAN_STAGES, Knowledge, Option, PlanStage, Role, fact_name
from spineplan.model.outcome import STATUSES

if TYPE_CHECKING:
    from spineplan.compiling.program import ProgramWriter

ACUTE = Ref("acute_signs")
SHORT_TRIAL_LINE = 1_000


class Entry(msgspec.Struct, frozen=True):
    """One rank of an option in its role: the sort key and the condition under which the option stands at this rank."""

    key: tuple[int, int, int, str]
    option: str
    when: Expression


def compile_choice(writer: ProgramWriter) -> None:
    """Write eligibility, choice and status of every option."""
    knowledge = writer.knowledge
    for option in knowledge.options.values():
        _write_state(writer, option)
    for option in knowledge.options.values():
        _write_eligibility(writer, option)
    walkers = {stage: _StageWalker(writer, stage) for stage in PLAN_STAGES}
    for walker in walkers.values():
        walker.walk()
    for option in knowledge.options.values():
        _write_status(writer, option, walkers)
    for role in sorted(knowledge.roles.values(), key=lambda role: role.id):
        _write_unmet(writer, role)


def ranked_roles(knowledge: Knowledge) -> list[Role]:
    """The roles in the order of choice."""
    return sorted(knowledge.roles.values(), key=lambda role: (role.order, role.id))


def entries_of(writer: ProgramWriter, option: Option) -> list[Entry]:
    """The ranks at which an option can stand; exactly one `when` holds. A caution that is not known to be absent counts as present."""
    key = option.id
    short = IsTrue(Ref(fact_name("tried_short", key)))
    result = [Entry((SHORT_TRIAL_LINE, 0, option.burden, key), key, short)]
    passed: list[Expression] = [negation(short)]
    clear = IsFalse(Ref(f"{key}.cautioned")) if writer.rules[key].cautions else TRUE
    for band in option.lines:
        holds = band.when if band.when == TRUE else IsTrue(writer.guarded(band.when))
        stands = conjunction([*passed, holds])
        result.append(Entry((band.line, 0, option.burden, key), key, conjunction([stands, clear])))
        if clear != TRUE:
            result.append(Entry((band.line, 1, option.burden, key), key, conjunction([stands, negation(clear)])))
        passed.append(negation(holds))
    return result


def _write_state(writer: ProgramWriter, option: Option) -> None:
    """What does not depend on other choices: cautions, stage, whether it is used already, whether it is set aside."""
    key = option.id
    cautions = writer.rules[key].cautions
    if cautions:
        writer.define(f"{key}.cautioned", disjunction([Ref(rule.id) for rule in cautions]))
    stages = set(option.stages)
    if {"acute", "after-acute"} <= stages:
        fits_now: Expression = TRUE
    elif "acute" in stages:
        fits_now = ACUTE
    elif "after-acute" in stages:
        fits_now = negation(ACUTE)
    else:
        fits_now = FALSE
    writer.define(f"{key}.fits.now", fits_now)
    ahead = stages if option.plan_ahead else set()
    writer.define(f"{key}.fits.after-acute", ACUTE if "after-acute" in ahead else FALSE)
    writer.define(f"{key}.fits.maintenance", TRUE if "maintenance" in ahead else FALSE)
    takes = Ref(fact_name("takes", key))
    taken: Expression = IsTrue(takes) if takes.name in writer.knowledge.facts else FALSE
    failed = Ref(fact_name("failed", key))
    declined = Ref(fact_name("declined", key))
    unavailable = Ref(fact_name("unavailable", key))
    bar = Ref(fact_name("contraindicated", key))
    withheld = disjunction([Ref(f"{key}.flagged"), Ref(f"{key}.paused")])
    writer.define(f"{key}.withheld", withheld)
    writer.define(
        f"{key}.in-use",
        conjunction(
            [
                taken,
                IsTrue(Ref(f"{key}.indicated")),
                IsFalse(bar),
                negation(IsTrue(Ref(f"{key}.withheld"))),
                negation(Ref(f"{key}.against")),
                negation(IsTrue(failed)),
            ]
        ),
    )
    indicated = Ref(f"{key}.indicated")
    settled = conjunction([IsFalse(bar), IsTrue(indicated)])
    undecided = conjunction([negation(IsTrue(bar)), negation(IsFalse(indicated)), negation(settled)])
    in_doubt = conjunction([taken, undecided, negation(Ref(f"{key}.against")), negation(IsTrue(failed))])
    writer.define(f"{key}.in-doubt", in_doubt)
    excluded = disjunction([IsTrue(declined), IsTrue(unavailable), Ref(f"{key}.against"), taken])
    writer.define(f"{key}.excluded", excluded)
    writer.define(
        f"{key}.spare",
        conjunction([negation(bar), negation(failed), Ref(f"{key}.dosed"), negation(Ref(f"{key}.flagged"))]),
    )


def _write_eligibility(writer: ProgramWriter, option: Option) -> None:
    """`o.eligible.stage`, three-valued: called for, not barred, not failed, dosed, with its companions and inside its budgets."""
    key = option.id
    companions = [_companion_need(writer, key, number) for number in range(len(writer.rules[key].companions))]
    budgets = [_within_budget(writer, option, load) for load in option.loads]
    active = _active_need(writer, option)
    writer.define(f"{key}.accompanied", conjunction([*companions, active]), hidden=False)
    general = writer.define(
        f"{key}.open",
        conjunction([Ref(f"{key}.indicated"), Ref(f"{key}.spare"), Ref(f"{key}.accompanied"), *budgets]),
    )
    for stage in PLAN_STAGES:
        parts = [Ref(f"{key}.fits.{stage}"), general]
        if stage == "now":
            parts.append(negation(Ref(f"{key}.paused")))
        writer.define(f"{key}.eligible.{stage}", conjunction(list(parts)))


def _companion_need(writer: ProgramWriter, key: str, number: int) -> Expression:
    companion = writer.rules[key].companions[number]
    ready = [companion_ready(writer, identity) for identity in companion.any_of]
    return disjunction([negation(writer.guarded(companion.rule.when)), writer.guarded(companion.satisfied_by), *ready])


def companion_ready(writer: ProgramWriter, identity: str) -> Expression:
    """Whether an option could serve as a companion now: taken already, or free of bars and not excluded."""
    takes = fact_name("takes", identity)
    taken: Expression = IsTrue(Ref(takes)) if takes in writer.knowledge.facts else FALSE
    fits = conjunction([Ref(f"{identity}.spare"), negation(Ref(f"{identity}.paused")), negation(Ref(f"{identity}.excluded"))])
    return disjunction([conjunction([taken, negation(Ref(fact_name("contraindicated", identity)))]), fits])


def _active_need(writer: ProgramWriter, option: Option) -> Expression:
    """A passive method needs an active one that is called for and free of bars."""
    if not option.active_companion:
        return TRUE
    actives = [other for other in writer.knowledge.options.values() if other.counts_as_active and not other.active_companion]
    ready = [
        conjunction([Ref(f"{other.id}.indicated"), Ref(f"{other.id}.spare"), negation(Ref(f"{other.id}.excluded"))])
        for other in actives
    ]
    return writer.define("active-care.ready", disjunction(ready)) if actives else TRUE


def _current_load(writer: ProgramWriter, load: str) -> Expression:
    current = writer.knowledge.loads[load].current
    return _sum([Ref(name) for name in current])


def _within_budget(writer: ProgramWriter, option: Option, load: str) -> Expression:
    """Whether the option alone, on top of current medicines, stays inside a budget."""
    declared = writer.knowledge.loads[load]
    limit = writer.define(
        f"load.{load}.limit",
        Bands(tuple(Band(writer.guarded(band.when), Literal(band.value)) for band in declared.limit)),
        "number",
    )
    current = writer.define(f"load.{load}.current", _current_load(writer, load), "number")
    total = Arithmetic("+", current, Literal(option.loads[load]))
    return writer.define(f"{option.id}.load.{load}", Comparison("<=", total, limit))


def _sum(parts: list[Expression]) -> Expression:
    if not parts:
        return Literal(0.0)
    total = parts[0]
    for part in parts[1:]:
        total = Arithmetic("+", total, part)
    return total


class _StageWalker:
    """Walks the roles of one plan stage and remembers what was chosen, so that later choices respect it."""

    def __init__(self, writer: ProgramWriter, stage: PlanStage) -> None:
        self.writer = writer
        self.knowledge = writer.knowledge
        self.stage = stage
        self.chosen: dict[str, list[Expression]] = {key: [] for key in self.knowledge.options}
        self.blocked: dict[str, list[Expression]] = {key: [] for key in self.knowledge.options}
        self.wanted: dict[str, list[Expression]] = {key: [] for key in self.knowledge.options}
        self.groups: dict[frozenset[str], Expression] = {}
        self.pending: dict[str, list[tuple[int, Expression]]] = {}
        self.folded: dict[frozenset[str], int] = {}
        self.clock = 0
        self.loads: dict[str, list[tuple[Expression, float]]] = {}
        self.steps = 0
        self.clashes = _clashes(self.knowledge)
        self.exclusive = _exclusive(self.knowledge)

    def walk(self) -> None:
        if self.stage == "now":
            for option in self.knowledge.options.values():
                if option.exclusive:
                    self._join_groups(option, disjunction([Ref(f"{option.id}.in-use"), Ref(f"{option.id}.in-doubt")]))
        for role in ranked_roles(self.knowledge):
            if self.stage in role.stages:
                self._walk_role(role)
        for key in self.knowledge.options:
            doubted = [Ref(f"{key}.in-doubt")] if self.stage == "now" else []
            self.writer.define(f"{key}.chosen.{self.stage}", disjunction(self.chosen[key]))
            self.writer.define(f"{key}.wanted.{self.stage}", disjunction([*self.wanted[key], *doubted]))
            self.writer.define(f"{key}.blocked.{self.stage}", disjunction(self.blocked[key]))

    def _step(self, expression: Expression) -> Expression:
        self.steps += 1
        return self.writer.define(f"{self.stage}.step.{self.steps}", expression, hidden=True)

    def _walk_role(self, role: Role) -> None:
        members = [option for option in self.knowledge.options.values() if option.role == role.id and self._possible(option)]
        crowded = len(members) > role.capacity
        held = _Counter(self, role.capacity if crowded else 0)
        filled = _Counter(self, role.capacity if crowded and any(option.safe_fallback for option in members) else 0)
        enough = negation(IsTrue(self.writer.guarded(role.step_up)))
        for option in members:
            using = conjunction([disjunction([Ref(f"{option.id}.in-use"), Ref(f"{option.id}.in-doubt")]), enough])
            already = disjunction([*self.chosen[option.id], *([using] if self.stage == "now" else [])])
            held.add(already)
            filled.add(already)
        obstacles = {option.id: self._step(self._obstacle(option)) for option in members}
        several = role.capacity > 1
        turns = {option.id: _Turns(self, option, TRUE if several else negation(obstacles[option.id])) for option in members}
        shared = [group for option in members for group in option.exclusive]
        compete = crowded or len(shared) > len(set(shared))
        ranked = sorted((entry for option in members for entry in self._entries(option, compete)), key=lambda entry: entry.key)
        for entry in ranked:
            option = self.knowledge.options[entry.option]
            clear = negation(self._obstacle(option)) if several else TRUE
            taken = turns[entry.option].take(conjunction([entry.when, clear]), held, filled)
            if several:
                self._join_groups(option, taken)
        for option in members:
            selected = turns[option.id].selected()
            if not several:
                self._join_groups(option, selected)
            self.wanted[option.id].append(turns[option.id].waiting())
            self._note_blocked(option, obstacles[option.id])
            self.chosen[option.id].append(selected)
            self._reserve_companions(option, selected)

    def _possible(self, option: Option) -> bool:
        stages = set(option.stages)
        return bool(stages & {"acute", "after-acute"}) if self.stage == "now" else self.stage in stages

    def _entries(self, option: Option, compete: bool) -> list[Entry]:
        """The ranks of an option; where there is room for all and none excludes another, ranks do not matter."""
        if not compete:
            return [Entry((0, 0, option.burden, option.id), option.id, TRUE)]
        return entries_of(self.writer, option)

    def _note_blocked(self, option: Option, obstacle: Expression) -> None:
        """Remember that choices of earlier roles stand against an option; what its own role chose makes it an alternative."""
        if obstacle != FALSE:
            self.blocked[option.id].append(self._step(conjunction([IsTrue(Ref(f"{option.id}.eligible.{self.stage}")), obstacle])))

    def _join_groups(self, option: Option, taken: Expression) -> None:
        """Remember that an option was taken, for the conflicts and budgets of those after it."""
        if taken == FALSE:
            return
        self.clock += 1
        self.pending.setdefault(option.id, []).append((self.clock, taken))
        for load, amount in option.loads.items():
            self.loads.setdefault(load, []).append((taken, amount))

    def _any_taken(self, members: frozenset[str]) -> Expression:
        """Whether any of the options was taken so far; built up only when somebody asks."""
        since = self.folded.get(members, 0)
        fresh = [taken for member in sorted(members) for at, taken in self.pending.get(member, ()) if at > since]
        if fresh:
            self.groups[members] = self._step(disjunction([self.groups.get(members, FALSE), *fresh]))
        self.folded[members] = self.clock
        return self.groups.get(members, FALSE)

    def _obstacle(self, option: Option) -> Expression:
        """What was chosen before and does not go with this option."""
        reasons = [self._any_taken(self.exclusive[group] - {option.id}) for group in option.exclusive]
        for opponents, when in self.clashes.get(option.id, ()):
            before = self._any_taken(opponents)
            if before != FALSE:
                reasons.append(conjunction([before, negation(IsFalse(self.writer.guarded(when)))]))
        for load, amount in option.loads.items():
            drawn = self.loads.get(load)
            if drawn:
                parts = [Bands((Band(taken, Literal(share)), Band(TRUE, Literal(0.0)))) for taken, share in drawn]
                total = _sum([Ref(f"load.{load}.current"), *parts, Literal(amount)])
                reasons.append(IsFalse(Comparison("<=", total, Ref(f"load.{load}.limit"))))
        return disjunction(reasons)

    def _reserve_companions(self, option: Option, selected: Expression) -> None:
        """Choose the first companion that is ready for each need of a chosen option, unless one is there already."""
        for companion in self.writer.rules[option.id].companions:
            need = conjunction(
                [
                    selected,
                    negation(IsFalse(self.writer.guarded(companion.rule.when))),
                    negation(IsTrue(self.writer.guarded(companion.satisfied_by))),
                ]
            )
            there = disjunction([part for identity in companion.any_of for part in self.chosen[identity]])
            taken = [fact_name("takes", identity) for identity in companion.any_of]
            using = disjunction([IsTrue(Ref(name)) for name in taken if name in self.knowledge.facts])
            waiting = self._step(conjunction([need, negation(there), negation(using)]))
            order = sorted(companion.any_of, key=lambda identity: _static_rank(self.knowledge.options[identity]))
            for identity in order:
                ready = IsTrue(companion_ready(self.writer, identity))
                reserved = self._step(conjunction([waiting, ready]))
                self.chosen[identity].append(reserved)
                self._join_groups(self.knowledge.options[identity], reserved)
                waiting = self._step(conjunction([waiting, negation(ready)]))


class _Turns:
    """The turns of one option in a role. A turn is a hit when there is room and the option fits or could fit but for an unknown fact."""

    def __init__(self, walker: _StageWalker, option: Option, clear: Expression) -> None:
        self.walker = walker
        self.option = option
        eligible = Ref(f"{option.id}.eligible.{walker.stage}")
        self.fits: Expression = IsTrue(eligible)
        free = conjunction([negation(Ref(f"{option.id}.excluded")), negation(disjunction(list(walker.chosen[option.id]))), clear])
        self.free = free
        self.possible = walker._step(conjunction([negation(IsFalse(eligible)), free]))
        self.hits: list[Expression] = []
        self.passes: list[Expression] = []

    def take(self, when: Expression, held: _Counter, filled: _Counter) -> Expression:
        """One turn; returns whether the option is taken in it. A safe fallback may pass those that only hold a place."""
        hit = self.walker._step(conjunction([self.possible, when, held.room]))
        self.hits.append(hit)
        taken = conjunction([hit, self.fits])
        if filled.levels and self.option.safe_fallback:
            passing = self.walker._step(conjunction([self.free, self.fits, when, filled.room, negation(held.room)]))
            self.passes.append(passing)
            taken = disjunction([taken, passing])
            hit = disjunction([hit, passing])
        filled.add(taken)
        held.add(hit)
        return taken

    def selected(self) -> Expression:
        """Whether the option was taken in any turn."""
        return self.walker._step(disjunction([conjunction([disjunction(self.hits), self.fits]), *self.passes]))

    def waiting(self) -> Expression:
        """Whether the option holds a place and waits for an unknown fact."""
        return conjunction([disjunction(self.hits), negation(self.fits)])


class _Counter:
    """Counts taken places up to a capacity, in expressions. Capacity 0 means that there is always room."""

    def __init__(self, walker: _StageWalker, capacity: int) -> None:
        self.walker = walker
        self.levels: list[Expression] = [FALSE] * capacity

    @property
    def room(self) -> Expression:
        """Whether a place is left."""
        return negation(self.levels[-1]) if self.levels else TRUE

    def add(self, taken: Expression) -> None:
        """Count one more place when `taken` holds."""
        if taken == FALSE:
            return
        for level in range(len(self.levels) - 1, -1, -1):
            below = self.levels[level - 1] if level else TRUE
            self.levels[level] = self.walker._step(disjunction([self.levels[level], conjunction([below, taken])]))


def _static_rank(option: Option) -> tuple[int, int, str]:
    return (min(band.line for band in option.lines), option.burden, option.id)


def _exclusive(knowledge: Knowledge) -> dict[str, frozenset[str]]:
    """The options of each exclusive group."""
    groups: dict[str, set[str]] = {}
    for option in knowledge.options.values():
        for group in option.exclusive:
            groups.setdefault(group, set()).add(option.id)
    return {group: frozenset(members) for group, members in groups.items()}


def _clashes(knowledge: Knowledge) -> dict[str, list[tuple[frozenset[str], Expression]]]:
    """For each option the sets of options that may not be chosen together with it, each with its condition."""
    found: dict[str, dict[tuple[frozenset[str], Expression], None]] = {}
    for interaction in knowledge.interactions.values():
        if interaction.level not in ("contraindicated", "avoid"):
            continue
        for near, far in ((interaction.left, interaction.right), (interaction.right, interaction.left)):
            opponents = frozenset(knowledge.selected(far)) & set(knowledge.options)
            for member in knowledge.selected(near):
                others = opponents - {member}
                if member in knowledge.options and others:
                    found.setdefault(member, {})[(others, interaction.when)] = None
    return {member: list(pairs) for member, pairs in found.items()}


def _write_status(writer: ProgramWriter, option: Option, walkers: dict[PlanStage, _StageWalker]) -> None:
    """The status of an option: the first that matches, in the order in which statuses are published."""
    key = option.id
    now, later = Ref(f"{key}.chosen.now"), [Ref(f"{key}.chosen.{stage}") for stage in PLAN_STAGES[1:]]
    indicated, barred = Ref(f"{key}.indicated"), Ref(fact_name("contraindicated", key))
    excluded = Ref(f"{key}.excluded") if f"{key}.excluded" in writer.names else FALSE
    chosen = disjunction([now, *later])
    fits_now = Ref(f"{key}.fits.now")
    eligible = [Ref(f"{key}.eligible.{stage}") for stage in PLAN_STAGES]
    someday = disjunction([IsTrue(reference) for reference in eligible[1:]])
    open_now = conjunction([negation(IsTrue(eligible[0])), negation(IsFalse(eligible[0]))])
    open_later = disjunction([conjunction([negation(IsTrue(item)), negation(IsFalse(item))]) for item in eligible[1:]])
    unasked = conjunction([negation(IsFalse(indicated)), disjunction([open_now, open_later])])
    waits_for_stage = conjunction([IsFalse(fits_now), negation(now), someday])
    only_later = conjunction([disjunction(list(later)), negation(now), negation(open_now)])
    taken_elsewhere = excluded
    conditions: dict[str, Expression] = {
        "ruled-out": IsTrue(barred),
        "not-indicated": conjunction([IsFalse(indicated), negation(chosen)]),
        "advised-against": conjunction([Ref(f"{key}.against"), negation(chosen)]),
        "deferred": conjunction(
            [
                disjunction(
                    [IsTrue(Ref(f"{key}.withheld")), conjunction([negation(taken_elsewhere), waits_for_stage]), only_later]
                ),
                negation(now),
            ]
        ),
        "needs-information": disjunction(
            [conjunction([unasked, negation(excluded), negation(now), negation(Ref(f"{key}.in-use"))]), Ref(f"{key}.in-doubt")]
        ),
        "in-use": Ref(f"{key}.in-use"),
        "recommended": now,
        "set-aside": disjunction(
            [excluded, Ref(f"{key}.blocked.now"), IsTrue(Ref(fact_name("failed", key))), negation(IsTrue(eligible[0]))]
        ),
        "alternative": TRUE,
    }
    bands = tuple(Band(condition, Literal(status)) for status, condition in conditions.items())
    writer.define(f"{key}.status", Bands(bands), "category", STATUSES)


def _write_unmet(writer: ProgramWriter, role: Role) -> None:
    """Whether an empty role has to be said."""
    if role.unmet is None:
        return
    members = [option.id for option in writer.knowledge.options.values() if option.role == role.id]
    served = disjunction([part for key in members for part in (Ref(f"{key}.chosen.now"), Ref(f"{key}.in-use"))])
    writer.define(f"role.{role.id}.unmet", conjunction([IsTrue(writer.guarded(role.unmet.when)), negation(served)]))
