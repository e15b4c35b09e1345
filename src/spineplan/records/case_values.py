"""Single values as doctors write them: yes and no, numbers with units, durations, categories and dates.

Each reader gives the value, or says in one sentence why it cannot; nothing here raises.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from typing import Any
from typing import Literal as OneOf

import msgspec

from spineplan.model.expressions import Value
from spineplan.model.facts import FactDeclaration
from spineplan.records.doses import number
from spineplan.records.fhir_units import convert
from spineplan.records.names import Names
from spineplan.records.phrases import COUNTS, fold, iso_date, without_date
from spineplan.records.settling import stepped

YES = frozenset(
    (
        "yes",
        "y",
        "true",
        "positive",
        "pos",
        "+",
        "++",
        "+++",
        "+ve",
        "(+)",
        "1",
        "\u2713",
        "present",
        "abnormal",
        "confirmed",
        "done",
    )
)
NO = frozenset(
    (
        "no",
        "n",
        "false",
        "negative",
        "neg",
        "-",
        "absent",
        "none",
        "denied",
        "denies",
        "excluded",
        "never",
        "not present",
        "0",
        "nil",
        "nad",
        "normal",
        "unremarkable",
    )
)
LEFT_OPEN = frozenset(
    ("not asked", "not examined", "not done", "not tested", "not assessed", "not recorded", "open", "to be asked", "tbd")
)
UNKNOWABLE = frozenset(
    (
        "unknown",
        "not known",
        "cannot be known",
        "unobtainable",
        "unavailable",
        "not available",
        "cannot say",
        "unclear",
        "unsure",
        "?",
    )
)
_NOTHING_ELSE = (
    *("nil known", "none of note", "nil of note", "nothing of note", "nothing significant", "nil significant", "nil regular"),
    *("no significant past medical history", "no significant pmh", "no past medical history", "no regular medication"),
    *("no regular medications", "no regular medicines", "no medication", "no medications", "no medicines", "no implants"),
    *("fit and well", "previously fit and well", "previously well", "otherwise well", "otherwise healthy", "healthy"),
    *("no known drug allergies", "no known drug allergy", "no known allergy", "no drug allergies", "no allergies"),
)
NOTHING = frozenset(
    (
        *(
            "none",
            "none known",
            "no",
            "nil",
            "none reported",
            "nothing",
            "nka",
            "nkda",
            "no known allergies",
            "empty",
            "-",
            "n/a",
        ),
        *_NOTHING_ELSE,
    )
)
_DAYS = {"day": 1.0, "week": 7.0, "month": 365.25 / 12, "year": 365.25, "hour": 1 / 24}
_DURATION = re.compile(
    rf"^(?:for|since|about|approx|approximately|around|~|ca)?\s*(?P<count>\d+(?:[.,]\d+)?|{'|'.join(COUNTS)}|half an?)\s*"
    r"(?P<unit>h|hours?|d|days?|w|wks?|weeks?|mo|months?|y|yrs?|years?)(?:\s+old|\s+long|\s+duration)?$"
)
_PART = re.compile(r"^(?:for )?(?P<count>\d+)/(?P<of>7|52|12)$")
_NUMBER = re.compile(r"^(?P<number>[+-]?\d+(?:[.,]\d+)*)\s*(?P<rest>.*)$")
_LIMIT = re.compile(r"^(?P<sign>[<>\u2264\u2265])\s*(?P<equal>=?)\s*(?P<value>\d.*)$")
_RANGE = re.compile(r"^\d+(?:[.,]\d+)?\s*(?:-|\u2013|to)\s*(?P<upper>\d+(?:[.,]\d+)?(?:\s*[^\d\s].*)?)$")
_MIXED = re.compile(r"^(?P<count1>\d+)\s*(?P<unit1>[a-z]+)\s*(?P<count2>\d+(?:\.\d+)?)\s*(?P<unit2>[a-z]+)$")
_SHORT_UNITS = {"f": "degF", "deg f": "degF", "degrees f": "degF", "\u00b0f": "degF", "degrees c": "Cel", "st": "stone"}
_PARTS = {"7": "day", "52": "week", "12": "month"}
_UNITS = {
    "years": ("year", "y", "yr", "yrs", "years old", "year old"),
    "days": ("day", "d"),
    "kg": ("kilograms", "kilogram", "kgs"),
    "cm": ("centimetres", "centimeters"),
    "weeks": ("week", "w", "wk", "wks", "weeks pregnant", "weeks of pregnancy"),
    "points": ("point", "pts", "of 10", "out of 10"),
    "degrees c": ("c", "\u00b0c", "\u00b0", "celsius", "deg c", "degrees", "degrees celsius"),
    "of 5": ("/5", "out of 5"),
    "mmhg": ("mm hg",),
    "ratio": ("",),
    "/min": ("bpm", "per minute", "per min", "beats per minute"),
    "10^9/l": ("g/l", "x10^9/l", "x 10^9/l", "10e9/l", "/nl", "giga/l"),
    "x uln": ("times uln", "x", "times the upper limit"),
}

_SHORTEST_DATE = 8
_MONTHS_A_YEAR = 12
_SLASHED = re.compile(r"^(?P<day>\d{1,2})/(?P<month>\d{1,2})/\d{4}$")
_MONTH_FIRST = re.compile(r"^([A-Za-z]{3,9})\.? (\d{1,2})(?:st|nd|rd|th)?,? (\d{4})$")

Answer = OneOf["value", "open", "null", "wrong"]


class Read(msgspec.Struct, frozen=True):
    """What a written value means: a value, left open, cannot be known, or wrong (`what` and `suggestion` say why).

    `note` says how a value was read that is a limit or a range (`>90`, `7-8`).
    """

    answer: Answer
    value: Value = None
    what: str = ""
    suggestion: str = ""
    note: str = ""


def read_value(fact: FactDeclaration, raw: Any, names: Names) -> Read:
    """The value of a fact in a case file."""
    if isinstance(raw, list) and len(raw) == 1:
        raw = raw[0]
    if raw is None:
        return Read("open")
    if isinstance(raw, dict | list):
        return Read("wrong", what=f"{fact.label} is one value, not {kind_of(raw)}", suggestion=_example(fact))
    text = fold(str(raw)) if isinstance(raw, str) else ""
    if text in LEFT_OPEN:
        return Read("open")
    if fact.type != "category" or not _is_category_word(fact, text):
        if isinstance(raw, str) and (text in UNKNOWABLE or raw.strip() == "?"):
            return Read("null")
        if text in ("not applicable", "n/a"):
            return Read("value", False) if fact.type == "boolean" else Read("open")
    if fact.type == "boolean":
        return _boolean(fact, raw, text)
    if fact.type == "number":
        return _number(fact, raw, text)
    return _category(fact, raw, text, names)


def _boolean(fact: FactDeclaration, raw: Any, text: str) -> Read:
    if isinstance(raw, bool) or (isinstance(raw, int) and raw in (0, 1)):
        return Read("value", bool(raw))
    stripped = raw.strip() if isinstance(raw, str) else ""
    if text in YES or stripped in ("+", "++", "+++"):
        return Read("value", True)
    if text in NO or stripped in ("-", "--", "-ve", "(-)"):
        return Read("value", False)
    return Read(
        "wrong", what=f"{fact.label} is answered by yes or no, not by `{_short(raw)}`", suggestion="Write yes, no or not asked."
    )


def _number(fact: FactDeclaration, raw: Any, text: str) -> Read:
    if isinstance(raw, bool):
        return Read("wrong", what=f"{fact.label} is a number, not yes or no", suggestion=_example(fact))
    if isinstance(raw, int | float):
        try:
            value = float(raw)
        except OverflowError:
            value = math.inf
        return (
            Read("value", value)
            if math.isfinite(value)
            else Read("wrong", what=f"{fact.label} is not a number", suggestion=_example(fact))
        )
    if not isinstance(raw, str):
        return Read("wrong", what=f"`{_short(raw)}` is not a number for {fact.label}", suggestion=_example(fact))
    limit = _LIMIT.match(raw.strip().lower())
    if limit:
        return _beyond(fact, raw, limit)
    text, note = _upper(fact, raw, text)
    if fold(fact.unit) == "days":
        days = read_days(text)
        if days is not None:
            return Read("value", days, note=note)
    if text in COUNTS and text not in ("a", "an"):
        return Read("value", float(COUNTS[text]))
    mixed = _mixed(fact, raw)
    if mixed is not None:
        return Read("value", mixed)
    match = _NUMBER.match(text)
    written = number(match["number"].lstrip("+")) if match else None
    if match is None or written is None:
        return Read("wrong", what=f"`{_short(raw)}` is not a number for {fact.label}", suggestion=_example(fact))
    rest = match["rest"].strip()
    if rest and not _same_unit(rest, fact):
        converted = _converted(written, rest, fact)
        if converted is None:
            return Read("wrong", what=f"`{rest}` is not the unit of {fact.label}", suggestion=_example(fact))
        written = converted
    return Read("value", written, note=note)


def _converted(value: float, unit: str, fact: FactDeclaration) -> float | None:
    return convert(value, "", _SHORT_UNITS.get(unit, unit), _SHORT_UNITS.get(fold(fact.unit), fact.unit))


def _mixed(fact: FactDeclaration, raw: str) -> float | None:
    """A value in two units, such as `12 st 7 lb` or `5 ft 11 in`."""
    match = _MIXED.match(" ".join(raw.lower().split()))
    if match is None:
        return None
    parts = [_converted(float(match[f"count{index}"]), match[f"unit{index}"], fact) for index in (1, 2)]
    known = [part for part in parts if part is not None]
    return math.fsum(known) if len(known) == len(parts) else None


def _beyond(fact: FactDeclaration, raw: str, limit: re.Match[str]) -> Read:
    """A value given as a limit (`>90`): the nearest value that fits, and a note that says so."""
    read = _number(fact, limit["value"], fold(limit["value"]))
    if read.answer != "value" or not isinstance(read.value, float):
        return read
    step = 0.0 if limit["equal"] else fact.step
    value = read.value + (-step if limit["sign"] in "<\u2264" else step)
    value = min(max(value, fact.minimum), fact.maximum) if fact.minimum <= read.value <= fact.maximum else value
    value = stepped(value, fact)
    return Read("value", value, note=f"{fact.label} was given as {_short(raw)}; {value:g} was used.")


def _upper(fact: FactDeclaration, raw: str, text: str) -> tuple[str, str]:
    """A range (`7-8`, `2 to 3 weeks`) as its upper end, and a note that says so."""
    match = _RANGE.match(" ".join(raw.lower().split()))
    if match is None:
        return text, ""
    return fold(match["upper"]), f"{fact.label} was given as {_short(raw)}; the upper end was used."


def _same_unit(rest: str, fact: FactDeclaration) -> bool:
    unit = fold(fact.unit)
    plain = {_squeezed(unit), *(_squeezed(other) for other in _UNITS.get(unit, ()))}
    if unit == "points" or fact.unit.startswith("of "):
        plain |= {f"/{fact.maximum:g}", f"of{fact.maximum:g}", f"outof{fact.maximum:g}"}
    squeezed = _squeezed(rest)
    return squeezed in plain or (
        unit.startswith(("ml/min", "mmol/mol")) and _squeezed(unit).startswith(squeezed) and "/" in squeezed
    )


def _squeezed(unit: str) -> str:
    return re.sub(r"[\s.]+", "", unit.replace("\u00b2", "2"))


def _category(fact: FactDeclaration, raw: Any, text: str, names: Names) -> Read:
    if isinstance(raw, bool):
        raw, text = ("yes" if raw else "no"), ("yes" if raw else "no")
    if not isinstance(raw, str):
        return Read("wrong", what=f"`{_short(raw)}` is not a value of {fact.label}", suggestion=_example(fact))
    for value, label in fact.values.items():
        if text in (fold(value), fold(label)):
            return Read("value", value)
    if text == "no" and "none" in fact.values:
        return Read("value", "none")
    meaning = names.term(text, fact.field)
    if meaning is not None and fact.name in meaning.set:
        return Read("value", meaning.set[fact.name])
    if meaning is not None and fact.name in meaning.unknown:
        return Read("open")
    inside = _inside(fact, text, names)
    if len(inside) == 1:
        return Read("value", inside[0]) if inside[0] else Read("open")
    return Read("wrong", what=f"`{_short(raw)}` is not a value of {fact.label}", suggestion=_example(fact))


def _inside(fact: FactDeclaration, text: str, names: Names) -> list[str]:
    """The values that parts of the phrase name, empty for a broad one; a part inside a longer one does not count."""
    words = re.split(r"[\s,;]+", text)
    found: list[str] = []
    position = 0
    labels = {fold(part): value for value, label in fact.values.items() for part in (value, label)}
    while position < len(words):
        for end in range(len(words), position, -1):
            phrase = " ".join(words[position:end])
            meaning = names.term(phrase, fact.field)
            value = labels.get(phrase) or (meaning.set.get(fact.name) if meaning else None)
            if meaning is not None and fact.name in meaning.unknown:
                value = ""
            if isinstance(value, str):
                found.append(value)
                position = end - 1
                break
        position += 1
    return list(dict.fromkeys(found))


def _is_category_word(fact: FactDeclaration, text: str) -> bool:
    return any(text in (fold(value), fold(label)) for value, label in fact.values.items())


def read_days(text: str) -> float | None:
    """Days in a duration such as `3 weeks`, `10 days` or `6 months`; None when it is none."""
    part = _PART.match(text.strip())
    if part:
        return float(part["count"]) * _DAYS[_PARTS[part["of"]]]
    match = _DURATION.match(text.strip())
    if not match:
        return None
    word = match["count"]
    count = 0.5 if word.startswith("half") else float(COUNTS[word]) if word in COUNTS else number(word)
    unit = match["unit"]
    key = "month" if unit.startswith("mo") else next(name for name in _DAYS if name[0] == unit[0])
    return None if count is None else count * _DAYS[key]


def read_date(raw: Any) -> dt.date | None:
    """A date as YAML or JSON gives it."""
    if isinstance(raw, dt.datetime):
        return raw.date()
    if isinstance(raw, dt.date):
        return raw
    text = str(raw).strip() if isinstance(raw, str) or (isinstance(raw, int) and not isinstance(raw, bool)) else ""
    if len(text) < _SHORTEST_DATE:
        return None
    day = iso_date(text.partition("T")[0])
    return day or _written_date(text)


def _written_date(text: str) -> dt.date | None:
    """A day written otherwise than ISO, when day and month cannot be mistaken for each other (`2.3.2026`, `2 March 2026`)."""
    slashed = _SLASHED.match(text)
    if slashed and int(slashed["day"]) <= _MONTHS_A_YEAR and slashed["day"] != slashed["month"]:
        return None
    turned = _MONTH_FIRST.sub(r"\2 \1 \3", text)
    rest, period, _ = without_date(fold(turned), "")
    return period.first if period is not None and not rest and period.first == period.last else None


def is_nothing(raw: Any) -> bool:
    """Whether a list says that there is nothing."""
    if raw is False or (
        isinstance(raw, list) and (not raw or (len(raw) == 1 and is_nothing(raw[0]) and not isinstance(raw[0], list)))
    ):
        return True
    return isinstance(raw, str) and (fold(raw) in NOTHING or raw.strip() == "-")


def is_unknowable(raw: Any) -> bool:
    """Whether a whole field says that it cannot be known today."""
    return isinstance(raw, str) and fold(raw) in UNKNOWABLE


def is_left_open(raw: Any) -> bool:
    """Whether a whole field is written but not answered."""
    return raw is None or (isinstance(raw, str) and fold(raw) in LEFT_OPEN)


def kind_of(raw: Any) -> str:
    """What a value is, in plain words."""
    if isinstance(raw, dict):
        return "a mapping"
    if isinstance(raw, list):
        return "a list"
    if isinstance(raw, bool):
        return "yes or no"
    if isinstance(raw, int | float):
        return "a number"
    return "a date" if isinstance(raw, dt.date) else "text"


def _example(fact: FactDeclaration) -> str:
    if fact.type == "boolean":
        return "Write yes, no or not asked."
    if fact.type == "category":
        return f"Write one of: {', '.join(fact.values)}."
    unit = f" ({fact.unit})" if fact.unit else ""
    return f"Write one number from {fact.minimum:g} to {fact.maximum:g}{unit}."


def _short(raw: Any) -> str:
    text = " ".join(str(raw).split())
    return text if len(text) <= 60 else f"{text[:57]}..."
