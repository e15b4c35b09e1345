"""README.md tells the truth: its case and output are real, its commands and targets exist, its tables match the program."""

from __future__ import annotations

import re
from typing import get_args

import pytest
import typer.main

from spineplan.application import Engine, read_patient
from spineplan.cli.main import INPUT_IS_WRONG, OUR_FAULT, app
from spineplan.model.outcome import Status
from spineplan.model.problems import InputError
from tests.docs.sample import README, ROOT, block, expected

TEXT = README.read_text(encoding="utf-8")
MADE_AGAIN = (
    "is not what the program has now; `python -m tests.docs.sample` writes it again (read the difference before you keep it)."
)


def test_the_worked_case_and_its_output_are_real() -> None:
    """The case is the example file, and the excerpt is what the command prints in 100 columns."""
    for marker, content in expected().items():
        assert block(TEXT, marker) == content, f"`{marker}` in README.md {MADE_AGAIN}"


def _commands() -> set[str]:
    """Every command as it is typed, groups spelled out."""
    found = set()
    waiting = [("spineplan", typer.main.get_command(app))]
    while waiting:
        name, command = waiting.pop()
        below = getattr(command, "commands", {})
        waiting += [(f"{name} {key}", entry) for key, entry in below.items()]
        if not below:
            found.add(name)
    return found


def test_the_commands_exist_and_none_is_left_out() -> None:
    """The table of commands and the program name the same commands."""
    table = set(re.findall(r"^\| `(spineplan(?: [a-z]+)+)", TEXT, re.M))
    assert table == _commands()


def test_commands_named_elsewhere_exist() -> None:
    """A command in running text, of any page, is one that can be run."""
    commands = _commands()
    groups = {name.rpartition(" ")[0] for name in commands} | commands
    for page in ("README.md", "CONTRIBUTING.md", "SECURITY.md", "docs/architecture.md", "knowledge/README.md"):
        for typed in re.findall(r"`(spineplan(?: [a-z]+)+)", (ROOT / page).read_text(encoding="utf-8")):
            words = typed.split()
            known = any(" ".join(words[:length]) in groups for length in range(2, len(words) + 1))
            assert known, f"{page}: `{typed}` is not a command"


def test_make_targets_exist() -> None:
    """Every `make TARGET` of the pages is in the Makefile."""
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M))
    for page in ("README.md", "CONTRIBUTING.md"):
        named = set(re.findall(r"(?:`|^)make ([a-z-]+)", (ROOT / page).read_text(encoding="utf-8"), re.M))
        assert named, f"{page} names no target"
        assert named <= targets, f"{page} names {sorted(named - targets)}, which the Makefile does not have"


def test_every_status_and_exit_code_is_explained() -> None:
    """The tables of statuses and exit codes hold exactly what the program has."""
    rows = re.findall(r"^\| `([a-z-]+)` \|", TEXT, re.M)
    assert set(get_args(Status)) <= set(rows)
    codes = {int(code) for code in re.findall(r"^\| (\d) \|", TEXT, re.M)}
    assert codes == {0, 1, INPUT_IS_WRONG, OUR_FAULT}


def test_every_section_of_a_case_is_explained(engine: Engine) -> None:
    """The table of the case file has the sections that the reader knows, and no other."""
    table = TEXT.split("## The case file")[1].split("## Commands")[0]
    keys = {key for row in re.findall(r"^\| (`.+?) \|", table, re.M) for key in re.findall(r"`([a-z_]+)`", row)}
    with pytest.raises(InputError) as refused:
        read_patient(engine, "case", "as_of: 2026-03-02\nno_such_section: 1\n", "2026-03-02")
    (problem,) = refused.value.problems
    assert keys == set(problem.suggestion.removeprefix("Known here: ").rstrip(".").split(", "))


def test_the_profiles_are_all_named(engine: Engine) -> None:
    """The profiles that README.md lists are those of the knowledge, the default first."""
    listed = re.search(r"Profiles: (.+?)\.\n", TEXT, re.S)
    assert listed
    names = re.findall(r"`([a-z0-9-]+)`", listed[1])
    assert names[0] == engine.knowledge.manifest.default_profile
    assert sorted(names) == sorted(engine.knowledge.profiles)


def test_links_lead_somewhere() -> None:
    """Every relative link of the pages at the top and in docs/ points to a file or folder that exists."""
    pages = [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("decisions/*.md"), *ROOT.glob("knowledge/*.md")]
    for page in pages:
        for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name} links to {target}, which does not exist"
