"""One line of a medicine list to substances, classes and amounts: `warfarin 5 mg daily`, `Coumadin`, `an SSRI`.

A name may stand between words of form, dose and use; any other word beside it that could be a second medicine makes the line
unreadable rather than half read.
"""

from __future__ import annotations

import re

import msgspec

from spineplan.model.knowledge import Knowledge, fact_name
from spineplan.records.doses import Dose, read_dose
from spineplan.records.names import Names
from spineplan.records.phrases import fold, spaced

_UNREADABLE = re.compile(
    r"^(?:\?+|(?:an? |some |several |other |various )?(?:unknown|unreadable|illegible|unidentified|unclear|not readable|not known"
    r"|not sure)\b.*|(?:some|several|many|various|other) (?:tablets?|pills?|medicines?|medications?|drugs?|herbs?)\b.*"
    r"|(?:over the counter |otc )?(?:painkillers?|pain killers?|pain relief|analgesics?)|(?:tablets?|pills?|medicines?))$"
)
_STOPPED = re.compile(
    r"\b(?:stopped|discontinued|no longer|ended|finished|formerly|previously|withdrawn|paused|until|in the past|ex)\b"
)
_NEGATED = re.compile(r"^(?:no|not|not on|not taking|never|does not take|without|denies(?: taking)?)\s+")
_DOUBTED = re.compile(
    r"^(?:\?\s*|(?:possibly|maybe|probably|perhaps|query)\s+)|\s*\?$|\s+\(?(?:on hold|held|suspended|currently held)\)?$"
)
_LEADS = re.compile(
    r"^(?:takes|taking|on|uses|using|the|an?|some|any|other|another|own|regular|oral|topical|low|high|dose|daily|weekly|generic|tabs?|tablets?"
    r"|caps?|capsules?|inj|injections?|injected|iv|im|sc|slow|modified|extended|prolonged|sustained|immediate|long|acting|release|enteric|coated"
    r"|transdermal|inhaled|nasal|strength|extra|over|counter|otc|occasional|of|syrup|drops|cream|gel|ointment|patch|plaster|sublingual|rectal"
    r"|depot|unspecified|unknown|kind|type|sort|in|x|mg|mcg|g|ml|[\d.,/%+-]+)$"
)
_JOIN = re.compile(r"(?:^|\s)(?:and|plus|with|\+|&)\s+(?P<word>[a-z][a-z-]{3,})|[,;+&]\s*(?P<other>[a-z][a-z-]{3,})")
_FORMS = ("gel", "cream", "ointment", "patch", "plaster", "injection", "suppository", "eye drops", "nasal spray", "inhaler")


class ReadMedicine(msgspec.Struct, frozen=True):
    """One medicine in a line: the listed entry and its substances, or a class of which one is taken; and its dose."""

    text: str
    entry: str = ""
    ids: tuple[str, ...] = ()
    class_id: str = ""
    dose: Dose = Dose()


class MedicineLine(msgspec.Struct, frozen=True):
    """What a line says. `problem` and `suggestion` are set when it cannot be used; `unreadable` when it says so itself."""

    text: str
    medicines: tuple[ReadMedicine, ...] = ()
    negated: bool = False
    doubted: bool = False
    unreadable: bool = False
    problem: str = ""
    suggestion: str = ""


class _Found(msgspec.Struct, frozen=True):
    start: int
    end: int
    entry: str
    class_id: str
    phrase: str


def read_medicine(names: Names, text: str) -> MedicineLine:
    """The meaning of one line of a medicine list; a line that resolves to nothing has `problem` set."""
    plain = re.sub(r"(?<=[a-z])/(?=[a-z])", " / ", spaced(fold(text)))
    if _UNREADABLE.match(plain) or not plain.strip("?"):
        return MedicineLine(text, unreadable=True)
    doubted = bool(_DOUBTED.search(plain))
    plain = _DOUBTED.sub("", plain)
    negated = bool(_NEGATED.match(plain)) and names.medicine_entry(plain) is None
    plain = _NEGATED.sub("", plain) if negated else plain
    words = plain.split(" ")
    found = _find(names, words)
    if not found:
        near = names.suggest(_first_words(plain), "medicine")
        suggestion = f"{near} Write the generic name, or put it under `other: NAME`.".strip()
        return MedicineLine(text, problem=f"`{text}` is not a known medicine", suggestion=suggestion)
    before = [word.strip(",;:()") for word in words[: found[0].start]]
    strange = next((word for word in before if word and not _LEADS.match(word)), "")
    if strange:
        return MedicineLine(
            text,
            problem=f"`{strange}` before the name in `{text}` is not understood",
            suggestion="Write the name first, then the dose; or put it under `other: NAME`.",
        )
    if _STOPPED.search(plain):
        return MedicineLine(
            text,
            problem=f"`{text}` is not taken any more",
            suggestion="Leave it out here; write it under `tried` if it was for this pain.",
        )
    numbered = re.search(r"#\s*\d+", plain)
    if numbered:
        return MedicineLine(
            text, problem=f"`{numbered[0]}` in `{text}` is not understood", suggestion="Write its ingredients with their doses."
        )
    medicines: list[ReadMedicine] = []
    for index, match in enumerate(found):
        end = found[index + 1].start if index + 1 < len(found) else len(words)
        rest = " ".join(words[match.end : end])
        other = _second_name(rest)
        if other:
            return MedicineLine(
                text,
                problem=f"`{other}` in `{text}` is not a known medicine",
                suggestion=names.suggest(other, "medicine")
                or "Write one medicine an item; put an unlisted one under `other: NAME`.",
            )
        lead = " ".join(before) if index == 0 else ""
        medicines.append(_medicine(names, text, match, f"{lead} {rest}"))
    return MedicineLine(text, tuple(medicines), negated, doubted)


def _medicine(names: Names, text: str, match: _Found, around: str) -> ReadMedicine:
    entry = match.entry
    if entry:
        for form in _FORMS:
            if re.search(rf"\b{form}s?\b", around):
                entry = names.medicine_entry(f"{entry} {form}") or entry
    ids = names.substances(entry) if entry else ()
    strength = re.search(r"\d[\d.,]* mg$", match.phrase)
    return ReadMedicine(text, entry, ids, match.class_id, read_dose(f"{strength[0]} {around}" if strength else around))


def _find(names: Names, words: list[str]) -> list[_Found]:
    """All names in the line, left to right, the longest first. Purposes ("for ...") are not searched."""
    found: list[_Found] = []
    position = 0
    while position < len(words):
        match = _at(names, words, position)
        if match:
            found.append(match)
            position = match.end
            continue
        if found and words[position] in ("for", "because", "against"):
            break
        position += 1
    return found


def _at(names: Names, words: list[str], start: int) -> _Found | None:
    for length in range(min(names.longest_medicine, len(words) - start), 0, -1):
        phrase = " ".join(words[start : start + length]).strip(" ,;:()")
        if not phrase:
            continue
        entry = names.medicine_entry(phrase) or (_with_form(names, words, start, phrase) if length == 1 else None)
        class_id = None if entry else names.medicine_class(phrase)
        if entry or class_id:
            return _Found(start, start + length, entry or "", class_id or "", phrase)
    return None


def _with_form(names: Names, words: list[str], start: int, phrase: str) -> str | None:
    """A medicine that is known only by its name and form, when the form stands later in the line (`fentanyl 25 mcg/h patch`)."""
    if names.medicine_class(phrase):
        return None
    rest = " ".join(words[start + 1 :])
    forms = (form for form in _FORMS if re.search(rf"\b{form}(?:e?s)?\b", rest))
    return next((entry for form in forms if (entry := names.medicine_entry(f"{phrase} {form}"))), None)


def _second_name(rest: str) -> str:
    """A word that follows "and", "+" or a comma and is no word of dose or use."""
    for match in _JOIN.finditer(re.split(r"\b(?:for|because|since|against)\b", rest)[0]):
        word = match["word"] or match["other"]
        if read_dose(word).rest:
            return word
    return ""


def _first_words(plain: str) -> str:
    words = [word for word in re.split(r"[\s,;()]+", plain) if re.fullmatch(r"[a-z][a-z-]{2,}", word)]
    return " ".join(words[:1]) or plain


def daily_fact(knowledge: Knowledge, identity: str) -> str:
    """The fact that keeps the daily amount of a substance; empty when none does."""
    entry = knowledge.options.get(identity) or knowledge.medicines.get(identity)
    name = fact_name(f"daily_{entry.daily}", identity) if entry and entry.daily else ""
    return name if name in knowledge.facts else ""
