"""Whether an input is a FHIR R4 Bundle of one patient: the marks of other versions, each with its path and what to do.

What enters is decoded JSON; what leaves are the resources, or Problems. Marks are elements that only DSTU2, STU3 or R5 have.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from spineplan.model.problems import Place, Problem
from spineplan.records.fhir_reading import Resource, as_dict, as_list, as_text

_Mark = tuple[str, Callable[[object], bool], str]


def _present(value: object) -> bool:
    return value is not None


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_object(value: object) -> bool:
    return isinstance(value, dict)


_OLD_TYPES = {
    "MedicationOrder": "DSTU2",
    "DiagnosticOrder": "DSTU2",
    "DeviceUseRequest": "DSTU2",
    "ProcedureRequest": "STU3",
    "ReferralRequest": "STU3",
    "DeviceUsage": "R5",
}
_MARKS: dict[str, tuple[_Mark, ...]] = {
    "Patient": (("animal", _present, "STU3"), ("careProvider", _present, "DSTU2")),
    "Condition": (
        ("clinicalStatus", _is_text, "STU3"),
        ("verificationStatus", _is_text, "STU3"),
        ("assertedDate", _present, "STU3"),
        ("dateRecorded", _present, "DSTU2"),
        ("patient", _present, "DSTU2"),
    ),
    "AllergyIntolerance": (
        ("clinicalStatus", _is_text, "STU3"),
        ("verificationStatus", _is_text, "STU3"),
        ("assertedDate", _present, "STU3"),
        ("substance", _present, "DSTU2"),
        ("status", _present, "DSTU2"),
        ("type", _is_object, "R5"),
    ),
    "MedicationStatement": (
        ("wasNotTaken", _present, "DSTU2"),
        ("taken", _present, "STU3"),
        ("patient", _present, "DSTU2"),
        ("medication", _is_object, "R5"),
    ),
    "MedicationRequest": (("medication", _is_object, "R5"), ("context", _present, "STU3")),
    "MedicationAdministration": (
        ("medication", _is_object, "R5"),
        ("wasNotGiven", _present, "DSTU2"),
        ("notGiven", _present, "STU3"),
    ),
    "Observation": (("comments", _present, "DSTU2"), ("comment", _present, "STU3"), ("related", _present, "STU3")),
    "Procedure": (("notPerformed", _present, "DSTU2"), ("notDone", _present, "STU3"), ("context", _present, "STU3")),
}
_VERSION_IN_PROFILE = re.compile(r"^https?://(?:www\.)?hl7\.org/fhir/(?P<mark>DSTU2|STU3|R5|[135]\.\d(?:\.\d)?)/", re.IGNORECASE)
_VERSION_NAMES = {"1": "DSTU2", "3": "STU3", "5": "R5"}
_HOW = "Export the record as FHIR R4 (4.0.1)."


def read_resources(name: str, data: object) -> tuple[Resource | None, list[Resource], list[Problem]]:
    """The patient, all other resources, and every problem of form. `name` is the input's name in places.

    Entries without a resource, with a DELETE request or marked as a search outcome are left out; of several versions of one
    resource the newest stays.
    """
    bundle = as_dict(data)
    if bundle.get("resourceType") != "Bundle":
        found = as_text(bundle.get("resourceType"))
        what = f"this is a FHIR {found}, not a Bundle" if found else "this is not a FHIR Bundle"
        return None, [], [Problem(Place(name, 0, "resourceType"), what, "Send one patient's resources as a Bundle.")]
    problems: list[Problem] = _version_element(bundle, name, "")
    entries = bundle.get("entry")
    if entries is not None and not isinstance(entries, list):
        problems.append(Problem(Place(name, 0, "entry"), "`entry` is not a list", _HOW))
    resources: list[Resource] = []
    marks: dict[tuple[str, str, str], list[Place]] = {}
    for index, entry in enumerate(as_list(entries)):
        outer = as_dict(entry)
        content = as_dict(outer.get("resource"))
        kind = as_text(content.get("resourceType"))
        if not kind or _left_out(outer):
            continue
        path = f"entry[{index}].resource"
        place = Place(name, 0, path)
        problems += _version_element(content, name, f"{path}.")
        if kind in _OLD_TYPES:
            marks.setdefault((kind, "", _OLD_TYPES[kind]), []).append(Place(name, 0, f"{path}.resourceType"))
        for key, test, version in _MARKS.get(kind, ()):
            if test(content.get(key)):
                marks.setdefault((kind, key, version), []).append(Place(name, 0, f"{path}.{key}"))
        resources.append(Resource(kind, as_text(content.get("id")), content, place, as_text(outer.get("fullUrl"))))
    problems += [_mark_problem(kind, key, version, places) for (kind, key, version), places in marks.items()]
    newest = _newest(resources)
    patients = [resource for resource in newest if resource.type == "Patient"]
    if not patients:
        problems.append(Problem(Place(name, 0, "entry"), "the Bundle has no Patient", "Add the Patient resource."))
    problems += [
        Problem(extra.place, f"the Bundle has {len(patients)} Patients; one is expected", "Send one Bundle for each patient.")
        for extra in patients[1:]
    ]
    others = [resource for resource in newest if resource.type != "Patient"]
    return (patients[0] if patients else None), others, problems


def _left_out(entry: dict[str, object]) -> bool:
    deleted = as_text(as_dict(entry.get("request")).get("method")).upper() == "DELETE"
    return deleted or as_text(as_dict(entry.get("search")).get("mode")) == "outcome"


def _mark_problem(kind: str, key: str, version: str, places: list[Place]) -> Problem:
    element = f"`{kind}.{key}` in this form" if key else f"the resource {kind}"
    more = f" ({len(places) - 1} more like it)" if len(places) > 1 else ""
    return Problem(places[0], f"{element} belongs to FHIR {version}; only R4 is read{more}", _HOW)


def _version_element(content: dict[str, object], name: str, path: str) -> list[Problem]:
    """The version that a resource names itself, in `fhirVersion` or in a profile."""
    stated = as_text(content.get("fhirVersion"))
    if stated and not stated.startswith("4."):
        return [Problem(Place(name, 0, f"{path}fhirVersion"), f"FHIR {stated} is stated; only R4 is read", _HOW)]
    problems: list[Problem] = []
    for index, profile in enumerate(as_list(as_dict(content.get("meta")).get("profile"))):
        match = _VERSION_IN_PROFILE.match(as_text(profile))
        if match:
            version = _VERSION_NAMES.get(match["mark"][0], match["mark"].upper())
            place = Place(name, 0, f"{path}meta.profile[{index}]")
            problems.append(Problem(place, f"the profile belongs to FHIR {version}; only R4 is read", _HOW))
    return problems


def _newest(resources: list[Resource]) -> list[Resource]:
    """Each resource once, its newest version; in an order that does not depend on the order of the entries."""
    kept: dict[tuple[str, str], Resource] = {}
    nameless: list[Resource] = []
    for resource in resources:
        key = (resource.type, resource.id or resource.url)
        if not key[1]:
            nameless.append(resource)
        elif key not in kept or _version(resource) > _version(kept[key]):
            kept[key] = resource
    return sorted((*kept.values(), *nameless), key=lambda resource: resource.order)


def _version(resource: Resource) -> tuple[str, int, str, str]:
    updated = resource.moment("meta.lastUpdated")
    written = as_text(as_dict(resource.get("meta")).get("versionId"))
    number = int(written) if written.isdecimal() and len(written) < 10 else 0
    return (updated.instant.isoformat() if updated else "", number, written, resource.written)
