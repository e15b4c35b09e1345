"""What the readers of list sections share: places, problems, names under `other:`, and the splitting of phrases.

A phrase is split at commas, semicolons and "and" only when it means nothing as a whole.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from typing import Any

from spineplan.loading.yaml_files import Document, PathKey
from spineplan.model.problems import Place
from spineplan.records.case_values import kind_of
from spineplan.records.phrases import fold
from spineplan.records.settling import Gathering

ReadItem = Callable[[str, PathKey, str, Any], None]
OTHER = frozenset(("other", "others", "not checked"))
NAME_KEYS = ("name", "treatment", "medicine", "substance", "allergen", "condition", "diagnosis", "what", "drug")


class Sections:
    """Readers of some sections. `item` reads a name with its answer, for a list item that is a mapping."""

    def __init__(self, document: Document, gathered: Gathering, item: ReadItem) -> None:
        self.document = document
        self.gathered = gathered
        self.names = gathered.names
        self.knowledge = gathered.knowledge
        self.item = item

    def place(self, path: PathKey) -> Place:
        """The place of a path."""
        return self.document.place(path)

    def problem(self, path: PathKey, what: str, suggestion: str = "") -> None:
        """Note a problem at a path."""
        self.gathered.problem(self.place(path), what, suggestion)

    def other(self, path: PathKey, raw: Any) -> None:
        """Names under `other:` are accepted and listed as not checked."""
        for value in raw if isinstance(raw, list) else [raw]:
            if isinstance(value, dict | list | bool) or value is None or not str(value).strip():
                self.problem(
                    path,
                    f"under `other` stands a name, not {kind_of(value) if value is not None else 'nothing'}",
                    "Write `other: NAME`.",
                )
            else:
                self.gathered.not_checked.add(words(value))

    def texts(self, path: PathKey, raw: Any, known: Callable[[str], bool]) -> list[str]:
        """The phrases of one item: the whole text when it is known, else its parts between commas, semicolons and "and"."""
        if isinstance(raw, int | float | dt.date) and not isinstance(raw, bool):
            raw = str(raw)
        if not isinstance(raw, str) or not raw.strip():
            self.problem(path, f"a name stands here, not {kind_of(raw) if raw is not None else 'nothing'}", "Write it as text.")
            return []
        if known(raw):
            return [raw]
        parts = [part.strip() for part in re.split(r"[,;]", raw) if part.strip()]
        split = [piece for part in parts for piece in ([part] if known(part) else re.split(r"\s+(?:and|&|\+)\s+", part))]
        return split if any(known(part) for part in split) else [raw]


def core(text: str) -> str:
    """A phrase without numbers and marks, for suggestions."""
    return " ".join(word for word in re.split(r"[\s,;:()]+", fold(text)) if word and not word[0].isdigit()) or fold(text)


def words(raw: Any) -> str:
    """A plain value as one line of text."""
    if isinstance(raw, bool):
        return "yes" if raw else "no"
    return raw.isoformat() if isinstance(raw, dt.date) else " ".join(str(raw).split())
