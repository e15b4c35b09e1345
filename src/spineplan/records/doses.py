"""Doses in words to an amount a day: `400 mg tds`, `1 g four times a day`, `25 mcg/h`, `10 mg every 4 hours`.

What cannot be read completely gives no amount: an amount that is not known is never guessed. Ranges count with their upper end.
"""

from __future__ import annotations

import re

import msgspec

from spineplan.records.phrases import COUNTS, fold

_NUMBER = r"\d+(?:[.,]\d+)*"
_COUNT = rf"(?:{_NUMBER}|\u00bd|half|one|two|three|four|five|six)"
_MILLIGRAMS = {"g": 1000.0, "mg": 1.0, "mcg": 0.001, "kg": 1_000_000.0}
_MASS = r"(?P<unit>mg|mgs|milligrams?|micrograms?|mcg|ug|\u00b5g|\u03bcg|g|gm|grams?|kg)"
_RATE = re.compile(rf"(?P<low>{_NUMBER})(?:\s*(?:-|to)\s*(?P<high>{_NUMBER}))?\s*{_MASS}\s*(?:/|per|an)\s*(?:h|hr|hour)\b")
_AMOUNT = re.compile(rf"(?P<low>{_NUMBER})(?:\s*(?:-|to)\s*(?P<high>{_NUMBER}))?\s*{_MASS}\b(?!\s*/\s*\d*\s*ml)")
_OTHER_UNIT = re.compile(rf"{_NUMBER}\s*(?P<unit>iu|i\.u\.|units?|cm|mmol|meq)\b")
_TOTAL = re.compile(
    r"(?:/|\bper\b)\s*(?:d|day|24\s*(?:h|hours?))\b|\b(?:in )?(?:\d+ )?divided doses\b|\btotal daily\b|\bdaily dose\b"
)
_PIECES = re.compile(
    rf"(?P<count>{_COUNT})(?:\s*(?:-|to)\s*(?P<high>{_COUNT}))?\s*(?:x\s*)?(?:tablets?|tabs?|capsules?|caps?|pills?|sachets?|patch(?:es)?|caplets?)\b"
)
_TIMES_BEFORE = re.compile(rf"^(?P<count>{_NUMBER})\s*x\s*(?=\d)")
_WORD_COUNT = r"(?P<count>\d+|one|two|three|four|five|six)"
_FREQUENCIES: tuple[tuple[re.Pattern[str], float | str], ...] = (
    (re.compile(r"\bevery other day\b|\b(?:on )?alternate days\b|\bevery second day\b"), 0.5),
    (re.compile(rf"\b(?:every|q)\s*{_WORD_COUNT}\s*(?:-\s*\d+\s*)?(?:h|hr|hrs|hours?|hourly)\b"), "hours"),
    (re.compile(rf"\b{_WORD_COUNT}\s*hourly\b"), "hours"),
    (re.compile(rf"\bevery\s*{_WORD_COUNT}\s*days\b"), "days"),
    (re.compile(rf"\b{_WORD_COUNT}\s*(?:times|x)\s*(?:a|per|each|every|in a)?\s*/?\s*(?:day|daily|d)\b"), "times"),
    (re.compile(rf"\b{_WORD_COUNT}\s*(?:times|x)\s*(?:a|per|each|every)?\s*/?\s*week(?:ly)?\b"), "weekly"),
    (re.compile(rf"\bx\s*{_WORD_COUNT}\s*(?:/|a|per)?\s*(?:day|daily|d)?\b"), "times"),
    (re.compile(r"\bonce (?:a week|weekly)\b|\bweekly\b|\bevery week\b|\bper week\b"), 1 / 7),
    (re.compile(r"\btwice (?:a week|weekly)\b"), 2 / 7),
    (
        re.compile(
            r"\b(?:bd|bid|b\.i\.d|b\.d)\b|\btwice (?:a day|daily|per day|each day)\b|\btwice\b|\bmorning and (?:evening|night)\b"
        ),
        2.0,
    ),
    (re.compile(r"\b(?:tds|tid|t\.d\.s|t\.i\.d)\b|\bthrice(?: a day| daily)?\b"), 3.0),
    (re.compile(r"\b(?:qds|qid|q\.d\.s|q\.i\.d)\b"), 4.0),
    (re.compile(r"\b(?P<morning>\d)\s*-\s*(?P<noon>\d)\s*-\s*(?P<evening>\d)(?:\s*-\s*(?P<night>\d))?\b"), "pattern"),
    (
        re.compile(
            r"\b(?:once (?:a day|daily|per day|each day|nightly)|od|o\.d|qd|q\.d|daily|nightly|every day|each day|a day|a night"
            r"|mane|nocte|on|om|hs|at (?:night|bedtime|noon)|(?:in the|every|each) (?:morning|evening|night)|once)\b"
        ),
        1.0,
    ),
)
_CUT = re.compile(r"\b(?:for|since|because|due to|started|from|until|prescribed|against)\b.*$")
_FORM_WORDS = """tab tabs tablet tablets cap caps capsule capsules pill pills patch patches plaster plasters gel
cream ointment spray drops solution syrup suspension sachet sachets injection injections inj
suppository suppositories mr sr er xr xl la modified extended prolonged slow sustained long
immediate acting release retard coated enteric ec film soluble effervescent dispersible forte low
high strength"""
_USE_WORDS = """oral orally po by mouth im iv sc subcutaneous intramuscular intravenous topical topically
transdermal sublingual rectal nasal inhaled inhaler dose doses single regular regularly with without
food meals meal breakfast lunch dinner water up to max maximum at most about approximately approx ca
the of a an and in taken takes taking take apply applied uses using currently usually current term permanently own
over counter otc generic hourly morning evening night noon extra"""
_FILLERS = frozenset((*_FORM_WORDS.split(), *_USE_WORDS.split()))
AS_NEEDED = re.compile(
    r"\b(?:prn|p\.r\.n|as needed|as required|when needed|when required|if needed|if required|on demand|sos|occasionally|sometimes"
    r"|rarely|irregularly)\b"
)


class Dose(msgspec.Struct, frozen=True):
    """A daily amount with its unit (`mg/day`, or `mcg/h` for patches), or None. `rest` is what was not understood.

    `wrong_unit` names a unit that no daily amount can have; `written` tells whether the text says anything about the amount.
    """

    amount: float | None = None
    unit: str = ""
    rest: str = ""
    wrong_unit: str = ""
    written: bool = False


def read_dose(text: str) -> Dose:
    """The dose in a text from which the medicine's name has been taken away."""
    plain = AS_NEEDED.sub(" ", _CUT.sub("", fold(text).replace("micro g", "mcg").replace("m c g", "mcg")))
    plain = (
        " ".join(plain.replace("(", " ").replace(")", " ").replace(",", ", ").replace(" ,", ",").split())
        if "," not in plain
        else plain
    )
    written = bool(re.search(r"\d", plain))
    rate = _RATE.search(plain)
    if rate:
        rest = _rest(_frequency(_cut_out(plain, rate))[1])
        micrograms = _upper(rate) * _milligrams(rate["unit"]) * 1000
        return Dose(None if rest else micrograms, "mcg/h", rest, written=True)
    wrong = _OTHER_UNIT.search(plain)
    if wrong:
        return Dose(None, "", plain, wrong["unit"], True)
    amounts = list(_AMOUNT.finditer(plain))
    if len(amounts) != 1:
        return Dose(None, "", plain if written else _rest(plain), "", written)
    unit = amounts[0]["unit"]
    milligrams = _upper(amounts[0]) * _milligrams(unit)
    plain = _cut_out(plain, amounts[0], keep_times=True)
    factor, plain = _pieces(plain)
    total = _TOTAL.search(plain)
    if total:
        plain = _cut_out(plain, total)
    per_day, plain = _frequency(plain)
    rest = _rest(plain)
    if rest or (per_day is None and not total):
        return Dose(None, "", rest, "kg" if unit == "kg" else "", True)
    return Dose(milligrams * factor * (1.0 if total else per_day or 1.0), "mg/day", "", "kg" if unit == "kg" else "", True)


def read_pieces(text: str) -> tuple[float | None, float | None]:
    """Pieces at once and pieces a day in words without an amount (`2 tablets four times a day`); None where it is not certain."""
    plain = AS_NEEDED.sub(" ", _CUT.sub("", fold(text)))
    if not _PIECES.search(plain):
        return None, None
    count, plain = _pieces(plain)
    per_day, plain = _frequency(plain)
    if _rest(plain):
        return None, None
    return count, None if per_day is None else count * per_day


def unread_words(text: str) -> tuple[str, ...]:
    """The words beside a medicine's name that say nothing about its form, dose or use."""
    plain = AS_NEEDED.sub(" ", _CUT.sub("", fold(text)))
    for pattern in (_RATE, _OTHER_UNIT, _AMOUNT, _PIECES, _TOTAL):
        plain = pattern.sub(" ", plain)
    return tuple(word for word in _rest(_frequency(plain)[1]).split() if re.fullmatch(r"[a-z][a-z-]{2,}", word))


def number(text: str) -> float | None:
    """A number with a decimal point or comma, thousands separated or not."""
    plain = text.strip()
    if re.fullmatch(r"[1-9]\d{0,2}(?:,\d{3})+", plain):
        plain = plain.replace(",", "")
    try:
        return float(plain.replace(",", "."))
    except ValueError:
        return None


def _count(word: str) -> float:
    if word in ("\u00bd", "half"):
        return 0.5
    return float(COUNTS[word]) if word in COUNTS else number(word) or 0.0


def _upper(match: re.Match[str]) -> float:
    return number(match["high"] or match["low"]) or 0.0


def _milligrams(unit: str) -> float:
    if unit.startswith(("mc", "mic", "u", "\u00b5", "\u03bc")):
        return _MILLIGRAMS["mcg"]
    if unit == "kg":
        return _MILLIGRAMS["kg"]
    return _MILLIGRAMS["mg"] if unit.startswith("m") else _MILLIGRAMS["g"]


def _cut_out(text: str, match: re.Match[str], keep_times: bool = False) -> str:
    before = text[: match.start()]
    if keep_times:
        before = re.sub(rf"(?P<count>{_NUMBER})\s*x\s*$", r"\g<count> tablets ", before)
    return " ".join(f"{before} {text[match.end() :]}".split())


def _pieces(text: str) -> tuple[float, str]:
    match = _PIECES.search(text)
    if not match:
        return 1.0, text
    return _count(match["high"] or match["count"]), _cut_out(text, match)


def _frequency(text: str) -> tuple[float | None, str]:
    found: float | None = None
    for pattern, meaning in _FREQUENCIES:
        match = pattern.search(text)
        if not match:
            continue
        text = _cut_out(text, match)
        if found is None:
            found = meaning if isinstance(meaning, float) else _times(match, meaning)
    return found, text


def _times(match: re.Match[str], meaning: str) -> float | None:
    if meaning == "pattern":
        return float(sum(int(part) for part in match.groupdict().values() if part))
    count = _count(match["count"])
    if count <= 0:
        return None
    return {"hours": 24.0 / count, "days": 1.0 / count, "times": count, "weekly": count / 7}[meaning]


def _rest(text: str) -> str:
    """The words that say something which was not understood."""
    words = re.split(r"[\s,;/()+.:]+", text)
    return " ".join(word for word in words if word and word not in _FILLERS and word not in ("-", "x"))
