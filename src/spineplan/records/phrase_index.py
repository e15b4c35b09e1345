"""Phrases to identities, compared folded, and the short names of code systems.

An index keeps phrases as written and folds them at its first look-up; the loose spelling and the order of words are worked out
only when an exact look-up fails.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property, lru_cache

from spineplan.records.phrases import fold_all, loose, spaced

_SYSTEMS = {
    "snomed.info/sct": "snomed",
    "loinc.org": "loinc",
    "www.nlm.nih.gov/research/umls/rxnorm": "rxnorm",
    "www.whocc.no/atc": "atc",
    "whocc.no/atc": "atc",
    "hl7.org/fhir/sid/icd-10": "icd10",
    "hl7.org/fhir/sid/icd-10-cm": "icd10",
    "hl7.org/fhir/sid/icd-10-gm": "icd10",
    "fhir.de/codesystem/bfarm/icd-10-gm": "icd10",
    "fhir.de/codesystem/dimdi/icd-10-gm": "icd10",
    "fhir.de/codesystem/bfarm/atc": "atc",
    "fhir.de/codesystem/dimdi/atc": "atc",
    "2.16.840.1.113883.6.96": "snomed",
    "2.16.840.1.113883.6.1": "loinc",
    "2.16.840.1.113883.6.88": "rxnorm",
    "2.16.840.1.113883.6.73": "atc",
    "2.16.840.1.113883.6.3": "icd10",
    "2.16.840.1.113883.6.90": "icd10",
    "icd-10": "icd10",
    "icd-10-cm": "icd10",
}
_SHORT = frozenset(_SYSTEMS.values())
_SCHEMES = ("http://", "https://", "urn:oid:")
_MOST_WORDS = 4  # longer phrases are not compared without regard to the order of their words


@lru_cache(maxsize=256)
def system_name(system: str) -> str:
    """The short name of a code system (`icd10`, `snomed`, `loinc`, `rxnorm`, `atc`) for its URL, OID or name; empty for another.

    A version (`|...`), a trailing slash, and the difference between http and https do not count.
    """
    text = system.partition("|")[0].strip().rstrip("/").lower()
    if text in _SHORT:
        return text
    for scheme in _SCHEMES:
        text = text.removeprefix(scheme)
    return _SYSTEMS.get(text, "")


class PhraseIndex:
    """Phrases to identities. Earlier identities are preferred; what finds nothing exactly is looked up loosely."""

    def __init__(self) -> None:
        self._identities: list[str] = []
        self._phrases: list[str] = []
        self._exact: dict[str, str] | None = None
        self._loosely: dict[str, str] | None = None
        self._by_words: dict[str, str] | None = None

    def add(self, identity: str, phrases: Iterable[str]) -> None:
        """List phrases under an identity; all have to be added before the first look-up."""
        for phrase in phrases:
            self._identities.append(identity)
            self._phrases.append(phrase)

    @property
    def exact(self) -> dict[str, str]:
        """Folded phrases to their identities, one a line."""
        if self._exact is None:
            self._exact = {}
            apart = spaced("\n".join(self._folded)).split("\n")
            for key, other, identity in zip(self._folded, apart, self._identities, strict=False):
                if key:
                    _add(self._exact, key, identity)
                    if other != key:
                        _add(self._exact, other, identity)
        return self._exact

    @cached_property
    def _folded(self) -> list[str]:
        return fold_all(self._phrases)

    def find(self, folded: str) -> list[str]:
        """The identities of a folded phrase; empty when there is none."""
        found = self.exact.get(folded) or self._loose().get(loose(folded))
        return found.split("\n") if found else []

    def find_in_any_order(self, folded: str) -> list[str]:
        """The one identity that has the same few words in another order (`breast ca`, `ca breast`); empty when there are more."""
        words = loose(folded.replace(",", " ")).split()
        if not 1 < len(words) <= _MOST_WORDS:
            return []
        if self._by_words is None:
            self._by_words = {}
            for key, identities in self._loose().items():
                for identity in identities.split("\n") if key.count(" ") < _MOST_WORDS else ():
                    _add(self._by_words, " ".join(sorted(key.split())), identity)
        found = self._by_words.get(" ".join(sorted(words)), "")
        return [found] if found and "\n" not in found else []

    def _loose(self) -> dict[str, str]:
        if self._loosely is None:
            self._loosely = {}
            for key, identity in zip(loose("\n".join(self._folded)).split("\n"), self._identities, strict=False):
                if key:
                    _add(self._loosely, key, identity)
        return self._loosely


def _add(index: dict[str, str], key: str, identity: str) -> None:
    """List an identity under a key, once. One text for each key, not a list, keeps the garbage collector out of the start."""
    known = index.get(key)
    if known is None:
        index[key] = identity
    elif known != identity and identity not in known.split("\n"):
        index[key] = f"{known}\n{identity}"
