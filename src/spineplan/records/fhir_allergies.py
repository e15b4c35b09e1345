"""Allergies and intolerances of a FHIR record to statements about `allergic_to_` facts.

An allergy to a substance is one to all its forms. Allergies to food and surroundings that name no medicine are left out; a
medicine allergy that nobody can read makes every allergy uncertain.
"""

from __future__ import annotations

import re

from spineplan.model.knowledge import fact_name
from spineplan.records.fhir_findings import Findings
from spineplan.records.fhir_reading import Concept, Moment, Resource, as_list, as_text, codes_of, concept, dicts
from spineplan.records.phrase_index import system_name

_NOT_TRUE = frozenset(("refuted", "entered-in-error"))
_OVER = frozenset(("inactive", "resolved"))
_NO_KNOWN_CODES = frozenset(("716186003", "409137002"))
_NO_KNOWN = re.compile(
    r"^(?:no (?:known )?(?:drug |medication |medicine )?(?:allerg(?:y|ies)|intolerances?)\b.*|nkd?a|none(?: known)?)$"
)
_REACTION = re.compile(r"\s+[-\u2013\u2014]\s+|\s*[(:]")
_NO_KNOWN_OTHER = re.compile(r"^no known (?:food|environmental|latex)\b.*")
_ELSEWHERE = frozenset(("food", "environment"))


def read_allergies(findings: Findings, resources: list[Resource]) -> int:
    """Take over all AllergyIntolerances. Returns how many there are: that many close the list. Sets the state of the list."""
    read = 0
    known = False
    for resource in resources:
        verified = codes_of(resource.get("verificationStatus"))
        if verified & _NOT_TRUE:
            continue
        read += 1
        code = concept(resource.get("code"))
        if _says_none(code):
            continue
        over = bool(codes_of(resource.get("clinicalStatus")) & _OVER)
        facts, unknown = _facts(findings, resource, code)
        if not facts and not unknown:
            if not over:
                known |= _unread(findings, resource, code)
            continue
        doubted = over or "unconfirmed" in verified
        known |= not over
        findings.doubt(facts | unknown if doubted else unknown, resource)
        for name in sorted(() if doubted else facts):
            findings.state(name, True, resource, code.shown or resource.reference, _when(resource))
    if read:
        findings.gathering.allergy_state = "known" if known else "none known"
    return read


def _when(resource: Resource) -> Moment | None:
    return resource.moment("recordedDate", "onsetDateTime", "onsetPeriod.start")


def _says_none(code: Concept) -> bool:
    coded = any(coding.code in _NO_KNOWN_CODES for coding in code.codings)
    return coded or any(_NO_KNOWN.match(word.lower()) or _NO_KNOWN_OTHER.match(word.lower()) for word in code.words)


def _facts(findings: Findings, resource: Resource, code: Concept) -> tuple[set[str], set[str]]:
    """The facts that an allergy sets, and those that it leaves unknown."""
    concepts = [code, *(concept(reaction.get("substance")) for reaction in dicts(resource.get("reaction")))]
    facts: set[str] = set()
    unknown: set[str] = set()
    for item in concepts:
        own, open_ = _by_code(findings, item)
        if not own:
            own, open_ = _by_words(findings, item)
        facts |= own
        unknown |= open_
    return facts, unknown - facts


def _by_code(findings: Findings, code: Concept) -> tuple[set[str], set[str]]:
    facts: set[str] = set()
    for coding in code.codings:
        medicine = findings.names.medicine_by_code(coding.system, coding.code)
        if medicine is not None:
            forms = {form for identity in medicine.ids for form in findings.names.forms(identity)}
            facts |= {fact_name("allergic_to", identity) for identity in (*forms, *medicine.classes)}
        meaning = findings.names.by_code(coding.system, coding.code)
        if meaning is not None:
            facts |= {fact for fact, value in meaning.set.items() if value is True}
    return {fact for fact in facts if fact in findings.knowledge.facts}, set()


def _by_words(findings: Findings, code: Concept) -> tuple[set[str], set[str]]:
    for word in code.words:
        facts: set[str] = set()
        unknown: set[str] = set()
        for part in (word, *re.split(r"\s+/\s+|\s+and\s+|\+", word), _REACTION.split(word)[0]):
            meaning = findings.names.allergy(part.strip())
            if meaning is not None:
                facts |= {fact for fact, value in meaning.set.items() if value is True}
                unknown |= set(meaning.unknown)
        if facts or unknown:
            return facts, unknown - facts
    return set(), set()


def _bare(word: str) -> str:
    return re.sub(r"^(?:drug )?(?:allergy|hypersensitivity|intolerance) to\s+|\s+(?:allergy|intolerance)$", "", word.lower())


def _unread(findings: Findings, resource: Resource, code: Concept) -> bool:
    """An allergy that names none of our substances. Returns whether it counts as a known allergy of the list."""
    raw = resource.get("category")
    categories = {as_text(item).lower() for item in (as_list(raw) or [raw])} - {""}
    findings.not_used("Allergies outside the knowledge", code.shown or resource.reference)
    if categories and categories <= _ELSEWHERE:
        return True
    near = {fact for word in code.words for fact in findings.names.near_allergies(_bare(word))}
    if near:
        findings.doubt(near, resource)
        return True
    coded = any(system_name(coding.system) in ("rxnorm", "snomed", "atc") for coding in code.codings) and bool(code.words)
    if not coded:
        every = (name for name, fact in findings.knowledge.facts.items() if fact.field == "allergies" and fact.type == "boolean")
        findings.doubt(every, resource)
    return True
