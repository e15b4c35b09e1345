"""The sections of a case file about treatments: what was tried, what the patient does not want, what can be had here.

Each method takes a path and the raw value and tells the Gathering what it says; names may be options, classes, kinds or roles.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from spineplan.loading.yaml_files import PathKey
from spineplan.model.facts import Assumption, TriedTreatment
from spineplan.records.case_sections import OTHER, Sections, core, words
from spineplan.records.case_values import NO, YES, is_left_open, is_nothing, is_unknowable, kind_of, read_days
from spineplan.records.doses import number, unread_words
from spineplan.records.medicines import read_medicine
from spineplan.records.phrases import fold, loose, without_date
from spineplan.records.settling import NO_EFFECT, NOT_TOLERATED, SOME_EFFECT

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


class WishSections(Sections):
    """Readers of `tried`, `preferences` and `setting`."""

    # --- tried, wishes, setting --------------------------------------------------------------------------------------

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
                items.append(((*path, key), {"treatment": key, **value} if isinstance(value, dict) else f"{key} {words(value)}"))
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
            if fold(key) in OTHER:
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
            " ".join(f"{key}: {words(part)}" for key, part in sorted(value.items())),
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
            self.problem(path, f"`{words(raw)}` is not a number of days", "Write `days: 4` or `duration: 3 weeks`.")
            return None
        return days

    def _response(self, path: PathKey, raw: Any) -> str:
        if raw is None or is_unknowable(raw) or is_left_open(raw):
            return ""
        text = words(raw) if not isinstance(raw, dict | list) else ""
        if fold(text) in NO_EFFECT | SOME_EFFECT | NOT_TOLERATED:
            return text
        self.problem(path, f"`{words(raw)}` is not a response", "Write none, partial, good or not tolerated.")
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
        self.problem(path, f"`{words(raw)}` does not say whether it was tolerated", "Write `tolerated: yes` or `tolerated: no`.")
        return None

    def _adequate(self, path: PathKey, given: dict[str, Any]) -> bool | None:
        answer = given.get("adequate")
        if isinstance(answer, bool):
            return answer
        if answer is not None and not is_left_open(answer) and not is_unknowable(answer):
            self.problem(path, f"`adequate: {words(answer)}` is neither yes nor no", "Write `adequate: yes` or `adequate: no`.")
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
        name = re.sub(r",? x ?\d+$|,? \d+ (?:sessions?|times)$", "", without_date(name, self.gathered.as_of)[0]).strip(" ,;:(-")
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
            near = self.names.suggest(core(name), "option")
            suggestion = (
                f"{near} Write it with none, partial, good or not tolerated; one that is not known as `other: NAME`.".strip()
            )
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
        strange = any(unread_words(medicine.dose.rest) for medicine in line.medicines)
        if line.problem or line.negated or strange or not ids:
            return (), ()
        return ids, ()

    def preferences(self, path: PathKey, raw: Any) -> None:
        """What the patient does not want."""
        if is_left_open(raw) or is_unknowable(raw):
            return
        self.gathered.given.add("preferences")
        if is_nothing(raw):
            return
        wishes: list[tuple[PathKey, Any]] = _numbered(path, raw)
        if isinstance(raw, dict):
            wishes = []
            for key, value in raw.items():
                here = (*path, key)
                if fold(key) in ("avoid", "avoids", "declines", "declined", "refuses", "no", "against"):
                    wishes += [] if is_nothing(value) or value is None else _numbered(here, value)
                elif fold(key) in OTHER:
                    self.other(here, value)
                else:
                    self.problem(here, f"`{key}` is not read in preferences", "Write `preferences: {avoid: [injections]}`.")
        for here, wish in wishes:
            if not isinstance(wish, str):
                self.problem(
                    here, f"a treatment to avoid is a name, not {kind_of(wish)}", "Write `preferences: {avoid: [injections]}`."
                )
                continue
            for text in self.texts(here, wish, lambda part: bool(self._wished(part))):
                options = self._wished(text)
                if options:
                    self.gathered.declined(options, self.place(here), f"avoid {text}")
                else:
                    suggestion = (
                        self.names.suggest(core(text), "option") or "Write a treatment, a kind (surgery) or a route (injections)."
                    )
                    self.problem(here, f"`{text}` is not a treatment that is known here", suggestion)

    def _wished(self, text: str) -> list[str]:
        """All options that a word means: by name, invasiveness, kind, role or class; an emergency only by its name."""
        folded = re.sub(r"^(?:no|any|all|other)\s+", "", fold(text))
        word = loose(folded)
        words = {word, _WISH_WORDS.get(word, word)}
        named = {self.names.option(folded)} - {None}
        found: set[str | None] = set()
        for key, option in self.knowledge.options.items():
            role = self.knowledge.roles.get(option.role)
            titles = (option.invasive, option.kind, option.role, role.title if role else "")
            if words & {_title(title) for title in titles if title}:
                found.add(key)
        group = self.names.any_class(folded)
        if group:
            found.update(member for member in self.knowledge.classes[group].members if member in self.knowledge.options)
        general = {key for key in found if key and not self.knowledge.options[key].emergency}
        return sorted(key for key in general | named if key)

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
                self._withhold(here, self._needs(here, [] if is_nothing(value) else value))
                named = [self.names.option(name) for _, name in _numbered(here, value) if isinstance(name, str)]
                self.gathered.unavailable(sorted(filter(None, named)), self.place(here), "named as not available here")
            elif fold(key) in OTHER:
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
        for here, value in _numbered(path, raw):
            known = self._needs_of(value) if isinstance(value, str) else None
            if isinstance(value, dict) and all(fold(key) in OTHER for key in value):
                for key, name in value.items():
                    self.other((*here, key), name)
            elif not isinstance(value, str):
                self.problem(
                    here, f"a thing that is available is a name, not {kind_of(value)}", "Write `available: [ultrasound]`."
                )
            elif known is None:
                parts = [part for part in re.split(r"[,;]|\s+and\s+", value) if part.strip()]
                split = [self._needs_of(part) for part in parts]
                if len(parts) > 1 and None not in split:
                    found |= {need for needs in split for need in needs or ()}
                else:
                    suggestion = (
                        self.names.suggest(core(value), "setting") or "Write `other: NAME` for what the plan does not know."
                    )
                    self.problem(here, f"`{value}` is not known as something a setting has", suggestion)
            else:
                found |= known
        return found

    def _needs_of(self, text: str) -> set[str] | None:
        word = loose(fold(text))
        direct = {option.needs for option in self.knowledge.options.values() if option.needs and _title(option.needs) == word}
        if direct:
            return direct
        named = self.names.option(text)
        if named:
            return {self.knowledge.options[named].needs} - {""}
        members = self._wished(text)
        return {self.knowledge.options[member].needs for member in members} - {""} if members else None


@lru_cache(maxsize=1024)
def _title(name: str) -> str:
    """A name of the knowledge (a kind, role or need) as wishes are compared with it."""
    return loose(fold(name))


def _numbered(path: PathKey, raw: Any) -> list[tuple[PathKey, Any]]:
    """The items of a list with their paths; a single value stands for itself."""
    return [((*path, index), value) for index, value in enumerate(raw)] if isinstance(raw, list) else [(path, raw)]
