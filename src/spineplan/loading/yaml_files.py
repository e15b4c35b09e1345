"""YAML (and JSON, which YAML contains) read to plain values, with the line of every path kept.

Refuses what would lose or hide input: duplicate keys, several documents, tags, too many nodes, too large a file, bytes that are not UTF-8 text.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from spineplan.model.problems import Place, Problem

MAX_BYTES = 40_000_000
MAX_NODES = 500_000
MAX_DEPTH = 60

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
PathKey = tuple[str | int, ...]


class Document:
    """One file as plain values. `place(path)` tells the line of a key or list item; the nearest known parent stands in for an unknown path."""

    def __init__(self, file: str, data: Any, lines: dict[PathKey, int]) -> None:
        self.file = file
        self.data = data
        self._lines = lines

    def place(self, path: PathKey = ()) -> Place:
        """The place of a path such as ("options", "ibuprofen", "line")."""
        shown = ".".join(str(step) for step in path)
        for length in range(len(path), -1, -1):
            line = self._lines.get(path[:length])
            if line is not None:
                return Place(self.file, line, shown)
        return Place(self.file, 0, shown)


class _Builder:
    def __init__(self, file: str, loader: Any) -> None:
        self.file = file
        self.loader = loader
        self.lines: dict[PathKey, int] = {}
        self.problems: list[Problem] = []
        self.nodes = 0

    def build(self, node: yaml.Node, path: PathKey) -> Any:
        self.nodes += 1
        if self.nodes > MAX_NODES or len(path) > MAX_DEPTH:
            raise _TooMuchError
        self.lines.setdefault(path, node.start_mark.line + 1)
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self.build(child, (*path, index)) for index, child in enumerate(node.value)]
        return self._scalar(node, path)

    def _mapping(self, node: yaml.MappingNode, path: PathKey) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = key_node.value if isinstance(key_node, yaml.ScalarNode) else None
            line = key_node.start_mark.line + 1
            if key is None:
                self.problems.append(Problem(Place(self.file, line), "a key must be a plain word", "Write `key: value`."))
                continue
            if key in result:
                self.problems.append(
                    Problem(
                        Place(self.file, line, ".".join(map(str, (*path, key)))),
                        f"`{key}` stands here twice",
                        "Keep one of them.",
                    )
                )
                continue
            self.lines[(*path, key)] = line
            result[key] = self.build(value_node, (*path, key))
        return result

    def _scalar(self, node: yaml.Node, path: PathKey) -> Any:
        if node.tag.startswith("!") or node.tag.startswith("tag:yaml.org,2002:python"):
            self.problems.append(
                Problem(Place(self.file, node.start_mark.line + 1), f"the tag {node.tag} is not allowed", "Remove it.")
            )
            return None
        try:
            return self.loader.construct_object(node)
        except (ValueError, yaml.YAMLError):
            return node.value


class _TooMuchError(Exception):
    pass


def read_text(path: Path) -> tuple[str, list[Problem]]:
    """The text of a file, or why it cannot be read as text (missing, too large, empty, not UTF-8, binary)."""
    name = str(path)
    whole = Place(name)
    try:
        if path.is_dir():
            return "", [Problem(whole, "this is a folder, not a file", "Name a case file or a FHIR Bundle.")]
        size = path.stat().st_size
        if size > MAX_BYTES:
            limit = MAX_BYTES // 1_000_000
            return "", [
                Problem(whole, f"the file has {size / 1e6:.0f} MB; at most {limit} MB are read", "Send one patient only.")
            ]
        raw = path.read_bytes()
    except FileNotFoundError:
        return "", [Problem(whole, "there is no such file", "Check the name and the folder.")]
    except OSError as error:
        return "", [Problem(whole, f"the file cannot be read: {error.strerror or error}", "Check its permissions.")]
    return decode(name, raw)


def decode(name: str, raw: bytes) -> tuple[str, list[Problem]]:
    """Bytes to text; a problem when they are empty, binary or not UTF-8."""
    whole = Place(name)
    if not raw.strip():
        return "", [Problem(whole, "the file is empty", "Write a case as in examples/, or name another file.")]
    if b"\x00" in raw:
        return "", [Problem(whole, "the file is binary, not text", "Send YAML or JSON in UTF-8.")]
    try:
        return raw.decode("utf-8-sig"), []
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        return "", [Problem(Place(name, line), "the file is not UTF-8 text", "Save it as UTF-8.")]


def _bounded(text: str) -> bool:
    """Whether nesting and number of parts stay inside the limits; found event by event, before anything recurses."""
    depth = parts = 0
    try:
        for event in yaml.parse(text, Loader=_Loader):
            if isinstance(event, yaml.CollectionStartEvent):
                depth += 1
            elif isinstance(event, yaml.CollectionEndEvent):
                depth -= 1
            parts += 1
            if depth > MAX_DEPTH or parts > 2 * MAX_NODES:
                return False
    except yaml.YAMLError:
        return True  # what is wrong with it is said when it is read
    return True


def parse(name: str, text: str) -> tuple[Document | None, list[Problem]]:
    """YAML or JSON text to a document, or every problem of its form."""
    too_much = Problem(Place(name), "the file is nested too deeply or has too many parts", "Send one patient only.")
    if not _bounded(text):
        return None, [too_much]
    loader = _Loader(text)
    builder = _Builder(name, loader)
    try:
        node = loader.get_single_node()
        if node is None:
            return None, [Problem(Place(name), "the file holds no data", "Write a case as in examples/.")]
        data = builder.build(node, ())
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 0
        detail = error.problem or error.context or "it cannot be read"
        return None, [
            Problem(
                Place(name, line), f"this is not valid YAML: {detail}", "Check indentation, colons and quotes near this line."
            )
        ]
    except yaml.YAMLError as error:
        return None, [
            Problem(
                Place(name), f"this is not valid YAML: {' '.join(str(error).split())}", "Save it as plain UTF-8 YAML or JSON."
            )
        ]
    except (_TooMuchError, RecursionError):
        return None, [too_much]
    finally:
        loader.dispose()
    return Document(name, data, builder.lines), builder.problems
