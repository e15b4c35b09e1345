"""The lists of a case file that say what the patient has and takes: diagnosis, conditions, implants, medications, allergies.

Each method takes a path and the raw value and tells the Gathering what it says. A list that is given closes its field.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from typing import Any

from spineplan.loading.yaml_files import PathKey
from spineplan.records.case_sections import NAME_KEYS, OTHER, Sections, core, words
from spineplan.records.case_values import NO, YES, is_left_open, is_nothing, is_unknowable, kind_of
from spineplan.records.meanings import Meaning
from spineplan.records.medicines import read_medicine
from spineplan.records.phrases import fold


class ListSections(Sections):
    """Readers of the lists of diseases, implants, diagnoses, medicines and allergies."""

    # --- the common form of lists ------------------------------------------------------------------------------------

    def _entries(self, field: str, path: PathKey, raw: Any) -> Iterator[tuple[PathKey, Any]] | None:
        """The items of a list field, or None when the field is open, unknown or empty; then it has been dealt with."""
        if is_left_open(raw):
            return None
        if is_unknowable(raw):
            self.gathered.cannot_be_known(field)
            return None
        self.gathered.given.add(field)
        if is_nothing(raw):
            self._close(field, "none were reported", none=True)
            return None
        if isinstance(raw, dict) and field != "diagnosis" and self._named(path, raw) is not None:
            return iter([(path, raw)])
        if isinstance(raw, dict):
            return iter([((*path, key), {key: value}) for key, value in raw.items()])
        if isinstance(raw, list):
            return iter([((*path, index), value) for index, value in enumerate(raw)])
        return iter([(path, raw)])

    def _close(self, field: str, because: str, none: bool = False) -> None:
        declared = self.knowledge.fields.get(field)
        title = declared.title if declared else field
        why = f"{title}: {because}, so what is not named there was taken to be absent."
        self.gathered.close(field, why, none)

    def _named(self, path: PathKey, raw: dict[str, Any]) -> tuple[str, str] | None:
        """The name and the rest in words of a mapping such as `{name: peptic ulcer, date: 2019}`; None for other mappings."""
        for key in raw:
            if fold(key) in NAME_KEYS and isinstance(raw[key], str):
                rest = [
                    words(value) for other, value in raw.items() if other != key and not isinstance(value, dict | list | bool)
                ]
                return raw[key], " ".join(rest)
        return None

    # --- conditions, implants, diagnosis -----------------------------------------------------------------------------

    def conditions(self, field: str, path: PathKey, raw: Any) -> None:
        """Diseases or implants. A list closes the field; a mapping of names to yes and no does not."""
        entries = self._entries(field, path, raw)
        if entries is None:
            return
        for here, value in entries:
            if isinstance(value, dict):
                self._condition_mapping(field, here, value)
            else:
                self._condition_texts(field, here, value)
        if not isinstance(raw, dict):
            self._close(field, "a list was given")

    def _condition_mapping(self, field: str, path: PathKey, value: dict[str, Any]) -> None:
        named = self._named(path, value)
        if named is not None:
            self._condition_texts(field, path, f"{named[0]} {named[1]}".strip())
            return
        for key, answer in value.items():
            here = path if path and path[-1] == key else (*path, key)
            if fold(key) in OTHER:
                self.other(here, answer)
            elif isinstance(answer, int | dt.date) and not isinstance(answer, bool):
                self._condition_texts(field, here, f"{key} {words(answer)}")
            else:
                self.item(field, here, key, answer)

    def _condition_texts(self, field: str, path: PathKey, raw: Any) -> None:
        fields = (field, "conditions", "implants", "findings", "red_flags")

        def meaning_of(text: str) -> Meaning | None:
            return self.names.condition(text, self.gathered.as_of, fields)

        for text in self.texts(path, raw, lambda part: meaning_of(part) is not None):
            meaning = meaning_of(text)
            if meaning is not None:
                self.gathered.apply(meaning, self.place(path), field=field)
            elif fold(text).startswith("other:"):
                self.other(path, text.partition(":")[2])
            else:
                suggestion = _or_other(self.names.suggest(core(text), "condition"), text, "If it matters for none of the rules")
                self.problem(path, f"`{text}` is not known in {field}", suggestion)

    def diagnosis(self, path: PathKey, raw: Any) -> None:
        """One diagnosis or several. Certain ones close the field; with a suspected one among them the others stay open."""
        entries = self._entries("diagnosis", path, raw)
        if entries is None:
            return
        certain = True
        for here, value in entries:
            if isinstance(value, dict):
                certain = self._diagnosis_mapping(here, value) and certain
                continue
            for text in self.texts(here, value, lambda part: self.names.diagnosis(part) is not None):
                meaning = self.names.diagnosis(text)
                if meaning is None:
                    suggestion = self.names.suggest(core(text), "diagnosis") or "Leave it out, or write `other: NAME`."
                    self.problem(here, f"`{text}` is not a diagnosis that is known here", suggestion)
                    continue
                certain = certain and not meaning.unknown and not meaning.negated
                self.gathered.apply(meaning, self.place(here), field="diagnosis")
        if certain:
            self._close("diagnosis", "one was given as certain")

    def _diagnosis_mapping(self, path: PathKey, value: dict[str, Any]) -> bool:
        """Reads `{suspected: NAME}`, `{NAME: yes}` and `{other: NAME}`; tells whether it leaves the field closable."""
        for key, answer in value.items():
            here = path if path and path[-1] == key else (*path, key)
            if fold(key) in OTHER:
                self.other(here, answer)
                continue
            doubt = fold(key) in ("suspected", "possible", "probable")
            texts = answer if isinstance(answer, list) else [answer]
            for text in texts if doubt or fold(key) in NAME_KEYS else [key]:
                meaning = self.names.diagnosis(f"suspected {text}" if doubt else str(text))
                if meaning is None:
                    suggestion = self.names.suggest(str(text), "diagnosis") or "Leave it out, or write `other: NAME`."
                    self.problem(here, f"`{text}` is not a diagnosis that is known here", suggestion)
                elif doubt or fold(key) in NAME_KEYS:
                    self.gathered.apply(meaning, self.place(here), field="diagnosis")
                else:
                    for fact in meaning.set:
                        self.item("diagnosis", here, fact, answer)
        return False

    # --- medicines and allergies -------------------------------------------------------------------------------------

    def medications(self, path: PathKey, raw: Any) -> None:
        """Current medicines with their doses."""
        entries = self._entries("medications", path, raw)
        if entries is None:
            return
        for here, value in entries:
            if isinstance(value, dict):
                self._medicine_mapping(here, value)
            elif not isinstance(value, str) or not value.strip():
                self.problem(
                    here,
                    f"a medicine stands here, not {kind_of(value) if value is not None else 'nothing'}",
                    "Write `- warfarin 5 mg daily`.",
                )
            else:
                self._medicine_text(here, value)
        self._close("medications", "a list was given")

    def _medicine_mapping(self, path: PathKey, value: dict[str, Any]) -> None:
        named = self._named(path, value)
        if named is not None:
            self._medicine_text(path, f"{named[0]} {named[1]}".strip())
            return
        for key, answer in value.items():
            here = path if path and path[-1] == key else (*path, key)
            if fold(key) in OTHER:
                self.other(here, answer)
            elif self.names.facts(key, ("medications",)):
                self.item("medications", here, key, answer)
            elif isinstance(answer, bool):
                self._medicine_text(here, key if answer else f"no {key}")
            elif isinstance(answer, dict | list):
                self.problem(here, f"the dose of {key} is text, not {kind_of(answer)}", "Write `- warfarin 5 mg daily`.")
            else:
                self._medicine_text(here, f"{key} {words(answer) if answer is not None else ''}".strip())

    def _medicine_text(self, path: PathKey, text: str) -> None:
        line = read_medicine(self.names, text)
        parts = [part.strip() for part in re.split(r"[,;]", text) if part.strip()]
        if line.problem and len(parts) > 1 and all(not read_medicine(self.names, part).problem for part in parts):
            for part in parts:
                self.gathered.take(read_medicine(self.names, part), self.place(path))
            return
        if line.problem:
            meaning = self.names.condition(text, self.gathered.as_of, ("medications",))
            fields = {self.knowledge.facts[fact].field for fact in meaning.set} if meaning else set()
            if meaning is not None and fields == {"medications"}:
                self.gathered.apply(meaning, self.place(path), field="medications")
                return
            if fold(text).startswith("other:"):
                self.other(path, text.partition(":")[2])
                return
        self.gathered.take(line, self.place(path))

    def allergies(self, path: PathKey, raw: Any) -> None:
        """Allergies: known, none known, not recorded or unavailable."""
        if (
            isinstance(raw, list)
            and len(raw) == 1
            and isinstance(raw[0], str)
            and (is_unknowable(raw[0]) or is_left_open(raw[0]))
        ):
            raw = raw[0]
        if is_left_open(raw):
            return
        if is_unknowable(raw):
            self.gathered.allergy_state = "unavailable"
        elif is_nothing(raw) or (isinstance(raw, str) and re.match(r"^no (?:known )?(?:drug )?allerg", fold(raw))):
            self.gathered.allergy_state = "none known"
            raw = []
        else:
            self.gathered.allergy_state = "known"
        entries = self._entries("allergies", path, raw)
        if entries is None:
            return
        for here, value in entries:
            if isinstance(value, dict):
                self._allergy_mapping(here, value)
            else:
                self._allergy_texts(here, value)
        self._close("allergies", "a list was given")

    def _allergy_mapping(self, path: PathKey, value: dict[str, Any]) -> None:
        named = self._named(path, value)
        if named is not None:
            self._allergy_texts(path, named[0])
            return
        for key, answer in value.items():
            here = path if path and path[-1] == key else (*path, key)
            if fold(key) in OTHER:
                self.other(here, answer)
            elif isinstance(answer, bool) or (isinstance(answer, str) and fold(answer) in NO | YES):
                denied = answer is False or (isinstance(answer, str) and fold(answer) in NO)
                self._allergy_texts(here, f"no {key}" if denied else key)
            else:
                self._allergy_texts(here, key)  # the value describes the reaction

    def _allergy_texts(self, path: PathKey, raw: Any) -> None:
        for text in self.texts(path, raw, lambda part: self.names.allergy(part) is not None):
            name = re.sub(r"\s*[(:].*$|\s+[-\u2013\u2014]\s+.*$", "", text) if self.names.allergy(text) is None else text
            meaning = self.names.allergy(name)
            if meaning is not None:
                self.gathered.apply(meaning, self.place(path), field="allergies")
                continue
            if fold(text).startswith("other:"):
                self.other(path, text.partition(":")[2])
                continue
            suggestion = _or_other(self.names.suggest(core(name), "allergen"), name, "If it is no medicine")
            self.problem(path, f"`{text}` is not a known allergen", suggestion)


def _or_other(near: str, name: str, when: str) -> str:
    """The nearest names, if any, and how to write a name that the knowledge does not have."""
    return f"{near} {when}, write `other: {name}`.".strip()
