"""Observations of a FHIR record to values of facts: the newest one of each fact, in the fact's unit, while it is valid.

LOINC codes come from the knowledge. A value whose unit, status, comparator or age does not allow it is not used, and is said; no
older value takes its place.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from spineplan.model.facts import FactDeclaration
from spineplan.records.fhir_findings import Findings
from spineplan.records.fhir_reading import Concept, Moment, Resource, as_dict, as_number, as_text, concept, dicts
from spineplan.records.fhir_units import convert, convert_indexed
from spineplan.records.phrase_index import system_name

_READ = frozenset(("final", "amended", "corrected", "preliminary", "appended", ""))
_YES = frozenset(("373066001", "la33-6", "y", "yes", "true", "present", "positive", "detected"))
_NO = frozenset(("373067005", "la32-8", "n", "no", "false", "absent", "negative", "not detected", "none"))
_UNCERTAIN = frozenset(("261665006", "unknown", "unk", "asku", "uncertain", "not sure", "indeterminate", "possible"))


class _Measured(msgspec.Struct, frozen=True):
    """One value of one fact: its rank among the fact's codes (0 first), its element, the words of its code."""

    resource: Resource
    element: dict[str, object]
    code: Concept
    rank: int
    when: Moment

    @property
    def order(self) -> tuple[Moment, int, str]:
        """By time; among equals the fact's first code comes last."""
        return (self.when, -self.rank, self.resource.reference)


def read_observations(findings: Findings, resources: list[Resource]) -> None:
    """Take over the newest valid value of each fact."""
    found: dict[str, list[_Measured]] = {}
    for resource in resources:
        if resource.text("status").lower() not in _READ:
            continue
        when = resource.moment("effectiveDateTime", "effectivePeriod.end", "effectivePeriod.start", "effectiveInstant", "issued")
        for element, code in _parts(resource):
            for name, rank in _facts(findings, code).items():
                if when is None:
                    findings.not_used("Without a usable date", f"{findings.knowledge.facts[name].label} ({resource.reference})")
                elif findings.lies_ahead(when):
                    findings.not_used("Dated after the day of the plan", findings.knowledge.facts[name].label)
                elif _has_value(element):
                    found.setdefault(name, []).append(_Measured(resource, element, code, rank, when))
    for name in sorted(found):
        _take_newest(findings, findings.knowledge.facts[name], found[name])


def _parts(resource: Resource) -> Iterator[tuple[dict[str, object], Concept]]:
    yield resource.content, concept(resource.get("code"))
    for part in dicts(resource.get("component")):
        yield part, concept(part.get("code"))


def _has_value(element: dict[str, object]) -> bool:
    return any(key.startswith("value") and value is not None for key, value in element.items())


def _facts(findings: Findings, code: Concept) -> dict[str, int]:
    """The facts that a code fills, each with the rank of the code.

    Words fill a fact only when no LOINC code says what was measured; a LOINC code outside the knowledge may still name a
    yes-or-no fact in words ("... status").
    """
    found: dict[str, int] = {}
    for coding in code.codings:
        for name in findings.names.facts_by_code(coding.system, coding.code):
            listed = findings.knowledge.facts[name].codes.loinc
            found[name] = min(found.get(name, len(listed)), listed.index(coding.code) if coding.code in listed else len(listed))
    if found:
        return found
    measured = any(system_name(coding.system) == "loinc" for coding in code.codings)
    for word in code.words:
        for text in (word, word.lower().removesuffix(" status")):
            named = findings.names.facts(text)
            usable = [name for name in named if not findings.knowledge.facts[name].part_of]
            if measured:
                usable = [name for name in usable if findings.knowledge.facts[name].type == "boolean"]
            if usable:
                return dict.fromkeys(usable, 0)
    return {}


def _take_newest(findings: Findings, fact: FactDeclaration, measured: list[_Measured]) -> None:
    ordered = sorted(measured, key=lambda item: item.order)
    newest = ordered[-1]
    if fact.valid_days is not None and newest.when.days_before(findings.as_of) > fact.valid_days:
        findings.not_used("Too old to be used", f"{fact.label} of {newest.when.text}")
        return
    same = [item for item in ordered if item.when.instant == newest.when.instant and item.rank == newest.rank]
    values = [_value(findings, fact, item) for item in same]
    usable = {value for value in values if value is not None}
    if len(usable) > 1:
        findings.not_used("Contradictory in the record", f"{fact.label} of {newest.when.text}")
        findings.doubt((fact.name,), newest.resource)
    elif usable:
        value = usable.pop()
        if findings.state(fact.name, value, newest.resource, _shown(fact, newest), newest.when):
            _say_unit(findings, fact, newest, value)
    elif fact.type == "boolean":
        findings.doubt((fact.name,), newest.resource)
    else:
        findings.not_used("Unit or form not usable", f"{fact.label} {_shown(fact, newest)} ({newest.resource.reference})")


def _value(findings: Findings, fact: FactDeclaration, item: _Measured) -> bool | float | str | None:
    if fact.type == "number":
        return _number(fact, item)
    answer = _answer(item.element)
    if fact.type == "category":
        return next((value for value in answer if value in fact.values), None)
    if answer & _UNCERTAIN:
        return None
    if answer & _YES or answer & _NO:
        return None if answer & _YES and answer & _NO else bool(answer & _YES)
    said = concept(item.element.get("valueCodeableConcept"), as_text(item.element.get("valueString")))
    for coding in said.codings:
        meaning = findings.names.by_code(coding.system, coding.code)
        value = meaning.set.get(fact.name) if meaning else None
        if isinstance(value, bool):
            return value
    for word in said.words:
        meaning = findings.names.condition(word, findings.as_of.isoformat(), (fact.field,))
        value = meaning.set.get(fact.name) if meaning else None
        if isinstance(value, bool):
            return value
    return None


def _answer(element: dict[str, object]) -> set[str]:
    """A coded, written or true/false answer as lower-case codes and words."""
    flag = element.get("valueBoolean")
    if isinstance(flag, bool):
        return {"yes" if flag else "no"}
    said = concept(element.get("valueCodeableConcept"), as_text(element.get("valueString")))
    return {coding.code.lower() for coding in said.codings} | {word.lower() for word in said.words}


def _number(fact: FactDeclaration, item: _Measured) -> float | None:
    whole = as_number(item.element.get("valueInteger"))
    if whole is not None:
        return convert(whole, "", "", fact.unit)
    quantity = as_dict(item.element.get("valueQuantity"))
    value = as_number(quantity.get("value"))
    if value is None or as_text(quantity.get("comparator")):
        return None
    units = (as_text(quantity.get("code")), as_text(quantity.get("unit")))
    found = convert(value, *units, fact.unit)
    if found is None and any(coding.code in fact.codes.loinc for coding in item.code.codings):
        found = convert_indexed(value, *units, fact.unit)
    return found


def _say_unit(findings: Findings, fact: FactDeclaration, item: _Measured, value: bool | float | str) -> None:
    """Shows as an assumption that a unit was read as the one that the code means."""
    quantity = as_dict(item.element.get("valueQuantity"))
    units = (as_text(quantity.get("code")), as_text(quantity.get("unit")))
    if quantity and isinstance(value, float) and convert(value, *units, fact.unit) is None:
        why = f"{item.resource.reference} gives it in {units[1] or units[0]}; its code says that {fact.unit} is meant."
        findings.assume(fact.name, f"{value:g}", why)


def _shown(fact: FactDeclaration, item: _Measured) -> str:
    quantity = as_dict(item.element.get("valueQuantity"))
    value = as_number(quantity.get("value"))
    if value is not None:
        unit = as_text(quantity.get("unit")) or as_text(quantity.get("code"))
        return f"{as_text(quantity.get('comparator'))}{value:g} {unit}".strip()
    said = concept(item.element.get("valueCodeableConcept"), as_text(item.element.get("valueString")))
    words = item.code.shown or fact.label
    return f"{words}: {said.shown}" if said.shown else words
