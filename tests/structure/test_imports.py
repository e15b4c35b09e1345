"""Imports point one way, and each outside library has one home.

The table is the architecture. A new package takes a row here and a paragraph in `docs/architecture.md`.
"""

from __future__ import annotations

import ast
import sys

from tests.structure.source import imports, modules, shown

MAY_IMPORT: dict[str, set[str]] = {
    "model": set(),
    "loading": {"model"},
    "checking": {"model", "loading"},
    "compiling": {"model", "loading", "checking"},
    "evaluating": {"model", "loading", "checking", "compiling"},
    "explaining": {"model", "loading", "checking", "compiling", "evaluating"},
    "records": {"model", "loading", "evaluating"},
    "proving": {"model", "loading", "checking", "compiling", "evaluating", "explaining"},
    "querying": {"model"},
    "application": {"model", "loading", "checking", "compiling", "evaluating", "explaining", "records", "querying", "proving"},
    "cli": {"application", "model"},
    "__init__": set(),
}
WHY_ONE_WAY = (
    "Imports point one way: model <- loading <- checking <- compiling <- evaluating <- explaining; records reads model, loading "
    "and evaluating; proving may judge all that stream; querying reads model; application may use all of them; cli knows "
    "application and model only. An import against the stream makes two packages one: neither can then be read, tested or "
    "replaced alone."
)

HOMES: dict[str, set[str]] = {
    "msgspec": {"*"},
    "sqlglot": {"checking"},
    "pydantic": {"loading"},
    "pydantic_core": {"loading"},
    "yaml": {"loading"},
    "platformdirs": {"application"},
    "typer": {"cli"},
    "rich": {"cli"},
}
WHY_HOMES = (
    "Each outside library has one home, so that it can be replaced there and so that `spineplan plan` starts without loading "
    "what it does not use. Put the call behind a function of the package that owns the library, or change HOMES and say why in a "
    "decision record."
)

NETWORK = {
    "socket",
    "ssl",
    "http",
    "urllib",
    "ftplib",
    "smtplib",
    "socketserver",
    "xmlrpc",
    "asyncio",
    "requests",
    "httpx",
    "aiohttp",
}
WHY_NO_NETWORK = "Patient data stay on the machine: the engine opens no connection, and SECURITY.md promises it."


def test_imports_point_one_way() -> None:
    """No package imports one that is built on top of it."""
    findings = []
    for module in modules():
        allowed = {module.package, "__version__"} | MAY_IMPORT.get(module.package, set())
        for name, line in imports(module):
            top, _, rest = name.partition(".")
            package = rest.partition(".")[0]
            if top == "spineplan" and package and package not in allowed:
                findings.append(f"{module.path}:{line} imports {name}")
    assert not findings, shown(findings, WHY_ONE_WAY)


def test_every_package_has_its_place() -> None:
    """The table names exactly the packages that exist."""
    packages = {module.package for module in modules()}
    unplaced = sorted(packages - set(MAY_IMPORT))
    assert not unplaced, (
        f"{unplaced} have no row in MAY_IMPORT: say what they may import, and describe them in docs/architecture.md."
    )
    gone = sorted(set(MAY_IMPORT) - packages)
    assert not gone, f"{gone} stand in MAY_IMPORT and no longer exist: remove the rows."


def test_outside_libraries_stay_at_home() -> None:
    """A library is imported only by the package that owns it."""
    findings = []
    for module in modules():
        for name, line in imports(module):
            top = name.partition(".")[0]
            if top == "spineplan" or top in sys.stdlib_module_names:
                continue
            homes = HOMES.get(top, set())
            if "*" not in homes and module.package not in homes:
                findings.append(f"{module.path}:{line} imports {top} (home: {', '.join(sorted(homes)) or 'none yet'})")
    assert not findings, shown(findings, WHY_HOMES)


def test_nothing_can_reach_the_network() -> None:
    """No module of the engine imports what opens a connection."""
    findings = [
        f"{module.path}:{line} imports {name}"
        for module in modules()
        for name, line in imports(module)
        if name.partition(".")[0] in NETWORK
    ]
    assert not findings, shown(findings, WHY_NO_NETWORK)


def test_imports_are_absolute() -> None:
    """Relative imports hide which package is meant."""
    findings = [
        f"{module.path}:{node.lineno}"
        for module in modules()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ImportFrom) and node.level
    ]
    assert not findings, shown(findings, "Imports are absolute, so that a reader and these tests see which package is meant.")
