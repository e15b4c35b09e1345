"""Sentences, clauses and names made short: cut only where one ends, and marked where a text goes on."""

from __future__ import annotations

import re

LINE = 92
_CLAUSE = 60
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[A-Z])")
_CLAUSE_END = re.compile(r"[,;] ")
_SHORTENED = ("e.g.", "i.e.", "vs.", "approx.", "max.", "min.", "ca.", "Dr.", "St.", "no.")


def first(text: str) -> str:
    """The first sentence."""
    return _sentences(text)[0]


def last(text: str) -> str:
    """The last sentence."""
    return _sentences(text)[-1]


def without(text: str, sentence: str) -> str:
    """The text without a sentence that stands elsewhere."""
    return text.replace(f" {sentence}", "") if sentence else text


def cut(text: str) -> str:
    """The text as far as its clauses fit beside a name, with a mark that it goes on; whole where it is short or has no clauses."""
    ends = [found.start() for found in _CLAUSE_END.finditer(text)]
    if len(text) <= _CLAUSE or not ends:
        return text
    return f"{text[: max((end for end in ends if end <= _CLAUSE), default=ends[0])]} ..."


def stem(name: str) -> str:
    """The name without an explanation in brackets at its end."""
    return name.split(" (")[0] if name.endswith(")") else name


def _sentences(text: str) -> list[str]:
    """The text in sentences; a shortened word is not the end of one."""
    sentences: list[str] = []
    start = 0
    for end in _SENTENCE_END.finditer(text):
        if not text[: end.start()].endswith(_SHORTENED):
            sentences.append(text[start : end.start()])
            start = end.end()
    return [*sentences, text[start:]]
