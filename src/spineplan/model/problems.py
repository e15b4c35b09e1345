"""A problem found in an input, and the error that carries all of them at once.

A problem says where it is, what is wrong and what to do. Inputs are always read to the end, so that one run shows every problem.
"""

from __future__ import annotations

import difflib
import functools
from collections.abc import Iterable

import msgspec


class Place(msgspec.Struct, frozen=True, order=True):
    """Where something stands: a file (or another name of the input), a line counted from 1 (0: the whole file), and a path inside."""

    file: str
    line: int = 0
    path: str = ""

    def __str__(self) -> str:
        text = f"{self.file}:{self.line}" if self.line else self.file
        return f"{text} ({self.path})" if self.path else text


class Problem(msgspec.Struct, frozen=True, order=True):
    """One thing that is wrong with an input: place, what, and a suggestion (may be empty)."""

    place: Place
    what: str
    suggestion: str = ""

    def __str__(self) -> str:
        tail = f" {self.suggestion}" if self.suggestion else ""
        return f"{self.place}: {self.what}{tail}"


class InputError(Exception):
    """The input cannot be used. `problems` holds every problem, sorted by place; never empty."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = tuple(sorted(set(problems)))
        super().__init__("\n".join(str(problem) for problem in self.problems))


def did_you_mean(name: str, known: Iterable[str], limit: int = 3) -> str:
    """A sentence with the nearest known names, or an empty text when none is near."""
    return _nearest(name, tuple(sorted(set(known))), limit)


@functools.lru_cache(maxsize=4096)
def _nearest(name: str, pool: tuple[str, ...], limit: int) -> str:
    written = {candidate.lower(): candidate for candidate in reversed(pool)}
    near = difflib.get_close_matches(name.lower(), written, n=limit, cutoff=0.6)
    if not near:
        near = [candidate for candidate in sorted(written) if len(name) >= 4 and name.lower() in candidate][:limit]
    if not near:
        return ""
    quoted = [f"`{written[candidate]}`" for candidate in near]
    return f"Did you mean {' or '.join(quoted)}?"
