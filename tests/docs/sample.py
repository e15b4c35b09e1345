"""The worked case in README.md: its case file and an excerpt of the real output, both written between markers.

`python -m tests.docs.sample` writes them again after a change of knowledge or layout; a test compares them with what the command
prints. The excerpt is chosen by headings and by words of an item, so that it holds whole items and never a hand-made line.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
README = ROOT / "README.md"
CASE = "examples/warfarin-radiculopathy.yaml"
CUT = "[...]"
_UNDERLINE = re.compile(r"^(=+|-+)$")
_ITEM = re.compile(r"^(?:[*x!?o-]| ?\d+\.) +\S")


class Piece(NamedTuple):
    """What of a section is shown: for each word the first item that has it in its first two lines; no words: all of it."""

    heading: str
    containing: tuple[str, ...] = ()


PIECES = (
    Piece("Base pain relief"),
    Piece("Activity and self-care", ("bed rest",)),
    Piece("When the acute pain has gone"),
    Piece("Therapeutic exercise", ("all fours",)),
    Piece("Massage and manual treatment"),
    Piece("Questions that would change this plan", ("spasm",)),
    Piece("Not filled"),
    Piece("Ruled out", ("Ibuprofen", "Epidural")),
    Piece("Set aside", ("Paracetamol",)),
    Piece("Deferred", ("Strengthening",)),
)


def run_command(*arguments: str) -> str:
    """What `spineplan` prints into a pipe, with an empty cache."""
    with tempfile.TemporaryDirectory() as cache:
        done = subprocess.run(
            [sys.executable, "-c", "from spineplan.cli.main import run; run()", *arguments],
            cwd=ROOT,
            env={**os.environ, "XDG_CACHE_HOME": cache},
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
    assert done.returncode == 0, done.stderr
    return done.stdout


def excerpt(output: str) -> str:
    """The output with everything before the first stage and the pieces in their order; a mark stands wherever lines are left out."""
    lines = output.splitlines()
    headings = [number for number in range(len(lines)) if _is_heading(lines, number)]
    first = next(number for number in headings if lines[number] == "Now")
    kept = set(range(first + 2))
    place = first
    for piece in PIECES:
        found = next((number for number in headings if number > place and lines[number] == piece.heading), None)
        assert found is not None, f"the plan has no `{piece.heading}` after `{lines[place]}`: change PIECES"
        end = next((number for number in headings if number > found), len(lines))
        kept |= _piece(lines, found, end, piece)
        place = found
    return _with_marks(lines, kept)


def _is_heading(lines: list[str], number: int) -> bool:
    """An unindented line that is no item, above an underline or an item, and not the end of a paragraph."""
    line, below = lines[number], lines[number + 1] if number + 1 < len(lines) else ""
    above = lines[number - 1] if number else ""
    if not line or line[0] == " " or _ITEM.match(line) or _UNDERLINE.match(line):
        return False
    alone = not above or above[0] == " " or bool(_UNDERLINE.match(above))
    return bool(_UNDERLINE.match(below)) or (alone and bool(_ITEM.match(below)))


def _piece(lines: list[str], start: int, end: int, piece: Piece) -> set[int]:
    """The numbers of the lines to show of one section."""
    starts = [number for number in range(start + 1, end) if _ITEM.match(lines[number])]
    if not piece.containing:
        return set(range(start, end))
    kept = set(range(start, starts[0] if starts else end))
    items = list(zip(starts, [*starts[1:], end], strict=False))
    for word in piece.containing:
        item = next((item for item in items if word in " ".join(lines[item[0] : item[1]][:2])), None)
        assert item is not None, f"`{piece.heading}` has no item with `{word}`: change PIECES"
        kept |= set(range(*item))
    return kept


def _with_marks(lines: list[str], kept: set[int]) -> str:
    shown: list[str] = []
    last = -1
    for number in sorted(kept):
        left_out = [line for line in lines[last + 1 : number] if line]
        if left_out:
            blank = bool(shown) and not shown[-1]
            shown[len(shown) - blank :] = [CUT, ""] if blank or not lines[number - 1] else [CUT]
        elif number > last + 1:
            shown.append("")
        shown.append(lines[number])
        last = number
    while not shown[-1]:
        shown.pop()
    return "\n".join([*shown, CUT] if any(lines[last + 1 :]) else shown)


def block(readme: str, marker: str) -> str:
    """The text inside the fenced block under a marker."""
    found = re.search(rf"<!-- {re.escape(marker)} -->\n```\w*\n(.*?)```\n<!-- end -->", readme, re.S)
    assert found, f"README.md has no block `{marker}`"
    return found[1].rstrip("\n")


def _written(readme: str, marker: str, content: str) -> str:
    pattern = rf"(<!-- {re.escape(marker)} -->\n```\w*\n).*?(```\n<!-- end -->)"
    return re.sub(pattern, lambda found: f"{found[1]}{content}\n{found[2]}", readme, count=1, flags=re.S)


def expected() -> dict[str, str]:
    """What has to stand under each marker."""
    return {
        f"case: {CASE}": (ROOT / CASE).read_text(encoding="utf-8").rstrip("\n"),
        f"sample: spineplan plan {CASE}": f"$ spineplan plan {CASE}\n{excerpt(run_command('plan', CASE))}",
    }


def main() -> None:
    """Write both blocks."""
    readme = README.read_text(encoding="utf-8")
    for marker, content in expected().items():
        readme = _written(readme, marker, content)
    README.write_text(readme, encoding="utf-8")


if __name__ == "__main__":
    main()
