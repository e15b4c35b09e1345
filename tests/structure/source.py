"""The source as the structure tests read it: parsed files with their place, and the tracked files of the repository."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "spineplan"
_NOT_OURS = {".venv", ".git", "__pycache__", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".hypothesis", "build", "dist"}


class Module(NamedTuple):
    """A parsed Python file: path from the repository, package inside `spineplan` (or module at its top), syntax tree, lines."""

    path: str
    package: str
    tree: ast.Module
    lines: int


@cache
def modules() -> tuple[Module, ...]:
    """Every module of the engine."""
    return tuple(_module(path) for path in sorted(PACKAGE.rglob("*.py")))


@cache
def python_files(*folders: str) -> tuple[Module, ...]:
    """Every Python file in these folders of the repository."""
    return tuple(
        _module(path) for folder in folders for path in sorted((ROOT / folder).rglob("*.py")) if not _NOT_OURS & set(path.parts)
    )


def _module(path: Path) -> Module:
    text = path.read_text(encoding="utf-8")
    inside = path.relative_to(PACKAGE).with_suffix("").parts if path.is_relative_to(PACKAGE) else ("",)
    return Module(path.relative_to(ROOT).as_posix(), inside[0], ast.parse(text), text.count("\n"))


@cache
def tracked_files() -> tuple[Path, ...]:
    """The files that git tracks or would track; without git, every file outside the folders that tools make."""
    listed = subprocess.run(
        ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"], capture_output=True, check=False
    )
    if listed.returncode == 0 and listed.stdout:
        return tuple(path for name in listed.stdout.decode().split("\0") if name and (path := ROOT / name).is_file())
    return tuple(path for path in sorted(ROOT.rglob("*")) if path.is_file() and not _NOT_OURS & set(path.relative_to(ROOT).parts))


def imports(module: Module) -> Iterator[tuple[str, int]]:
    """Every imported dotted name with its line, also those inside functions and `if TYPE_CHECKING`."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            if node.module == "spineplan":
                yield from ((f"spineplan.{alias.name}", node.lineno) for alias in node.names)
            else:
                yield node.module, node.lineno


def docstrings(tree: ast.Module) -> set[int]:
    """The ids of the syntax nodes that are docstrings."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and node.body:
            first = node.body[0]
            if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
                found.add(id(first.value))
    return found


def texts(module: Module) -> Iterator[tuple[str, int]]:
    """Every string literal that is not a docstring, with its line; the fixed parts of f-strings included."""
    skipped = docstrings(module.tree)
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in skipped:
            yield node.value, node.lineno


def shown(findings: list[str], why: str) -> str:
    """The message of a failing test: why the rule exists, then every place that breaks it."""
    return "\n".join([why, *(f"  {finding}" for finding in findings)])
