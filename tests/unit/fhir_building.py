"""Small FHIR resources for tests, and the real knowledge to read them with."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

from spineplan.checking.knowledge import check_knowledge
from spineplan.loading.folders import load_folder
from spineplan.model.facts import PatientFacts
from spineplan.model.knowledge import Knowledge
from spineplan.records.fhir import read_bundle
from spineplan.records.names import Names

ROOT = Path(__file__).parents[2]
TODAY = "2026-03-10"
SNOMED = "http://snomed.info/sct"
LOINC = "http://loinc.org"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
ICD10 = "http://hl7.org/fhir/sid/icd-10"
ATC = "http://www.whocc.no/atc"
PATIENT = {"resourceType": "Patient", "id": "p", "gender": "female", "birthDate": "1960-06-15"}
Json = dict[str, Any]


@functools.cache
def knowledge() -> Knowledge:
    return check_knowledge(load_folder(ROOT / "knowledge"))


@functools.cache
def names() -> Names:
    return Names(knowledge())


def code(system: str, value: str, display: str = "") -> Json:
    return {"coding": [{"system": system, "code": value, "display": display}]}


def status(value: str) -> Json:
    return {"coding": [{"code": value}]}


def condition(what: Json, clinical: str = "active", **more: Any) -> Json:
    return {"resourceType": "Condition", "id": "c", "clinicalStatus": status(clinical), "code": what, **more}


def order(what: Json, state: str = "active", **more: Any) -> Json:
    return {
        "resourceType": "MedicationRequest",
        "id": "m",
        "status": state,
        "intent": "order",
        "medicationCodeableConcept": what,
        **more,
    }


def quantity(loinc: str, value: Any, unit: str, day: str = "2026-03-09", **more: Any) -> Json:
    measured = {"value": value, "unit": unit, "code": unit}
    return {
        "resourceType": "Observation",
        "id": f"o{day}",
        "status": "final",
        "code": code(LOINC, loinc),
        "effectiveDateTime": day,
        "valueQuantity": measured,
        **more,
    }


def allergy(what: Json, **more: Any) -> Json:
    return {"resourceType": "AllergyIntolerance", "id": "a", "clinicalStatus": status("active"), "code": what, **more}


def bundle(*resources: Json, patient: Json | None = None) -> Json:
    return {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [{"resource": item} for item in (patient or PATIENT, *resources)],
    }


def read(*resources: Json, patient: Json | None = None) -> PatientFacts:
    return read_bundle("record.json", bundle(*resources, patient=patient), knowledge(), TODAY, names())


def several(pieces: float, times: int) -> list[Json]:
    """A dosage of so many pieces so many times a day."""
    often = {"repeat": {"frequency": times, "period": 1, "periodUnit": "d"}}
    return [{"timing": often, "doseAndRate": [{"doseQuantity": {"value": pieces}}]}]
