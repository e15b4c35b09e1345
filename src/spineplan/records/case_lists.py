"""The list sections of a case file: diagnosis, conditions, implants, medications, allergies, tried, preferences, setting.

Each takes a path and the raw value and tells the Gathering what it says. A list that is given closes its field.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from spineplan.loading.yaml_files import Document, PathKey
from spineplan.model.facts import Assumption, TriedTreatment
from spineplan.model.problems import Place
from spineplan.records.case_values import NO, YES, is_left_open, is_nothing, is_unknowable, kind_of, read_days
from spineplan.records.doses import number
from spineplan.records.medicines import read_medicine
from spineplan.records.names import Meaning
from spineplan.records.phrases import fold, loose
from spineplan.records.settling import NO_EFFECT, NOT_TOLERATED, SOME_EFFECT, Gathering

ReadItem = Callable[[str, PathKey, str, Any], None]
_OTHER = frozenset(("other", "others", "not checked"))
_NAME_KEYS = ("name", "treatment", "medicine", "substance", "allergen", "condition", "diagnosis", "what", "drug")
_TRIED_KEYS = {
    "treatment": "name", "name": "name", "what": "name", "drug": "name", "medicine": "name", "option": "name",
    "days": "days", "duration": "days", "for": "days", "duration days": "days",
    "response": "response", "effect": "response", "result": "response", "outcome": "response",
    "tolerated": "tolerated", "tolerance": "tolerated", "tolerability": "tolerated",
    "dose": "dose", "adequate": "adequate", "adequate dose": "adequate",
    "date": "note", "note": "note", "reason": "note", "when": "note", "stopped because": "note",
}  # fmt: skip
_WISH_WORDS = {"medicine": "drug", "medication": "drug", "operation": "surgery", "needle": "injection", "shot": "injection"}
_EVERYTHING = frozenset(("everything", "all", "anything", "full", "no limits", "unlimited"))
_LOW = frozenset(("low", "too low", "inadequate", "small", "subtherapeutic", "below"))


class ListSections:
    """Readers of the list sections. `item` reads a name with its answer, for a list item that is a mapping."""

    def __init__(self, document: Document, gathered: Gathering, item: ReadItem) -> None:
        self.document = document
        self.gathered = gathered
        self.names = gathered.names
        self.knowledge = gathered.knowledge
        self.item = item
        self.as_of = ""

    def place(self, path: PathKey) -> Place:
        return self.document.place(path)

    def problem(self, path: PathKey, what: str, suggestion: str = "") -> None:
        self.gathered.problem(self.place(path), what, suggestion)

    def other(self, path: PathKey, raw: Any) -> None:
        """Names under `other:` are accepted and listed as not checked."""
        for value in raw if isinstance(raw, list) else [raw]:
            if isinstance(value, dict | list) or isinstance(value, bool) or value is None or not str(value).strip():
                self.problem(
                    path,
                    f"under `other` stands a name, not {kind_of(value) if value is not None else 'nothing'}",
                    "Write `other: NAME`.",
                )
            else:
                self.gathered.not_checked.add(_words(value))

    # --- the common form of lists --------------------------------------------------------------------------------------------

    def _entries(self, field: str, path: PathKey, raw: Any) -> Iterator[tuple[PathKey, Any]] | None:
        """The items of a list field, or None when the field is open, unknown or empty; then it has been dealt with."""
        if is_left_open(raw):
            return None
        if is_unknowable(raw):
            self.gathered.cannot_be_known(field)
            return None
        self.gathered.given.add(field)
        if is_nothing(raw):
            self._close(field, "none were said to be there")
            return None
        if isinstance(raw, dict):
            return iter([((*path, key), {key: value}) for key, value in raw.items()])
        if isinstance(raw, list):
            return iter([((*path, index), value) for index, value in enumerate(raw)])
        return iter([(path, raw)])

    def _close(self, field: str, because: str) -> None:
        declared = self.knowledge.fields.get(field)
        title = declared.title.lower() if declared else field
        why = f"In \u201c{title}\u201d {because}; what is not named was taken to be absent."
        self.gathered.close(field, why)

    def _texts(self, path: PathKey, raw: Any, known: Callable[[str], bool]) -> list[str]:
        """The phrases of one item: the whole text when it is known, else its parts between commas, semicolons and "and"."""
        if isinstance(raw, int | float | dt.date) and not isinstance(raw, bool):
            raw = str(raw)
        if not isinstance(raw, str) or not raw.strip():
            self.problem(path, f"a name stands here, not {kind_of(raw) if raw is not None else 'nothing'}", "Write it as text.")
            return []
        if known(raw):
            return [raw]
        parts = [part.strip() for part in re.split(r"[,;]", raw) if part.strip()]
        split = [piece for part in parts for piece in ([part] if known(part) else re.split(r"\s+(?:and|&|\+)\s+", part))]
        return split if any(known(part) for part in split) else [raw]

    def _named(self, path: PathKey, raw: dict[str, Any]) -> tuple[str, str] | None:
        """The name and the rest in words of a mapping such as `{name: peptic ulcer, date: 2019}`; None for other mappings."""
        for key in raw:
            if fold(key) in _NAME_KEYS and isinstance(raw[key], str):
                rest = [
                    _words(value) for other, value in raw.items() if other != key and not isinstance(value, dict | list | bool)
                ]
                return raw[key], " ".join(rest)
        return None

    # --- conditions, implants, diagnosis -----------------------------------------------------------------------------------------

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
            if fold(key) in _OTHER:
                self.other(here, answer)
            elif isinstance(answer, int | dt.date) and not isinstance(answer, bool):
                self._condition_texts(field, here, f"{key} {_words(answer)}")
            else:
                self.item(field, here, key, answer)

    def _condition_texts(self, field: str, path: PathKey, raw: Any) -> None:
        fields = (field, "conditions", "implants", "findings", "red_flags")

        def meaning_of(text: str) -> Meaning | None:
            return self.names.condition(text, self.as_of, fields)

        for text in self._texts(path, raw, lambda part: meaning_of(part) is not None):
            meaning = meaning_of(text)
            if meaning is not None:
                self.gathered.apply(meaning, self.place(path), field=field)
            elif fold(text).startswith("other:"):
                self.other(path, text.partition(":")[2])
            else:
                suggestion = (
                    self.names.suggest(_core(text), "condition") or "If it matters for none of the rules, write `other: NAME`."
                )
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
            for text in self._texts(here, value, lambda part: self.names.diagnosis(part) is not None):
                meaning = self.names.diagnosis(text)
                if meaning is None:
                    suggestion = self.names.suggest(_core(text), "diagnosis") or "Leave it out, or write `other: NAME`."
                    self.problem(here, f"`{text}` is not a diagnosis that is known here", suggestion)
                    continue
                certain = certain and not meaning.unknown and not meaning.negated
                self.gathered.apply(meaning, self.place(here), field="diagnosis")
        if certain:
            self._close("diagnosis", "a diagnosis was given")

    def _diagnosis_mapping(self, path: PathKey, value: dict[str, Any]) -> bool:
        """Reads `{suspected: NAME}`, `{NAME: yes}` and `{other: NAME}`; tells whether it leaves the field closable."""
        for key, answer in value.items():
            here = path if path and path[-1] == key else (*path, key)
            if fold(key) in _OTHER:
                self.other(here, answer)
                continue
            doubt = fold(key) in ("suspected", "possible", "probable")
            texts = answer if isinstance(answer, list) else [answer]
            for text in texts if doubt or fold(key) in _NAME_KEYS else [key]:
                meaning = self.names.diagnosis(f"suspected {text}" if doubt else str(text))
                if meaning is None:
                    suggestion = self.names.suggest(str(text), "diagnosis") or "Leave it out, or write `other: NAME`."
                    self.problem(here, f"`{text}` is not a diagnosis that is known here", suggestion)
                elif doubt or fold(key) in _NAME_KEYS:
                    self.gathered.apply(meaning, self.place(here), field="diagnosis")
                else:
                    for fact in meaning.set:
                        self.item("diagnosis", here, fact, answer)
        return False

    # --- medicines and allergies ---------------------------------------------------------------------------------------------------

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
            if fold(key) in _OTHER:
                self.other(here, answer)
            elif self.names.facts(key, ("medications",)):
                self.item("medications", here, key, answer)
            elif isinstance(answer, bool):
                self._medicine_text(here, key if answer else f"no {key}")
            elif isinstance(answer, dict | list):
                self.problem(here, f"the dose of {key} is text, not {kind_of(answer)}", "Write `- warfarin 5 mg daily`.")
            else:
                self._medicine_text(here, f"{key} {_words(answer) if answer is not None else ''}".strip())

    def _medicine_text(self, path: PathKey, text: str) -> None:
        line = read_medicine(self.names, text)
        parts = [part.strip() for part in re.split(r"[,;]", text) if part.strip()]
        if line.problem and len(parts) > 1 and all(not read_medicine(self.names, part).problem for part in parts):
            for part in parts:
                self.gathered.take(read_medicine(self.names, part), self.place(path))
            return
        if line.problem:
            meaning = self.names.condition(text, self.as_of, ("medications",))
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
            if fold(key) in _OTHER:
                self.other(here, answer)
            elif isinstance(answer, bool) or (isinstance(answer, str) and fold(answer) in NO | YES):
                denied = answer is False or (isinstance(answer, str) and fold(answer) in NO)
                self._allergy_texts(here, f"no {key}" if denied else key)
            else:
                self._allergy_texts(here, key)  # the value describes the reaction

    def _allergy_texts(self, path: PathKey, raw: Any) -> None:
        for text in self._texts(path, raw, lambda part: self.names.allergy(part) is not None):
            name = re.sub(r"\s*[(:].*$", "", text) if self.names.allergy(text) is None else text
            meaning = self.names.allergy(name)
            if meaning is not None:
                self.gathered.apply(meaning, self.place(path), field="allergies")
                continue
            if fold(text).startswith("other:"):
                self.other(path, text.partition(":")[2])
                continue
            suggestion = self.names.suggest(_core(name), "allergen") or "If it is no medicine, write `other: NAME`."
            self.problem(path, f"`{text}` is not a known allergen", suggestion)

    # --- tried, wishes, setting ------------------------------------------------------------------------------------------------------

    def tried(self, path: PathKey, raw: Any) -> None:
        """Treatments that were tried, for how long and with what response."""
        if is_left_open(raw) or is_unknowable(raw):
            if is_unknowable(raw):
                self.gathered.cannot_be_known("tried")
            return
        self.gathered.given.add("tried")
        if is_nothing(raw):
            return
        if isinstance(raw, dict) and not any(fold(key) in _TRIED_KEYS for key in raw):
            items: list[tuple[PathKey, Any]] = []
            for key, value in raw.items():
                items.append(((*path, key), {"treatment": key, **value} if isinstance(value, dict) else f"{key} {_words(value)}"))
        else:
            items = [((*path, index), value) for index, value in enumerate(raw)] if isinstance(raw, list) else [(path, raw)]
        for here, value in items:
            if isinstance(value, dict):
                self._tried_mapping(here, value)
            elif isinstance(value, str):
                self._tried_text(here, value)
            else:
                self.problem(
                    here,
                    f"a treatment stands here, not {kind_of(value)}",
                    "Write `{treatment: paracetamol, days: 4, response: none}`.",
                )

    def _tried_mapping(self, path: PathKey, value: dict[str, Any]) -> None:
        given: dict[str, Any] = {}
        for key, part in value.items():
            meant = _TRIED_KEYS.get(fold(key))
            if fold(key) in _OTHER:
                self.other((*path, key), part)
                return
            if meant is None:
                self.problem(
                    (*path, key), f"`{key}` is not read here", "A treatment has treatment, days, response, tolerated, dose."
                )
            else:
                given[meant] = part
        name = given.get("name")
        if not isinstance(name, str):
            self.problem(path, "the treatment has no name", "Write `{treatment: paracetamol, days: 4, response: none}`.")
            return
        days = self._days(path, given.get("days"))
        response = self._response(path, given.get("response"))
        tolerated = self._tolerated(path, given.get("tolerated"))
        adequate = self._adequate(path, given)
        self._tried(
            path,
            name,
            days,
            response,
            tolerated,
            adequate,
            " ".join(f"{key}: {_words(part)}" for key, part in sorted(value.items())),
        )

    def _days(self, path: PathKey, raw: Any) -> float | None:
        if raw is None or is_unknowable(raw) or is_left_open(raw):
            return None
        days: float | None = None
        if isinstance(raw, int | float) and not isinstance(raw, bool):
            days = float(raw)
        elif isinstance(raw, str):
            days = read_days(fold(raw))
            days = number(raw) if days is None else days
        if days is None or not 0 <= days <= 36500:
            self.problem(path, f"`{_words(raw)}` is not a number of days", "Write `days: 4` or `duration: 3 weeks`.")
            return None
        return days

    def _response(self, path: PathKey, raw: Any) -> str:
        if raw is None or is_unknowable(raw) or is_left_open(raw):
            return ""
        text = _words(raw) if not isinstance(raw, dict | list) else ""
        if fold(text) in NO_EFFECT | SOME_EFFECT | NOT_TOLERATED:
            return text
        self.problem(path, f"`{_words(raw)}` is not a response", "Write none, partial, good or not tolerated.")
        return ""

    def _tolerated(self, path: PathKey, raw: Any) -> bool | None:
        if raw is None or is_unknowable(raw) or is_left_open(raw):
            return None
        if isinstance(raw, bool):
            return raw
        text = fold(raw) if isinstance(raw, str) else ""
        if text in YES or text in ("well", "good", "tolerated"):
            return True
        if text in NO or text in NOT_TOLERATED or text in ("badly", "poor", "poorly"):
            return False
        self.problem(path, f"`{_words(raw)}` does not say whether it was tolerated", "Write `tolerated: yes` or `tolerated: no`.")
        return None

    def _adequate(self, path: PathKey, given: dict[str, Any]) -> bool | None:
        answer = given.get("adequate")
        if isinstance(answer, bool):
            return answer
        if answer is not None and not is_left_open(answer) and not is_unknowable(answer):
            self.problem(path, f"`adequate: {_words(answer)}` is neither yes nor no", "Write `adequate: yes` or `adequate: no`.")
        dose = given.get("dose")
        return False if isinstance(dose, str) and fold(dose) in _LOW else None

    def _tried_text(self, path: PathKey, text: str) -> None:
        folded = fold(text)
        duration = re.search(r"\b(?:for )?(?P<days>\d+(?:[.,]\d+)? ?(?:days?|weeks?|months?|years?))\b", folded)
        days = read_days(duration["days"]) if duration else None
        rest = folded.replace(duration[0], " ") if duration else folded
        phrases = sorted(NO_EFFECT | SOME_EFFECT | NOT_TOLERATED, key=len, reverse=True)
        response = next(
            (phrase for phrase in phrases if re.search(rf"(?:^|[\s,;:(-]){re.escape(phrase)}(?:$|[\s,;:).])", rest)), ""
        )
        name = re.sub(r"[\s,;:()-]+$", "", rest.split(response)[0] if response else rest).strip(" ,;:(-")
        self._tried(path, name or text, days, response, None, None, text)

    def _tried(
        self,
        path: PathKey,
        name: str,
        days: float | None,
        response: str,
        tolerated: bool | None,
        adequate: bool | None,
        text: str,
    ) -> None:
        option, members = self._treatment(name)
        if not option:
            suggestion = self.names.suggest(_core(name), "option") or "If the plan has no such treatment, write `other: NAME`."
            self.problem(path, f"`{name}` is not a treatment that is known here", suggestion)
            return
        for each in option:
            tried = TriedTreatment(each, days, response, tolerated, text)
            self.gathered.treatment(tried, self.place(path), members, adequate)

    def _treatment(self, name: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The treatment (or the parts of a combination) that a name means, and, for a class, its members."""
        option = self.names.option(name)
        if option:
            return (option,), ()
        found = self.names.any_class(name) or self.names.medicine_class(name)
        if found:
            members = tuple(member for member in self.knowledge.classes[found].members if member in self.knowledge.options)
            return (found,), members
        line = read_medicine(self.names, name)
        ids = tuple(identity for medicine in line.medicines for identity in medicine.ids)
        if line.problem or line.negated or not ids:
            return (), ()
        return ids, ()

    def preferences(self, path: PathKey, raw: Any) -> None:
        """What the patient does not want."""
        if is_left_open(raw) or is_unknowable(raw):
            return
        self.gathered.given.add("preferences")
        if is_nothing(raw):
            return
        wishes: Any = raw
        if isinstance(raw, dict):
            wishes = []
            for key, value in raw.items():
                if fold(key) in ("avoid", "avoids", "declines", "declined", "refuses", "no", "against"):
                    wishes += value if isinstance(value, list) else [] if is_nothing(value) or value is None else [value]
                elif fold(key) in _OTHER:
                    self.other((*path, key), value)
                else:
                    self.problem(
                        (*path, key), f"`{key}` is not read in preferences", "Write `preferences: {avoid: [injections]}`."
                    )
        for wish in wishes if isinstance(wishes, list) else [wishes]:
            if not isinstance(wish, str):
                self.problem(
                    path, f"a treatment to avoid is a name, not {kind_of(wish)}", "Write `preferences: {avoid: [injections]}`."
                )
                continue
            for text in self._texts(path, wish, lambda part: bool(self._wished(part))):
                options = self._wished(text)
                if options:
                    self.gathered.declined(options, self.place(path), f"avoid {text}")
                else:
                    suggestion = (
                        self.names.suggest(_core(text), "option")
                        or "Write a treatment, a kind (surgery) or a route (injections)."
                    )
                    self.problem(path, f"`{text}` is not a treatment that is known here", suggestion)

    def _wished(self, text: str) -> list[str]:
        """All options that a word means: by name, invasiveness, kind, role or class."""
        folded = re.sub(r"^(?:no|any|all|other)\s+", "", fold(text))
        word = loose(folded)
        words = {word, _WISH_WORDS.get(word, word)}
        found = {self.names.option(folded)} - {None}
        for key, option in self.knowledge.options.items():
            role = self.knowledge.roles.get(option.role)
            titles = (option.invasive, option.kind, option.role, role.title if role else "")
            if words & {loose(fold(title)) for title in titles if title}:
                found.add(key)
        group = self.names.any_class(folded)
        if group:
            found.update(member for member in self.knowledge.classes[group].members if member in self.knowledge.options)
        return sorted(key for key in found if key)

    def setting(self, path: PathKey, raw: Any) -> None:
        """What can be had here. Options that need something else than the listed things are unavailable."""
        if is_left_open(raw) or is_unknowable(raw):
            self.gathered.assumptions.append(
                Assumption("setting", "available", "The setting was not stated; everything was taken to be available.")
            )
            return
        self.gathered.given.add("setting")
        given = raw if isinstance(raw, dict) else {"available": raw}
        for key, value in given.items():
            here = (*path, key) if isinstance(raw, dict) else path
            if fold(key) in ("available", "has", "equipment"):
                self._available(here, value)
            elif fold(key) in ("unavailable", "not available", "missing"):
                needs = self._needs(here, [] if is_nothing(value) else value)
                self._withhold(here, needs)
            elif fold(key) in _OTHER:
                self.other(here, value)
            else:
                self.problem(here, f"`{key}` is not read in setting", "Write `setting: {available: [ultrasound, massage]}`.")

    def _available(self, path: PathKey, value: Any) -> None:
        if is_left_open(value) or (isinstance(value, str) and fold(value) in _EVERYTHING):
            return
        here = self._needs(path, [] if is_nothing(value) else value)
        self._withhold(path, {option.needs for option in self.knowledge.options.values() if option.needs} - here)

    def _withhold(self, path: PathKey, needs: Iterable[str]) -> None:
        missing = set(needs)
        options = sorted(
            key for key, option in self.knowledge.options.items() if option.needs in missing and not option.everywhere
        )
        self.gathered.unavailable(options, self.place(path), "not among what is available here")

    def _needs(self, path: PathKey, raw: Any) -> set[str]:
        """The needs that the listed names stand for: the need itself, or the needs of an option, class or kind of that name."""
        found: set[str] = set()
        for value in raw if isinstance(raw, list) else [raw]:
            known = self._needs_of(value) if isinstance(value, str) else None
            if isinstance(value, dict) and all(fold(key) in _OTHER for key in value):
                for key, name in value.items():
                    self.other((*path, key), name)
            elif not isinstance(value, str):
                self.problem(
                    path, f"a thing that is available is a name, not {kind_of(value)}", "Write `available: [ultrasound]`."
                )
            elif known is None:
                parts = [part for part in re.split(r"[,;]|\s+and\s+", value) if part.strip()]
                split = [self._needs_of(part) for part in parts]
                if len(parts) > 1 and None not in split:
                    found |= {need for needs in split for need in needs or ()}
                else:
                    suggestion = (
                        self.names.suggest(_core(value), "setting") or "Write `other: NAME` for what the plan does not know."
                    )
                    self.problem(path, f"`{value}` is not known as something a setting has", suggestion)
            else:
                found |= known
        return found

    def _needs_of(self, text: str) -> set[str] | None:
        word = loose(fold(text))
        direct = {
            option.needs for option in self.knowledge.options.values() if option.needs and loose(fold(option.needs)) == word
        }
        if direct:
            return direct
        named = self.names.option(text)
        if named:
            return {self.knowledge.options[named].needs} - {""}
        members = self._wished(text)
        return {self.knowledge.options[member].needs for member in members} - {""} if members else None


def _core(text: str) -> str:
    """A phrase without numbers and marks, for suggestions."""
    return " ".join(word for word in re.split(r"[\s,;:()]+", fold(text)) if word and not word[0].isdigit()) or fold(text)


def _words(raw: Any) -> str:
    if isinstance(raw, bool):
        return "yes" if raw else "no"
    return raw.isoformat() if isinstance(raw, dt.date) else " ".join(str(raw).split())
