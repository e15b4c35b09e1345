"""Reads the text of a case: from a file, or from standard input when the name is `-`.

Every failure is an input problem that says what to do.
"""

from __future__ import annotations

import sys
from pathlib import Path

from spineplan.cli.output import complain
from spineplan.model.problems import InputError, Place, Problem, did_you_mean

STANDARD_INPUT = "-"


def read_case(case: str, quiet: bool = False) -> tuple[str, str]:
    """The name under which problems are reported, and the text. Raises InputError if the file cannot be read or is not UTF-8."""
    if case == STANDARD_INPUT:
        if sys.stdin.isatty() and not quiet:
            complain("Reading the case from the keyboard; end it with Ctrl-D.")
        return "standard input", _decoded("standard input", sys.stdin.buffer.read())
    path = Path(case)
    if path.is_dir():
        raise _unreadable(case, "this is a folder, not a case file.", "Name a file inside it.")
    try:
        return case, _decoded(case, path.read_bytes())
    except FileNotFoundError:
        near = [entry.name for entry in path.parent.iterdir()] if path.parent.is_dir() else []
        suggestion = did_you_mean(path.name, near) or "Name a case file (YAML or JSON), or `-` to read standard input."
        raise _unreadable(case, "there is no such file.", suggestion) from None
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        raise _unreadable(case, f"the file cannot be read: {reason}.", "Check the name and who may read it.") from error


def _decoded(name: str, content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        problem = Problem(Place(name, line), "the text is not UTF-8.", "Save the case as UTF-8 and try again.")
        raise InputError([problem]) from error


def _unreadable(name: str, what: str, suggestion: str) -> InputError:
    return InputError([Problem(Place(name), what, suggestion)])
