"""Medication requests and statements of a FHIR record to what the patient takes, and how much a day.

Codes first, then ingredient names in the words. A coded medicine that the knowledge does not have is none of its substances; one
that is neither coded nor readable makes every medicine uncertain. A newer order for the same medicine replaces the older one.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from spineplan.model.knowledge import Medicine, Option, fact_name
from spineplan.records.fhir_doses import Amount, Part, amount_of, daily, parts_of, shorter_names, single_dose_milligrams
from spineplan.records.fhir_findings import Findings
from spineplan.records.fhir_reading import Concept, Moment, Resource, as_dict, as_text, concept, dicts
from spineplan.records.medicines import daily_fact, read_medicine
from spineplan.records.phrase_index import system_name
from spineplan.records.phrases import fold

_CURRENT = frozenset(("active",))
_OVER = frozenset(("stopped", "completed", "cancelled", "draft", "ended", "not-taken", "entered-in-error", "not-done"))
_NOT_AN_ORDER = frozenset(("proposal", "option"))
_MEDICINE_SYSTEMS = frozenset(("rxnorm", "atc", "snomed"))
_NATIONAL_CODES = "http://hl7.org/fhir/sid/ndc"
_SUBSTANCE_LEVEL = 7


class _Ingredient(msgspec.Struct, frozen=True):
    """An ingredient as the knowledge knows it: its substances (none: not listed), and the part of the display it comes from."""

    ids: tuple[str, ...]
    part: Part
    class_id: str = ""
    near: tuple[str, ...] = ()


class _Read(msgspec.Struct, frozen=True):
    """One medicine as read: substances, classes of an unlisted substance, facts left unknown, and its ingredients."""

    text: str
    ids: tuple[str, ...] = ()
    classes: tuple[tuple[str, bool], ...] = ()
    unknown: frozenset[str] = frozenset()
    ingredients: tuple[_Ingredient, ...] = ()
    unreadable: bool = False


class _Line(msgspec.Struct, frozen=True):
    """One current or doubtful line of the record's medicine list."""

    resource: Resource
    read: _Read
    amount: Amount
    doubted: bool
    when: Moment | None

    @property
    def order(self) -> tuple[str, str]:
        return (self.when.instant.isoformat() if self.when else "", self.resource.reference)


def read_medicines(findings: Findings, resources: list[Resource]) -> int:
    """Take over the current medicines. Returns how many requests and statements there are: that many close the list."""
    read = 0
    lines: list[_Line] = []
    for resource in resources:
        status = resource.text("status").lower()
        if status == "entered-in-error":
            continue
        listed = resource.type != "MedicationAdministration"
        read += listed
        current = status in _CURRENT if listed else status == "in-progress"
        doubted = status not in _CURRENT | _OVER if listed else status == "on-hold"
        if not (current or doubted) or _is_no_order(resource) or _ended(findings, resource):
            continue
        ahead = findings.lies_ahead(_when(resource)) or findings.lies_ahead(resource.moment("effectivePeriod.start"))
        lines.append(_line(findings, resource, doubted or ahead or _course_over(findings, resource)))
    for line in _kept(lines):
        _take(findings, line)
    return read


def _is_no_order(resource: Resource) -> bool:
    return resource.text("intent").lower() in _NOT_AN_ORDER or resource.get("doNotPerform") is True


def _ended(findings: Findings, resource: Resource) -> bool:
    end = resource.moment("effectivePeriod.end")
    return resource.type == "MedicationStatement" and end is not None and end.last < findings.as_of


def _course_over(findings: Findings, resource: Resource) -> bool:
    """Whether every dosage has bounds that have passed, so that an active status is in doubt."""
    dosages = list(dicts(resource.get("dosageInstruction")))
    ends = []
    for dosage in dosages:
        bounds = as_dict(as_dict(as_dict(dosage.get("timing")).get("repeat")).get("boundsPeriod"))
        ends.append(Resource("", "", {"bounds": bounds}, resource.place).moment("bounds.end"))
    return bool(ends) and all(end is not None and end.last < findings.as_of for end in ends)


def _line(findings: Findings, resource: Resource, doubted: bool) -> _Line:
    dosages = resource.get("dosageInstruction") or resource.get("dosage")
    return _Line(
        resource, _read(findings, resource, single_dose_milligrams(dosages)), amount_of(dosages), doubted, _when(resource)
    )


def _when(resource: Resource) -> Moment | None:
    return resource.moment("authoredOn", "dateAsserted", "effectiveDateTime", "effectivePeriod.start", "meta.lastUpdated")


def _kept(lines: list[_Line]) -> list[_Line]:
    """The lines that count: of those with the same words the newest; of orders and statements of the same substances one kind."""
    newest: dict[tuple[str, str, bool], _Line] = {}
    for line in sorted(lines, key=lambda line: line.order):
        newest[(line.resource.type, fold(line.read.text), line.doubted)] = line
    kept = list(newest.values())
    sure = {fold(line.read.text) for line in kept if not line.doubted}
    kept = [line for line in kept if not (line.doubted and fold(line.read.text) in sure)]
    by_ids: dict[tuple[str, ...], list[_Line]] = {}
    for line in kept:
        if line.read.ids and not line.doubted:
            by_ids.setdefault(line.read.ids, []).append(line)
    dropped: list[_Line] = []
    for same in by_ids.values():
        statements = [line for line in same if line.resource.type == "MedicationStatement"]
        orders = [line for line in same if line.resource.type != "MedicationStatement"]
        if statements and orders:
            dropped += orders if any(line.amount != Amount() for line in statements) else statements
    return [line for line in kept if not any(line is other for other in dropped)]


# --- what a medicine is ------------------------------------------------------------------------------------------------------


def _concepts(findings: Findings, resource: Resource) -> list[Concept]:
    """The concept of the medicine: in the resource, in a Medication it refers to, or the ingredients of that."""
    reference = resource.get("medicationReference")
    shown = as_text(as_dict(reference).get("display"))
    own = concept(resource.get("medicationCodeableConcept"), shown)
    content = findings.index.follow(reference, resource) if reference else {}
    named = concept(content.get("code"))
    merged = Concept(tuple(sorted({*own.codings, *named.codings})), tuple(dict.fromkeys((*named.words, *own.words))))
    if merged.codings or merged.words:
        return [merged]
    return [found for item in dicts(content.get("ingredient")) if (found := concept(item.get("itemCodeableConcept"))).shown]


def _read(findings: Findings, resource: Resource, dose: float | None) -> _Read:
    concepts = _concepts(findings, resource)
    if not concepts:
        return _Read(f"a medicine without a name ({resource.reference})", unreadable=True)
    reads = [_concept(findings, item, dose if len(concepts) == 1 else None) for item in concepts]
    if len(reads) == 1:
        return reads[0]
    return _Read(
        " / ".join(sorted(read.text for read in reads)),
        tuple(sorted({identity for read in reads for identity in read.ids})),
        tuple(sorted({item for read in reads for item in read.classes})),
        frozenset().union(*(read.unknown for read in reads)),
        unreadable=any(read.unreadable for read in reads),
    )


def _concept(findings: Findings, code: Concept, dose: float | None) -> _Read:
    """A medicine by its codes and words together. Words that name another form or strength of the coded one are more exact."""
    names = findings.names
    meanings = [found for coding in code.codings if (found := names.medicine_by_code(coding.system, coding.code)) is not None]
    coded = tuple(dict.fromkeys(identity for meaning in meanings for identity in meaning.ids))
    unknown = {fact for meaning in meanings for fact in meaning.unknown}
    ingredients = _in_words(findings, code.words, dose)
    spoken = tuple(dict.fromkeys(identity for item in ingredients for identity in item.ids))
    text = code.shown
    if coded and spoken:
        if set(coded) <= set(spoken) or set(spoken) <= set(coded):
            ids = tuple(sorted({*coded, *spoken}))
        elif set(spoken) <= {form for identity in coded for form in names.forms(identity)}:
            ids = tuple(sorted(spoken))
        else:
            ids = tuple(sorted(coded))
            unknown |= {fact_name("takes", identity) for identity in spoken if identity not in coded}
            findings.not_used("Medicines whose code and name differ", text)
    else:
        ids = tuple(sorted(coded or spoken))
    unknown |= {fact for item in ingredients if not ids for fact in item.near}
    if ids:
        return _Read(text, ids, (), frozenset(unknown - {fact_name("takes", identity) for identity in ids}), ingredients)
    classes = {(item.class_id, False) for item in ingredients if item.class_id}
    classes |= _classes(findings, code)
    named = any(_is_coded(coding.system) for coding in code.codings) and bool(code.words)
    hierarchical = any(system_name(coding.system) == "atc" for coding in code.codings)
    unreadable = not (classes or unknown or named or hierarchical)
    return _Read(text, (), tuple(sorted(classes)), frozenset(unknown), ingredients, unreadable)


def _is_coded(system: str) -> bool:
    return system_name(system) in _MEDICINE_SYSTEMS or system == _NATIONAL_CODES


def _classes(findings: Findings, code: Concept) -> set[tuple[str, bool]]:
    """The classes under which an ATC code falls, and whether it names a substance (that the knowledge does not list)."""
    return {
        (identity, len(coding.code) >= _SUBSTANCE_LEVEL)
        for coding in code.codings
        if system_name(coding.system) == "atc"
        for identity in findings.names.classes_by_atc(coding.code)
    }


def _in_words(findings: Findings, words: Iterable[str], dose: float | None) -> tuple[_Ingredient, ...]:
    """The ingredients in the first words that name at least one known substance; else those of the first words that come near."""
    best: tuple[_Ingredient, ...] = ()
    for word in words:
        pieces = parts_of(word)
        parts = tuple(_ingredient(findings, part, dose if len(pieces) == 1 else None) for part in pieces)
        whole = _whole(findings, word, pieces)
        if whole and (len(whole) > 1 or len(pieces) > 1):
            covered = {identity for item in parts for identity in item.ids}
            return parts if covered == set(whole) else (_Ingredient(whole, Part(word, text=word)),)
        if any(item.ids for item in parts):
            return parts
        if not any(item.near or item.class_id for item in best):
            best = parts or best
        line = read_medicine(findings.names, word)
        plain = not (line.problem or line.negated or line.doubted)
        if plain and line.medicines and all(item.ids for item in line.medicines):
            return tuple(_Ingredient(item.ids, Part(word, text=word)) for item in line.medicines)
    return best


def _whole(findings: Findings, word: str, pieces: tuple[Part, ...]) -> tuple[str, ...]:
    """The substances of a combination that the knowledge lists under its joined names, whatever their order."""
    shortest = [shorter_names(piece.name)[-1] for piece in pieces]
    joined = (" / ".join(names) for names in (shortest, shortest[::-1])) if len(pieces) > 1 else ()
    return next((ids for text in (word, *joined) if (ids := findings.names.medicine(text))), ())


def _ingredient(findings: Findings, part: Part, dose: float | None) -> _Ingredient:
    names = findings.names
    shorter = shorter_names(part.name)
    strengths = [f"{name} {dose:g} mg" for name in shorter] if dose is not None and part.milligrams is None else []
    for text in (*part.exact, *strengths, *shorter, *part.others):
        ids = names.medicine(text)
        if ids:
            return _Ingredient(ids, part)
    near = _near(findings, shorter)
    class_id = next((found for text in shorter if (found := names.medicine_class(text)) is not None), "")
    return _Ingredient((), part, class_id, near)


def _near(findings: Findings, names: tuple[str, ...]) -> tuple[str, ...]:
    """The `takes_` facts of listed medicines whose name begins with this one: the same substance in a form that is not told."""
    entries: dict[str, Option | Medicine] = {**findings.knowledge.options, **findings.knowledge.medicines}
    found = set()
    for identity, entry in entries.items():
        fact = fact_name("takes", identity)
        if fact in findings.knowledge.facts:
            spellings = [fold(text) for text in (entry.name, identity, *entry.synonyms)]
            if any(spelling.replace(",", "").startswith(f"{name} ") for spelling in spellings for name in names if len(name) > 3):
                found.add(fact)
    return tuple(sorted(found))


# --- taking over -------------------------------------------------------------------------------------------------------------


def _take(findings: Findings, line: _Line) -> None:
    read, resource, gathering = line.read, line.resource, findings.gathering
    if read.unreadable:
        gathering.unreadable_medicine(read.text, resource.place)
        return
    if line.doubted:
        findings.doubt((*(fact_name("takes", identity) for identity in read.ids), *read.unknown), resource)
        for identity, _ in read.classes:
            meaning = findings.names.class_facts(identity)
            findings.doubt((*meaning.set, *meaning.unknown), resource)
        findings.not_used("Medicines whose use is in doubt", read.text)
        return
    findings.doubt(read.unknown, resource)
    for identity, member_known in read.classes:
        meaning = findings.names.class_facts(identity, member_known)
        for fact, value in meaning.set.items():
            findings.state(fact, value is True, resource, read.text, line.when)
        findings.doubt(meaning.unknown, resource)
    if not read.ids:
        findings.not_used("Medicines outside the knowledge", read.text)
    _amounts(findings, line)


def _amounts(findings: Findings, line: _Line) -> None:
    """What is taken, with the amount of each ingredient when all of them can be worked out, else as one line without amounts."""
    read, resource = line.read, line.resource
    gathering = findings.gathering
    parts = {item.ids[0]: item.part for item in read.ingredients if len(item.ids) == 1}
    if not parts and len(read.ids) == 1:
        parts = {read.ids[0]: Part(read.text)}
    found = {identity: _amount(findings, line, identity, parts) for identity in read.ids}
    if len(read.ids) > 1 and all(found[identity] for identity in read.ids):
        for identity, (amount, unit) in ((identity, found[identity] or (None, "")) for identity in read.ids):
            text = f"{parts[identity].text} (in {read.text})"
            gathering.takes((identity,), text, resource.place, amount, unit, resource.reference)
        return
    amount, unit = (found[read.ids[0]] if len(read.ids) == 1 else None) or (None, "")
    gathering.takes(read.ids, read.text, resource.place, amount, unit, resource.reference)


def _amount(findings: Findings, line: _Line, identity: str, parts: dict[str, Part]) -> tuple[float, str] | None:
    """The daily amount of one substance with its unit; None when it is not certain or not plausible."""
    part = parts.get(identity)
    if part is None:
        return None
    name = daily_fact(findings.knowledge, identity)
    fact = findings.knowledge.facts.get(name) if name else None
    unit = fact.unit if fact else "mg/day"
    combined = len(line.read.ids) > 1 and line.amount.pieces is None
    amount = None if combined else daily(line.amount, part, unit)
    if amount is None or (fact and not fact.minimum <= amount <= fact.maximum):
        return None
    return amount, unit
