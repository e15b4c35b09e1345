"""The `spineplan` command: `plan`, `why`, `ask`, `schema` and `knowledge`.

Exit codes: 0 fine; 1 the answer is no (a check or test failed); 2 the input is wrong, with every problem on standard error;
3 our own fault, said in one sentence (set SPINEPLAN_DEBUG to see the traceback). What a command needs is imported when it runs.
"""

from __future__ import annotations

import atexit
import gc
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from spineplan.cli.arguments import (
    CaseArgument,
    Format,
    FormatOption,
    KnowledgeOption,
    OutputOption,
    ProfileOption,
    QuietOption,
    print_result,
)
from spineplan.cli.knowledge_commands import knowledge_app
from spineplan.model.problems import InputError

if TYPE_CHECKING:
    from spineplan.application import Engine
    from spineplan.model.facts import PatientFacts

INPUT_IS_WRONG, OUR_FAULT = 2, 3
_OBJECTS_BEFORE_A_COLLECTION = 500_000

app = typer.Typer(
    name="spineplan",
    help="An individual, staged, explained and safety-checked treatment plan for one patient with severe back pain.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(knowledge_app, name="knowledge")


def run(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run one command (default: the arguments of the process) and exit with its code."""
    if arguments is None:
        _collect_seldom()
    try:
        app(args=None if arguments is None else list(arguments), prog_name="spineplan")
    except InputError as error:
        _report(error)
        sys.exit(INPUT_IS_WRONG)
    except Exception as error:
        if os.environ.get("SPINEPLAN_DEBUG"):
            import traceback

            traceback.print_exc()
        _say(f"Spineplan itself failed ({type(error).__name__}). The input may be fine. Set SPINEPLAN_DEBUG=1 to see where.")
        sys.exit(OUR_FAULT)
    sys.exit(0)


def _collect_seldom() -> None:
    """Search for garbage seldom, and not at all on the way out: a quarter of the time of a short command would go into it."""
    gc.set_threshold(_OBJECTS_BEFORE_A_COLLECTION)
    atexit.register(gc.freeze)


def _version(wanted: bool) -> None:
    if wanted:
        from spineplan import __version__

        typer.echo(f"spineplan {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """An individual, staged, explained and safety-checked treatment plan for one patient with severe back pain."""


@app.command()
def plan(
    case: CaseArgument,
    profile: ProfileOption = None,
    chosen: FormatOption = Format.TEXT,
    output: OutputOption = None,
    knowledge: KnowledgeOption = None,
    quiet: QuietOption = False,
    details: Annotated[
        bool, typer.Option("--details", help="The whole plan as text: every reason, fact, note and source. JSON always has all.")
    ] = False,
) -> None:
    """Make the treatment plan of one patient: a brief plan, or with --details everything."""
    from spineplan.application import encode, make_plan
    from spineplan.cli.output import as_text, save, show, show_bytes

    engine, patient = _engine_and_patient(case, knowledge, profile, quiet)
    made = make_plan(engine, patient)
    if chosen is Format.JSON:
        content = encode(made)
        if output is None:
            show_bytes(content)
        else:
            save(output, content, quiet, case)
        return
    from spineplan.cli.wording import wording

    if details:
        from spineplan.cli.plan_text import plan_blocks as text_blocks
    else:
        from spineplan.cli.brief_text import brief_blocks as text_blocks
    blocks = text_blocks(made, wording(engine.knowledge))
    if output is None:
        show(blocks)
    else:
        save(output, as_text(blocks).encode(), quiet, case)


@app.command()
def why(
    case: CaseArgument,
    element: Annotated[str, typer.Argument(metavar="ELEMENT", help="The id or name of an option.")],
    profile: ProfileOption = None,
    chosen: FormatOption = Format.TEXT,
    knowledge: KnowledgeOption = None,
) -> None:
    """Show what speaks for and against one option in this case."""
    from spineplan.application import make_why
    from spineplan.cli.why_text import why_blocks
    from spineplan.cli.wording import wording

    engine, patient = _engine_and_patient(case, knowledge, profile)
    explained = make_why(engine, patient, element)
    print_result(chosen, explained, lambda: why_blocks(explained, wording(engine.knowledge)))


@app.command()
def ask(
    case: CaseArgument,
    profile: ProfileOption = None,
    chosen: FormatOption = Format.TEXT,
    knowledge: KnowledgeOption = None,
) -> None:
    """Show the questions whose answers would change the plan, the most important first."""
    from spineplan.application import make_ask
    from spineplan.cli.why_text import ask_blocks
    from spineplan.cli.wording import wording

    engine, patient = _engine_and_patient(case, knowledge, profile)
    asked = make_ask(engine, patient)
    print_result(chosen, asked, lambda: ask_blocks(asked, wording(engine.knowledge)))


@app.command()
def schema() -> None:
    """Print the JSON Schema of the plan."""
    from spineplan.application import encode, plan_schema
    from spineplan.cli.output import show_bytes

    show_bytes(encode(plan_schema()))


def _engine_and_patient(
    case: str, knowledge: Path | None, profile: str | None, quiet: bool = False
) -> tuple[Engine, PatientFacts]:
    from datetime import date

    from spineplan.application import open_engine, read_patient
    from spineplan.cli.reading import read_case

    name, text = read_case(case, quiet)
    engine = open_engine(knowledge, profile)
    return engine, read_patient(engine, name, text, date.today().isoformat())


def _report(error: InputError) -> None:
    for problem in error.problems:
        _say(f"{problem.place}: {problem.what}")
        if problem.suggestion:
            _say(f"    {problem.suggestion}")
    count = len(error.problems)
    _say(f"{count} problem{'' if count == 1 else 's'}; nothing was made.")


def _say(text: str) -> None:
    from spineplan.cli.layout import clean

    print(clean(text), file=sys.stderr)


if __name__ == "__main__":
    run()
