"""What the checker of the rule language knows of a name, and what it says when something is wrong."""

from __future__ import annotations

import math

import msgspec

from spineplan.model.expressions import ValueType


class Symbol(msgspec.Struct, frozen=True):
    """What the checker knows of a name: type and, for numbers, range and step, for categories, values."""

    type: ValueType
    minimum: float = -math.inf
    maximum: float = math.inf
    step: float = 0.0
    values: tuple[str, ...] = ()
    unit: str = ""


class Finding(msgspec.Struct, frozen=True):
    """What is wrong in an expression and what to do."""

    what: str
    suggestion: str = ""
