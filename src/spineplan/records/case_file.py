"""A case file (YAML or JSON in plain clinical words) to PatientFacts.

The way in is `read_case`. The file is always read to its end, so that one run shows every problem, each with its line. Nothing
that stands in the file is dropped in silence: it becomes a fact, is listed as not checked, or is a problem.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from spineplan.loading.yaml_files import Document, PathKey, parse
from spineplan.model.facts import Assumption, FactDeclaration, Origin, PatientFacts
from spineplan.model.knowledge import Knowledge
from spineplan.model.problems import InputError, Place, Problem
from spineplan.records.case_lists import ListSections
from spineplan.records.case_sections import words
from spineplan.records.case_values import (
    is_left_open,
    is_nothing,
    is_unknowable,
    kind_of,
    read_date,
    read_value,
)
from spineplan.records.case_wishes import WishSections
from spineplan.records.names import Names
from spineplan.records.phrases import fold
from spineplan.records.settling import Gathering, suggestion_for

_SECTION_NAMES = {
    "medicines": "medications",
    "medication": "medications",
    "current medicines": "medications",
    "current medications": "medications",
    "drugs": "medications",
    "allergy": "allergies",
    "intolerances": "allergies",
    "diagnoses": "diagnosis",
    "comorbidities": "conditions",
    "other diseases": "conditions",
    "history": "conditions",
    "laboratory": "labs",
    "lab": "labs",
    "examination": "findings",
    "finding": "findings",
    "red flag": "red_flags",
    "warning signs": "red_flags",
    "treatments tried": "tried",
    "previous treatment": "tried",
    "wishes": "preferences",
    "preference": "preferences",
    "implant": "implants",
    "goals": "goal",
    "date": "as_of",
}
_YEARS = range(1900, 2200)
_PRESSURE = frozenset(("bp", "blood pressure", "rr"))
_cached: list[tuple[Knowledge, Names]] = []


def read_case(name: str, text: str, knowledge: Knowledge, today: str = "") -> PatientFacts:
    """The facts of the case in a text. `name` stands in problems; `today` (ISO) is taken when the case has no `as_of`.

    Raises InputError with every problem.
    """
    document, problems = parse(name, text)
    if document is None:
        raise InputError(problems)
    return read_case_data(document, knowledge, today, problems)


def read_case_data(
    document: Document, knowledge: Knowledge, today: str = "", problems: list[Problem] | None = None
) -> PatientFacts:
    """The facts of a case that has been parsed already; `problems` found before are reported with those found here."""
    return _Reader(document, knowledge, today, problems or []).read()


def names_of(knowledge: Knowledge) -> Names:
    """The names of a Knowledge, made once for the one in use."""
    for known, names in _cached:
        if known is knowledge:
            return names
    _cached[:] = [(knowledge, Names(knowledge))]
    return _cached[0][1]


class _Reader:
    """Reads the sections of one case, each by its own method; lists are read by ListSections."""

    def __init__(self, document: Document, knowledge: Knowledge, today: str, problems: list[Problem]) -> None:
        self.document = document
        self.knowledge = knowledge
        self.names = names_of(knowledge)
        self.today = today
        self.gathered = Gathering(knowledge, self.names, "")
        self.gathered.problems.extend(problems)
        self.lists = ListSections(document, self.gathered, self.item)
        self.wishes = WishSections(document, self.gathered, self.item)

    def place(self, *path: str | int) -> Place:
        return self.document.place(path)

    def problem(self, path: PathKey, what: str, suggestion: str = "") -> None:
        self.gathered.problem(self.document.place(path), what, suggestion)

    def read(self) -> PatientFacts:
        """All sections, then the settling of what they said."""
        data = self.document.data
        if not isinstance(data, dict):
            self.problem(
                (),
                f"a case is a mapping of sections, not {kind_of(data)}",
                "Begin with `as_of: 2026-03-02` and `patient: {age: 58}`.",
            )
            raise InputError(self.gathered.problems)
        sections = self._sections(data)
        self._day(sections)
        readers = self._readers()
        for section, (key, raw) in sections.items():
            if section in readers:
                readers[section]((key,), raw)
            elif section in self.knowledge.fields and section != "as_of":
                self.panel(section, (key,), raw)
        if "setting" not in sections:
            self._assume("setting", "available", "The setting was not stated; everything was taken to be available.")
        return self.gathered.settle()

    def _readers(self) -> dict[str, Callable[[PathKey, Any], None]]:
        panels = ("pain", "findings", "red_flags", "work")
        readers: dict[str, Callable[[PathKey, Any], None]] = {field: self._panel_of(field) for field in panels}
        lists = self.lists
        return readers | {
            "patient": self._patient,
            "pregnancy": self._pregnancy,
            "labs": self._labs,
            "facts": self._facts,
            "goal": self._goal,
            "diagnosis": lists.diagnosis,
            "conditions": lambda path, raw: lists.conditions("conditions", path, raw),
            "implants": lambda path, raw: lists.conditions("implants", path, raw),
            "medications": lists.medications,
            "allergies": lists.allergies,
            "tried": self.wishes.tried,
            "preferences": self.wishes.preferences,
            "setting": self.wishes.setting,
            "other": lists.other,
        }

    def _sections(self, data: dict[str, Any]) -> dict[str, tuple[str, Any]]:
        known = {"as_of", "goal", "facts", "other", *self.knowledge.fields}
        found: dict[str, tuple[str, Any]] = {}
        for key, raw in data.items():
            folded = fold(key)
            section = _SECTION_NAMES.get(folded, folded.replace(" ", "_"))
            if section not in known:
                self.problem((key,), f"`{key}` is not a section of a case", suggestion_for(key, known))
            elif section in found:
                self.problem((key,), f"`{key}` and `{found[section][0]}` are the same section", "Keep one of them.")
            else:
                found[section] = (key, raw)
        return found

    def _day(self, sections: dict[str, tuple[str, Any]]) -> None:
        key, raw = sections.get("as_of", ("as_of", None))
        day = read_date(raw)
        if day is not None and day.year in _YEARS:
            self.gathered.as_of = day.isoformat()
        elif raw is not None:
            self.problem((key,), f"`{raw}` is not a date", "Write the day as `as_of: 2026-03-02`.")
        elif self.today:
            self.gathered.as_of = self.today
        else:
            self.problem((), "the day of the case is missing", "Write `as_of: 2026-03-02`.")

    # --- panels ------------------------------------------------------------------------------------------------------

    def _panel_of(self, field: str) -> Callable[[PathKey, Any], None]:
        return lambda path, raw: self.panel(field, path, raw)

    def panel(self, field: str, path: PathKey, raw: Any) -> None:
        """A panel: a mapping of names to answers, a list of phrases, or one phrase."""
        if is_left_open(raw):
            return
        if is_unknowable(raw):
            self.gathered.cannot_be_known(field)
            return
        self.gathered.given.add(field)
        if is_nothing(raw):
            self._all_absent(field, path)
        elif isinstance(raw, dict):
            for key, value in raw.items():
                self.item(field, (*path, key), key, value)
        elif isinstance(raw, list):
            for index, value in enumerate(raw):
                self._phrase_or_mapping(field, (*path, index), value)
        else:
            self._phrase_or_mapping(field, path, raw)

    def _all_absent(self, field: str, path: PathKey) -> None:
        """`red_flags: none`: the term "no red flags" when the knowledge has it, and every other sign of the panel is absent."""
        place = self.document.place(path)
        title = field.replace("_", " ")
        term = self.names.term(f"no {title}")
        if term is not None:
            self.gathered.apply(term, place)
        for name, fact in self.knowledge.facts.items():
            if fact.field == field and fact.type == "boolean" and (term is None or name not in term.set):
                self.gathered.state(name, False, place, Origin(f"{title}: none"), weak=True)

    def _phrase_or_mapping(self, field: str, path: PathKey, raw: Any) -> None:
        if isinstance(raw, dict):
            for key, value in raw.items():
                self.item(field, (*path, key), key, value)
        elif isinstance(raw, str):
            for phrase in self._phrases(raw, field):
                self._phrase(field, path, phrase)
        else:
            self.problem(
                path, f"a phrase stands here, not {kind_of(raw)}", "Write for example `- normal neurology`, or `fever: no`."
            )

    def _phrases(self, raw: str, field: str) -> list[str]:
        if self.names.condition(raw, self.gathered.as_of, (field,)) is not None:
            return [raw]
        parts = [part.strip() for part in re.split(r"[,;]", raw) if part.strip()]
        return parts or [raw]

    def _phrase(self, field: str, path: PathKey, phrase: str) -> None:
        meaning = self.names.condition(phrase, self.gathered.as_of, (field, "findings", "red_flags", "pain", "conditions"))
        if meaning is not None:
            self.gathered.apply(meaning, self.document.place(path), field=field)
            return
        measured = re.match(r"^(?P<key>[^\d:=]*[^\d:=\s])\s*[:=]?\s+(?P<value>[<>]?=?\s*\d.*)$", phrase.strip())
        if measured and self.names.facts(measured["key"], (field,)):
            self.item(field, path, measured["key"], measured["value"])
            return
        key, _, last = phrase.strip().rpartition(" ")
        key = key.rstrip(":= ")
        if key and re.match(r"^[<>]?\d[\d.,/]*$", last) and (fold(key) in _PRESSURE or self.names.facts(key, (field,))):
            self.item(field, path, key, last)
            return
        self._unresolved(field, path, phrase)

    def _unresolved(self, field: str, path: PathKey, phrase: str) -> None:
        suggestion = self.names.suggest(phrase, "condition") or "Use a name from `spineplan knowledge list facts`."
        self.problem(path, f"`{phrase}` is not known in {field.replace('_', ' ')}", suggestion)

    def item(self, field: str, path: PathKey, key: str, raw: Any) -> None:
        """One name with its answer."""
        if fold(key) in ("other", "others", "not checked"):
            self.lists.other(path, raw)
            return
        if fold(key) in _PRESSURE and isinstance(raw, str) and "/" in raw:
            self._blood_pressure(field, path, raw)
            return
        found = self.names.facts(key, (field,))
        if found:
            self._answer(field, path, found, raw)
            return
        meaning = self.names.condition(key, self.gathered.as_of, (field, "findings", "red_flags", "pain", "conditions"))
        if meaning is None:
            together = f"{key} {raw}" if isinstance(raw, str) else ""
            meaning = self.names.condition(together, self.gathered.as_of, (field,)) if together else None
            if meaning is None:
                self._unresolved(field, path, key)
                return
            raw = True
        self._term(path, meaning_phrase=key, field=field, raw=raw, known=meaning)

    def _term(self, path: PathKey, meaning_phrase: str, field: str, raw: Any, known: Any) -> None:
        """A phrase that stands for several facts, answered by yes or no."""
        fact = FactDeclaration(name=meaning_phrase, type="boolean", label=f"`{meaning_phrase}`", field=field)
        read = read_value(fact, raw, self.names)
        place = self.document.place(path)
        if read.answer == "wrong":
            self.gathered.problem(place, read.what, read.suggestion)
        elif read.answer == "null":
            self.gathered.null.update((*known.set, *known.unknown))
        elif read.value is True:
            self.gathered.apply(known, place, field=field)
        elif read.value is False:
            denied = self.names.condition(f"no {meaning_phrase}", self.gathered.as_of, (field,))
            if denied is not None:
                self.gathered.apply(denied, place, field=field)

    def _answer(self, field: str, path: PathKey, found: tuple[str, ...], raw: Any) -> None:
        facts = [self.knowledge.facts[name] for name in found]
        plain_number = isinstance(raw, int | float) and not isinstance(raw, bool)
        fitting = [fact for fact in facts if (fact.type == "number") == plain_number] or facts
        for fact in fitting:
            self.value(fact, path, raw)

    def value(self, fact: FactDeclaration, path: PathKey, raw: Any) -> None:
        """One fact with its answer; `{value, date}` is a dated one."""
        date = ""
        if isinstance(raw, dict) and "value" in raw:
            dated = self._dated(fact, path, raw)
            if dated is None:
                return
            raw, date = dated
        read = read_value(fact, self._since(fact, raw), self.names)
        place = self.document.place(path)
        if read.answer == "wrong":
            self.gathered.problem(place, read.what, read.suggestion)
        elif read.answer == "null":
            self.gathered.null.add(fact.name)
        elif read.answer == "value":
            self.gathered.state(fact.name, read.value, place, Origin(f"{path[-1]}: {words(raw)}", date))
            if read.note:
                self._assume(fact.name, f"{read.value:g}" if isinstance(read.value, float) else "", read.note)

    def _since(self, fact: FactDeclaration, raw: Any) -> Any:
        """Days since a date (`duration: since 2026-02-01`), for a fact that counts days; any other value stays as it is."""
        as_of = read_date(self.gathered.as_of)
        text = re.sub(r"^since\s+", "", raw.strip().lower()) if isinstance(raw, str) else raw
        day = read_date(text) if fact.unit == "days" and not isinstance(raw, int | float) else None
        return (as_of - day).days if day is not None and as_of is not None else raw

    def _dated(self, fact: FactDeclaration, path: PathKey, raw: dict[str, Any]) -> tuple[Any, str] | None:
        for key in raw:
            if key not in ("value", "date", "unit"):
                self.problem((*path, key), f"`{key}` is not read here", "A dated value has `value`, `date` and `unit`.")
        value = raw["value"]
        if "unit" in raw:
            value = f"{value} {raw['unit']}"
        if raw.get("date") is None:
            return value, ""
        day = read_date(raw["date"])
        as_of = read_date(self.gathered.as_of)
        if day is None:
            self.problem((*path, "date"), f"`{raw['date']}` is not a date", "Write it as 2026-03-02.")
            return None
        if as_of is None:
            return value, day.isoformat()
        if day > as_of:
            self.problem(
                (*path, "date"), f"{day.isoformat()} lies after the day of the case ({as_of.isoformat()})", "Correct one of them."
            )
            return None
        if fact.valid_days is not None and (as_of - day).days > fact.valid_days:
            why = f"The value of {day.isoformat()} is older than {fact.valid_days} days and was not used."
            self._assume(fact.name, "not used", why)
            return None
        return value, day.isoformat()

    def _blood_pressure(self, field: str, path: PathKey, raw: str) -> None:
        upper, _, lower = raw.partition("/")
        for name, text in (("systolic blood pressure", upper), ("diastolic blood pressure", lower)):
            found = self.names.facts(name, (field,))
            if found:
                self.value(self.knowledge.facts[found[0]], path, text.strip())
            else:
                self._unresolved(field, path, name)

    # --- sections of their own ---------------------------------------------------------------------------------------

    def _patient(self, path: PathKey, raw: Any) -> None:
        if not isinstance(raw, dict):
            if not is_left_open(raw):
                self.problem(path, f"the patient is a mapping, not {kind_of(raw)}", "Write `patient: {age: 58, sex: female}`.")
            return
        self.gathered.given.add("patient")
        for key, value in raw.items():
            folded = fold(key)
            here = (*path, key)
            if folded in ("code", "id", "pseudonym"):
                self.gathered.name = words(value)
            elif folded in ("name", "first name", "last name", "surname", "address", "phone"):
                self.problem(here, f"`{key}` is not read, so that no personal name enters", "Remove it, or give a `code`.")
            elif folded in ("birth date", "birthdate", "born", "date of birth", "dob"):
                self._birth(here, value)
            else:
                self.item("patient", here, key, value)

    def _birth(self, path: PathKey, raw: Any) -> None:
        coarse = re.fullmatch(r"(\d{4})(?:-(\d{2}))?", words(raw))
        born, as_of = read_date(raw), read_date(self.gathered.as_of)
        found = self.names.facts("age", ("patient",))
        if born is None and coarse and found:
            born = read_date(f"{coarse[1]}-{coarse[2] or '01'}-01")
            if born is not None:
                self._assume(
                    found[0], "the higher age", f"Only {words(raw)} is given as the date of birth; the higher age is used."
                )
        if born is None:
            self.problem(path, f"`{words(raw)}` is not a date", "Write it as 1967-05-01, or give the age.")
        elif as_of is not None and found:
            years = as_of.year - born.year - ((as_of.month, as_of.day) < (born.month, born.day))
            self.gathered.state(found[0], float(years), self.document.place(path), Origin("birth date", born.isoformat()))

    def _pregnancy(self, path: PathKey, raw: Any) -> None:
        facts = [fact for fact in self.knowledge.facts.values() if fact.field == "pregnancy"]
        plain = self.names.facts("pregnant", ("pregnancy",))
        if isinstance(raw, bool) or (
            isinstance(raw, str) and fold(raw) in ("yes", "no", "none", "not applicable", "negative", "positive")
        ):
            self.gathered.given.add("pregnancy")
            answer = raw if isinstance(raw, bool) else fold(raw) in ("yes", "positive")
            for name in plain:
                self.gathered.state(name, answer, self.document.place(path), Origin(f"pregnancy: {words(raw)}"))
            return
        weeks = (
            re.match(r"^(?:(?:yes|pregnant)[,;]?\s*)?(?:week\s*(\d+)|(\d+)\s*weeks?)(?: pregnant)?$", fold(raw))
            if isinstance(raw, str)
            else None
        )
        if weeks:
            for fact in facts:
                if fact.unit == "weeks":
                    self.gathered.state(fact.name, float(weeks[1] or weeks[2]), self.document.place(path), Origin(raw))
            return
        self.panel("pregnancy", path, raw)

    def _labs(self, path: PathKey, raw: Any) -> None:
        if is_nothing(raw):
            self.gathered.given.add("labs")
            return
        self.panel("labs", path, raw)

    def _facts(self, path: PathKey, raw: Any) -> None:
        if is_left_open(raw):
            return
        if not isinstance(raw, dict):
            self.problem(
                path, f"facts are a mapping of fact names to values, not {kind_of(raw)}", "Write for example `facts: {egfr: 54}`."
            )
            return
        for key, value in raw.items():
            fact = self.knowledge.facts.get(key)
            if fact is not None:
                self.value(fact, (*path, key), value)
            elif key in self.knowledge.derived:
                self.problem((*path, key), f"`{key}` is worked out from other facts", "Leave it out.")
            else:
                self.problem((*path, key), f"`{key}` is not a fact", suggestion_for(key, self.knowledge.facts))

    def _goal(self, path: PathKey, raw: Any) -> None:
        parts = raw if isinstance(raw, list) else [raw]
        if any(isinstance(part, dict | list) for part in parts):
            self.problem(path, "the goal is a sentence", "Write for example `goal: walk to work`.")
        else:
            self.gathered.goal = "; ".join(words(part) for part in parts if part is not None)

    def _assume(self, fact: str, value: str, why: str) -> None:
        self.gathered.assumptions.append(Assumption(fact, value, why))
