"""Clinical phrases made comparable: spelling folded, dates found, and the small words that negate, doubt or place in the past.

Nothing here knows a clinical name. What enters is one phrase as a doctor wrote it; what leaves is its core and how it was meant.
"""

from __future__ import annotations

import calendar
import re
import unicodedata
from datetime import date, timedelta

import msgspec

_DASHES = re.compile(r"[\u2010-\u2015\u2212]")
_SEPARATORS = re.compile(r"(?:[\s_]|(?<!\d)-|-(?!\d))+")
_QUIET_MARKS = re.compile(r"['\u2018\u2019`\"\u201c\u201d]")
_TRAILING = " .,;:!"
_PLAIN_MARKS = {ord(mark): " " for mark in "\t\v\f\r\x1c\x1d\x1e\x1f_"} | dict.fromkeys(map(ord, "'`\""))
_HYPHENS = re.compile(r"(?<!\d)-|-(?!\d)")
_SPACES = re.compile(r" {2,}")
_PLURAL = re.compile(r"(?<=[^ \n]{3})(?<![sui])s(?![^ \n])")
_NUMBER_UNIT = re.compile(r"(?<=\d)(?=[a-z%])")
_MONTHS = {
    name.lower(): index for source in (calendar.month_name, calendar.month_abbr) for index, name in enumerate(source) if name
} | {"sept": 9}
_MONTH = "|".join(sorted(_MONTHS, key=len, reverse=True))
_YEAR = r"(?P<year>(?:19|20)\d\d)"
_LEAD = r"(?:\b(?P<lead>in|on|since|from|of|diagnosed in|diagnosed on|diagnosed|dx|first in|about|around|approx)\.?\s+)?"
_DATES = (
    re.compile(rf"{_LEAD}\(?\b{_YEAR}[-./](?P<month>0?[1-9]|1[0-2])[-./](?P<day>[0-2]?\d|3[01])\b\)?"),
    re.compile(rf"{_LEAD}\(?\b(?P<day>[0-2]?\d|3[01])[./](?P<month>0?[1-9]|1[0-2])[./]{_YEAR}\b\)?"),
    re.compile(rf"{_LEAD}\(?\b(?:(?P<day>[0-2]?\d|3[01])(?:st|nd|rd|th)?\s+)?(?P<name>{_MONTH})\.?,?\s+{_YEAR}\b\)?"),
    re.compile(rf"{_LEAD}\(?\b{_YEAR}[-/](?P<month>0?[1-9]|1[0-2])\b\)?"),
    re.compile(rf"{_LEAD}\(?\b(?P<month>0?[1-9]|1[0-2])[/.]{_YEAR}\b\)?"),
    re.compile(rf"{_LEAD}\(?\b{_YEAR}\b\)?"),
)
_WORDS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
COUNTS = {"a": 1, "an": 1} | {word: number for number, word in enumerate(_WORDS, start=1)}
_AGO = re.compile(rf"\(?\b(?P<count>\d{{1,3}}|{'|'.join(COUNTS)})\s*(?P<unit>day|week|month|year)s?\s+ago\b\)?")
_ONGOING = frozenset({"since", "from", "diagnosed in", "diagnosed on", "diagnosed", "dx", "first in"})
_NEGATIONS = re.compile(
    r"^(?:no known|no history of|no evidence of|no signs? of|no|not known to have|does not have|has no|not|without|denies|denied"
    r"|never had|never)\s+"
    r"|\s+(?:absent|excluded|ruled out|negative|denied)$"
)
_DOUBTS = re.compile(
    r"^(?:\?\s*|(?:suspected|suspicion of|possible|possibly|probable|probably|query|questionable|unclear|maybe|perhaps"
    r"|unconfirmed)\s+)"
    r"|\s*\?$|\s+(?:suspected|possible|unconfirmed|not certain|uncertain)$"
)
_PAST = re.compile(
    r"^(?:past history of|previous history of|history of|hx of|h/o|previous|previously|past|former|formerly|old|status post"
    r"|s/p|st p|had)\s+"
    r"|\s+(?:in the past|in remission|resolved|healed|cured|previously|long ago|years ago|in childhood)$"
)
_SOFT = re.compile(
    r"^(?:known|confirmed|mild|slight|stable|treated|controlled|well controlled|current|an?|the|has|with|positive for|left|right|bilateral)\s+"
    r"|\s+(?:treated|controlled|well controlled|stable|on treatment|confirmed|present|known|left|right|bilateral(?:ly)?|unspecified"
    r"|[ctls]\d{1,2}(?:[-/ ]+[ctls]?\d{1,2})?)$"
)


def fold(text: str) -> str:
    """A phrase without regard to case, accents, apostrophes, and the difference between hyphen, underscore and space."""
    if text.isascii():
        return _fold_plain(text.lower().replace("\n", " ")).strip(_TRAILING)
    plain = "".join(mark for mark in unicodedata.normalize("NFKD", text) if not unicodedata.combining(mark))
    return _SEPARATORS.sub(" ", _QUIET_MARKS.sub("", _DASHES.sub("-", plain.casefold()))).strip(_TRAILING)


def _fold_plain(lower: str) -> str:
    """Folds lower-case ASCII, but for the marks at its ends; line feeds stay."""
    text = lower.translate(_PLAIN_MARKS)
    if "-" in text:
        text = _HYPHENS.sub(" ", text)
    return _SPACES.sub(" ", text) if "  " in text else text


def fold_all(phrases: list[str]) -> list[str]:
    """Each phrase folded, as `fold` does, all at once: many short phrases are folded as one long text."""
    odd = {index: fold(phrase) for index, phrase in enumerate(phrases) if not phrase.isascii() or "\n" in phrase}
    text = "\n".join("" if index in odd else phrase for index, phrase in enumerate(phrases)) if odd else "\n".join(phrases)
    folded = [line.strip(_TRAILING) for line in _fold_plain(text.lower()).split("\n")] if phrases else []
    for index, phrase in odd.items():
        folded[index] = phrase
    return folded


def loose(folded: str) -> str:
    """A folded phrase without plural endings and without the difference between ae, oe and e; for a second look-up only.

    Several phrases may stand in one text, one a line.
    """
    return _PLURAL.sub("", folded).replace("ae", "e").replace("oe", "e")


def spaced(folded: str) -> str:
    """A folded phrase with a space between a number and its unit: `5mg` becomes `5 mg`."""
    return _NUMBER_UNIT.sub(" ", folded)


class Period(msgspec.Struct, frozen=True):
    """The days that a written date can mean, both ends included, and how it was written (`2019`, `2026-03`, `2026-03-02`)."""

    first: date
    last: date
    text: str

    def within(self, days: int, as_of: date) -> bool | None:
        """Whether it lies within so many days before `as_of`: yes, no, or None when the date is too coarse to tell."""
        edge = as_of - timedelta(days=days)
        if self.first >= edge:
            return True
        return False if self.last < edge else None


class Core(msgspec.Struct, frozen=True):
    """The core of a phrase and how it was meant. `ongoing`: the date says since when, so that it still holds."""

    text: str
    negated: bool = False
    doubted: bool = False
    past: bool = False
    ongoing: bool = False
    period: Period | None = None


def without_date(folded: str, as_of: str) -> tuple[str, Period | None, bool]:
    """The phrase without its date, the date, and whether it says since when. "3 months ago" needs `as_of` (ISO, may be empty)."""
    for pattern in _DATES:
        match = pattern.search(folded)
        if match:
            period = _period(match.groupdict())
            if period is not None:
                return _without(folded, match), period, (match["lead"] or "") in _ONGOING
    match = _AGO.search(folded)
    today = iso_date(as_of)
    if match and today:
        count = COUNTS.get(match["count"]) or int(match["count"])
        return _without(folded, match), _ago(count, match["unit"], today), False
    return folded, None, False


def _without(text: str, match: re.Match[str]) -> str:
    return " ".join(f"{text[: match.start()]} {text[match.end() :]}".split()).strip(" .,;:()")


def _period(parts: dict[str, str | None]) -> Period | None:
    year = int(parts["year"] or 0)
    name = parts.get("name")
    month = _MONTHS[name] if name else int(parts.get("month") or 0)
    day = int(parts.get("day") or 0)
    try:
        if day:
            only = date(year, month, day)
            return Period(only, only, only.isoformat())
        if month:
            return Period(date(year, month, 1), date(year, month, calendar.monthrange(year, month)[1]), f"{year}-{month:02}")
        return Period(date(year, 1, 1), date(year, 12, 31), str(year))
    except ValueError:
        return None


def _ago(count: int, unit: str, today: date) -> Period:
    if unit == "year":
        return Period(_back(today, 12 * (count + 1)), _back(today, 12 * count), f"{count} years before {today.isoformat()}")
    if unit == "month":
        return Period(_back(today, count + 1), _back(today, count), f"{count} months before {today.isoformat()}")
    days = count * (7 if unit == "week" else 1)
    when = today - timedelta(days=days)
    return Period(when, when, when.isoformat())


def _back(today: date, months: int) -> date:
    index = max(today.year * 12 + today.month - 1 - months, 12)
    year, month = divmod(index, 12)
    return date(year, month + 1, min(today.day, calendar.monthrange(year, month + 1)[1]))


def iso_date(text: str) -> date | None:
    """An ISO date, or None."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def readings(phrase: str, as_of: str = "") -> list[Core]:
    """The ways to read a phrase, the most literal first: as it stands, then without date, negation, doubt, past, soft words."""
    folded = fold(phrase)
    found = [Core(folded)]
    text, period, ongoing = without_date(folded, as_of)
    core = Core(text, past=period is not None and not ongoing, ongoing=ongoing, period=period)
    while core.text:
        if core != found[-1]:
            found.append(core)
        shorter = _shorter(core)
        if shorter is None:
            break
        core = shorter
    return found


def _shorter(core: Core) -> Core | None:
    for pattern, mark in ((_NEGATIONS, "negated"), (_DOUBTS, "doubted"), (_PAST, "past"), (_SOFT, "")):
        text = pattern.sub("", core.text, count=1).strip()
        if text != core.text and text:
            changed = msgspec.structs.replace(core, text=text)
            if mark == "negated":
                return msgspec.structs.replace(changed, negated=not core.negated)
            return msgspec.structs.replace(changed, **{mark: True}) if mark else changed
    return None
