"""The `spineplan knowledge` commands: check, test, list and show."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import Annotated

import typer

from spineplan.cli.arguments import FolderArgument, Format, FormatOption, KnowledgeOption, QuietOption, print_result

NO = 1

knowledge_app = typer.Typer(
    help="Check, test, list and show the clinical knowledge.", no_args_is_help=True, rich_markup_mode=None
)


@knowledge_app.command()
def check(folder: FolderArgument = None, chosen: FormatOption = Format.TEXT) -> None:
    """Check that the knowledge is sound: every problem at once, with file, line and a suggestion. Exit code 1 if it is not."""
    from spineplan.application import check_folder
    from spineplan.cli.knowledge_text import check_blocks

    report = check_folder(folder)
    print_result(chosen, report, lambda: check_blocks(report))
    if report.problems:
        raise typer.Exit(NO)


@knowledge_app.command("test")
def run_test(folder: FolderArgument = None, chosen: FormatOption = Format.TEXT, quiet: QuietOption = False) -> None:
    """Plan the named patients and compare with what must come out. Exit code 1 if one fails or there are none."""
    from spineplan.application import run_cases
    from spineplan.cli.knowledge_text import case_blocks

    with _progress(quiet) as progress:
        report = run_cases(folder, progress)
    print_result(chosen, report, lambda: case_blocks(report))
    if not report.results or any(result.failures for result in report.results):
        raise typer.Exit(NO)


class Listed(StrEnum):
    """What can be listed."""

    OPTIONS = "options"
    FACTS = "facts"


@knowledge_app.command("list")
def list_all(
    what: Annotated[
        Listed, typer.Argument(metavar="[options|facts]", show_default=False, help="Options (the default) or facts.")
    ] = Listed.OPTIONS,
    chosen: FormatOption = Format.TEXT,
    knowledge: KnowledgeOption = None,
) -> None:
    """List everything that a plan can contain, or with `facts` every fact that a case file can name, with its other words."""
    from spineplan.application import list_options, open_engine
    from spineplan.cli.knowledge_text import fact_blocks, list_blocks, listed_facts

    engine = open_engine(knowledge)
    if what is Listed.FACTS:
        facts = listed_facts(engine.knowledge)
        print_result(chosen, facts, lambda: fact_blocks(facts, engine.knowledge.fields))
    else:
        options = list_options(engine)
        print_result(chosen, options, lambda: list_blocks(options))


@knowledge_app.command()
def show(
    identity: Annotated[
        str, typer.Argument(metavar="ID", help="The id of an option, class, red flag, fact, diagnosis or source.")
    ],
    chosen: FormatOption = Format.TEXT,
    knowledge: KnowledgeOption = None,
) -> None:
    """Show one entry of the knowledge in prose."""
    from spineplan.application import open_engine, show_entry
    from spineplan.cli.knowledge_text import shown_blocks

    shown = show_entry(open_engine(knowledge), identity)
    print_result(chosen, shown, lambda: shown_blocks(shown))


@contextmanager
def _progress(quiet: bool) -> Iterator[Callable[[int, int], None] | None]:
    """A progress bar on standard error, if that is a terminal and the user wants it: called with what is done and the total."""
    if quiet or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    with Progress(TextColumn("Testing"), BarColumn(), MofNCompleteColumn(), console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("cases", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
