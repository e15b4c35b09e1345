"""Every name that the knowledge has, ready to resolve what a doctor writes or a record codes.

What enters is a phrase or a code; what leaves is its meaning in facts, options and classes, or None. A phrase that could mean
several things makes facts unknown instead of guessing. Spelling is compared folded: see `phrases.fold`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from functools import cached_property
from typing import Literal as OneOf

import msgspec

from spineplan.model.expressions import Value
from spineplan.model.facts import FactDeclaration, Term, TermEffect
from spineplan.model.knowledge import Knowledge, Medicine, Option, fact_name
from spineplan.model.problems import did_you_mean
from spineplan.records.phrases import Core, fold, iso_date, loose, readings, spaced

TAKEN_KINDS = frozenset({"drug", "supplement"})
SUBSTANCE_LEVEL = 7  # the length of an ATC code that names a substance
_ALLERGY_LEADS = ("allergy to ", "allergic to ", "intolerance to ", "intolerant of ", "hypersensitivity to ", "sensitivity to ")
_ALLERGY_TAILS = (" allergy", " intolerance", " hypersensitivity", " sensitivity", " anaphylaxis", " allergic")
NameKind = OneOf["condition", "diagnosis", "medicine", "allergen", "option", "fact", "setting"]
SYSTEMS = {
    "http://snomed.info/sct": "snomed",
    "http://loinc.org": "loinc",
    "http://www.nlm.nih.gov/research/umls/rxnorm": "rxnorm",
    "http://www.whocc.no/atc": "atc",
    "http://hl7.org/fhir/sid/icd-10": "icd10",
    "http://hl7.org/fhir/sid/icd-10-cm": "icd10",
    "http://hl7.org/fhir/sid/icd-10-gm": "icd10",
    "http://fhir.de/codesystem/bfarm/icd-10-gm": "icd10",
    "http://fhir.de/codesystem/bfarm/atc": "atc",
}


class Meaning(msgspec.Struct, frozen=True):
    """What a phrase or code says: facts it sets, facts it makes unknown, the date it names (as written), whether it is negated.

    `future`: the date lies after `as_of`. `dated`: it speaks of the past, so that a FALSE in `set` yields to a TRUE elsewhere.
    """

    phrase: str
    set: dict[str, Value] = {}
    unknown: tuple[str, ...] = ()
    date: str = ""
    negated: bool = False
    future: bool = False
    dated: bool = False


class MedicineMeaning(msgspec.Struct, frozen=True):
    """What a medicine code says: substances, classes of a substance that the knowledge does not list, and facts left unknown."""

    ids: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


class _Index:
    """Folded phrases to identities; the loose spelling is tried second. Earlier identities are preferred."""

    def __init__(self) -> None:
        self.exact: dict[str, list[str]] = {}
        self.loosely: dict[str, list[str]] = {}

    def add(self, identity: str, phrases: Iterable[str]) -> None:
        for phrase in phrases:
            key = fold(phrase)
            if key:
                _append(self.exact, key, identity)
                _append(self.exact, spaced(key), identity)
                _append(self.loosely, loose(key), identity)

    def find(self, folded: str) -> list[str]:
        return self.exact.get(folded) or self.loosely.get(loose(folded)) or []


def _append(index: dict[str, list[str]], key: str, identity: str) -> None:
    listed = index.setdefault(key, [])
    if identity not in listed:
        listed.append(identity)


def system_name(system: str) -> str:
    """The short name of a code system (`icd10`, `snomed`, `loinc`, `rxnorm`, `atc`) for its URL or name; empty for another."""
    text = system.strip().rstrip("/").lower()
    return SYSTEMS.get(text) or {"icd-10": "icd10", "icd-10-cm": "icd10"}.get(text, text if text in set(SYSTEMS.values()) else "")


class Names:
    """All names and codes of one Knowledge. Build it once; every index is made at its first use."""

    def __init__(self, knowledge: Knowledge) -> None:
        self.knowledge = knowledge

    # --- conditions, findings, diagnoses -------------------------------------------------------------------------------

    @cached_property
    def _facts(self) -> _Index:
        index = _Index()
        declared = [fact for fact in self.knowledge.facts.values() if not fact.part_of]
        for fact in declared:
            index.add(fact.name, (fact.name, fact.label, _bare(fact.label)))
        for fact in declared:
            index.add(fact.name, fact.synonyms)
        return index

    @cached_property
    def _terms(self) -> _Index:
        index = _Index()
        for key, term in self.knowledge.terms.items():
            index.add(key, (term.phrase,))
        return index

    @cached_property
    def _diagnoses(self) -> _Index:
        index = _Index()
        for identity, diagnosis in self.knowledge.diagnoses.items():
            index.add(identity, (identity, diagnosis.name, *diagnosis.synonyms))
        return index

    def facts(self, phrase: str, fields: Iterable[str] = ()) -> tuple[str, ...]:
        """The facts that a name stands for, those of the given fields before all others; automatic facts by exact name only."""
        if phrase in self.knowledge.facts:
            return (phrase,)
        found = self._facts.find(fold(phrase))
        for field in fields:
            inside = tuple(name for name in found if self.knowledge.facts[name].field == field)
            if inside:
                return inside
        return tuple(found)

    def diagnosis(self, phrase: str) -> Meaning | None:
        """The `dx_` fact of a diagnosis; doubt ("suspected ...") makes it unknown, negation sets it FALSE."""
        for core in readings(phrase):
            found = self._diagnoses.find(core.text)
            if found:
                return _meant(phrase, core, {fact_name("dx", identity): True for identity in found})
        return None

    def condition(self, phrase: str, as_of: str = "", fields: Iterable[str] = ("conditions",)) -> Meaning | None:
        """What a disease, sign or finding in words says. `fields` are preferred in order; `as_of` (ISO) dates it.

        Reads dates ("MI in March 2026", "ulcer 2019"), past ("history of ..."), doubt ("suspected ...") and negation ("no ...").
        """
        preferred = tuple(fields)
        for core in readings(phrase, as_of):
            meaning = self._condition(phrase, core, as_of, preferred)
            if meaning is not None:
                return meaning
        return None

    def _condition(self, phrase: str, core: Core, as_of: str, fields: tuple[str, ...]) -> Meaning | None:
        terms = [self.knowledge.terms[key] for key in self._terms.find(core.text)]
        names = [name for name in self._facts.find(core.text) if self.knowledge.facts[name].type == "boolean"]
        for field in fields:
            for term in terms:
                if term.field == field:
                    return _term_meaning(phrase, core, term, as_of)
            inside = [name for name in names if self.knowledge.facts[name].field == field]
            if inside:
                return _fact_meaning(phrase, core, [self.knowledge.facts[name] for name in inside], as_of)
            if field == "diagnosis":
                found = self._diagnoses.find(core.text)
                if found:
                    return _meant(phrase, core, {fact_name("dx", identity): True for identity in found})
        if terms:
            return _term_meaning(phrase, core, terms[0], as_of)
        if names:
            field = self.knowledge.facts[names[0]].field
            inside = [name for name in names if self.knowledge.facts[name].field == field]
            return _fact_meaning(phrase, core, [self.knowledge.facts[name] for name in inside], as_of)
        found = self._diagnoses.find(core.text)
        return _meant(phrase, core, {fact_name("dx", identity): True for identity in found}) if found else None

    def term(self, phrase: str, field: str = "") -> Meaning | None:
        """The meaning of a phrase that stands under `terms`, exactly as it stands there; of one field when it is given."""
        found = [self.knowledge.terms[key] for key in self._terms.find(fold(phrase))]
        inside = [term for term in found if not field or term.field == field]
        return _term_meaning(phrase, Core(fold(phrase)), inside[0], "") if inside else None

    # --- medicines, classes, options -----------------------------------------------------------------------------------

    @cached_property
    def _medicines(self) -> _Index:
        return _entry_index(self._taken)

    @cached_property
    def _classes(self) -> _Index:
        index = _Index()
        known = self.knowledge.facts
        medicinal = {key: entry for key, entry in self.knowledge.classes.items() if fact_name("takes_other", key) in known}
        for identity, entry in medicinal.items():
            index.add(identity, (identity, entry.name))
        for identity, entry in medicinal.items():
            index.add(identity, entry.synonyms)
        return index

    @cached_property
    def _all_classes(self) -> _Index:
        index = _Index()
        for identity, entry in self.knowledge.classes.items():
            index.add(identity, (identity, entry.name, *entry.synonyms))
        return index

    @cached_property
    def _options(self) -> _Index:
        return _entry_index(self.knowledge.options)

    @cached_property
    def longest_medicine(self) -> int:
        """The number of words in the longest medicine or class name."""
        return max((key.count(" ") + 1 for index in (self._medicines, self._classes) for key in index.exact), default=1)

    def medicine(self, phrase: str) -> tuple[str, ...]:
        """The substances that a medicine's name (without dose) stands for: one, or a combination's parts; empty if unknown."""
        found = self.medicine_entry(phrase)
        return self.substances(found) if found else ()

    def medicine_entry(self, phrase: str) -> str | None:
        """The id of the medicine or option that a medicine's name (without dose) stands for; a combination is not taken apart."""
        folded = fold(phrase)
        found = self._medicines.find(folded) or self._medicines.find(spaced(folded))
        return found[0] if found else None

    def substances(self, identity: str) -> tuple[str, ...]:
        """The substances of a medicine: itself, or all that it contains."""
        medicine = self.knowledge.medicines.get(identity)
        if medicine is None or not medicine.contains:
            return (identity,)
        return tuple(sorted({part for inner in medicine.contains if inner != identity for part in self.substances(inner)}))

    def medicine_class(self, phrase: str) -> str | None:
        """The class of medicines that a name stands for ("NSAID", "blood thinner"); also with an article or "some" before it."""
        folded = fold(phrase)
        for lead in ("", "a ", "an ", "some ", "any ", "other ", "unknown ", "unspecified "):
            found = self._classes.find(folded.removeprefix(lead)) if folded.startswith(lead) else []
            if found:
                return found[0]
        return None

    def any_class(self, phrase: str) -> str | None:
        """Any class of options, of medicines or of methods."""
        found = self._all_classes.find(fold(phrase))
        return found[0] if found else None

    def class_facts(self, identity: str, member_known: bool = False) -> Meaning:
        """What taking a member of a class says: `takes_other_` of it and its parents.

        Which of the listed members it is stays unknown, unless the member is known to be none of them (`member_known`).
        """
        settings: dict[str, Value] = {}
        waiting = [identity]
        while waiting:
            current = waiting.pop()
            if current in self.knowledge.classes and fact_name("takes_other", current) not in settings:
                settings[fact_name("takes_other", current)] = True
                waiting.extend(self.knowledge.classes[current].parents)
        settings = {name: value for name, value in settings.items() if name in self.knowledge.facts}
        if member_known or identity not in self.knowledge.classes:
            return Meaning(identity, settings)
        inside = [fact_name("takes", member) for member in self.knowledge.classes[identity].members]
        inside += [fact_name("takes_other", other) for other in self.knowledge.classes if identity in self._ancestors(other)]
        unknown = {name for name in inside if name in self.knowledge.facts and name not in settings}
        return Meaning(identity, settings, tuple(sorted(unknown)))

    def _ancestors(self, identity: str) -> set[str]:
        found: set[str] = set()
        waiting = list(self.knowledge.classes[identity].parents)
        while waiting:
            current = waiting.pop()
            if current not in found and current in self.knowledge.classes:
                found.add(current)
                waiting.extend(self.knowledge.classes[current].parents)
        return found

    def allergen(self, phrase: str) -> dict[str, Value]:
        """The facts that an allergy sets: see `allergy`; empty when the phrase is unknown."""
        meaning = self.allergy(phrase)
        return dict(meaning.set) if meaning else {}

    def allergy(self, phrase: str) -> Meaning | None:
        """What an allergy in words says: `allergic_to_` of a medicine in all its forms, or a class; or a condition."""
        for core in readings(phrase):
            for text in _allergen_names(core.text):
                found = self._medicines.find(text)[:1]
                identities = {form for entry in found for part in self.substances(entry) for form in self.forms(part)}
                identities = identities or set(self._classes.find(text)[:1])
                facts = [fact_name("allergic_to", identity) for identity in sorted(identities)]
                known: dict[str, Value] = {name: True for name in facts if name in self.knowledge.facts}
                if known:
                    return _meant(phrase, core, known)
        return self.condition(phrase, fields=("allergies", "conditions"))

    def forms(self, identity: str) -> tuple[str, ...]:
        """The ids of all forms of a substance: an allergy to a tablet is an allergy to its gel, patch and injection.

        Forms share the substance's code (ATC), the beginning of the id, or the first word of the name together with a class.
        """
        pool = {key: entry for key, entry in self._taken.items() if not getattr(entry, "contains", ())}
        own = pool.get(identity)
        if own is None:
            return (identity,)
        head = _head(own.name)
        same = {identity}
        for key, entry in pool.items():
            related = key.startswith(f"{identity}-") or identity.startswith(f"{key}-")
            coded = bool({code for code in entry.codes.atc if len(code) == SUBSTANCE_LEVEL} & set(own.codes.atc))
            named = _head(entry.name) == head and bool(set(entry.classes) & set(own.classes))
            if related or coded or named:
                same.add(key)
        return tuple(sorted(same))

    @cached_property
    def _taken(self) -> dict[str, Option | Medicine]:
        options = {key: option for key, option in self.knowledge.options.items() if option.kind in TAKEN_KINDS}
        return {**options, **self.knowledge.medicines}

    def option(self, phrase: str) -> str | None:
        """The option that a name, id or synonym stands for."""
        folded = fold(phrase)
        found = self._options.find(folded) or self._options.find(spaced(folded)) or self._options.find(_terse(folded))
        return found[0] if found else None

    # --- codes -----------------------------------------------------------------------------------------------------------

    @cached_property
    def _icd10(self) -> dict[str, list[str]]:
        index: dict[str, list[str]] = {}
        for fact in self.knowledge.facts.values():
            for code in fact.codes.icd10:
                _append(index, _icd(code), fact.name)
        for identity, diagnosis in self.knowledge.diagnoses.items():
            for code in diagnosis.codes.icd10:
                _append(index, _icd(code), fact_name("dx", identity))
        return index

    @cached_property
    def _coded_facts(self) -> dict[tuple[str, str], list[str]]:
        index: dict[tuple[str, str], list[str]] = {}
        for fact in self.knowledge.facts.values():
            for system in ("snomed", "loinc"):
                for code in getattr(fact.codes, system):
                    index.setdefault((system, code), []).append(fact.name)
        for identity, diagnosis in self.knowledge.diagnoses.items():
            for code in diagnosis.codes.snomed:
                index.setdefault(("snomed", code), []).append(fact_name("dx", identity))
        return index

    def facts_by_code(self, system: str, code: str) -> tuple[str, ...]:
        """The facts that a code fills: ICD-10 by prefix, SNOMED CT and LOINC exactly. `system` is a short name or a URL."""
        short = system_name(system)
        if short == "icd10":
            plain = _icd(code)
            prefixes = [plain[:length] for length in range(3, len(plain) + 1)]
            return tuple(dict.fromkeys(name for prefix in prefixes for name in self._icd10.get(prefix, ())))
        return tuple(self._coded_facts.get((short, code.strip()), ()))

    def by_code(self, system: str, code: str) -> Meaning | None:
        """What the code of a condition says; an ICD-10 code broader than those of a fact makes that fact unknown."""
        booleans = [name for name in self.facts_by_code(system, code) if self.knowledge.facts[name].type == "boolean"]
        broader: set[str] = set()
        if system_name(system) == "icd10" and len(_icd(code)) >= 3:
            narrower = [names for known, names in self._icd10.items() if known.startswith(_icd(code))]
            broader = {name for names in narrower for name in names} - set(booleans)
        if not booleans and not broader:
            return None
        return Meaning(code, dict.fromkeys(booleans, True), tuple(sorted(broader)))

    @cached_property
    def _coded_medicines(self) -> dict[tuple[str, str], list[str]]:
        index: dict[tuple[str, str], list[str]] = {}
        for identity, entry in sorted(self._taken.items(), key=lambda item: (len(item[0]), item[0])):
            for system in ("rxnorm", "snomed", "atc"):
                for code in getattr(entry.codes, system):
                    index.setdefault((system, code.upper()), []).append(identity)
        return index

    def medicine_by_code(self, system: str, code: str) -> MedicineMeaning | None:
        """What the code of a medicine says. Several entries under one code: the plainest is taken, the others are unknown.

        An ATC code of no listed substance still falls under classes by its prefix.
        """
        short, plain = system_name(system), code.strip().upper()
        found = self._coded_medicines.get((short, plain), [])
        if found:
            ids = self.substances(found[0])
            others = {fact_name("takes", part) for other in found[1:] for part in self.substances(other) if part not in ids}
            return MedicineMeaning(ids, (), tuple(sorted(name for name in others if name in self.knowledge.facts)))
        classes = self.classes_by_atc(plain) if short == "atc" else ()
        return MedicineMeaning((), classes) if classes else None

    def classes_by_atc(self, code: str) -> tuple[str, ...]:
        """The classes of medicines under whose ATC prefixes a code falls, sorted."""
        plain = code.strip().upper()
        return tuple(
            key
            for key, entry in sorted(self.knowledge.classes.items())
            if any(plain.startswith(prefix) for prefix in entry.atc) and fact_name("takes_other", key) in self.knowledge.facts
        )

    # --- suggestions -----------------------------------------------------------------------------------------------------

    def suggest(self, phrase: str, what: NameKind) -> str:
        """A sentence with the nearest known names of one kind, or an empty text."""
        return did_you_mean(fold(phrase), self._pool(what))

    def _pool(self, what: NameKind) -> Iterable[str]:
        if what == "condition":
            return (*self._facts.exact, *self._terms.exact, *self._diagnoses.exact)
        if what == "diagnosis":
            return self._diagnoses.exact
        if what in ("medicine", "allergen"):
            return (*self._medicines.exact, *self._classes.exact)
        if what == "fact":
            return (*self._facts.exact, *self._terms.exact)
        if what == "setting":
            return (*(fold(option.needs) for option in self.knowledge.options.values() if option.needs), *self._options.exact)
        return self._options.exact


def _entry_index(entries: Mapping[str, Option | Medicine]) -> _Index:
    index = _Index()
    for identity in entries:
        index.add(identity, (identity,))
    for identity, entry in entries.items():
        index.add(identity, (entry.name,))
    for identity, entry in entries.items():
        index.add(identity, entry.synonyms)
    return index


def _head(name: str) -> str:
    return fold(name).partition(" ")[0].strip(",")


def _allergen_names(folded: str) -> tuple[str, ...]:
    """A phrase about an allergy, and the name inside it."""
    inner = folded
    for lead in _ALLERGY_LEADS:
        inner = inner.removeprefix(lead)
    for tail in _ALLERGY_TAILS:
        inner = inner.removesuffix(tail)
    return tuple(dict.fromkeys((folded, inner, inner.partition(" (")[0])))


def _terse(folded: str) -> str:
    """A phrase without its little words: `cream for a joint` is `cream joint`."""
    return " ".join(word for word in folded.split(" ") if word not in ("a", "an", "the", "with", "of", "by", "for"))


def _bare(label: str) -> str:
    """A label without its article: `a pacemaker` is asked for as `pacemaker`."""
    first, _, rest = label.partition(" ")
    return rest if first.lower() in ("a", "an", "the") and rest else label


def _icd(code: str) -> str:
    return code.strip().upper().replace(".", "").rstrip("*+-")


def _meant(
    phrase: str, core: Core, settings: Mapping[str, Value], unknown: Iterable[str] = (), as_of: date | None = None
) -> Meaning:
    """A meaning after negation and doubt. Only a plain statement about single facts can be negated: see `_term_meaning`."""
    written = core.period.text if core.period else ""
    future = bool(core.period and as_of and core.period.first > as_of)
    if core.doubted:
        return Meaning(phrase, {}, tuple(sorted({*settings, *unknown})), written, core.negated, future, core.past)
    if core.negated:
        return Meaning(phrase, dict.fromkeys(sorted(settings), False), (), written, True, future, core.past)
    return Meaning(phrase, dict(sorted(settings.items())), tuple(sorted(set(unknown))), written, False, future, core.past)


def _fact_meaning(phrase: str, core: Core, facts: list[FactDeclaration], as_of: str) -> Meaning:
    """What a mention of facts says. In the past it sets the history of a fact, and the fact only when it was recent enough."""
    today = iso_date(as_of)
    settings: dict[str, Value] = {}
    unknown: list[str] = []
    for fact in facts:
        recent = _recent(core, fact, today)
        if recent is None:
            unknown.append(fact.name)
        elif recent:
            settings[fact.name] = True
        if recent is not True and fact.history:
            settings[fact.history] = True
    return _meant(phrase, core, settings, unknown, today)


def _recent(core: Core, fact: FactDeclaration, today: date | None) -> bool | None:
    """Whether a mention counts for today: yes, no, or None when the words do not tell."""
    if core.negated or not core.past or not (fact.history or fact.within_days is not None):
        return True
    if fact.within_days is None or core.period is None or today is None:
        return None
    return core.period.within(fact.within_days, today)


def _term_meaning(phrase: str, core: Core, term: Term, as_of: str) -> Meaning:
    """What a term does. A denied term does what it says for that; without such word it settles nothing.

    It may be narrower than its facts, so they are left unknown.
    """
    today = iso_date(as_of)
    effect = _effect(core, term, today)
    named = {*effect.set, *effect.unknown}
    if core.negated and term.negated is not None and not core.doubted:
        return msgspec.structs.replace(_meant(phrase, core, {}, (), today), set=dict(term.negated.set), unknown=term.negated.unknown)
    if core.negated:
        return msgspec.structs.replace(_meant(phrase, core, {}, (), today), unknown=tuple(sorted(named)))
    return _meant(phrase, core, effect.set, effect.unknown, today)


def _effect(core: Core, term: Term, today: date | None) -> TermEffect:
    if not core.past:
        return term.effect
    if core.period is None or term.dated_recent is None:
        recency_matters = term.dated_recent is not None
        return term.effect if recency_matters or term.dated is None else term.dated
    recent = core.period.within(term.within_days, today) if today else None
    if recent is None:
        return term.effect
    if recent:
        return term.dated_recent
    return term.dated or term.effect
