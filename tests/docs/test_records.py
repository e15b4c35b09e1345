"""Decision records, changelogs and glossary keep their form, and what they name exists."""

from __future__ import annotations

import importlib
import re
import tomllib
from pathlib import Path

import pytest
import yaml

from tests.docs.sample import ROOT

RECORDS = sorted((ROOT / "decisions").glob("*.md"))
HEADINGS = ["Status", "Context", "Decision", "Drawbacks", "Alternatives"]
ONE_PAGE = 60
STATES = ("accepted", "proposed", "superseded by ", "rejected")


@pytest.mark.parametrize("record", RECORDS, ids=lambda path: path.stem)
def test_a_decision_record_has_its_five_headings(record: Path) -> None:
    """Status, context, decision, drawbacks, alternatives, in this order, on one page."""
    text = record.read_text(encoding="utf-8")
    assert re.findall(r"^## (.+)$", text, re.M) == HEADINGS, f"{record.name} must have the headings {HEADINGS} and no other"
    number = record.name[:4]
    assert re.match(rf"# {number} \S", text), f"{record.name} begins with `# {number} ` and its title"
    status = text.split("## Status\n")[1].strip().lower()
    assert status.startswith(STATES), f"{record.name}: the status begins with one of {STATES}"
    assert text.count("\n") <= ONE_PAGE, f"{record.name} is longer than a page; a reader must take it in at once"


def test_decision_records_are_numbered_without_gaps() -> None:
    """0001, 0002, … each once, so that a number names one decision for ever."""
    assert [path.name[:4] for path in RECORDS] == [f"{number:04d}" for number in range(1, len(RECORDS) + 1)]


ROW = re.compile(r"^\| \*\*(?P<word>[^*]+)\*\* \| (?P<meaning>[^|]+) \| (?P<code>[^|]*) \|$", re.M)
GLOSSARY = (ROOT / "GLOSSARY.md").read_text(encoding="utf-8")


def test_every_row_of_the_glossary_is_read() -> None:
    """No row escapes the test below because of its form."""
    rows = [line for line in GLOSSARY.splitlines() if line.startswith("| ") and not line.startswith(("| word", "|---"))]
    assert len(rows) == len(ROW.findall(GLOSSARY))


@pytest.mark.parametrize("row", list(ROW.finditer(GLOSSARY)), ids=lambda found: str(found["word"]))
def test_glossary_names_exist(row: re.Match[str]) -> None:
    """What stands in the third column is a class or function of the engine, a file or a folder."""
    for name in re.findall(r"`([^`]+)`", row["code"]):
        if "/" in name or name.endswith((".yaml", ".md")):
            assert (ROOT / name).exists(), f"`{row['word']}`: there is no {name}"
        else:
            module, _, attribute = name.rpartition(".")
            found = importlib.import_module(f"spineplan.{module}")
            assert hasattr(found, attribute), f"`{row['word']}`: spineplan.{module} has no {attribute}"


def test_every_package_is_in_the_glossary_and_on_the_map() -> None:
    """A folder whose word is explained nowhere is a folder that nobody can find."""
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    for folder in sorted((ROOT / "src" / "spineplan").iterdir()):
        if (folder / "__init__.py").is_file():
            assert f"`{folder.name}`" in page, f"docs/architecture.md does not say what `{folder.name}` promises"
            named = f"spineplan/{folder.name}/" in GLOSSARY or f"`{folder.name}." in GLOSSARY
            assert named, f"GLOSSARY.md does not name {folder.name}"


def test_changelogs_have_the_present_versions() -> None:
    """The engine's changelog names the version of the package, the content's changelog the version of the manifest."""
    package = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    content = yaml.safe_load((ROOT / "knowledge" / "manifest.yaml").read_text(encoding="utf-8"))["version"]
    assert f"## [{package}]" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f"## [{content}]" in (ROOT / "knowledge" / "CHANGELOG.md").read_text(encoding="utf-8")
