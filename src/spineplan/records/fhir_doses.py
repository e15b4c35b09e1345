"""Names, strengths and daily amounts in medicine displays and dosage instructions of FHIR records.

A display such as `X 325 MG / Y Bitartrate 7.5 MG Oral Tablet` becomes ingredients with strengths and a form. An amount a day is
worked out only when dose, unit and timing leave no doubt; ranges count with their upper end, "as needed" in full.
"""

from __future__ import annotations

import math
import re

import msgspec

from spineplan.records.doses import read_dose, read_pieces
from spineplan.records.fhir_reading import as_dict, as_list, as_number, as_text, codes_of, dicts
from spineplan.records.fhir_units import convert
from spineplan.records.phrases import fold, spaced

_BRAND = re.compile(r"\[(?P<brand>[^\[\]]+)\]")
_LEADS = re.compile(
    r"^(?:abuse.deterrent|nda\d+|\d+(?:\.\d+)? ?(?:hr|hrs|h|hour|hours|day|actuat|ml)(?= [a-z\d]))\s*", re.IGNORECASE
)
_STRENGTH = re.compile(
    r"\s(?P<value>\d+(?:[.,]\d+)*)\s*(?P<unit>mg|mcg|ug|g|unt|iu|units?|meq|mmol|%|\[iu\])"
    r"(?:\s*/\s*(?P<per>(?:[\d.]+\s*)?(?:mg|ml|g|hr|h|hour|actuat|l|day|dose|spray)))?(?=\s|$|[,;)])",
    re.IGNORECASE,
)
_SALT_WORDS = """hydrochloride hcl sodium potassium calcium magnesium maleate tartrate bitartrate succinate phosphate sulfate
sulphate acetate besylate besilate mesylate mesilate fumarate citrate hydrobromide bromide chloride nitrate hemihydrate
monohydrate dihydrate anhydrous epolamine diethylamine lysine arginine medoxomil cilexetil etexilate axetil disodium decanoate
palmitate propionate human dinitrate mononitrate acid"""
_SALTS = frozenset(_SALT_WORDS.split())
_FORMS = (
    (re.compile(r"\b(?:transdermal|patch(?:es)?|plaster|medicated pad)\b"), ("patch", "plaster", "transdermal")),
    (re.compile(r"\bgel\b"), ("gel",)),
    (re.compile(r"\b(?:cream)\b"), ("cream", "gel")),
    (re.compile(r"\bointment\b"), ("ointment", "cream")),
    (re.compile(r"\b(?:injection|injectable|prefilled syringe|cartridge|vial|ampoule)\b"), ("injection",)),
    (re.compile(r"\b(?:sublingual|buccal|oral lozenge|oral film|transmucosal)\b"), ("sublingual", "buccal", "lozenge")),
    (re.compile(r"\b(?:nasal|metered dose nasal spray)\b"), ("nasal", "nasal spray")),
    (re.compile(r"\b(?:inhal\w*|metered dose inhaler|nebuli\w+)\b"), ("inhaler", "inhaled")),
    (re.compile(r"\b(?:ophthalmic|eye drops?|otic|ear drops?)\b"), ("eye drops",)),
    (re.compile(r"\b(?:topical|lotion|cutaneous)\b"), ("topical", "gel", "cream")),
)
_PER_DAY = {
    "qd": 1.0, "bid": 2.0, "tid": 3.0, "qid": 4.0, "qod": 0.5, "am": 1.0, "pm": 1.0, "bed": 1.0, "wk": 1 / 7,
    "q1h": 24.0, "q2h": 12.0, "q3h": 8.0, "q4h": 6.0, "q6h": 4.0, "q8h": 3.0, "q12h": 2.0,
}  # fmt: skip
_DAYS = {"s": 1 / 86400, "min": 1 / 1440, "h": 1 / 24, "d": 1.0, "wk": 7.0, "mo": 30.0, "a": 365.0}
_WEEK = frozenset(("mon", "tue", "wed", "thu", "fri", "sat", "sun"))
_PIECES = re.compile(
    r"^(?:1|tab|tabs|tablets?|cap|caps|capsules?|caplets?|patch(?:es)?|pieces?|pills?|each|ea|unit|\{[^{}]*\}|sachets?|plasters?"
    r"|suppositor(?:y|ies)|film tablet|oral tablet|oral capsule|doses?|ampoules?|systems?)?$",
    re.IGNORECASE,
)


class Part(msgspec.Struct, frozen=True):
    """One ingredient of a display: its name, more exact names with form or strength, and its strength in mg, mcg/h or mg/mL."""

    name: str
    exact: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    text: str = ""
    milligrams: float | None = None
    micrograms_an_hour: float | None = None
    milligrams_a_millilitre: float | None = None


class Amount(msgspec.Struct, frozen=True):
    """What a dosage says: pieces, milligrams or millilitres a day, or micrograms an hour; None where it says nothing.

    `pieces_at_once` counts what is worn or taken at one time, for patches.
    """

    pieces: float | None = None
    milligrams: float | None = None
    millilitres: float | None = None
    micrograms_an_hour: float | None = None
    pieces_at_once: float | None = None


def parts_of(display: str) -> tuple[Part, ...]:
    """The ingredients of a medicine's display or words, in their order."""
    brands = [match["brand"] for match in _BRAND.finditer(display)]
    plain = _strip_leads(" ".join(_BRAND.sub(" ", display).split()))
    pieces = re.split(r"\s+/\s+|\s\+\s|\s+and\s+", plain)
    return tuple(part for piece in pieces if (part := _part(piece, fold(plain), brands if len(pieces) == 1 else [])) is not None)


def _strip_leads(text: str) -> str:
    while True:
        shorter = _LEADS.sub("", text, count=1)
        if shorter == text or not shorter:
            return text
        text = shorter


def _part(piece: str, whole: str, brands: list[str]) -> Part | None:
    inside = re.search(r"\((?P<other>[^()]+)\)", piece)
    plain = " " + " ".join(spaced(re.sub(r"\([^()]*\)", " ", piece)).split())
    strength = _STRENGTH.search(plain)
    name = fold(plain[: strength.start()] if strength else plain).strip(" ,")
    if not name:
        return None
    forms = list(dict.fromkeys(form for pattern, words in _FORMS if pattern.search(whole) for form in words))
    names = shorter_names(name)
    exact = [f"{short} {form}" for form in forms for short in names]
    if strength and not strength["per"]:
        exact += [f"{short} {_number(strength['value']):g} {strength['unit'].lower()}" for short in names]
    others = [fold(text) for text in ([inside["other"]] if inside else []) + brands]
    exact += [f"{other} {form}" for form in forms for other in others]
    return Part(name, tuple(exact), tuple(others), piece.strip(), **_strengths(strength))


def shorter_names(name: str) -> tuple[str, ...]:
    """A name, and the name without the words of salt, form or release that follow it; at least its first word stays."""
    words = name.replace(",", " ").split()
    found = [name]
    while len(words) > 1:
        last = words.pop()
        if last not in _SALTS and not _is_form(last):
            break
        found.append(" ".join(words))
    whole_word = len(words) == 1 and words[0] not in _SALTS and not re.search(r"\s\w{1,2}$", name)
    first = words if whole_word else []
    return tuple(dict.fromkeys((*found, *first)))


def _is_form(word: str) -> bool:
    return not read_dose(word).rest or any(pattern.search(word) for pattern, _ in _FORMS)


def _number(text: str) -> float:
    plain = text.replace(",", "") if re.fullmatch(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?", text) else text.replace(",", ".")
    try:
        return float(plain)
    except ValueError:
        return math.nan


def _strengths(strength: re.Match[str] | None) -> dict[str, float]:
    if strength is None:
        return {}
    per = (strength["per"] or "").lower().replace(" ", "")
    milligrams = convert(_number(strength["value"]), strength["unit"].lower(), "", "mg")
    if milligrams is None or math.isnan(milligrams):
        return {}
    if per in ("hr", "h", "hour"):
        return {"micrograms_an_hour": round(milligrams * 1000, 6)}
    if per == "ml":
        return {"milligrams_a_millilitre": milligrams}
    return {} if per else {"milligrams": milligrams}


# --- dosage instructions -----------------------------------------------------------------------------------------------------


def amount_of(dosages: object) -> Amount:
    """What the Dosage list of a request or statement amounts to a day. Several dosages that hold at once are added up."""
    items = list(dicts(dosages))
    if not items:
        return Amount()
    steps = {as_number(item.get("sequence")) for item in items}
    if len(items) > 1 and len(steps) > 1:
        return Amount()
    amounts = [_amount(item) for item in items]
    return amounts[0] if len(amounts) == 1 else _sum(amounts)


def _sum(amounts: list[Amount]) -> Amount:
    def total(key: str) -> float | None:
        values = [getattr(amount, key) for amount in amounts]
        return math.fsum(values) if all(value is not None for value in values) else None

    return Amount(*(total(key) for key in Amount.__struct_fields__))


def _amount(dosage: dict[str, object]) -> Amount:
    return _at_most(dosage, _plain_amount(dosage))


def _plain_amount(dosage: dict[str, object]) -> Amount:
    per_day = _per_day(as_dict(dosage.get("timing")))
    rates = list(dicts(dosage.get("doseAndRate")))
    doses = [dose for rate in rates if (dose := _dose(rate)) is not None]
    if len(doses) != 1:
        return _written(as_text(dosage.get("text")))
    value, code, unit = doses[0]
    hourly = convert(value, code, unit, "mcg/h")
    if hourly is not None:
        return Amount(micrograms_an_hour=hourly)
    if (not code and _PIECES.match(unit)) or (code and _PIECES.match(code) and _PIECES.match(unit)):
        return Amount(pieces=value * per_day if per_day else None, pieces_at_once=value)
    if per_day is None:
        return Amount()
    milligrams, millilitres = convert(value, code, unit, "mg"), convert(value, code, unit, "mL")
    return Amount(
        milligrams=None if milligrams is None else milligrams * per_day,
        millilitres=None if millilitres is None else millilitres * per_day,
    )


def _dose(rate: dict[str, object]) -> tuple[float, str, str] | None:
    quantity = as_dict(rate.get("doseQuantity")) or as_dict(as_dict(rate.get("doseRange")).get("high"))
    value = as_number(quantity.get("value"))
    if value is None or value < 0 or as_text(quantity.get("comparator")):
        return None
    return value, as_text(quantity.get("code")), as_text(quantity.get("unit"))


def _per_day(timing: dict[str, object]) -> float | None:
    """How often a day: from `repeat`, else from the timing's code."""
    repeat = as_dict(timing.get("repeat"))
    period = as_number(repeat.get("period"))
    unit = _DAYS.get(as_text(repeat.get("periodUnit")))
    if period is not None and period > 0 and unit is not None:
        times = as_number(repeat.get("frequencyMax")) or as_number(repeat.get("frequency")) or 1.0
        return _on_days(repeat) * times / (period * unit)
    for named in (repeat.get("when"), repeat.get("timeOfDay")):
        if isinstance(named, list) and named:
            return _on_days(repeat) * len(named)
    coded = [_PER_DAY[code] for code in sorted(codes_of(timing.get("code"))) if code in _PER_DAY]
    return coded[0] if coded else None


def _on_days(repeat: dict[str, object]) -> float:
    """The part of the days of a week on which it is taken."""
    days = {as_text(day).lower() for day in as_list(repeat.get("dayOfWeek"))} & _WEEK
    return len(days) / len(_WEEK) if days else 1.0


def _at_most(dosage: dict[str, object], amount: Amount) -> Amount:
    """An amount a day within `maxDosePerPeriod`; for one without timing ("as needed") the maximum itself."""
    ratio = as_dict(dosage.get("maxDosePerPeriod"))
    top, period = as_dict(ratio.get("numerator")), as_dict(ratio.get("denominator"))
    value, length = as_number(top.get("value")), as_number(period.get("value"))
    unit = _DAYS.get(as_text(period.get("code")) or as_text(period.get("unit")))
    if value is None or value < 0 or length is None or length <= 0 or unit is None or as_text(top.get("comparator")):
        return amount
    units = (as_text(top.get("code")), as_text(top.get("unit")))
    per_day = value / (length * unit)
    milligrams = convert(per_day, *units, "mg")
    if milligrams is not None:
        if amount.milligrams is not None:
            return msgspec.structs.replace(amount, milligrams=min(amount.milligrams, milligrams))
        return amount if amount.pieces is not None else Amount(milligrams=milligrams)
    if all(_PIECES.match(text) for text in units) and amount.milligrams is None and amount.millilitres is None:
        pieces = per_day if amount.pieces is None else min(amount.pieces, per_day)
        return msgspec.structs.replace(amount, pieces=pieces)
    return amount


def _written(text: str) -> Amount:
    dose = read_dose(text) if text else None
    if dose is None or dose.amount is None:
        at_once, a_day = read_pieces(text) if text else (None, None)
        return Amount(pieces=a_day, pieces_at_once=at_once)
    return Amount(micrograms_an_hour=dose.amount) if dose.unit == "mcg/h" else Amount(milligrams=dose.amount)


def single_dose_milligrams(dosages: object) -> float | None:
    """The milligrams of one dose, when every dosage gives the same."""
    found = set()
    for item in dicts(dosages):
        for rate in dicts(item.get("doseAndRate")):
            dose = _dose(rate)
            found.add(convert(*dose, "mg") if dose else None)
    return found.pop() if len(found) == 1 else None


def daily(amount: Amount, part: Part, unit: str) -> float | None:
    """The amount of one ingredient in the unit of its daily fact (`mg/day` or `mcg/h`); None when it is not certain."""
    if unit == "mcg/h":
        if amount.micrograms_an_hour is not None:
            return amount.micrograms_an_hour
        if part.micrograms_an_hour is not None and amount.pieces_at_once is not None:
            return part.micrograms_an_hour * amount.pieces_at_once
        return None
    if amount.milligrams is not None:
        return amount.milligrams
    if amount.pieces is not None and part.milligrams is not None:
        return round(amount.pieces * part.milligrams, 6)
    if amount.millilitres is not None and part.milligrams_a_millilitre is not None:
        return round(amount.millilitres * part.milligrams_a_millilitre, 6)
    return None
