"""The facts that the manual speaks of. They are invented for the manual; the real ones stand in `knowledge/facts/`."""

from __future__ import annotations

from spineplan.checking.language import Symbol

FACTS: dict[str, Symbol] = {
    "fever": Symbol("boolean"),
    "fatigue": Symbol("boolean"),
    "night_sweats": Symbol("boolean"),
    "pregnant": Symbol("boolean"),
    "breastfeeding": Symbol("boolean"),
    "declined_massage": Symbol("boolean"),
    "age": Symbol("number", 0, 120, 1, unit="years"),
    "pain": Symbol("number", 0, 10, 1, unit="points"),
    "balance": Symbol("number", -10, 10, 1, unit="points"),
    "temperature": Symbol("number", 34, 42, 0.1, unit="°C"),
    "weight": Symbol("number", 30, 250, 0.5, unit="kg"),
    "height": Symbol("number", 1, 2.5, 0.01, unit="m"),
    "duration": Symbol("number", 0, 20000, 1, unit="days"),
    "pregnancy_week": Symbol("number", 1, 42, 1, unit="weeks"),
    "sex": Symbol("category", values=("female", "male")),
    "phase": Symbol("category", values=("acute", "subacute", "chronic")),
    "delivery": Symbol("category", values=("natural", "caesarean")),
}
"""Booleans are yes or no; numbers have a plausible range, a step and a unit; categories have values."""


def describe(name: str) -> str:
    """What kind of fact a name is, in words."""
    symbol = FACTS[name]
    if symbol.type == "boolean":
        return "yes or no"
    if symbol.type == "category":
        return "one of " + ", ".join(f"`{value}`" for value in symbol.values)
    return f"{symbol.minimum:g} to {symbol.maximum:g} {symbol.unit}, in steps of {symbol.step:g}"
