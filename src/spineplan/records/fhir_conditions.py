"""Conditions, procedures and devices of a FHIR record to statements about facts.

Codes are read first, then words. What is over counts as history where a fact has one; where it cannot be told whether it still
matters, the fact is left uncertain. What the knowledge does not name is counted.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import msgspec

from spineplan.model.expressions import Value
from spineplan.records.fhir_findings import Findings
from spineplan.records.fhir_reading import Concept, Moment, Resource, as_dict, as_text, codes_of, concept, dicts
from spineplan.records.meanings import Meaning

_OVER = frozenset(("resolved", "inactive", "remission"))
_NOT_TRUE = frozenset(("refuted", "entered-in-error"))
_IN_DOUBT = frozenset(("unconfirmed", "provisional", "differential"))
_DONE = frozenset(("completed", "in-progress", "unknown", ""))
_FIELDS = ("conditions", "diagnosis", "red_flags", "findings", "pregnancy", "pain", "implants")
_PLACED = re.compile(
    r"^(?:insertion|implantation|fitting|placement|introduction|presence|total|primary|initial|surgical|permanent"
    r"|lumbar|cervical|thoracic|left|right|bilateral)(?: of)?\s+"
)
_REMOVED = re.compile(r"^(?:removal|explantation|extraction|explant) of\s+")
_TAILS = re.compile(r"(?:,? device|,? system|,? in situ|,? procedure|,? operation|,? generator)$")
_NONE_KNOWN_CODES = frozenset(("160245001",))
_NONE_KNOWN = re.compile(
    r"^(?:no (?:current|known|active|significant) (?:problems?|conditions?|diseases?|past medical history)\b.*|none(?: known)?)$"
)


class _Said(msgspec.Struct):
    """What a concept says of facts, and the words to show."""

    text: str
    settings: dict[str, Value]
    unknown: set[str]


def read_conditions(findings: Findings, resources: list[Resource]) -> int:
    """Take over all Conditions. Returns how many were read, those outside the knowledge included: that many close the list.

    With one that has no name the list is not complete: nothing closes it.
    """
    read = 0
    nameless = False
    diagnoses: list[tuple[frozenset[str], Resource]] = []
    for resource in resources:
        verified = codes_of(resource.get("verificationStatus"))
        code = concept(resource.get("code"))
        if verified & _NOT_TRUE:
            continue
        read += 1
        if _says_none(code):
            continue
        if not code.shown:
            findings.not_used("Conditions without a name", resource.reference)
            nameless = True
            continue
        over = bool(codes_of(resource.get("clinicalStatus")) & _OVER) or _ended(findings, resource)
        when = _since(resource)
        said = _meaning(findings, code, when, over)
        if said is None:
            if not over:
                findings.not_used("Conditions outside the knowledge", code.shown)
            continue
        if findings.lies_ahead(when):
            findings.not_used("Dated after the day of the plan", said.text)
        if verified & _IN_DOUBT or findings.lies_ahead(when):
            findings.doubt((*said.settings, *said.unknown), resource)
        elif over:
            _past(findings, resource, said, resource.moment("abatementDateTime", "abatementPeriod.end") or when)
        else:
            _present(findings, resource, said)
            named = frozenset(fact for fact in said.settings if findings.knowledge.facts[fact].field == "diagnosis")
            diagnoses += [(named, resource)] if named else []
    _duration(findings, diagnoses)
    return 0 if nameless else read


def _says_none(code: Concept) -> bool:
    coded = any(coding.code in _NONE_KNOWN_CODES for coding in code.codings)
    return coded or any(_NONE_KNOWN.match(word.lower()) for word in code.words)


def _ended(findings: Findings, resource: Resource) -> bool:
    """Whether a condition without a status has an end that has come."""
    if codes_of(resource.get("clinicalStatus")):
        return False
    end = resource.moment("abatementDateTime", "abatementPeriod.end")
    return resource.get("abatementString") is not None or (end is not None and end.first <= findings.as_of)


def _since(resource: Resource) -> Moment | None:
    return resource.moment("onsetDateTime", "onsetPeriod.start", "recordedDate")


def _meaning(findings: Findings, code: Concept, when: Moment | None, over: bool) -> _Said | None:
    """The facts that a condition sets and leaves unknown; by its codes, else by its words."""
    names = findings.names
    coded = [found for coding in code.codings if (found := names.by_code(coding.system, coding.code)) is not None]
    if coded:
        settings = {fact: value for meaning in coded for fact, value in meaning.set.items()}
        return _Said(code.shown, settings, {fact for meaning in coded for fact in meaning.unknown} - set(settings))
    for word in code.words:
        found = _in_words(findings, word, when, over)
        if found is not None:
            return _Said(word, dict(found.set), set(found.unknown))
    return None


def _in_words(findings: Findings, word: str, when: Moment | None, over: bool) -> Meaning | None:
    """Words read as a case file reads them; the date is added where it decides what they mean."""
    today = findings.as_of.isoformat()
    found = findings.meaning(word, _FIELDS)
    if found is None or when is None:
        return found
    recent = any(findings.knowledge.facts[fact].within_days for fact in found.unknown if fact in findings.knowledge.facts)
    dated = findings.names.condition(f"{word} {when.text}", today, _FIELDS) if recent or over else None
    return dated or found


def _present(findings: Findings, resource: Resource, said: _Said) -> None:
    """A condition that is there now. Facts that hold for a limited time count only while the record is young enough."""
    since = _since(resource)
    told = resource.moment("recordedDate", "onsetDateTime", "onsetPeriod.start")
    for name, value in said.settings.items():
        fact = findings.knowledge.facts[name]
        if value is None:
            continue
        if value is not True:
            findings.state(name, value, resource, said.text, since, weak=True)
        elif fact.within_days is not None:
            _recent(findings, resource, name, said.text, since, fact.within_days)
        elif fact.valid_days is not None and not _within(findings, told, fact.valid_days):
            findings.doubt((name,), resource)
        else:
            findings.state(name, True, resource, said.text, since)
    findings.doubt(said.unknown, resource)


def _recent(findings: Findings, resource: Resource, name: str, text: str, since: Moment | None, limit: int) -> None:
    history = findings.knowledge.facts[name].history
    if since is None or (since.days_before(findings.as_of) > limit and (findings.as_of - since.last).days <= limit):
        findings.doubt((name,), resource)
    elif since.days_before(findings.as_of) <= limit:
        findings.state(name, True, resource, text, since)
    if history:
        findings.state(history, True, resource, text, since)


def _within(findings: Findings, when: Moment | None, limit: int) -> bool:
    return when is not None and when.days_before(findings.as_of) <= limit


def _past(findings: Findings, resource: Resource, said: _Said, when: Moment | None) -> None:
    """A condition that is over: it sets the history of its facts, ends short-lived ones, and leaves the others uncertain."""
    histories = {fact.history for fact in findings.knowledge.facts.values() if fact.history}
    for name, value in said.settings.items():
        fact = findings.knowledge.facts[name]
        if value is not True or fact.field in ("diagnosis", "pregnancy"):
            continue
        if fact.within_days is not None:
            _recent(findings, resource, name, said.text, when, fact.within_days)
        elif fact.history:
            findings.state(fact.history, True, resource, said.text, when)
        elif name in histories or name.endswith("_history"):
            findings.state(name, True, resource, said.text, when)
        elif fact.valid_days is None:
            findings.doubt((name,), resource)
    lasting = (name for name in said.unknown if name in findings.knowledge.facts and _lasts(findings, name))
    findings.doubt(lasting, resource)


def _lasts(findings: Findings, name: str) -> bool:
    fact = findings.knowledge.facts[name]
    return not fact.history and fact.valid_days is None and fact.field not in ("diagnosis", "pregnancy")


def _duration(findings: Findings, diagnoses: list[tuple[frozenset[str], Resource]]) -> None:
    """The length of the episode from the earliest onset of the one diagnosis that is active now, shown as an assumption."""
    onsets = [(resource.moment("onsetDateTime", "onsetPeriod.start"), resource) for _, resource in diagnoses]
    known = [(onset, resource) for onset, resource in onsets if onset and onset.exact and onset.first <= findings.as_of]
    if len({named for named, _ in diagnoses}) != 1 or len(known) != len(onsets):
        return
    onset, resource = min(known, key=lambda pair: (pair[0], pair[1].reference))
    days = onset.days_before(findings.as_of)
    if findings.state("duration_days", float(days), resource, f"onset {onset.text}", onset):
        why = f"The pain is counted from the onset of {resource.reference} on {onset.text}."
        findings.assume("duration_days", str(days), why)


# --- procedures and devices --------------------------------------------------------------------------------------------------


def read_procedures(findings: Findings, resources: Iterable[Resource]) -> None:
    """Take over operations and implants that were done. A removal makes uncertain what an insertion set."""
    for resource in resources:
        if resource.text("status").lower() not in _DONE:
            continue
        when = resource.moment("performedDateTime", "performedPeriod.end", "performedPeriod.start")
        code = concept(resource.get("code"))
        if findings.lies_ahead(when):
            findings.not_used("Dated after the day of the plan", code.shown or resource.reference)
            continue
        removed = [_REMOVED.sub("", word.lower()) for word in code.words if _REMOVED.match(word.lower())]
        found = _implanted(findings, Concept((), tuple(removed)) if removed else code, ("implants", "conditions"), when)
        for name in sorted(found):
            fact = findings.knowledge.facts[name]
            if removed:
                if fact.field == "implants":
                    findings.doubt((name,), resource)
            elif fact.within_days is not None:
                _recent(findings, resource, name, code.shown, when, fact.within_days)
            else:
                findings.state(name, True, resource, code.shown, when, weak=fact.field == "implants")


def read_devices(findings: Findings, devices: Iterable[Resource], uses: Iterable[Resource]) -> None:
    """Take over implanted devices: a Device that names its patient, or one that a DeviceUseStatement says is used."""
    for device in devices:
        if as_dict(device.get("patient")) and device.text("status").lower() in ("active", "unknown", ""):
            _device(findings, device, device.content, device.moment("manufactureDate"))
    for use in uses:
        status = use.text("status").lower()
        if status in ("active", "on-hold", "intended", "completed", ""):
            reference = use.get("device")
            content = findings.index.follow(reference, use)
            named = {**content, "shown": as_text(as_dict(reference).get("display"))}
            when = use.moment("timingDateTime", "timingPeriod.start", "recordedOn")
            _device(findings, use, named, when, doubted=status in ("intended", "completed"))


def _device(findings: Findings, source: Resource, content: dict[str, object], when: Moment | None, doubted: bool = False) -> None:
    spoken = [as_text(item.get("name")) for item in dicts(content.get("deviceName"))]
    code = concept(content.get("type"), *spoken, as_text(content.get("shown")))
    if not code.shown:
        findings.not_used("Devices that the record does not name", source.reference)
        return
    found = _implanted(findings, code, ("implants",), when)
    if not found:
        findings.not_used("Devices outside the knowledge", code.shown)
    for name in sorted(found):
        if doubted:
            findings.doubt((name,), source)
        else:
            findings.state(name, True, source, code.shown, when)


def _implanted(findings: Findings, code: Concept, fields: tuple[str, ...], when: Moment | None) -> set[str]:
    """The facts of the given fields that a procedure or device sets; by codes and by words without "insertion of", ", device"."""
    found: set[str] = set()
    for coding in code.codings:
        meaning = findings.names.by_code(coding.system, coding.code)
        found |= set(meaning.set) if meaning else set()
    if not found:
        for word in code.words:
            meaning = _bare_words(findings, word, fields, when)
            if meaning is not None:
                found = {fact for fact, value in meaning.set.items() if value is True}
                break
    return {fact for fact in found if findings.knowledge.facts[fact].field in fields}


def _bare_words(findings: Findings, word: str, fields: tuple[str, ...], when: Moment | None) -> Meaning | None:
    today = findings.as_of.isoformat()
    texts = [word.lower()]
    while True:
        shorter = _TAILS.sub("", _PLACED.sub("", texts[-1])).strip(" ,")
        if shorter == texts[-1] or not shorter:
            break
        texts.append(shorter)
    for text in texts:
        meaning = findings.meaning(text, fields)
        if meaning is not None and when is not None:
            meaning = findings.names.condition(f"{text} {when.text}", today, fields) or meaning
        if meaning is not None and meaning.set:
            return meaning
    return None
