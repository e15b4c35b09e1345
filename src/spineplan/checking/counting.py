"""How much a knowledge base holds, and how much of it is not verified."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from spineplan.model.knowledge import Knowledge


def counts_of(knowledge: Knowledge) -> tuple[dict[str, int], dict[str, int]]:
    """(entries by collection, unverified statements by section)."""
    names = (
        "options",
        "classes",
        "medicines",
        "red_flags",
        "diagnoses",
        "interactions",
        "positions",
        "facts",
        "derived",
        "terms",
        "sources",
    )
    counts = {name.replace("_", " "): len(getattr(knowledge, name)) for name in names}
    unverified: dict[str, int] = {}
    total = 0
    for section, verified in _statements(knowledge):
        total += 1
        if not verified:
            unverified[section] = unverified.get(section, 0) + 1
    counts["statements"] = total
    counts["unverified statements"] = sum(unverified.values())
    return counts, dict(sorted(unverified.items()))


def _statements(knowledge: Knowledge) -> Iterator[tuple[str, bool]]:
    """Every clinical statement with its section and whether it is verified."""
    owners: list[Any] = [*knowledge.options.values(), *knowledge.classes.values()]
    for owner in owners:
        for section in ("indications", "contraindications", "temporary", "cautions", "monitoring", "regimens"):
            for rule in getattr(owner, section, ()):
                yield section, rule.verified
        for companion in owner.companions:
            yield "companions", companion.rule.verified
        trial = getattr(owner, "trial", None)
        if trial is not None:
            yield "trials", trial.verified
    for flag in knowledge.red_flags.values():
        yield "red flags", flag.rule.verified
    for section, collection in (
        ("interactions", knowledge.interactions),
        ("guideline positions", knowledge.positions),
        ("derived facts", knowledge.derived),
        ("loads", knowledge.loads),
        ("disagreements", knowledge.disagreements),
        ("hazards", knowledge.hazards),
    ):
        for entry in collection.values():
            yield section, entry.verified
