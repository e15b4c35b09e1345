"""Paragraphs, headings, boxes and tables laid out for a width: first lines of styled spans, then plain or coloured text.

Nothing is ever cut off: long words are folded, and a number stays on one line with the word after it, so that an amount
and its unit are not torn apart. Plain text has no colour and no drawn boxes.
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from itertools import zip_longest
from typing import Literal, NamedTuple

Style = Literal["", "strong", "quiet", "heading", "stop", "caution", "note"]

# Codes of a terminal: the look, and the colours, which NO_COLOR leaves out.
_CODES: dict[Style, tuple[str, str]] = {
    "": ("", ""),
    "strong": ("1", ""),
    "quiet": ("2", ""),
    "heading": ("1", ""),
    "stop": ("1", "37;41"),
    "caution": ("", "30;43"),
    "note": ("", "37;44"),
}
_WITHOUT_COLOURS: dict[Style, str] = {"stop": "1;7", "caution": "7", "note": "7"}
_NARROWEST_COLUMN = 16
_NUMBER = re.compile(r"[<>=≤≥~+-]*\d(?:[\d.,:/–-]*\d)?")
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


class Span(NamedTuple):
    """A piece of text in one style."""

    text: str
    style: Style = ""


Line = tuple[Span, ...]


class Paragraph(NamedTuple):
    """Running text; `lead` stands before the first line and the other lines are indented by its width."""

    spans: tuple[Span, ...]
    lead: str = ""
    lead_style: Style = ""


class Heading(NamedTuple):
    """A heading with a rule below: level 1 divides the page, level 2 a part of it."""

    text: str
    level: int = 1


class Gap(NamedTuple):
    """One empty line; several in a row count as one."""


class Box(NamedTuple):
    """A framed block that cannot be overlooked. The frame takes the style."""

    paragraphs: tuple[Paragraph, ...]
    style: Style


class Table(NamedTuple):
    """Rows under a header. Where the columns do not fit side by side, each row becomes a short list."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


Block = Paragraph | Heading | Gap | Box | Table


def paragraph(text: str | Iterable[Span], lead: str = "", lead_style: Style = "", style: Style = "") -> Paragraph:
    """A paragraph from one text in one style, or from spans."""
    spans = (Span(text, style),) if isinstance(text, str) else tuple(text)
    return Paragraph(spans, lead, lead_style)


def clean(text: str) -> str:
    """The text without control and direction characters, which could otherwise change what a terminal shows."""
    return _UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", text)


def lay_out(blocks: Sequence[Block], width: int, drawn: bool = False) -> list[Line]:
    """Lines of at most `width` columns (at least 20). `drawn` allows box-drawing characters."""
    width = max(width, 20)
    lines: list[Line] = []
    for block in blocks:
        if isinstance(block, Gap):
            if lines and lines[-1]:
                lines.append(())
        else:
            lines.extend(_lines(block, width, drawn))
    while lines and not lines[-1]:
        lines.pop()
    return lines


def plain(lines: Iterable[Line]) -> str:
    """The lines as text without any styling; no trailing spaces, one newline at the end."""
    return "\n".join("".join(span.text for span in line).rstrip() for line in lines) + "\n"


def coloured(lines: Iterable[Line]) -> str:
    """The lines as text with terminal colours, as far as the environment (TERM, NO_COLOR) allows them."""
    if os.environ.get("TERM", "").lower() in ("dumb", "unknown"):
        return plain(lines)
    codes: dict[Style, str] = {style: ";".join(code for code in parts if code) for style, parts in _CODES.items()}
    if os.environ.get("NO_COLOR"):
        codes.update(_WITHOUT_COLOURS)
    return "".join("".join(_painted(span, codes[span.style]) for span in line) + "\n" for line in lines)


def _painted(span: Span, code: str) -> str:
    return f"\x1b[{code}m{span.text}\x1b[0m" if code and span.text else span.text


def _lines(block: Paragraph | Heading | Box | Table, width: int, drawn: bool) -> list[Line]:
    if isinstance(block, Paragraph):
        return _wrap(block, width)
    if isinstance(block, Heading):
        return _heading(block, width, drawn)
    if isinstance(block, Box):
        return _box(block, width, drawn)
    return _table(block, width, drawn)


def _heading(heading: Heading, width: int, drawn: bool) -> list[Line]:
    mark = {(1, True): "━", (1, False): "=", (2, True): "─", (2, False): "-"}[(min(heading.level, 2), drawn)]
    lines = _wrap(paragraph(heading.text, style="heading"), width)
    longest = max(_cells(span.text) for line in lines for span in line)
    return [*lines, (Span(mark * (width if heading.level == 1 else longest), "quiet"),)]


def _box(box: Box, width: int, drawn: bool) -> list[Line]:
    across, down, corners = ("━", "┃", "┏┓┗┛") if drawn else ("=", "|", "++++")
    inner = width - 4
    lines: list[Line] = [(Span(corners[0] + across * (width - 2) + corners[1], box.style),)]
    for block in box.paragraphs:
        for line in _wrap(block, inner):
            filled = sum(_cells(span.text) for span in line)
            lines.append((Span(down, box.style), Span(" "), *line, Span(" " * (inner - filled + 1)), Span(down, box.style)))
    lines.append((Span(corners[2] + across * (width - 2) + corners[3], box.style),))
    return lines


def _table(table: Table, width: int, drawn: bool) -> list[Line]:
    columns = list(zip(table.header, *table.rows, strict=True))
    widths = _shared([max(_cells(clean(cell)) for cell in column) for column in columns], width - 2 * (len(columns) - 1))
    if not widths:
        return _stacked(table, width)
    lines: list[Line] = []
    for number, row in enumerate([table.header, *table.rows]):
        style: Style = "" if number else "heading"
        cells = [_wrap(paragraph(cell, style=style), size) for cell, size in zip(row, widths, strict=True)]
        for parts in zip_longest(*cells, fillvalue=()):
            line: list[Span] = []
            for part, size in zip(parts, widths, strict=True):
                line += [*part, Span(" " * (size + 2 - sum(_cells(span.text) for span in part)))]
            lines.append(tuple(line[:-1]))
        if not number:
            lines.append((Span("  ".join(("─" if drawn else "-") * size for size in widths), "quiet"),))
    return lines


def _shared(wanted: list[int], room: int) -> list[int]:
    """Widths of columns that together fit, or none where one gets too narrow. The first, a name to copy, keeps its own."""
    widths = list(wanted)
    while sum(widths) > room:
        widest = max(range(1, len(widths)), key=lambda column: widths[column])
        if widths[widest] <= _NARROWEST_COLUMN:
            return []
        widths[widest] -= 1
    return widths


def _stacked(table: Table, width: int) -> list[Line]:
    """Each row as its first cell with the others below, `header: cell`; empty cells are left out."""
    lines: list[Line] = []
    for row in table.rows:
        lines.extend(_wrap(paragraph(row[0], style="strong"), width))
        for title, cell in zip(table.header[1:], row[1:], strict=True):
            if cell:
                lines.extend(_wrap(paragraph(cell, f"    {title.lower()}: ", "quiet"), width))
    return lines


def _wrap(block: Paragraph, width: int) -> list[Line]:
    lead = clean(block.lead)
    indent = _cells(lead)
    if indent > width // 2:
        indent = 4
        head = _wrap(paragraph(lead.strip(), lead[: len(lead) - len(lead.lstrip())], style=block.lead_style), width)
        first: Line = (Span(" " * indent),)
    else:
        head, first = [], ((Span(lead, block.lead_style),) if lead else ())
    lines: list[list[Span]] = [[*first]]
    used = indent
    fresh = True
    for word in _words(block.spans):
        size = sum(_cells(span.text) for span in word)
        if not fresh and used + 1 + size > width:
            lines.append([Span(" " * indent)] if indent else [])
            used, fresh = indent, True
        if not fresh:
            last = lines[-1][-1]
            lines[-1].append(Span(" ", last.style if last.style == word[0].style else ""))
            used += 1
        if used + size <= width:
            lines[-1].extend(word)
            used += size
            fresh = False
            continue
        for span in word:
            for character_run in _fold(span, width - indent, used - indent):
                if character_run is None:
                    lines.append([Span(" " * indent)] if indent else [])
                    used = indent
                else:
                    lines[-1].append(character_run)
                    used += _cells(character_run.text)
        fresh = False
    return [*head, *(_joined(line) for line in lines)]


def _words(spans: Iterable[Span]) -> Iterator[tuple[Span, ...]]:
    """Words that must stay on one line: pieces between white space, a number together with the word (not the bracket) that follows it."""
    word: list[Span] = []
    waiting: list[Span] = []
    for span in spans:
        for piece in re.split(r"(\s+)", clean(span.text)):
            if not piece:
                continue
            if not piece.isspace():
                word.append(Span(piece, span.style))
            elif word:
                if not waiting and _NUMBER.fullmatch("".join(part.text for part in word)):
                    waiting = [*word, Span(" ", word[-1].style)]
                elif waiting and word[0].text.startswith("["):
                    yield from (tuple(waiting[:-1]), tuple(word))
                    waiting = []
                else:
                    yield (*waiting, *word)
                    waiting = []
                word = []
    if word and waiting and word[0].text.startswith("["):
        yield from (tuple(waiting[:-1]), tuple(word))
    elif word:
        yield (*waiting, *word)
    elif waiting:
        yield tuple(waiting[:-1])


def _fold(span: Span, room: int, used: int) -> Iterator[Span | None]:
    """The span in pieces that fit; None stands for a new line."""
    text = ""
    for character in span.text:
        size = _cells(character)
        if used + size > room:
            if text:
                yield Span(text, span.style)
            yield None
            text, used = "", 0
        text += character
        used += size
    if text:
        yield Span(text, span.style)


def _joined(line: Iterable[Span]) -> Line:
    joined: list[Span] = []
    for span in line:
        if joined and joined[-1].style == span.style:
            joined[-1] = Span(joined[-1].text + span.text, span.style)
        else:
            joined.append(span)
    return tuple(joined)


def _cells(text: str) -> int:
    """How many columns a terminal gives to the text."""
    if text.isascii():
        return len(text)
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)
