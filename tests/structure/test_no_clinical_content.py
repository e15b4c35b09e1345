"""The engine holds no clinical content: no medicine, method, class, diagnosis or warning sign by name, and no threshold.

What is clinical stands in `knowledge/`, where clinicians read it, where it has a source and where a named patient tests it. Each
exception below stands with its reason; an exception that is no longer needed fails too.
"""

from __future__ import annotations

import ast
import re
from functools import cache
from typing import Any, get_args

import yaml

from spineplan.model.knowledge import ClinicalStage, GuidelinePosition, InteractionLevel, Kind, PlanStage, Urgency
from spineplan.model.outcome import Status
from tests.structure.source import ROOT, modules, shown, texts

NAMED = ("options", "classes", "medicines", "diagnoses", "red_flags")
MEANING = {"compiling", "evaluating", "explaining", "querying", "application"}
SHORTEST_WORD = 4
SUBJECT = "back pain"  # what the whole program is about; a diagnosis has it among its synonyms
CATALOGUE = (Kind, ClinicalStage, PlanStage, Urgency, InteractionLevel, GuidelinePosition, Status)

# Literals that name something clinical: a part of the literal, and why it may stand there.
ALLOWED_NAMES: dict[str, str] = {
    "Write `- warfarin 5 mg daily`.": "an example in an error message; nothing is decided by it",
    "Write `{treatment: paracetamol, days: 4, response: none}`.": "an example in an error message; nothing is decided by it",
}

# Facts that the engine knows by name: name and file, and why.
_STRIP = "the patient strip of the published plan names what must stay in sight"
ALLOWED_FACTS: dict[tuple[str, str], str] = {
    ("acute_signs", "src/spineplan/compiling/choice.py"): "the derived fact on which stages open; knowledge defines it",
    ("age", "src/spineplan/explaining/planning.py"): _STRIP,
    ("sex", "src/spineplan/explaining/planning.py"): _STRIP,
    ("weight_kg", "src/spineplan/explaining/planning.py"): _STRIP,
    ("pregnant", "src/spineplan/explaining/planning.py"): _STRIP,
    ("pregnancy_week", "src/spineplan/explaining/planning.py"): _STRIP,
    ("egfr", "src/spineplan/explaining/planning.py"): _STRIP,
    ("pain_nrs", "src/spineplan/explaining/planning.py"): _STRIP,
    ("phase", "src/spineplan/explaining/planning.py"): _STRIP,
}

# Numbers other than 0, 1, 2 and positions in a sequence: file and number, and why.
_CACHE = "the form of a cache file: bytes of a length, files kept, access rights"
_WEIGHT = "weight of a question by the urgency that waits for it; orders questions only"
ALLOWED_NUMBERS: dict[tuple[str, float], str] = {
    ("src/spineplan/compiling/choice.py", 1000): "a line behind every line of therapy, for what was tried too short",
    ("src/spineplan/evaluating/deciding.py", 10): _WEIGHT,
    ("src/spineplan/evaluating/deciding.py", 100): _WEIGHT,
    ("src/spineplan/evaluating/deciding.py", 1000): _WEIGHT,
    ("src/spineplan/evaluating/prepared.py", 8): _CACHE,
    ("src/spineplan/evaluating/prepared.py", 12): _CACHE,
    ("src/spineplan/evaluating/prepared.py", 0o700): _CACHE,
    ("src/spineplan/explaining/planning.py", 3): "the words `three times a day`",
    ("src/spineplan/explaining/planning.py", 4): "the words `four times a day`",
    ("src/spineplan/explaining/planning.py", 6): "how many facts a question lists before it names the whole field",
}

WHY_NAMES = (
    "The engine names nothing clinical: what is true of one medicine or diagnosis belongs to knowledge/, with a source and a "
    "named patient. Make it a property that knowledge can give to any entry; an example in a message goes to ALLOWED_NAMES."
)
WHY_FACTS = (
    "The engine reads facts by the names that knowledge gives; a fact known by name in the engine is a clinical rule in "
    "disguise. Move the condition to knowledge/, or add the fact to ALLOWED_FACTS with its reason."
)
WHY_NUMBERS = (
    "Numbers in compiling, evaluating and explaining look like thresholds or doses, and those stand in knowledge/ with a source. "
    "If the number is about layout or order, add it to ALLOWED_NUMBERS with its reason."
)


def _words(text: str) -> str:
    return f" {' '.join(re.findall(r'[a-z0-9]+', text.lower()))} "


@cache
def _sections() -> tuple[tuple[str, str, dict[str, Any]], ...]:
    """Section, id and entry of everything in the knowledge files."""
    found: list[tuple[str, str, dict[str, Any]]] = []
    for path in sorted((ROOT / "knowledge").rglob("*.yaml")):
        document = yaml.load(path.read_text(encoding="utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        for section, entries in (document or {}).items():
            if isinstance(entries, dict):
                found.extend((section, str(key), entry) for key, entry in entries.items() if isinstance(entry, dict))
    return tuple(found)


@cache
def _names() -> frozenset[str]:
    """Ids, names and synonyms of what is clinical, as words, without the words of the published plan and the fields of a case."""
    catalogue = {_words(word) for kind in CATALOGUE for word in get_args(kind)}
    catalogue |= {_words(key) for section, key, _ in _sections() if section == "fields"}
    catalogue.add(_words(SUBJECT))
    names: set[str] = set()
    for section, key, entry in _sections():
        if section in NAMED:
            names |= {
                _words(str(name)) for name in (key, entry.get("name", ""), entry.get("title", ""), *entry.get("synonyms", ()))
            }
    return frozenset(name for name in names if name.strip() and name not in catalogue)


def _named_in(text: str) -> list[str]:
    words = _words(text)
    parts = words.split()
    longest = max((len(name.split()) for name in _names()), default=0)
    runs = {
        f" {' '.join(parts[start:end])} "
        for start in range(len(parts))
        for end in range(start + 1, min(start + longest, len(parts)) + 1)
    }
    found = {name for name in runs & _names() if len(name) >= SHORTEST_WORD + len("  ") or name == words}
    return sorted(name.strip() for name in found)


def test_the_names_are_read() -> None:
    """The next tests would hold of themselves if the knowledge were not found."""
    assert len(_names()) > len(modules())
    some_option = next(key for section, key, _ in _sections() if section == "options")
    assert _named_in(f"takes_{some_option.replace('-', '_')}") or len(some_option) < SHORTEST_WORD


def test_nothing_clinical_is_named() -> None:
    """No id, name or synonym of an option, class, medicine, diagnosis or red flag stands in a literal of the engine."""
    findings, used = [], set()
    for module in modules():
        for text, line in texts(module):
            named = _named_in(text)
            excuse = next((part for part in ALLOWED_NAMES if part in text), None)
            if named and excuse:
                used.add(excuse)
            elif named:
                findings.append(f"{module.path}:{line} {text!r} names {', '.join(named)}")
    assert not findings, shown(findings, WHY_NAMES)
    assert not set(ALLOWED_NAMES) - used, f"These exceptions are no longer needed: {sorted(set(ALLOWED_NAMES) - used)}"


def test_facts_are_not_known_by_name() -> None:
    """Where meaning is made, no fact of the knowledge stands in a literal."""
    facts = {key for section, key, _ in _sections() if section in ("facts", "derived")}
    findings, used = [], set()
    for module in modules():
        if module.package in MEANING:
            for text, line in texts(module):
                # One letter is a plane or a key, not a fact.
                if text in facts and len(text) > 1:
                    used.add((text, module.path))
                    if (text, module.path) not in ALLOWED_FACTS:
                        findings.append(f"{module.path}:{line} {text!r}")
    assert not findings, shown(findings, WHY_FACTS)
    assert not set(ALLOWED_FACTS) - used, f"These exceptions are no longer needed: {sorted(set(ALLOWED_FACTS) - used)}"


def _position(node: ast.AST) -> ast.AST | None:
    """What stands between the brackets of a sequence, or how far `range` counts."""
    if isinstance(node, ast.Subscript):
        return node.slice
    return node if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "range" else None


def test_no_number_looks_clinical() -> None:
    """Where meaning is made, the only numbers are 0, 1, 2 and positions in a sequence."""
    findings, used = [], set()
    for module in modules():
        if module.package not in {"compiling", "evaluating", "explaining"}:
            continue
        positions = {id(part) for node in ast.walk(module.tree) if (place := _position(node)) for part in ast.walk(place)}
        for node in ast.walk(module.tree):
            if not isinstance(node, ast.Constant) or isinstance(node.value, bool) or not isinstance(node.value, int | float):
                continue
            if node.value in (0, 1, 2) or id(node) in positions:
                continue
            used.add((module.path, float(node.value)))
            if (module.path, node.value) not in ALLOWED_NUMBERS:
                findings.append(f"{module.path}:{node.lineno} {node.value}")
    assert not findings, shown(findings, WHY_NUMBERS)
    stale = {(path, float(number)) for path, number in ALLOWED_NUMBERS} - used
    assert not stale, f"These exceptions are no longer needed: {sorted(stale)}"
