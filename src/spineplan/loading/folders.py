"""A knowledge folder to documents: which files belong to it, their text, and one hash over their content.

The order of files and folders never matters: files are read by sorted name and the hash is over normalised content.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from pydantic import ValidationError

from spineplan.loading.fingerprint import MANIFEST, knowledge_files
from spineplan.loading.schema import KnowledgeFile, ManifestFile
from spineplan.loading.yaml_files import Document, parse, read_text
from spineplan.model.problems import InputError, Place, Problem, did_you_mean

_ORDERED = frozenset({"bands", "regimens", "line", "limit", "range"})
Form = TypeVar("Form", KnowledgeFile, ManifestFile)


class LoadedFile(NamedTuple):
    """A knowledge file: its document (for places) and its checked form."""

    document: Document
    form: KnowledgeFile


class LoadedKnowledge(NamedTuple):
    """All documents of a knowledge folder; `problems` are those of form, found so far.

    `broken`: the entries that were left out for their form. `unread`: a whole file could not be read, so that names are missing.
    """

    files: tuple[LoadedFile, ...]
    manifest: ManifestFile | None
    sha256: str
    problems: tuple[Problem, ...]
    broken: frozenset[str] = frozenset()
    unread: bool = False


def load_folder(folder: Path) -> LoadedKnowledge:
    """Read every file of a knowledge folder. Raises InputError when the folder is none."""
    if not (folder / MANIFEST).is_file():
        raise InputError(
            [Problem(Place(str(folder)), f"this is no knowledge folder: it has no {MANIFEST}", "Name the folder that holds it.")]
        )
    problems: list[Problem] = []
    loaded: list[LoadedFile] = []
    broken: set[str] = set()
    unread = False
    merged: dict[str, dict[str, Any]] = {}
    for path in knowledge_files(folder):
        document, found = _read(path, path.relative_to(folder).as_posix())
        problems.extend(found)
        if document is None:
            unread = True
            continue
        _merge(document.data, merged)
        form, found = _shape(document, KnowledgeFile)
        problems.extend(found)
        if form is None:
            form = _sound_part(document, broken)
        loaded.append(LoadedFile(document, form))
    document, found = _read(folder / MANIFEST, MANIFEST)
    problems.extend(found)
    manifest = None
    if document is not None:
        manifest, found = _shape(document, ManifestFile)
        problems.extend(found)
        merged["manifest"] = document.data
    normalised = json.dumps(_normal(merged), sort_keys=True, default=str, ensure_ascii=False, separators=(",", ":"))
    return LoadedKnowledge(
        tuple(loaded), manifest, hashlib.sha256(normalised.encode()).hexdigest(), tuple(problems), frozenset(broken), unread
    )


def _read(path: Path, name: str) -> tuple[Document | None, list[Problem]]:
    text, problems = read_text(path)
    if problems:
        return None, problems
    return parse(name, text)


def _normal(value: Any, key: str = "") -> Any:
    """The content without what means nothing: a list is a set, unless it is one of those whose order counts."""
    if isinstance(value, dict):
        return {name: _normal(part, str(name)) for name, part in value.items()}
    if isinstance(value, list):
        items = [_normal(item) for item in value]
        return items if key in _ORDERED else sorted(items, key=lambda item: json.dumps(item, sort_keys=True, default=str))
    return value


def _merge(data: Any, merged: dict[str, dict[str, Any]]) -> None:
    if not isinstance(data, dict):
        return
    for section, entries in data.items():
        if isinstance(entries, dict):
            target = merged.setdefault(section, {})
            for key, value in entries.items():
                if isinstance(target.get(key), dict) and isinstance(value, dict):
                    target[key] = {**target[key], **value}
                else:
                    target[key] = value


def _shape(document: Document, model: type[Form]) -> tuple[Form | None, list[Problem]]:
    try:
        return model.model_validate(document.data), []
    except ValidationError as error:
        return None, [_problem(document, model, detail) for detail in error.errors()]


def _sound_part(document: Document, broken: set[str]) -> KnowledgeFile:
    """What of a file has the right form, entry by entry, so that one broken entry does not hide or cause others."""
    sound: dict[str, Any] = {}
    sections = document.data if isinstance(document.data, dict) else {}
    for section, entries in sections.items():
        if not isinstance(entries, dict):
            continue
        for key, entry in entries.items():
            try:
                KnowledgeFile.model_validate({section: {key: entry}})
            except ValidationError:
                broken.add(key)
                continue
            sound.setdefault(section, {})[key] = entry
    return KnowledgeFile.model_validate(sound)


def _problem(document: Document, model: type[KnowledgeFile] | type[ManifestFile], detail: Any) -> Problem:
    path = tuple(step for step in detail["loc"] if not (isinstance(step, str) and step[:1].isupper() and step.endswith("Form")))
    known = [step for step in path if not (isinstance(step, str) and ("[" in step or step in {"str", "int", "list"}))]
    place = document.place(tuple(known))
    if detail["type"] == "extra_forbidden":
        siblings = _known_keys(model, tuple(known[:-1]))
        return Problem(
            place,
            f"`{known[-1]}` is not a key here",
            did_you_mean(str(known[-1]), siblings) or f"Known keys: {', '.join(siblings)}.",
        )
    if detail["type"] == "missing":
        return Problem(place, f"`{known[-1]}` is missing", "Add it; the format is described in knowledge/README.md.")
    return Problem(place, f"{detail['msg']} (found {str(detail.get('input'))[:60]!r})", "See knowledge/README.md.")


def _known_keys(model: Any, path: tuple[str | int, ...]) -> list[str]:
    current: Any = model
    for step in path:
        fields = getattr(current, "model_fields", None)
        if fields is not None and step in fields:
            current = _inner(fields[step].annotation)
        if current is None:
            return []
    fields = getattr(current, "model_fields", None)
    return sorted(fields) if fields else []


def _inner(annotation: Any) -> Any:
    if hasattr(annotation, "model_fields"):
        return annotation
    for argument in reversed(getattr(annotation, "__args__", ())):
        found = _inner(argument)
        if found is not None:
            return found
    return None
