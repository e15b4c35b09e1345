"""The outcome of one patient: conclusions of the Program, decoded, before they are explained or written."""

from __future__ import annotations

from typing import Literal as OneOf

import msgspec

from spineplan.model.knowledge import PlanStage, Urgency

Status = OneOf[
    "ruled-out",
    "not-indicated",
    "advised-against",
    "deferred",
    "needs-information",
    "in-use",
    "set-aside",
    "recommended",
    "alternative",
]
STATUSES: tuple[Status, ...] = (
    "ruled-out",
    "not-indicated",
    "advised-against",
    "deferred",
    "needs-information",
    "in-use",
    "set-aside",
    "recommended",
    "alternative",
)
URGENCIES: tuple[Urgency, ...] = ("emergency", "urgent", "soon", "routine")


class Question(msgspec.Struct, frozen=True):
    """A field to ask, the facts that it would settle, the options and alerts that wait for it, and its rank (1 is first)."""

    field: str
    facts: tuple[str, ...]
    decides: tuple[str, ...]
    rank: int


class Outcome(msgspec.Struct, frozen=True):
    """Everything decided for one patient. `courses` gives, for each chosen option, the stages and the index of its regimen band.

    `waiting` are the options that could be chosen but for an unknown fact.
    """

    urgency: Urgency
    alerts: tuple[str, ...]
    open_alerts: tuple[str, ...]
    statuses: dict[str, Status]
    courses: dict[str, tuple[PlanStage, ...]]
    regimens: dict[str, int]
    waiting: tuple[str, ...]
    questions: tuple[Question, ...]
    unmet: tuple[str, ...]
    provisional: bool
