"""FHIR R4 Bundles to facts, over the real knowledge and the example Bundles."""

from __future__ import annotations

import copy
import json
import random
from pathlib import Path
from typing import Any

import pytest
from tests.unit.fhir_building import (
    ICD10,
    LOINC,
    PATIENT,
    ROOT,
    SNOMED,
    TODAY,
    Json,
    bundle,
    code,
    condition,
    knowledge,
    names,
    quantity,
    read,
    status,
)

from spineplan.model.facts import PatientFacts
from spineplan.model.problems import InputError
from spineplan.records.fhir import is_bundle, read_bundle
from spineplan.records.fhir_units import convert


def problems(data: object) -> dict[str, str]:
    with pytest.raises(InputError) as error:
        read_bundle("record.json", data, knowledge(), TODAY, names())
    return {problem.place.path: problem.what for problem in error.value.problems}


# --- the form of the input ---------------------------------------------------------------------------------------------------


def test_what_counts_as_fhir() -> None:
    assert is_bundle({"resourceType": "Bundle"})
    assert is_bundle(PATIENT)
    assert not is_bundle({"patient": {"age": 58}})
    assert not is_bundle([1])


def test_an_input_that_is_no_bundle_of_one_patient_is_refused_with_its_place() -> None:
    assert "not a Bundle" in problems(PATIENT)["resourceType"]
    assert "no Patient" in problems({"resourceType": "Bundle"})["entry"]
    two = bundle({**PATIENT, "id": "q"})
    assert "2 Patients" in problems(two)["entry[1].resource"]
    with pytest.raises(InputError, match="`entry` is not a list"):
        read_bundle("record.json", {"resourceType": "Bundle", "entry": {}}, knowledge(), TODAY, names())


@pytest.mark.parametrize(
    ("resource", "path", "version"),
    [
        ({"resourceType": "Condition", "clinicalStatus": "active"}, "clinicalStatus", "STU3"),
        ({"resourceType": "MedicationStatement", "wasNotTaken": False}, "wasNotTaken", "DSTU2"),
        ({"resourceType": "MedicationOrder"}, "resourceType", "DSTU2"),
        ({"resourceType": "MedicationRequest", "medication": {"concept": {"text": "warfarin"}}}, "medication", "R5"),
        ({"resourceType": "AllergyIntolerance", "substance": {"text": "x"}}, "substance", "DSTU2"),
        (
            {"resourceType": "Observation", "meta": {"profile": ["http://hl7.org/fhir/3.0/StructureDefinition/x"]}},
            "meta.profile[0]",
            "STU3",
        ),
        ({"resourceType": "Basic", "fhirVersion": "5.0.0"}, "fhirVersion", "5.0.0"),
    ],
)
def test_other_versions_of_fhir_are_named_with_their_path(resource: Json, path: str, version: str) -> None:
    found = problems(bundle(resource))
    assert version in found[f"entry[1].resource.{path}"]


def test_every_problem_is_said_at_once() -> None:
    data = bundle({"resourceType": "Condition", "clinicalStatus": "active"}, {**PATIENT, "id": "q", "animal": {}})
    assert set(problems(data)) == {"entry[1].resource.clinicalStatus", "entry[2].resource.animal", "entry[2].resource"}


# --- the patient -------------------------------------------------------------------------------------------------------------


def test_age_is_counted_in_completed_years_on_the_day_of_the_bundle() -> None:
    assert read().values["age"] == 65
    data = {**bundle(), "timestamp": "2026-06-15T08:00:00+02:00"}
    facts = read_bundle("record.json", data, knowledge(), TODAY, names())
    assert (facts.as_of, facts.values["age"]) == ("2026-06-15", 66)
    assert facts.origins["age"].reference == "Patient/p"


def test_a_year_of_birth_alone_is_shown_as_an_assumption() -> None:
    facts = read(patient={**PATIENT, "birthDate": "1960"})
    assert facts.values["age"] == 66
    assert any(assumption.fact == "age" for assumption in facts.assumptions)


def test_sex_that_contradicts_sex_at_birth_stays_open() -> None:
    extension = [{"url": "http://hl7.org/fhir/us/core/StructureDefinition/us-core-birthsex", "valueCode": "M"}]
    assert "sex" not in read(patient={**PATIENT, "extension": extension}).values
    assert "sex" not in read(patient={**PATIENT, "gender": "other"}).values


# --- conditions --------------------------------------------------------------------------------------------------------------


def test_conditions_are_read_by_code_and_by_words_and_close_the_list() -> None:
    facts = read(
        condition(code(ICD10, "M51.1"), id="c1", onsetDateTime="2026-03-06"),
        condition({"text": "Essential hypertension"}, id="c2"),
        condition(code(SNOMED, "444814009", "Viral sinusitis (disorder)"), id="c3"),
    )
    assert facts.values["dx_radiculopathy"] is True
    assert facts.values["hypertension"] is True
    assert facts.values["asthma"] is False
    assert facts.origins["hypertension"].reference == "Condition/c2"
    assert "peptic_ulcer_history" not in facts.values
    assert facts.values["duration_days"] == 4
    assert any("3 entries" in assumption.why for assumption in facts.assumptions if assumption.fact == "conditions")
    assert facts.not_checked == ("Conditions outside the knowledge: Viral sinusitis",)


def test_without_conditions_nothing_is_closed() -> None:
    facts = read()
    assert "asthma" not in facts.values
    assert not facts.assumptions


def test_what_is_over_is_history_or_uncertain() -> None:
    facts = read(
        condition(code(ICD10, "K25.9"), "resolved", id="c1", abatementDateTime="2019-08-01"),
        condition(code(SNOMED, "195967001", "Asthma"), "resolved", id="c2"),
        condition(code(SNOMED, "233604007", "Pneumonia"), "resolved", id="c3", abatementDateTime="2020-01-01"),
    )
    assert facts.values["peptic_ulcer_history"] is True
    assert facts.values["active_peptic_ulcer"] is False
    assert "asthma" in facts.doubtful
    assert facts.values["acute_infection"] is False


def test_refuted_conditions_are_ignored_and_provisional_ones_leave_doubt() -> None:
    facts = read(
        condition(code(SNOMED, "195967001"), id="c1", verificationStatus=status("refuted")),
        condition(code(SNOMED, "84757009"), id="c2", verificationStatus=status("provisional")),
    )
    assert facts.values["asthma"] is False
    assert "epilepsy" in facts.doubtful


def test_an_old_infarction_is_not_a_recent_one() -> None:
    old = read(condition(code(SNOMED, "22298006"), onsetDateTime="2010-05-03"))
    assert (old.values["ischaemic_heart_disease"], old.values["recent_myocardial_infarction"]) == (True, False)
    new = read(condition(code(SNOMED, "22298006"), onsetDateTime="2026-01-03"))
    assert new.values["recent_myocardial_infarction"] is True
    undated = read(condition(code(SNOMED, "22298006")))
    assert "recent_myocardial_infarction" in undated.doubtful


def test_a_short_lived_condition_counts_only_while_it_is_young() -> None:
    assert read(condition(code(SNOMED, "386661006"), recordedDate="2026-03-08")).values["fever"] is True
    assert "fever" in read(condition(code(SNOMED, "386661006"), recordedDate="2025-03-08")).doubtful


# --- observations ------------------------------------------------------------------------------------------------------------


def test_the_newest_valid_value_counts() -> None:
    facts = read(
        quantity("33914-3", 80, "mL/min/{1.73_m2}", "2025-12-01"), quantity("33914-3", 54.4, "mL/min/{1.73_m2}", "2026-02-16")
    )
    assert facts.values["egfr"] == 54
    assert (facts.origins["egfr"].date, facts.origins["egfr"].reference) == ("2026-02-16", "Observation/o2026-02-16")


@pytest.mark.parametrize(
    "resource",
    [
        quantity("33914-3", 80, "mL/min/{1.73_m2}", "2024-12-01"),
        quantity("33914-3", 80, "mmol/L"),
        quantity("33914-3", 80, ""),
        quantity("33914-3", 8000, "mL/min/{1.73_m2}"),
        quantity("33914-3", "80", "mL/min/{1.73_m2}"),
        quantity("33914-3", 80, "mL/min/{1.73_m2}", "2027-01-01"),
        quantity("33914-3", 80, "mL/min/{1.73_m2}", status="entered-in-error"),
        quantity("33914-3", 0, "x", valueQuantity={"value": 60, "comparator": ">", "unit": "mL/min/{1.73_m2}"}),
    ],
)
def test_a_kidney_value_that_cannot_be_used_stays_unknown(resource: Json) -> None:
    facts = read(resource, condition({"text": "asthma"}))
    assert "egfr" not in facts.values
    assert resource["status"] != "final" or facts.not_checked


def test_an_unusable_newest_value_is_not_replaced_by_an_older_one() -> None:
    facts = read(quantity("2823-3", 4.1, "mmol/L", "2026-03-01"), quantity("2823-3", 16, "mg/dL", "2026-03-02"))
    assert "potassium" not in facts.values
    assert any("potassium" in line for line in facts.not_checked)


def test_filtration_in_plain_millilitres_is_read_by_its_code_and_said() -> None:
    facts = read(quantity("33914-3", 54, "mL/min"))
    assert facts.values["egfr"] == 54
    assert [assumption.fact for assumption in facts.assumptions] == ["egfr"]


def test_units_are_converted_where_that_is_certain() -> None:
    assert read(quantity("29463-7", 180, "[lb_av]")).values["weight_kg"] == 81.6
    assert read(quantity("8302-2", 1.64, "m")).values["height_cm"] == 164
    assert read(quantity("8310-5", 101.3, "[degF]")).values["temperature"] == 38.5
    assert read(quantity("718-7", 12.9, "g/dL")).values["haemoglobin"] == 129
    assert read(quantity("777-3", 210, "10*3/uL")).values["platelets"] == 210
    assert convert(1, "mmol/L", "", "g/L") is None
    assert convert(70, "kg", "lb", "kg") is None


def test_blood_pressure_is_read_from_components() -> None:
    parts = [
        {"code": code(LOINC, loinc), "valueQuantity": {"value": value, "unit": "mmHg", "code": "mm[Hg]"}}
        for loinc, value in (("8480-6", 146), ("8462-4", 86))
    ]
    panel = {"resourceType": "Observation", "id": "bp", "status": "final", "effectiveDateTime": "2026-03-09", "component": parts}
    facts = read(panel)
    assert (facts.values["systolic_bp"], facts.values["diastolic_bp"]) == (146, 86)
    parts[0]["valueQuantity"] = {"value": 60, "unit": "mmHg"}
    broken = read(panel)
    assert "systolic_bp" not in broken.values
    assert any("blood pressure" in line for line in broken.not_checked)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [("Pregnant", True), ("Not pregnant", False), ("yes", True), ("No", False), ("Possible pregnancy", None), ("Unknown", None)],
)
def test_pregnancy_status(answer: str, expected: bool | None) -> None:
    young = {**PATIENT, "birthDate": "1995-01-01"}
    said = {
        "resourceType": "Observation",
        "id": "o",
        "status": "final",
        "code": code(LOINC, "82810-3", "Pregnancy status"),
        "effectiveDateTime": "2026-03-01",
        "valueCodeableConcept": {"text": answer},
    }
    facts = read(said, patient=young)
    assert facts.values.get("pregnant") is expected
    assert (expected is None) == ("pregnant" in facts.doubtful)


def test_a_pregnant_man_is_a_contradiction_that_stays_open() -> None:
    facts = read(condition(code(SNOMED, "72892002"), recordedDate="2026-02-01"), patient={**PATIENT, "gender": "male"})
    assert facts.values.get("pregnant") is not True


# --- the whole ---------------------------------------------------------------------------------------------------------------

EXAMPLES = sorted((ROOT / "examples").glob("bundle-*.json"))


def example(name: str) -> PatientFacts:
    data = json.loads((ROOT / "examples" / f"bundle-{name}.json").read_text("utf-8"))
    return read_bundle(name, data, knowledge(), TODAY, names())


def test_the_worked_case_as_a_bundle() -> None:
    facts = example("warfarin-radiculopathy")
    expected: Json = {"age": 58, "sex": "female", "weight_kg": 81, "pain_nrs": 8, "duration_days": 4, "egfr": 54}
    expected |= dict.fromkeys(
        ("dx_radiculopathy", "hypertension", "peptic_ulcer_history", "takes_warfarin", "takes_ramipril"), True
    )
    expected["takes_naproxen"] = False
    assert {fact: facts.values.get(fact) for fact in expected} == expected
    assert facts.allergy_state == "none known"


def test_the_other_examples() -> None:
    kidney = example("ckd-chronic-low-back-pain").values
    assert (kidney["egfr"], kidney["daily_mg_ibuprofen"], kidney["allergic_to_codeine"]) == (38, 1200, True)
    assert example("pregnant").values["pregnant"] is True
    patch = example("opioid-patch")
    assert (patch.values["daily_mcg_per_hour_fentanyl_patch"], patch.values["pacemaker"]) == (25, True)
    assert "takes_diazepam" in patch.doubtful


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_the_order_of_entries_changes_nothing(path: Path) -> None:
    data = json.loads(path.read_text("utf-8"))
    first = read_bundle("x", data, knowledge(), TODAY, names())
    for seed in range(5):
        random.Random(seed).shuffle(data["entry"])
        assert read_bundle("x", data, knowledge(), TODAY, names()) == first


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_broken_parts_never_raise_anything_but_problems(path: Path) -> None:
    original = json.loads(path.read_text("utf-8"))
    dice = random.Random(7)
    for _ in range(150):
        data = copy.deepcopy(original)
        for _ in range(3):
            spoil(data, dice)
        try:
            read_bundle("x", data, knowledge(), TODAY, names())
        except InputError as error:
            assert error.problems


def spoil(data: Json, dice: random.Random) -> None:
    """Replaces or removes one part somewhere inside."""
    inside: Any = data
    while True:
        keys = list(inside) if isinstance(inside, dict) else list(range(len(inside)))
        if not keys:
            return
        key = dice.choice(keys)
        if isinstance(inside[key], dict | list) and inside[key] and dice.random() < 0.85:
            inside = inside[key]
            continue
        if isinstance(inside, dict) and dice.random() < 0.3:
            del inside[key]
        else:
            inside[key] = dice.choice(
                [None, 7, -1.5, 1e308, "", "x", "2026-13-45", True, [], {}, [None], {"coding": "x"}, ["a", 3]]
            )
        return
