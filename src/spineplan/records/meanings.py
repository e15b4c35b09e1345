"""What a phrase or code says, after date, past, doubt and negation: the step from a name that was found to facts.

What enters is the core of a phrase and the fact or term that it names; what leaves is a Meaning. Nothing here looks up names.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

import msgspec

from spineplan.model.expressions import Value
from spineplan.model.facts import FactDeclaration, Term, TermEffect
from spineplan.records.phrases import Core, iso_date


class Meaning(msgspec.Struct, frozen=True):
    """What a phrase or code says: facts it sets, facts it makes unknown, the date it names (as written), whether it is negated.

    `future`: the date lies after `as_of`. `dated`: it speaks of the past, so that a FALSE in `set` yields to a TRUE elsewhere.
    """

    phrase: str
    set: dict[str, Value] = {}
    unknown: tuple[str, ...] = ()
    date: str = ""
    negated: bool = False
    future: bool = False
    dated: bool = False


def meant(
    phrase: str, core: Core, settings: Mapping[str, Value], unknown: Iterable[str] = (), as_of: date | None = None
) -> Meaning:
    """A meaning after negation and doubt. Only a plain statement about single facts can be negated: see `term_meaning`."""
    written = core.period.text if core.period else ""
    future = bool(core.period and as_of and core.period.first > as_of)
    if core.doubted:
        return Meaning(phrase, {}, tuple(sorted({*settings, *unknown})), written, core.negated, future, core.past)
    if core.negated:
        return Meaning(phrase, dict.fromkeys(sorted(settings), False), (), written, True, future, core.past)
    return Meaning(phrase, dict(sorted(settings.items())), tuple(sorted(set(unknown))), written, False, future, core.past)


def fact_meaning(phrase: str, core: Core, facts: list[FactDeclaration], as_of: str) -> Meaning:
    """What a mention of facts says. In the past it sets the history of a fact, and the fact only when it was recent enough."""
    today = iso_date(as_of)
    settings: dict[str, Value] = {}
    unknown: list[str] = []
    for fact in facts:
        recent = _recent(core, fact, today)
        if recent is None:
            unknown.append(fact.name)
        elif recent:
            settings[fact.name] = True
        if recent is not True and fact.history:
            settings[fact.history] = True
    return meant(phrase, core, settings, unknown, today)


def _recent(core: Core, fact: FactDeclaration, today: date | None) -> bool | None:
    """Whether a mention counts for today: yes, no, or None when the words do not tell."""
    if core.negated or not core.past or not (fact.history or fact.within_days is not None):
        return True
    if fact.within_days is None or core.period is None or today is None:
        return None
    return core.period.within(fact.within_days, today)


def term_meaning(phrase: str, core: Core, term: Term, as_of: str) -> Meaning:
    """What a term does. A denied term does what it says for that; without such word it settles nothing.

    It may be narrower than its facts, so they are left unknown.
    """
    today = iso_date(as_of)
    effect = _effect(core, term, today)
    named = {*effect.set, *effect.unknown}
    if core.negated and term.negated is not None and not core.doubted:
        return msgspec.structs.replace(
            meant(phrase, core, {}, (), today), set=dict(term.negated.set), unknown=term.negated.unknown
        )
    if core.negated:
        return msgspec.structs.replace(meant(phrase, core, {}, (), today), unknown=tuple(sorted(named)))
    return meant(phrase, core, effect.set, effect.unknown, today)


def _effect(core: Core, term: Term, today: date | None) -> TermEffect:
    if not core.past:
        return term.effect
    if core.period is None or term.dated_recent is None:
        recency_matters = term.dated_recent is not None
        return term.effect if recency_matters or term.dated is None else term.dated
    recent = core.period.within(term.within_days, today) if today else None
    if recent is None:
        return term.effect
    if recent:
        return term.dated_recent
    return term.dated or term.effect
