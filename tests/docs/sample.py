"""The worked case in README.md: its case file and an excerpt of the real output, both written between markers.

`python -m tests.docs.sample` writes them again after a change of knowledge or layout; a test compares them with what the command
prints. The excerpt is chosen by headings and by what an item contains, so that it holds whole items and never a hand-made line.
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
_ITEM = re.compile(r"^(?:[*x!?o-]| ?\d+\.) \S")


class Piece(NamedTuple):
    """What of a section is shown: for each word the first item that has it in its first two lines, down to `until`."""

    heading: str
    containing: tuple[str, ...] = ()
    until: str = ""


PIECES = (
    Piece("Base pain relief", until="    Caution"),
    Piece("Activity and self-care", ("Short bed rest",), until="    Note"),
    Piece("After the acute signs have gone"),
    Piece("Therapeutic exercise", ("all fours",), until="    Because"),
    Piece("Questions, the most important first", ("spasm",)),
    Piece("Needs that this plan does not meet"),
    Piece("Withheld for now", ("Strengthening",)),
    Piece("Ruled out", ("Ibuprofen (", "Epidural")),
    Piece("Set aside", ("Paracetamol:",)),
)


class Section(NamedTuple):
    """A heading with its underline, and the lines below it."""

    heading: str
    underline: str
    body: list[str]


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
    """The shortened output: all before the first stage, then the pieces in order, with a mark wherever lines are left out."""
    lines = output.splitlines()
    sections = _sections(lines)
    first = next(number for number, line in enumerate(lines) if line == "Now" and _UNDERLINE.match(lines[number + 1]))
    shown = [*lines[:first], "Now", lines[first + 1]]
    place = 0
    for piece in PIECES:
        found = next((number for number in range(place, len(sections)) if sections[number].heading == piece.heading), None)
        assert found is not None, f"the plan has no `{piece.heading}` after `{sections[place].heading}`: change PIECES"
        place = found
        shown += ["", *_piece(sections[found], piece)]
    return _tidy(shown)


def _sections(lines: list[str]) -> list[Section]:
    starts = [number for number in range(len(lines) - 1) if lines[number] and _UNDERLINE.match(lines[number + 1])]
    ends = [*starts[1:], len(lines)]
    return [Section(lines[a], lines[a + 1], lines[a + 2 : b]) for a, b in zip(starts, ends, strict=True)]


def _piece(section: Section, piece: Piece) -> list[str]:
    starts = [number for number, line in enumerate(section.body) if _ITEM.match(line)]
    shown = [section.heading, section.underline]
    if not starts:
        return [*shown, *section.body]
    items = [section.body[a:b] for a, b in zip(starts, [*starts[1:], len(section.body)], strict=True)]
    shown += section.body[: starts[0]]
    titles = [" ".join(line.strip() for line in item[:2]) for item in items]
    wanted = piece.containing or (titles[0],)
    chosen = {next((number for number, title in enumerate(titles) if word in title), None) for word in wanted}
    assert None not in chosen, f"`{section.heading}` no longer holds one of {wanted}: change PIECES"
    for number, item in enumerate(items):
        if number not in chosen:
            shown.append(CUT)
            continue
        stop = next((at for at, line in enumerate(item) if piece.until and line.startswith(piece.until)), len(item))
        shown += item[:stop]
        if stop < len(item):
            shown.append(CUT)
    return shown


def _tidy(lines: list[str]) -> str:
    """One mark where several follow each other, no doubled empty line, none at the end."""
    kept: list[str] = []
    for line in lines:
        last = next((shown for shown in reversed(kept) if shown), "")
        if line == CUT and last == CUT:
            continue
        if not line and kept and not kept[-1]:
            continue
        if line == CUT and kept and not kept[-1]:
            kept.pop()
        kept.append(line)
    while kept and kept[-1] in ("", CUT):
        kept.pop()
    return "\n".join([*kept, CUT])


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
