"""Medicines, allergies, procedures and devices of FHIR Bundles, over the real knowledge."""

from __future__ import annotations

import pytest
from tests.unit.fhir_building import ATC, RXNORM, SNOMED, Json, allergy, code, condition, order, read, several, status

from spineplan.records.fhir_doses import amount_of, daily, parts_of

# --- medicines ---------------------------------------------------------------------------------------------------------------


def test_coded_medicines_with_amounts_close_the_list() -> None:
    dose = several(2, 3)
    facts = read(order(code(RXNORM, "310965", "Ibuprofen 200 MG Oral Tablet"), dosageInstruction=dose))
    assert facts.values["takes_ibuprofen"] is True
    assert facts.values["daily_mg_ibuprofen"] == 1200
    assert facts.values["takes_warfarin"] is False
    assert facts.medicines[0].ids == ("ibuprofen",)


def test_a_combination_stands_for_its_ingredients() -> None:
    dose = several(1, 4)
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
    coded = [{**tablets[0], "timing": {"code": {"coding": [{"code": "TID"}]}}}]
    assert daily(amount_of(coded), part, "mg/day") == 30
    untimed = [{"doseAndRate": [{"doseQuantity": {"value": 1}}]}]
    in_steps = [{**tablets[0], "sequence": 1}, {**tablets[0], "sequence": 2}]
    for unclear in (None, [], untimed, in_steps):
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
    assert (food.allergy_state, food.not_checked) == ("known", ("Allergies outside the knowledge: Allergy to nut",))
    assert "allergic_to_aspirin" not in food.doubtful
    unreadable = read(allergy({"text": "the white tablets"}, category=["medication"]))
    assert "allergic_to_aspirin" in unreadable.doubtful


def test_procedures_and_devices_leave_their_mark_and_implants_stay_open() -> None:
    knee = {
        "resourceType": "Procedure",
        "id": "x",
        "status": "completed",
        "code": {"text": "Total knee replacement"},
        "performedDateTime": "2016",
    }
    heart = {
        "resourceType": "Device",
        "id": "d",
        "type": code(SNOMED, "14106009", "Cardiac pacemaker, device"),
        "patient": {"reference": "Patient/p"},
    }
    facts = read(knee, heart)
    assert (facts.values["joint_replacement"], facts.values["pacemaker"]) == (True, True)
    assert "neurostimulator" not in facts.values
    assert "joint_replacement" not in read({**knee, "status": "not-done"}).values


def test_other_patients_are_not_read() -> None:
    facts = read(condition(code(SNOMED, "195967001"), subject={"reference": "Patient/other"}))
    assert "asthma" not in facts.values
    assert facts.not_checked == ("Not read: 1 resource of other patients",)
