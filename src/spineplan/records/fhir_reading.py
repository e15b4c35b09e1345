"""Tolerant access to FHIR R4 JSON: what has the wrong type reads as missing, never as an exception.

What enters is decoded JSON; what leaves are `Resource`s with their place and date, concepts with codings and words, and an
index that follows references. Nothing here knows a clinical name.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta

import msgspec

from spineplan.model.problems import Place

_DATE = re.compile(r"^\s*(?P<year>\d{4})(?:-(?P<month>\d{2})(?:-(?P<day>\d{2})(?P<time>T.*)?)?)?\s*$")
_TAG_NAMES = (
    "disorder|finding|situation|procedure|substance|product|physical object|event|observable entity|organism|person"
    "|qualifier value"
    "|regime/therapy|morphologic abnormality|clinical drug|medicinal product|medicinal product form|context-dependent category"
)
_TAGS = re.compile(rf"\s*\((?:{_TAG_NAMES})\)\s*$", re.IGNORECASE)
_LONGEST_TEXT = 300


def as_dict(value: object) -> dict[str, object]:
    """A JSON object as it is (not a copy), or an empty one."""
    return value if isinstance(value, dict) else {}


def as_list(value: object) -> list[object]:
    """A JSON array as it is (not a copy), or an empty one."""
    return value if isinstance(value, list) else []


def as_text(value: object) -> str:
    """A JSON string without surrounding and repeated space, cut to a length that can be shown; or an empty one."""
    if not isinstance(value, str):
        return ""
    text = " ".join(value.split())[:_LONGEST_TEXT]
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def as_number(value: object) -> float | None:
    """A finite JSON number, or None."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def dicts(value: object) -> Iterator[dict[str, object]]:
    """The JSON objects of an array; other items are left out."""
    for item in as_list(value):
        if isinstance(item, dict):
            yield as_dict(item)


class Moment(msgspec.Struct, frozen=True, order=True):
    """A FHIR date or instant, possibly partial: the first instant (UTC) and the days it can mean, and its ISO date as written."""

    instant: datetime
    first: date
    last: date
    text: str

    @property
    def exact(self) -> bool:
        """Whether the day is known."""
        return self.first == self.last

    def days_before(self, as_of: date) -> int:
        """Days from the earliest day it can mean to `as_of`; negative when it lies after."""
        return (as_of - self.first).days


def moment(value: object) -> Moment | None:
    """A FHIR date, dateTime or instant as a Moment; None when it is missing or cannot be a date."""
    match = _DATE.match(value) if isinstance(value, str) else None
    if match is None:
        return None
    try:
        first = date(int(match["year"]), int(match["month"] or 1), int(match["day"] or 1))
        instant = datetime(first.year, first.month, first.day, tzinfo=UTC)
        if match["time"]:
            read = datetime.fromisoformat(match.string.strip())
            instant = read.replace(tzinfo=read.tzinfo or UTC).astimezone(UTC)
        if match["day"]:
            last = first
        elif match["month"]:
            last = (first.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
        else:
            last = first.replace(month=12, day=31)
    except (ValueError, OverflowError):
        return None
    return Moment(instant, first, last, "-".join(match[part] for part in ("year", "month", "day") if match[part]))


class Coding(msgspec.Struct, frozen=True, order=True):
    """One code of a concept, with its system as written."""

    system: str
    code: str
    display: str


class Concept(msgspec.Struct, frozen=True):
    """A CodeableConcept: its codings (sorted) and its words (its own text first, without terminology tags, each once)."""

    codings: tuple[Coding, ...] = ()
    words: tuple[str, ...] = ()

    @property
    def shown(self) -> str:
        """The words to show, or the code when there are none."""
        if self.words:
            return self.words[0]
        return next((f"{coding.system} {coding.code}".strip() for coding in self.codings if coding.code), "")


def concept(value: object, *more: str) -> Concept:
    """A CodeableConcept as a Concept; `more` are further words for it (a reference's display)."""
    raw = _concept_object(value)
    codings = sorted(
        Coding(as_text(item.get("system")), as_text(item.get("code")), as_text(item.get("display")))
        for item in dicts(raw.get("coding"))
    )
    words = [as_text(raw.get("text")), *(coding.display for coding in codings), *(as_text(text) for text in more)]
    plain = [_TAGS.sub("", word).strip() for word in words]
    return Concept(tuple(coding for coding in codings if coding.code), tuple(dict.fromkeys(word for word in plain if word)))


def _concept_object(value: object) -> dict[str, object]:
    """A CodeableConcept, also when one stands alone in a list or is only written as text."""
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    return {"text": value} if isinstance(value, str) else as_dict(value)


def codes_of(value: object) -> set[str]:
    """The codes of a CodeableConcept, lower case: for status values."""
    return {as_text(item.get("code")).lower() for item in dicts(_concept_object(value).get("coding"))} - {""}


class Resource(msgspec.Struct, frozen=True):
    """One resource of a record: its type, id, content, place in the input, and the full URL of its entry."""

    type: str
    id: str
    content: dict[str, object]
    place: Place
    url: str = ""

    @property
    def reference(self) -> str:
        """How the resource is named as an origin: `Condition/abc`; the type alone when it has no id."""
        return f"{self.type}/{self.id}" if self.id else self.type

    def get(self, key: str) -> object:
        """An element of the resource, or None."""
        return self.content.get(key)

    def text(self, key: str) -> str:
        """A string element, or an empty text."""
        return as_text(self.content.get(key))

    def moment(self, *keys: str) -> Moment | None:
        """The first date among elements such as `onsetDateTime`; `a.b` goes one step further in."""
        for key in keys:
            outer, _, inner = key.partition(".")
            value = self.content.get(outer)
            found = moment(as_dict(value).get(inner) if inner else value)
            if found is not None:
                return found
        return None

    @property
    def order(self) -> tuple[str, str, str]:
        """A key for sorting that does not depend on the order of the input; the content counts where there is no id."""
        return (self.type, self.id, "" if self.id else self.written)

    @property
    def written(self) -> str:
        """The content as one text, the same whatever the order of its elements."""
        return json.dumps(self.content, sort_keys=True, default=str)


class Index:
    """Follows references among the resources of one record: by full URL, by `Type/id`, by id inside `contained`."""

    def __init__(self, resources: Iterable[Resource]) -> None:
        self._known: dict[str, Resource] = {}
        for resource in sorted(resources, key=lambda resource: resource.order):
            for name in names_of(resource):
                self._known.setdefault(name, resource)

    def follow(self, reference: object, source: Resource) -> dict[str, object]:
        """The content that a Reference element points to; empty when it dangles."""
        target = as_text(as_dict(reference).get("reference"))
        if target.startswith("#"):
            for inner in dicts(source.get("contained")):
                if as_text(inner.get("id")) == target[1:]:
                    return inner
            return {}
        for name in _reference_names(target):
            if name in self._known:
                return self._known[name].content
        return {}


def names_of(resource: Resource) -> tuple[str, ...]:
    """All references by which a resource can be meant."""
    names = [resource.url] if resource.url else []
    if resource.id:
        names += [f"{resource.type}/{resource.id}", f"urn:uuid:{resource.id}"]
    return tuple(names)


def _reference_names(target: str) -> tuple[str, ...]:
    """A reference as written, and its last two steps (`Type/id`) when it is an address, without its version."""
    plain = target.partition("/_history/")[0]
    steps = plain.split("/")
    return tuple(dict.fromkeys((plain, "/".join(steps[-2:])))) if len(steps) > 1 else (plain,)


def belongs_to(resource: Resource, patient: Resource) -> bool:
    """Whether a resource speaks of the patient. One without a readable reference to a subject counts as the patient's."""
    for key in ("subject", "patient"):
        target = as_text(as_dict(resource.get(key)).get("reference"))
        if not target or target.startswith("#") or "?" in target:
            continue
        named = names_of(patient)
        if not named:
            return True
        return any(name in named for name in _reference_names(target))
    return True
