"""Where results go: standard output, a file, or standard error, each in its own shape.

On a terminal text is as wide as the window (40 to 140 columns) and coloured; in a pipe or file it is plain and 100 columns wide.
A reader that closes the pipe early (`| head`) is no fault. A file that cannot be written is a problem of the input.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

from spineplan.cli.layout import Block, coloured, lay_out, plain
from spineplan.model.problems import InputError, Place, Problem

PIPED_WIDTH = 100
NARROWEST, WIDEST = 40, 140


def show(blocks: Sequence[Block]) -> None:
    """Print blocks to standard output."""
    stream = sys.stdout
    if not stream.isatty():
        _write(stream, as_text(blocks).encode(stream.encoding or "utf-8", "replace"))
        return
    width = terminal_width(stream)
    drawn = (stream.encoding or "").lower().replace("-", "").startswith("utf")
    text = coloured(lay_out(blocks, width, drawn))
    _write(stream, text.encode(stream.encoding or "utf-8", "replace"))


def show_bytes(content: bytes) -> None:
    """Write bytes to standard output as they are."""
    _write(sys.stdout, content)


def as_text(blocks: Sequence[Block]) -> str:
    """The blocks as plain text, as they stand in a pipe or a file."""
    return plain(lay_out(blocks, PIPED_WIDTH))


def save(path: Path, content: bytes, quiet: bool, reading: str = "") -> None:
    """Write a file and say so on standard error unless `quiet`.

    Raises InputError if it cannot be written or is the case (`reading`) itself.
    """
    if reading and reading != "-" and path.exists() and Path(reading).exists() and path.samefile(reading):
        raise InputError(
            [Problem(Place(str(path)), "this is the case itself and would be overwritten.", "Name another file after -o.")]
        )
    try:
        path.write_bytes(content)
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        raise InputError(
            [Problem(Place(str(path)), f"the file cannot be written: {reason}.", "Name another file after -o.")]
        ) from error
    if not quiet:
        complain(f"Written to {path}.")


def complain(text: str) -> None:
    """One line on standard error."""
    print(text, file=sys.stderr)


def terminal_width(stream: TextIO) -> int:
    """The width of the terminal in columns, within what reads well."""
    columns = os.environ.get("COLUMNS", "")
    if columns.isdecimal() and int(columns) > 0:
        width = int(columns)
    else:
        try:
            width = os.get_terminal_size(stream.fileno()).columns or PIPED_WIDTH
        except (OSError, ValueError):
            width = PIPED_WIDTH
    return max(NARROWEST, min(width, WIDEST))


def _write(stream: TextIO, content: bytes) -> None:
    try:
        stream.flush()
        stream.buffer.write(content)
        stream.buffer.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(0) from None
