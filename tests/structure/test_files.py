"""How files and folders are kept: names, size, docstrings, the clock, tracked content, skipped tests."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.structure.source import ROOT, Module, modules, python_files, shown, tracked_files

LONGEST = 500
MARGIN = 50  # a file near the limit keeps its reason
# Files past the limit, and why one name still says what is in them.
LONG_FILES: dict[str, str] = {
    "src/spineplan/loading/schema.py": "the shape of every section of the knowledge files, read from top to bottom like a table",
    "tests/doors/test_cli.py": "every promise of the command line, one short test each",
}

EMPTY_NAMES = {"core", "common", "utils", "util", "helpers", "helper", "base", "manager", "managers", "misc", "shared", "lib"}

CLOCKS = {
    "datetime": {"now", "today", "utcnow"},
    "date": {"today"},
    "time": {"time", "time_ns", "localtime", "gmtime", "monotonic", "perf_counter", "strftime", "ctime"},
}
WHY_CLOCK = (
    "Only entry points (cli) read a clock: time is an argument. A plan made again from the same case, knowledge and `as_of` must "
    "have the same bytes. Take `as_of` as a parameter."
)

# Split so that this file does not find itself.
REGISTRIES = ("pypi" + ".org", "python" + "hosted.org", "index" + "-url", "npm" + "js.org", "conda" + ".anaconda")
MACHINE_PATHS = (
    r"(?<![\w.:/])/(?:ro" + r"ot|wo" + r"rk|op" + r"t)/[\w.-]",
    r"(?<![\w.:/])/(?:ho" + r"me|Us" + r"ers)/[a-z][\w-]*/",
    r"[A-Z]:\\+Us" + r"ers\\",
)


def test_no_file_is_long_without_a_reason() -> None:
    """A file past the limit is a question; the list holds the answers."""
    long = {module.path: module.lines for module in python_files("src", "tests", "benchmarks") if module.lines > LONGEST}
    findings = [f"{path}: {lines} lines" for path, lines in long.items() if path not in LONG_FILES]
    why = f"Files past {LONGEST} lines: would two names explain them better than one? If not, add the reason to LONG_FILES."
    assert not findings, shown(findings, why)
    near = {module.path for module in python_files("src", "tests", "benchmarks") if module.lines > LONGEST - MARGIN}
    stale = sorted(set(LONG_FILES) - near)
    assert not stale, f"{stale} are well below {LONGEST} lines or gone: remove them from LONG_FILES."


def test_folders_say_what_is_in_them() -> None:
    """No folder or module has a name that could hold anything."""
    findings = sorted(
        {
            path.relative_to(ROOT).as_posix()
            for path in tracked_files()
            if path.suffix == ".py" and EMPTY_NAMES & {part.removesuffix(".py") for part in path.relative_to(ROOT).parts}
        }
    )
    assert not findings, shown(
        findings, "These names could hold anything. Name what the module does (-ing) or what it is (a noun)."
    )


def test_everything_public_says_what_it_is() -> None:
    """Every module, public class and public function of the engine has a docstring."""
    findings = [finding for module in modules() for finding in _undocumented(module)]
    assert not findings, shown(
        findings, "Public names carry their contract in one sentence: what enters, what leaves, which errors."
    )


def _undocumented(module: Module) -> Iterator[str]:
    if ast.get_docstring(module.tree) is None:
        yield f"{module.path}: the module"
    waiting: list[tuple[ast.AST, str]] = [(module.tree, "")]
    while waiting:
        parent, prefix = waiting.pop()
        for node in ast.iter_child_nodes(parent):
            if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("_"):
                if ast.get_docstring(node) is None:
                    yield f"{module.path}:{node.lineno} {prefix}{node.name}"
                if isinstance(node, ast.ClassDef):
                    waiting.append((node, f"{node.name}."))


def test_only_entry_points_read_a_clock() -> None:
    """Outside cli nothing asks what time it is."""
    findings = [f"{module.path}:{line}" for module in modules() if module.package != "cli" for line in _clock_reads(module.tree)]
    assert not findings, shown(findings, WHY_CLOCK)


def _clock_reads(tree: ast.Module) -> Iterator[int]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            owner = node.value.attr if isinstance(node.value, ast.Attribute) else getattr(node.value, "id", "")
            if node.attr in CLOCKS.get(owner, ()):
                yield node.lineno
        elif isinstance(node, ast.ImportFrom) and node.module == "time":
            yield node.lineno


@pytest.mark.parametrize(
    "source", ["datetime.now()", "datetime.date.today()", "import time\ntime.time()", "from time import monotonic"]
)
def test_the_clock_is_seen(source: str) -> None:
    """The ways of reading a clock that the test above must notice."""
    assert list(_clock_reads(ast.parse(source)))


def test_tracked_files_name_no_registry_and_no_machine() -> None:
    """Nothing that is tracked says where packages come from or where the project lies on one machine."""
    pattern = re.compile("|".join([*map(re.escape, REGISTRIES), *MACHINE_PATHS]))
    findings = []
    for path in tracked_files():
        content = path.read_bytes()
        if b"\0" in content:
            continue
        for number, line in enumerate(content.decode("utf-8", "replace").splitlines(), start=1):
            if pattern.search(line):
                findings.append(f"{path.relative_to(ROOT).as_posix()}:{number} {line.strip()[:100]}")
    assert not findings, shown(
        findings, "The project builds wherever pip is set up: no address of a registry and no path of one machine."
    )


def test_the_lock_fits_the_project() -> None:
    """Every library that the project asks for is locked, at a version that it allows, with hashes."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    asked = [Requirement(text) for text in [*project["dependencies"], *project["optional-dependencies"]["dev"]]]
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    locked = dict(re.findall(r"^([A-Za-z0-9_.-]+)==([^\s;]+)[^\n]*\n    --hash=", lock, re.M))
    findings = []
    for requirement in asked:
        version = locked.get(canonicalize_name(requirement.name))
        if version is None or not requirement.specifier.contains(version, prereleases=True):
            findings.append(f"{requirement} (locked: {version or 'no version'})")
    assert not findings, shown(
        findings, "requirements.lock is what a fresh clone gets. Run `make lock` after a change of pyproject.toml."
    )


def test_no_test_is_skipped_without_a_reason() -> None:
    """A skipped or excluded test says why; one that is expected to fail fails the build once it passes."""
    findings = [finding for module in python_files("tests") for finding in _silenced(module)]
    assert not findings, shown(findings, "A test that is not run is a gap. Give `reason=...`; give `strict=True` to xfail.")


def _silenced(module: Module) -> Iterator[str]:
    called = {id(node.func): node for node in ast.walk(module.tree) if isinstance(node, ast.Call)}
    for node in ast.walk(module.tree):
        if not isinstance(node, ast.Attribute):
            continue
        call = called.get(id(node))
        given = {keyword.arg: keyword.value for keyword in call.keywords} if call else {}
        marks = ast.unparse(node)
        if marks in {"pytest.mark.skip", "pytest.mark.skipif", "pytest.mark.xfail", "unittest.skip"}:
            if not _says_something(given.get("reason")):
                yield f"{module.path}:{node.lineno} {marks} has no reason"
            strict = given.get("strict")
            if marks.endswith("xfail") and not (isinstance(strict, ast.Constant) and strict.value is True):
                yield f"{module.path}:{node.lineno} xfail is not strict"
        elif marks in {"pytest.skip", "pytest.xfail"}:
            argument = given.get("reason") or (call.args[0] if call and call.args else None)
            if not _says_something(argument):
                yield f"{module.path}:{node.lineno} {marks} has no reason"
        elif marks == "pytest.importorskip" and not _says_something(given.get("reason")):
            yield f"{module.path}:{node.lineno} importorskip has no reason"


def _says_something(node: ast.AST | None) -> bool:
    if isinstance(node, ast.Constant):
        return isinstance(node.value, str) and bool(node.value.strip())
    return node is not None
