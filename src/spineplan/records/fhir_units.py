"""Units of measured values: UCUM codes and common spellings to the unit in which a fact is kept.

Only conversions that hold for every substance are made (prefixes, pounds, inches, Fahrenheit); an amount of substance is never
turned into a mass. A unit that is not certain converts to nothing.
"""

from __future__ import annotations

import re

import msgspec


class _Unit(msgspec.Struct, frozen=True):
    """A unit of a dimension: value times `factor` plus `offset` is the value in the dimension's own unit."""

    dimension: str
    factor: float = 1.0
    offset: float = 0.0


_SPELLINGS: dict[str, tuple[_Unit, str]] = {
    "kilogram": (_Unit("mass"), "kg kgs kilogram kilograms"),
    "gram": (_Unit("mass", 1e-3), "g gram grams"),
    "milligram": (_Unit("mass", 1e-6), "mg mgs milligram milligrams"),
    "microgram": (_Unit("mass", 1e-9), "ug mcg microgram micrograms"),
    "pound": (_Unit("mass", 0.45359237), "[lb_av] lb lbs pound pounds"),
    "stone": (_Unit("mass", 6.35029318), "[stone_av] stone stones"),
    "ounce": (_Unit("mass", 0.028349523125), "[oz_av]"),
    "centimetre": (_Unit("length", 0.01), "cm"),
    "metre": (_Unit("length"), "m"),
    "millimetre": (_Unit("length", 1e-3), "mm"),
    "inch": (_Unit("length", 0.0254), "[in_i] [in_us] in inch inches"),
    "foot": (_Unit("length", 0.3048), "[ft_i] ft"),
    "celsius": (_Unit("temperature"), "cel degc \u00b0c degreesc degreescelsius degreec"),
    "fahrenheit": (_Unit("temperature", 5 / 9, -160 / 9), "[degf] degf \u00b0f degreesf degreesfahrenheit"),
    "mercury": (_Unit("pressure"), "mm[hg] mmhg"),
    "kilopascal": (_Unit("pressure", 7.50061683), "kpa"),
    "per minute": (_Unit("rate"), "/min 1/min bpm beats/min beats/minute min-1 beatsperminute"),
    "mass per volume": (_Unit("density"), "g/l mg/ml"),
    "gram per decilitre": (_Unit("density", 10.0), "g/dl g/100ml"),
    "milligram per decilitre": (_Unit("density", 0.01), "mg/dl"),
    "milligram per litre": (_Unit("density", 1e-3), "mg/l ug/ml mcg/ml"),
    "microgram per litre": (_Unit("density", 1e-6), "ug/l ng/ml mcg/l"),
    "millimole per litre": (_Unit("molarity"), "mmol/l"),
    "micromole per litre": (_Unit("molarity", 1e-3), "umol/l"),
    "nanomole per litre": (_Unit("molarity", 1e-6), "nmol/l"),
    "millimole per mole": (_Unit("mole ratio"), "mmol/mol"),
    "thousand million per litre": (
        _Unit("count"),
        "10*9/l x10*9/l 10e9/l 10*3/ul x10*3/ul 10e3/ul k/ul thou/ul 10*3/mm3 1000/ul 10*3/mcl",
    ),
    "per microlitre": (_Unit("count", 1e-3), "/ul 1/ul /mm3 10*6/l"),
    "fall": (_Unit("fall"), "mm/h mm/hr mm/1h mm/hour"),
    "filtration": (
        _Unit("filtration"),
        "ml/min/1.73m2 ml/min/1.73.m2 ml/min/1.73sqm ml/min1.73m2 ml/min/1.73m*2 ml/(min.1.73m2)",
    ),
    "flow": (_Unit("flow"), "ml/min"),
    "millilitre": (_Unit("volume"), "ml milliliter millilitre"),
    "litre": (_Unit("volume", 1000.0), "l"),
    "day": (_Unit("time"), "d day days"),
    "week": (_Unit("time", 7.0), "wk week weeks"),
    "hour": (_Unit("time", 1 / 24), "h hr hour hours"),
    "minute": (_Unit("time", 1 / 1440), "min"),
    "year": (_Unit("years"), "a year years yr"),
    "microgram per hour": (_Unit("delivery"), "ug/h mcg/h ug/hr mcg/hr microgram/h micrograms/h micrograms/hour"),
    "milligram per hour": (_Unit("delivery", 1000.0), "mg/h mg/hr"),
    "milligram per day": (_Unit("daily mass", 1e-6), "mg/d mg/day"),
    "one": (_Unit("one"), "1 score points point ratio inr of5"),
}
_UNITS = {spelling: unit for unit, spellings in _SPELLINGS.values() for spelling in spellings.split()}
_AREA = re.compile(r"\{?1[.,]73_?(?:m2|sqm)?\}?", re.IGNORECASE)
_ANNOTATION = re.compile(r"\{[^{}]*\}")
_AMBIGUOUS = frozenset(("G/L", "M", "A", "MG/L"))


def _unit(text: str) -> _Unit | None:
    plain = "".join(text.split())
    if plain in _AMBIGUOUS:
        return None
    plain = plain.replace("\u00b5", "u").replace("\u03bc", "u").replace("^", "*").replace("\u00b2", "2").replace("\u2079", "*9")
    plain = _AREA.sub(lambda match: match[0].strip("{}").replace("_", "").replace(",", "."), plain)
    plain = _ANNOTATION.sub("", plain).lower()
    return _UNITS.get(plain or "1")


def convert(value: float, code: str, text: str, target: str) -> float | None:
    """A value in the unit `code` (UCUM; may be empty) or `text` (as written) to the unit `target`; None when it is not certain.

    When both are understood and disagree, nothing is certain. A missing unit counts as 1.
    """
    wanted = _unit(target)
    units = [_unit(written) for written in (code, text) if written] or [_unit("")]
    known = [unit for unit in units if unit is not None]
    if wanted is None or not known or any(unit != known[0] for unit in known) or known[0].dimension != wanted.dimension:
        return None
    own = value * known[0].factor + known[0].offset
    return round((own - wanted.offset) / wanted.factor, 9)


def convert_indexed(value: float, code: str, text: str, target: str) -> float | None:
    """A flow to a flow for a standard body surface, for a value whose code says that it is one although its unit does not."""
    if _unit(target) != _Unit("filtration") or convert(value, code, text, "mL/min") is None:
        return None
    return value
