"""FHIR R4 Bundles to facts, over the real knowledge and the example Bundles."""

from __future__ import annotations

import copy
import functools
import json
import random
from pathlib import Path
from typing import Any

import pytest

from spineplan.checking.knowledge import check_knowledge
from spineplan.loading.folders import load_folder
from spineplan.model.facts import PatientFacts
from spineplan.model.knowledge import Knowledge
from spineplan.model.problems import InputError
from spineplan.records.fhir import is_bundle, read_bundle
from spineplan.records.fhir_doses import amount_of, daily, parts_of
from spineplan.records.fhir_units import convert
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
    return {"resourceType": "MedicationRequest", "id": "m", "status": state, "intent": "order", "medicationCodeableConcept": what, **more}


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
    return {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": item} for item in (patient or PATIENT, *resources)]}


def read(*resources: Json, patient: Json | None = None) -> PatientFacts:
    return read_bundle("record.json", bundle(*resources, patient=patient), knowledge(), TODAY, names())


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
    assert "not a list" in problems({"resourceType": "Bundle", "entry": {}})["entry"]


@pytest.mark.parametrize(
    ("resource", "path", "version"),
    [
        ({"resourceType": "Condition", "clinicalStatus": "active"}, "clinicalStatus", "STU3"),
        ({"resourceType": "MedicationStatement", "wasNotTaken": False}, "wasNotTaken", "DSTU2"),
        ({"resourceType": "MedicationOrder"}, "resourceType", "DSTU2"),
        ({"resourceType": "MedicationRequest", "medication": {"concept": {"text": "warfarin"}}}, "medication", "R5"),
        ({"resourceType": "AllergyIntolerance", "substance": {"text": "x"}}, "substance", "DSTU2"),
        ({"resourceType": "Observation", "meta": {"profile": ["http://hl7.org/fhir/3.0/StructureDefinition/x"]}}, "meta.profile[0]", "STU3"),
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
    facts = read(quantity("33914-3", 80, "mL/min/{1.73_m2}", "2025-12-01"), quantity("33914-3", 54.4, "mL/min/{1.73_m2}", "2026-02-16"))
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


# --- medicines ---------------------------------------------------------------------------------------------------------------


def test_coded_medicines_with_amounts_close_the_list() -> None:
    dose = [{"timing": {"repeat": {"frequency": 3, "period": 1, "periodUnit": "d"}}, "doseAndRate": [{"doseQuantity": {"value": 2}}]}]
    facts = read(order(code(RXNORM, "310965", "Ibuprofen 200 MG Oral Tablet"), dosageInstruction=dose))
    assert facts.values["takes_ibuprofen"] is True
    assert facts.values["daily_mg_ibuprofen"] == 1200
    assert facts.values["takes_warfarin"] is False
    assert facts.medicines[0].ids == ("ibuprofen",)


def test_a_combination_stands_for_its_ingredients() -> None:
    dose = [{"timing": {"repeat": {"frequency": 4, "period": 1, "periodUnit": "d"}}, "doseAndRate": [{"doseQuantity": {"value": 1}}]}]
    display = "Acetaminophen 325 MG / Hydrocodone Bitartrate 7.5 MG Oral Tablet"
    facts = read(order(code(RXNORM, "856999", display), dosageInstruction=dose))
    assert (facts.values["takes_paracetamol"], facts.values["takes_hydrocodone"]) == (True, True)
    assert (facts.values["daily_mg_paracetamol"], facts.values["daily_mg_hydrocodone"]) == (1300, 30)


@pytest.mark.parametrize(
    ("what", "fact"),
    [
        (code(ATC, "B01AA03"), "takes_warfarin"),
        (code(RXNORM, "1", "24 HR tramadol hydrochloride 100 MG Extended Release Oral Tablet"), "takes_tramadol"),
        (code(RXNORM, "1", "72 HR Fentanyl 0.025 MG/HR Transdermal System"), "takes_fentanyl_patch"),
        (code(RXNORM, "1", "Diclofenac Sodium 0.01 MG/MG Topical Gel"), "takes_diclofenac_gel"),
        (code(RXNORM, "1191", "Aspirin 81 MG Oral Tablet"), "takes_aspirin_low_dose"),
        ({"text": "Coumadin 5 mg tablet"}, "takes_warfarin"),
        ({"text": "Tylenol"}, "takes_paracetamol"),
    ],
)
def test_medicines_are_recognised(what: Json, fact: str) -> None:
    assert read(order(what)).values[fact] is True


def test_a_medicine_by_reference_also_contained() -> None:
    inside = {"resourceType": "Medication", "id": "x", "code": code(RXNORM, "11289", "Warfarin")}
    asked = order({}, medicationReference={"reference": "#x"}, contained=[inside])
    assert read(asked).values["takes_warfarin"] is True
    outside = order({}, medicationReference={"reference": "Medication/x"})
    assert read(outside, inside).values["takes_warfarin"] is True


@pytest.mark.parametrize("state", ["stopped", "completed", "cancelled", "entered-in-error", "draft"])
def test_medicines_that_are_not_current_are_not_taken(state: str) -> None:
    assert read(order(code(RXNORM, "11289"), state)).values.get("takes_warfarin") is not True


def test_a_medicine_on_hold_is_in_doubt() -> None:
    facts = read(order(code(RXNORM, "11289", "Warfarin"), "on-hold"))
    assert "takes_warfarin" in facts.doubtful


def test_a_coded_medicine_outside_the_knowledge_is_none_of_ours() -> None:
    facts = read(order(code(RXNORM, "999999", "Leucovorin 100 MG Injection")))
    assert facts.values["takes_warfarin"] is False
    assert facts.not_checked == ("Medicines outside the knowledge: Leucovorin 100 MG Injection",)


@pytest.mark.parametrize(
    "what",
    [{"text": "grandmother's drops"}, {}, code("urn:local", "17", "mix 3"), code(RXNORM, "999999")],
)
def test_an_unreadable_medicine_makes_every_medicine_uncertain(what: Json) -> None:
    facts = read(order(what), order(code(RXNORM, "11289", "Warfarin"), id="m2"))
    assert facts.values["takes_warfarin"] is True
    assert "takes_ibuprofen" in facts.doubtful
    assert facts.not_checked


def test_a_dangling_reference_is_an_unreadable_medicine() -> None:
    facts = read(order({}, medicationReference={"reference": "Medication/gone"}))
    assert "takes_ibuprofen" in facts.doubtful


def test_a_renewed_order_replaces_the_older_one() -> None:
    dose = [{"text": "5 mg daily"}]
    one = order(code(RXNORM, "11289", "Warfarin"), authoredOn="2025-01-01", dosageInstruction=dose)
    two = order(code(RXNORM, "11289", "Warfarin"), authoredOn="2026-01-01", dosageInstruction=dose, id="m2")
    assert len(read(one, two).medicines) == 1


def test_amounts_are_known_only_without_doubt() -> None:
    (part,) = parts_of("Oxycodone Hydrochloride 10 MG Extended Release Oral Tablet [Oxycontin]")
    twice = {"repeat": {"frequency": 2, "period": 1, "periodUnit": "d"}}
    tablets = [{"timing": twice, "doseAndRate": [{"doseQuantity": {"value": 1, "unit": "tablet"}}]}]
    grams = [{"timing": twice, "doseAndRate": [{"doseRange": {"high": {"value": 0.01, "unit": "g"}}}]}]
    assert daily(amount_of(tablets), part, "mg/day") == 20
    assert daily(amount_of(grams), part, "mg/day") == 20
    assert daily(amount_of([{"text": "10 mg twice daily"}]), part, "mg/day") == 20
    assert daily(amount_of([{"timing": {"code": {"coding": [{"code": "TID"}]}}, **{"doseAndRate": tablets[0]["doseAndRate"]}}]), part, "mg/day") == 30
    for unclear in (None, [], [{"doseAndRate": [{"doseQuantity": {"value": 1}}]}], [{**tablets[0], "sequence": 1}, {**tablets[0], "sequence": 2}]):
        assert daily(amount_of(unclear), part, "mg/day") is None


# --- allergies, procedures, devices ------------------------------------------------------------------------------------------


def test_allergies_by_code_and_words() -> None:
    facts = read(allergy(code(RXNORM, "1191", "Aspirin")), allergy({"text": "Allergy to penicillin"}, id="b"))
    assert facts.values["allergic_to_aspirin"] is True
    assert facts.values["allergic_to_penicillin"] is True
    assert facts.values["allergic_to_paracetamol"] is False
    assert facts.allergy_state == "known"


def test_no_known_allergy_closes_the_list() -> None:
    facts = read(allergy(code(SNOMED, "716186003", "No known allergy")))
    assert facts.allergy_state == "none known"
    assert facts.values["allergic_to_aspirin"] is False
    assert read().allergy_state == "not recorded"
    assert "allergic_to_aspirin" not in read().values


def test_refuted_food_and_unreadable_allergies() -> None:
    refuted = allergy(code(RXNORM, "1191"), verificationStatus=status("refuted"))
    assert read(refuted).allergy_state == "not recorded"
    food = read(allergy(code(SNOMED, "91934008", "Allergy to nut"), category=["food"]))
    assert not food.not_checked
    unreadable = read(allergy({"text": "the white tablets"}, category=["medication"]))
    assert "allergic_to_aspirin" in unreadable.doubtful


def test_procedures_and_devices_leave_their_mark_and_implants_stay_open() -> None:
    knee = {"resourceType": "Procedure", "id": "x", "status": "completed", "code": {"text": "Total knee replacement"}, "performedDateTime": "2016"}
    heart = {"resourceType": "Device", "id": "d", "type": code(SNOMED, "14106009", "Cardiac pacemaker, device"), "patient": {"reference": "Patient/p"}}
    facts = read(knee, heart)
    assert (facts.values["joint_replacement"], facts.values["pacemaker"]) == (True, True)
    assert "neurostimulator" not in facts.values
    assert "joint_replacement" not in read({**knee, "status": "not-done"}).values


def test_other_patients_are_not_read() -> None:
    facts = read(condition(code(SNOMED, "195967001"), subject={"reference": "Patient/other"}))
    assert "asthma" not in facts.values
    assert facts.not_checked == ("Not read: 1 resources of other patients",)


# --- the whole ---------------------------------------------------------------------------------------------------------------

EXAMPLES = sorted((ROOT / "examples").glob("bundle-*.json"))


def example(name: str) -> PatientFacts:
    data = json.loads((ROOT / "examples" / f"bundle-{name}.json").read_text("utf-8"))
    return read_bundle(name, data, knowledge(), TODAY, names())


def test_the_worked_case_as_a_bundle() -> None:
    facts = example("warfarin-radiculopathy")
    expected = {
        "age": 58, "sex": "female", "weight_kg": 81, "pain_nrs": 8, "duration_days": 4, "dx_radiculopathy": True, "hypertension": True,
        "peptic_ulcer_history": True, "takes_warfarin": True, "takes_ramipril": True, "egfr": 54, "takes_naproxen": False,
    }  # fmt: skip
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
            inside[key] = dice.choice([None, 7, -1.5, 1e308, "", "x", "2026-13-45", True, [], {}, [None], {"coding": "x"}, ["a", 3]])
        return
