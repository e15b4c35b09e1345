"""FHIR records in odd shapes: what is written differently, ahead of its day, or not readable is read rightly or said."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.unit.fhir_building import (
    ICD10,
    LOINC,
    PATIENT,
    SNOMED,
    TODAY,
    Json,
    allergy,
    bundle,
    code,
    condition,
    knowledge,
    names,
    order,
    quantity,
    read,
)

from spineplan.records.fhir import read_bundle

PARACETAMOL = {"text": "Paracetamol 500 MG Oral Tablet"}
MORPHINE = {"text": "Morphine Sulfate 10 MG Oral Tablet"}
FENTANYL = {"text": "72 HR Fentanyl 0.025 MG/HR Transdermal System"}
WOMAN = {**PATIENT, "birthDate": "1995-01-01"}


@pytest.mark.parametrize(
    ("system", "value"),
    [
        ("urn:oid:2.16.840.1.113883.6.96", "49436004"),
        ("2.16.840.1.113883.6.96", "49436004"),
        (f"{SNOMED}/", "49436004"),
        ("https://snomed.info/sct", "49436004"),
        (f"{SNOMED}|http://snomed.info/sct/900000000000207008", "49436004"),
        ("urn:oid:2.16.840.1.113883.6.90", "I48.91"),
        (f"{ICD10}-cm", "I4891"),
    ],
)
def test_a_code_system_is_known_by_its_oid_version_and_scheme(system: str, value: str) -> None:
    assert read(condition(code(system, value))).values["atrial_fibrillation"] is True


@pytest.mark.parametrize(
    ("system", "value"), [("urn:oid:2.16.840.1.113883.6.73", "B01AA03"), ("http://www.whocc.no/atc/", "b01aa03")]
)
def test_a_medicine_code_by_oid(system: str, value: str) -> None:
    assert read(order(code(system, value))).values["takes_warfarin"] is True


@pytest.mark.parametrize("state", ["recorded", "weird"])
def test_a_status_that_is_not_known_leaves_the_medicine_in_doubt(state: str) -> None:
    facts = read(order({"text": "Warfarin"}, state))
    assert "takes_warfarin" in facts.doubtful
    assert facts.not_checked == ("Medicines whose use is in doubt: Warfarin",)


def test_what_lies_ahead_is_no_fact_of_today() -> None:
    ahead = "2026-09-01"
    medicine = read(order({"text": "Warfarin"}, authoredOn=ahead))
    disease = read(condition({"text": "AF"}, onsetDateTime=ahead))
    bypass = {"resourceType": "Procedure", "id": "x", "status": "completed", "code": {"text": "CABG"}, "performedDateTime": ahead}
    assert "takes_warfarin" in medicine.doubtful
    assert "atrial_fibrillation" in disease.doubtful
    assert disease.not_checked == ("Dated after the day of the plan: AF",)
    assert "ischaemic_heart_disease" not in read(bypass).values
    assert read(quantity("33914-3", 54, "mL/min/{1.73_m2}", ahead)).not_checked == ("Dated after the day of the plan: eGFR",)


def _repeat(**repeat: Any) -> list[Json]:
    return [{"timing": {"repeat": repeat}, "doseAndRate": [{"doseQuantity": {"value": 10, "unit": "mg", "code": "mg"}}]}]


def _most(value: float, unit: str, **more: Any) -> list[Json]:
    day = {"value": 1, "unit": "d", "code": "d"}
    return [{"maxDosePerPeriod": {"numerator": {"value": value, "unit": unit, "code": unit}, "denominator": day}, **more}]


@pytest.mark.parametrize(
    ("medicine", "dosage", "fact", "amount"),
    [
        (MORPHINE, _repeat(timeOfDay=["08:00:00", "20:00:00"]), "daily_mg_morphine", 20.0),
        (MORPHINE, _repeat(dayOfWeek=["mon", "thu"], frequency=1, period=1, periodUnit="d"), "daily_mg_morphine", 3.0),
        (PARACETAMOL, _most(4, "g", asNeededBoolean=True), "daily_mg_paracetamol", 4000.0),
        (PARACETAMOL, [{"text": "2 tablets four times a day"}], "daily_mg_paracetamol", 4000.0),
        (PARACETAMOL, _most(6, "tablet", text="2 tablets four times a day"), "daily_mg_paracetamol", 3000.0),
        (FENTANYL, [{"text": "apply one patch every 72 hours"}], "daily_mcg_per_hour_fentanyl_patch", 25.0),
    ],
)
def test_daily_amounts_from_times_days_maxima_and_words(medicine: Json, dosage: list[Json], fact: str, amount: float) -> None:
    assert read(order(medicine, dosageInstruction=dosage)).values[fact] == pytest.approx(amount, abs=0.5)


def test_a_concept_that_is_a_list_or_text_is_read_and_one_without_a_name_closes_nothing() -> None:
    for what in ([{"text": "AF"}], "AF"):
        assert read({**condition({}), "code": what}).values["atrial_fibrillation"] is True
    facts = read({**condition({}), "code": None})
    assert facts.not_checked == ("Conditions without a name: Condition/c",)
    assert "asthma" not in facts.values


def test_no_known_problems_by_code_alone_closes_the_list() -> None:
    facts = read(condition(code(SNOMED, "160245001")))
    assert (facts.values["asthma"], facts.not_checked) == (False, ())


def test_an_allergy_whose_name_comes_near_leaves_doubt_and_a_reaction_is_set_apart() -> None:
    near = read(allergy(code(SNOMED, "293619005", "Allergy to non-steroidal anti-inflammatory agent")))
    assert "allergic_to_nsaid" in near.doubtful
    assert read(allergy({"text": "codeine - nausea"})).values["allergic_to_codeine"] is True
    plain = read(allergy({"text": "Peanut"}, category="food"))
    assert "allergic_to_aspirin" not in plain.doubtful


@pytest.mark.parametrize("loinc", ["18185-9", "11884-4", "49051-6"])
def test_weeks_of_pregnancy(loinc: str) -> None:
    facts = read(quantity(loinc, 24, "wk"), patient=WOMAN)
    assert (facts.values["pregnancy_week"], facts.values["pregnant"]) == (24.0, True)
    assert read(quantity(loinc, 168, "d"), patient=WOMAN).values["pregnancy_week"] == 24.0
    assert "pregnancy_week" not in read(quantity(loinc, 24, "wk", "2026-01-01"), patient=WOMAN).values


def test_pregnancy_status_by_its_code_alone() -> None:
    for answer, expected in (("LA15173-0", "Pregnant"), ("LA26683-5", "Not pregnant")):
        status = {"code": code(LOINC, "82810-3"), "valueQuantity": None, "valueCodeableConcept": code(LOINC, answer, expected)}
        assert read({**quantity("82810-3", 0, ""), **status}, patient=WOMAN).values["pregnant"] is (expected == "Pregnant")


def test_what_is_not_read_is_said() -> None:
    dispense = {"resourceType": "MedicationDispense", "id": "d", "status": "completed"}
    relative = {"resourceType": "FamilyMemberHistory", "id": "f", "status": "completed"}
    assert read(dispense, relative).not_checked == ("Not read: 1 FamilyMemberHistory, 1 MedicationDispense",)


def test_a_broken_character_and_an_impossible_timestamp_do_no_harm() -> None:
    facts = read(order({"text": "\ud800 Warfarin"}), condition({"text": "\udc00"}))
    json.dumps([*facts.not_checked, *(medicine.text for medicine in facts.medicines)], ensure_ascii=False).encode()
    for stamp in ("9999-12-31T00:00:00Z", "0001-01-01T00:00:00Z"):
        data = {**bundle(order({"text": "Warfarin"})), "timestamp": stamp}
        assert read_bundle("record.json", data, knowledge(), TODAY, names()).as_of == TODAY


def test_an_implanted_defibrillator_by_its_code() -> None:
    device = {"resourceType": "Device", "id": "d", "type": code(SNOMED, "72506001"), "patient": {"reference": "Patient/p"}}
    assert read(device).values["implanted_defibrillator"] is True
