"""Every name that the knowledge has, ready to resolve what a doctor writes or a record codes.

What enters is a phrase or a code; what leaves is its meaning in facts, options and classes, or None. A phrase that could mean
several things makes facts unknown instead of guessing. Spelling is compared folded: see `phrases.fold`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from functools import cached_property
from typing import Literal as OneOf

import msgspec

from spineplan.model.expressions import Value
from spineplan.model.knowledge import Knowledge, Medicine, Option, fact_name
from spineplan.model.problems import did_you_mean
from spineplan.records.meanings import Meaning, fact_meaning, meant, term_meaning
from spineplan.records.phrase_index import PhraseIndex, system_name
from spineplan.records.phrases import Core, fold, readings, spaced

TAKEN_KINDS = frozenset({"drug", "supplement"})
_NEAR = 0.85
SUBSTANCE_LEVEL = 7  # the length of an ATC code that names a substance
_LETTER_DIGIT = re.compile(r"(?<=[a-z])(?=\d)")
_ALLERGY_LEADS = (
    *("allergy to ", "allergic to ", "anaphylaxis to ", "anaphylactic to ", "reaction to ", "intolerance to "),
    *("intolerant of ", "hypersensitivity to ", "sensitivity to "),
)
_ALLERGY_TAILS = (" allergy", " intolerance", " hypersensitivity", " sensitivity", " anaphylaxis", " allergic")
NameKind = OneOf["condition", "diagnosis", "medicine", "allergen", "option", "fact", "setting"]


class MedicineMeaning(msgspec.Struct, frozen=True):
    """What a medicine code says: substances, classes of a substance that the knowledge does not list, and facts left unknown."""

    ids: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


class Names:
    """All names and codes of one Knowledge. Build it once; every index is made at its first use."""

    def __init__(self, knowledge: Knowledge) -> None:
        self.knowledge = knowledge

    # --- conditions, findings, diagnoses -------------------------------------------------------------------------------

    @cached_property
    def _facts(self) -> PhraseIndex:
        index = PhraseIndex()
        declared = [fact for fact in self.knowledge.facts.values() if not fact.part_of]
        for fact in declared:
            index.add(fact.name, (fact.name, fact.label, _bare(fact.label)))
        for fact in declared:
            index.add(fact.name, fact.synonyms)
        return index

    @cached_property
    def _terms(self) -> PhraseIndex:
        index = PhraseIndex()
        for key, term in self.knowledge.terms.items():
            index.add(key, (term.phrase,))
        return index

    @cached_property
    def _diagnoses(self) -> PhraseIndex:
        index = PhraseIndex()
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
                return meant(phrase, core, {fact_name("dx", identity): True for identity in found})
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
        known = self._terms.find(core.text), self._facts.find(core.text)
        found_terms, found_facts = known if any(known) else self._in_any_order(core.text)
        terms = [self.knowledge.terms[key] for key in found_terms]
        names = [name for name in found_facts if self.knowledge.facts[name].type == "boolean"]
        for field in fields:
            for term in terms:
                if term.field == field:
                    return term_meaning(phrase, core, term, as_of)
            inside = [name for name in names if self.knowledge.facts[name].field == field]
            if inside:
                return fact_meaning(phrase, core, [self.knowledge.facts[name] for name in inside], as_of)
            if field == "diagnosis":
                found = self._diagnoses.find(core.text)
                if found:
                    return meant(phrase, core, {fact_name("dx", identity): True for identity in found})
        if terms:
            return term_meaning(phrase, core, terms[0], as_of)
        if names:
            field = self.knowledge.facts[names[0]].field
            inside = [name for name in names if self.knowledge.facts[name].field == field]
            return fact_meaning(phrase, core, [self.knowledge.facts[name] for name in inside], as_of)
        found = self._diagnoses.find(core.text)
        return meant(phrase, core, {fact_name("dx", identity): True for identity in found}) if found else None

    def _in_any_order(self, folded: str) -> tuple[list[str], list[str]]:
        """Terms and facts with a few words in another order, or letters and digits written apart: `breast ca`, `ckd3b`."""
        apart = _LETTER_DIGIT.sub(" ", folded)
        if apart != folded and (found := (self._terms.find(apart), self._facts.find(apart))) != ([], []):
            return found
        if self._diagnoses.find(folded):
            return [], []
        return self._terms.find_in_any_order(folded), self._facts.find_in_any_order(folded)

    def term(self, phrase: str, field: str = "") -> Meaning | None:
        """The meaning of a phrase that stands under `terms`, exactly as it stands there; of one field when it is given."""
        found = [self.knowledge.terms[key] for key in self._terms.find(fold(phrase))]
        inside = [term for term in found if not field or term.field == field]
        return term_meaning(phrase, Core(fold(phrase)), inside[0], "") if inside else None

    # --- medicines, classes, options -----------------------------------------------------------------------------------

    @cached_property
    def _medicines(self) -> PhraseIndex:
        return self._entry_index(self._taken)

    @cached_property
    def _classes(self) -> PhraseIndex:
        index = PhraseIndex()
        known = self.knowledge.facts
        medicinal = {key: entry for key, entry in self.knowledge.classes.items() if fact_name("takes_other", key) in known}
        for identity, entry in medicinal.items():
            index.add(identity, (identity, entry.name))
        for identity, entry in medicinal.items():
            index.add(identity, entry.synonyms)
        return index

    @cached_property
    def _all_classes(self) -> PhraseIndex:
        index = PhraseIndex()
        for identity, entry in self.knowledge.classes.items():
            index.add(identity, (identity, entry.name, *entry.synonyms))
        return index

    @cached_property
    def _options(self) -> PhraseIndex:
        return self._entry_index(self.knowledge.options)

    def _entry_index(self, entries: Mapping[str, Option | Medicine]) -> PhraseIndex:
        index = PhraseIndex()
        for identity in entries:
            index.add(identity, (identity,))
        for identity, entry in entries.items():
            index.add(identity, (entry.name,))
        for identity, entry in entries.items():
            index.add(identity, entry.synonyms)
        return index

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
                    return meant(phrase, core, known)
        return self.condition(phrase, fields=("allergies", "conditions"))

    def near_allergies(self, phrase: str) -> tuple[str, ...]:
        """The `allergic_to_` facts of the class or medicine whose name comes nearest to words that name none; empty if none is near."""
        near = get_close_matches(fold(phrase), [*self._classes.exact, *self._medicines.exact], n=1, cutoff=_NEAR)
        meaning = self.allergy(near[0]) if near else None
        return tuple(sorted(meaning.set)) if meaning else ()

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
                index.setdefault(_icd(code), []).append(fact.name)
        for identity, diagnosis in self.knowledge.diagnoses.items():
            for code in diagnosis.codes.icd10:
                index.setdefault(_icd(code), []).append(fact_name("dx", identity))
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
