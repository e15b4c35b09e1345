"""Named patients: each case with its expectations, compared with the plan that comes out. Format: knowledge/README.md, `cases/`."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator
from typing import Any

from spineplan.explaining.reasons import Account
from spineplan.loading.yaml_files import Document, PathKey
from spineplan.model.expressions import Value
from spineplan.model.knowledge import PLAN_STAGES
from spineplan.model.outcome import STATUSES
from spineplan.model.plan import Element, Plan
from spineplan.model.problems import Problem, did_you_mean

EXPECTATIONS = (
    "urgency",
    "alerts",
    "no_alerts",
    "open_alerts",
    "status",
    "not_status",
    "because",
    "missing",
    "stage",
    "regimen",
    "cautions",
    "questions",
    "unmet",
    "current",
    "facts",
)
CASE_KEYS = ("name", "case", "profile", "expect", "note", "source")


class NamedPatient:
    """One case: name, the case data as a document of its own, profile, expectations, and where it stands."""

    def __init__(self, document: Document, index: int, data: dict[str, Any]) -> None:
        self.document = document
        self.path: PathKey = ("cases", index)
        self.name = str(data.get("name", ""))
        self.case = data.get("case")
        self.profile: str | None = data.get("profile")
        self.expect: dict[str, Any] = data.get("expect") or {}
        self.line = document.place(self.path).line

    def case_document(self) -> Document:
        """The case alone, with lines of the file it stands in."""
        lines = {path[3:]: line for path, line in self.document._lines.items() if path[:3] == (*self.path, "case")}
        return Document(self.document.file, self.case, lines)


def named_patients(document: Document) -> tuple[list[NamedPatient], list[Problem]]:
    """The cases of a file and the problems of their form."""
    problems: list[Problem] = []
    patients: list[NamedPatient] = []
    listed = document.data.get("cases") if isinstance(document.data, dict) else None
    if not isinstance(listed, list):
        return [], [
            Problem(
                document.place(),
                "a case file of the knowledge is a mapping with a list under `cases`",
                "See knowledge/README.md.",
            )
        ]
    for index, data in enumerate(listed):
        place = document.place(("cases", index))
        if not isinstance(data, dict) or not data.get("name") or not isinstance(data.get("case"), dict):
            problems.append(Problem(place, "a case needs `name`, `case` and `expect`", "See knowledge/README.md."))
            continue
        problems.extend(
            Problem(place, f"`{key}` is not a key of a case", did_you_mean(key, CASE_KEYS))
            for key in data
            if key not in CASE_KEYS
        )
        patient = NamedPatient(document, index, data)
        if not isinstance(data.get("expect"), dict) or not patient.expect:
            problems.append(Problem(place, "a case without `expect` proves nothing", "Say what must come out."))
            continue
        odd = [key for key in patient.expect if key not in EXPECTATIONS]
        where = ("cases", index, "expect")
        problems.extend(
            Problem(document.place((*where, key)), f"`{key}` is not an expectation", did_you_mean(key, EXPECTATIONS))
            for key in odd
        )
        patients.append(patient)
    return patients, problems


def unmet_expectations(expect: dict[str, Any], plan: Plan, account: Account) -> list[str]:
    """Every expectation that a plan does not meet, each as a sentence."""
    return list(_unmet(expect, plan, account.value, account.knowledge.red_flags))


def _unmet(expect: dict[str, Any], plan: Plan, facts: Callable[[str], Value], red_flags: Container[str]) -> Iterator[str]:
    elements = {element.id: element for element in plan.elements}
    for section, known in (("status", STATUSES), ("not_status", STATUSES), ("stage", PLAN_STAGES)):
        wished_words = [word for wanted in (expect.get(section) or {}).values() for word in _listed(wanted)]
        yield from (f"`{word}` under {section} is not one of {', '.join(known)}" for word in wished_words if word not in known)
    if "urgency" in expect and plan.urgency != expect["urgency"]:
        yield f"urgency is {plan.urgency}, expected {expect['urgency']}"
    alerts = {alert.id for alert in plan.alerts}
    wished = [key for section in ("alerts", "no_alerts", "open_alerts") for key in _listed(expect.get(section))]
    yield from (f"there is no alert {key}" for key in wished if key not in red_flags)
    yield from (f"alert {key} does not hold" for key in _listed(expect.get("alerts")) if key not in alerts)
    yield from (f"alert {key} holds" for key in _listed(expect.get("no_alerts")) if key in alerts)
    yield from (f"alert {key} is not open" for key in _listed(expect.get("open_alerts")) if key not in plan.urgency_open)
    for key, element, wanted in _each(expect.get("status"), elements):
        if element is None:
            yield f"there is no option {key}"
        elif element.status not in _listed(wanted):
            reason = element.because[0].text if element.because else "no reason given"
            yield f"{key} is {element.status}, expected {' or '.join(_listed(wanted))}: {reason}"
    for key, element, wanted in _each(expect.get("not_status"), elements):
        if element is None:
            yield f"there is no option {key}"
        elif element.status in _listed(wanted):
            yield f"{key} is {element.status}, which it must not be"
    for key, element, wanted in _each(expect.get("because"), elements):
        named = {name for reason in element.because for name in reason.facts} if element else set()
        yield from (
            f"{key}: {fact} is not named among the reasons ({', '.join(sorted(named)) or 'none'})"
            for fact in _listed(wanted)
            if fact not in named
        )
    for key, element, wanted in _each(expect.get("missing"), elements):
        missing = element.missing if element else ()
        yield from (
            f"{key}: {fact} is not among the missing facts ({', '.join(missing) or 'none'})"
            for fact in _listed(wanted)
            if fact not in missing
        )
    for key, element, wanted in _each(expect.get("stage"), elements):
        stages = {course.stage for course in element.courses} if element else set()
        yield from (f"{key} has no course in the stage {stage}" for stage in _listed(wanted) if stage not in stages)
    for key, element, wanted in _each(expect.get("regimen"), elements):
        yield from _regimen(key, element, wanted)
    for key, element, wanted in _each(expect.get("cautions"), elements):
        named = {name for reason in element.cautions for name in reason.facts} if element else set()
        yield from (
            f"{key}: no caution names {fact} ({', '.join(sorted(named)) or 'none'})"
            for fact in _listed(wanted)
            if fact not in named
        )
    fields = {question.field for question in plan.questions}
    yield from (f"{field} is not asked" for field in _listed(expect.get("questions")) if field not in fields)
    unmet = {line.role for line in plan.unmet}
    yield from (f"{role} is not said to be unmet" for role in _listed(expect.get("unmet")) if role not in unmet)
    yield from _current(expect.get("current"), plan)
    for name, wanted in (expect.get("facts") or {}).items():
        value = facts(name)
        if value != wanted:
            yield f"{name} is {'not known' if value is None else value}, expected {wanted}"


def _regimen(key: str, element: Element | None, wanted: Any) -> Iterator[str]:
    lines = [course.regimen for course in element.courses if course.regimen] if element else []
    if not lines:
        yield f"{key} has no dose line"
        return
    for part, value in wanted.items():
        found = getattr(lines[0], part, None)
        if str(found) != str(value):
            yield f"{key}: {part} is {found}, expected {value}"


def _current(expect: Any, plan: Plan) -> Iterator[str]:
    actions = {line.name.lower(): line.action for line in plan.current_treatment}
    for name, action in (expect or {}).items():
        found = actions.get(str(name).lower().replace("-", " ")) or actions.get(str(name).lower())
        if found != action:
            yield f"current treatment {name}: {found or 'not listed'}, expected {action}"


def _each(expect: Any, elements: dict[str, Element]) -> Iterator[tuple[str, Element | None, Any]]:
    for key, wanted in (expect or {}).items():
        yield key, elements.get(key), wanted


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return list(value) if isinstance(value, Iterable) and not isinstance(value, str | dict) else [value]
