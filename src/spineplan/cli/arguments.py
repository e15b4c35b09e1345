"""Arguments and options that several commands share, and how a result in the chosen format is printed."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Callable

    from spineplan.cli.layout import Block


class Format(StrEnum):
    """How a result is written."""

    TEXT = "text"
    JSON = "json"


CaseArgument = Annotated[str, typer.Argument(metavar="CASE", help="The case file (YAML or JSON); `-` reads standard input.")]
FormatOption = Annotated[
    Format, typer.Option("--format", show_default=False, help="Text (the default) for people, JSON for machines.")
]
ProfileOption = Annotated[
    str | None, typer.Option("--profile", metavar="NAME", help="The guideline profile; the knowledge names the default.")
]
KnowledgeOption = Annotated[
    Path | None,
    typer.Option("--knowledge", metavar="DIR", help="The knowledge folder; default: the one that comes with Spineplan."),
]
FolderArgument = Annotated[
    Path | None, typer.Argument(metavar="[DIR]", help="The knowledge folder; default: the one that comes with Spineplan.")
]
OutputOption = Annotated[
    Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write to this file instead of standard output.")
]
QuietOption = Annotated[bool, typer.Option("--quiet", help="No progress and no messages on standard error except problems.")]


def print_result(chosen: Format, result: object, text: Callable[[], list[Block]]) -> None:
    """Print a result as canonical JSON, or as the text that `text` makes."""
    from spineplan.cli.output import show, show_bytes

    if chosen is Format.JSON:
        from spineplan.application import encode

        show_bytes(encode(result))
    else:
        show(text())
