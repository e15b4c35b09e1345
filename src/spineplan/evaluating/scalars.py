"""What the generated source calls for numbers, on one patient: numbers are floats or None, planes are False and True."""

from __future__ import annotations

Number = float | None
Planes = tuple[bool, bool]

_UNKNOWN: Planes = (False, False)
_TRUE: Planes = (True, False)
_FALSE: Planes = (False, True)


def lt(left: Number, right: Number) -> Planes:
    """Planes of left < right."""
    if left is None or right is None:
        return _UNKNOWN
    return _TRUE if left < right else _FALSE


def le(left: Number, right: Number) -> Planes:
    """Planes of left <= right."""
    if left is None or right is None:
        return _UNKNOWN
    return _TRUE if left <= right else _FALSE


def gt(left: Number, right: Number) -> Planes:
    """Planes of left > right."""
    return lt(right, left)


def ge(left: Number, right: Number) -> Planes:
    """Planes of left >= right."""
    return le(right, left)


def eq(left: Number, right: Number) -> Planes:
    """Planes of left = right."""
    if left is None or right is None:
        return _UNKNOWN
    return _TRUE if left == right else _FALSE


def ne(left: Number, right: Number) -> Planes:
    """Planes of left <> right."""
    if left is None or right is None:
        return _UNKNOWN
    return _TRUE if left != right else _FALSE


def add(left: Number, right: Number) -> Number:
    """left + right."""
    return None if left is None or right is None else left + right


def sub(left: Number, right: Number) -> Number:
    """left - right."""
    return None if left is None or right is None else left - right


def mul(left: Number, right: Number) -> Number:
    """left * right."""
    return None if left is None or right is None else left * right


def div(left: Number, right: Number) -> Number:
    """left / right; the checker admits only divisors that are never zero."""
    return None if left is None or right is None else left / right


def choose(one: bool, pairs: tuple[tuple[bool, Number], ...]) -> Number:
    """The number of the plane that is set; unknown when none is."""
    for plane, value in pairs:
        if plane:
            return value
    return None


def first(*planes: bool) -> int:
    """The index of the first plane that is set; -1 when none is."""
    for index, plane in enumerate(planes):
        if plane:
            return index
    return -1
