"""Names: phrases and codes to facts, options and classes, over the real knowledge."""

from __future__ import annotations

import functools
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spineplan.checking.knowledge import check_knowledge
from spineplan.loading.folders import load_folder
from spineplan.records.medicines import read_medicine
from spineplan.records.names import Names
from spineplan.records.phrases import fold, fold_all, loose, without_date

FOLDER = Path(__file__).parents[2] / "knowledge"
DAY = "2026-03-10"


@functools.cache
def names() -> Names:
    return Names(check_knowledge(load_folder(FOLDER)))


def test_folding_makes_spellings_equal() -> None:
    assert fold("Parkinson\u2019s_Disease ") == "parkinsons disease"
    assert fold("low-dose  Aspirin") == fold("low dose aspirin")
    assert fold("2026-03-02") == "2026-03-02"
    assert loose("kidney stones") == loose("kidney stone")
    assert loose("oedema") == loose("edema")


@pytest.mark.parametrize(
    ("phrase", "rest", "written"),
    [
        ("ulcer 2019", "ulcer", "2019"),
        ("hip fracture (2020)", "hip fracture", "2020"),
        ("mi in march 2026", "mi", "2026-03"),
        ("mi 03/2026", "mi", "2026-03"),
        ("mi 2026-03-02", "mi", "2026-03-02"),
        ("mi on 2.3.2026", "mi", "2026-03-02"),
        ("mi 2 march 2026", "mi", "2026-03-02"),
    ],
)
def test_dates_are_found_inside_a_phrase(phrase: str, rest: str, written: str) -> None:
    text, period, _ = without_date(phrase, DAY)
    assert text == rest
    assert period is not None and period.text == written


def test_an_impossible_date_is_no_date() -> None:
    _, period, _ = without_date("mi on 31.02.2020", DAY)
    assert (period is not None and period.text == "2020-02") or period is None


@pytest.mark.parametrize("phrase", ["heart failure", "Heart_Failure", "cardiac failure", "HEART-FAILURE", "mild heart failure"])
def test_a_condition_resolves_whatever_its_spelling(phrase: str) -> None:
    meaning = names().condition(phrase, DAY)
    assert meaning is not None and meaning.set == {"heart_failure": True}


def test_a_dated_ulcer_is_history_and_an_undated_one_may_be_active() -> None:
    dated = names().condition("peptic ulcer 2019", DAY)
    assert dated is not None and dated.set == {"peptic_ulcer_history": True} and not dated.unknown and dated.date == "2019"
    undated = names().condition("peptic ulcer", DAY)
    assert undated is not None and undated.unknown == ("active_peptic_ulcer",)
    spoken = names().condition("history of peptic ulcer", DAY)
    assert spoken is not None and spoken.set == dated.set


@pytest.mark.parametrize(
    ("phrase", "recent"),
    [
        ("MI in January 2026", True),
        ("MI in 2021", False),
        ("heart attack 3 months ago", True),
        ("MI", None),
        ("history of MI", None),
        ("MI 2025", None),
    ],
)
def test_how_recent_an_infarction_is_follows_from_its_date(phrase: str, recent: bool | None) -> None:
    meaning = names().condition(phrase, DAY)
    assert meaning is not None and meaning.set["ischaemic_heart_disease"] is True
    assert meaning.set.get("recent_myocardial_infarction") is recent
    assert ("recent_myocardial_infarction" in meaning.unknown) is (recent is None)


def test_negation_doubt_and_broad_terms() -> None:
    absent = names().condition("no diabetes")
    assert absent is not None and absent.set == {"diabetes": False}
    doubted = names().condition("suspected diabetes")
    assert doubted is not None and not doubted.set and doubted.unknown == ("diabetes",)
    broad = names().condition("heart disease")
    assert broad is not None and not broad.set and "heart_failure" in broad.unknown
    denied = names().condition("no gastritis")
    assert denied is not None and denied.negated and not denied.set, "no gastritis does not say: no ulcer"
    clear = names().condition("no red flags", fields=("red_flags",))
    assert clear is not None and clear.set["fever"] is False
    assert names().condition("zzz") is None


def test_a_date_after_the_day_of_the_case_is_told() -> None:
    meaning = names().condition("ulcer 2030", DAY)
    assert meaning is not None and meaning.future


def test_a_past_mention_of_an_active_disease_leaves_it_open() -> None:
    meaning = names().condition("breast cancer 2012", DAY)
    assert meaning is not None and meaning.set == {"cancer_history": True} and meaning.unknown == ("active_cancer",)


@pytest.mark.parametrize(
    ("phrase", "said"),
    [("thrombophlebitis", True), ("thrombophlebitis in February 2026", True), ("thrombophlebitis 2015", False)],
)
def test_a_disease_that_counts_only_when_recent(phrase: str, said: bool) -> None:
    meaning = names().condition(phrase, DAY)
    assert meaning is not None and ("venous_thrombosis" in meaning.set) is said
    assert "venous_thrombosis" not in meaning.unknown
    undated = names().condition("history of thrombophlebitis", DAY)
    assert undated is not None and undated.unknown == ("venous_thrombosis",)


def test_medicines_by_name_brand_and_combination() -> None:
    assert names().medicine("Coumadin") == ("warfarin",)
    assert names().medicine("mydocalm") == ("tolperisone",)
    assert names().medicine("co-codamol") == ("codeine", "paracetamol")
    assert names().medicine("warfrin") == ()
    assert "warfarin" in names().suggest("warfrin", "medicine")


def test_a_class_says_that_one_is_taken_and_not_which() -> None:
    assert names().medicine_class("NSAIDs") == "nsaid"
    assert names().medicine_class("an SSRI") == "ssri"
    meaning = names().class_facts("ssri")
    assert meaning.set["takes_other_ssri"] is True and meaning.set["takes_other_serotonergic"] is True
    assert "takes_sertraline" in meaning.unknown
    assert names().class_facts("ssri", member_known=True).unknown == ()


def test_an_allergy_is_to_all_forms() -> None:
    facts = names().allergen("diclofenac (rash)")
    assert facts["allergic_to_diclofenac"] is True and facts["allergic_to_diclofenac_gel"] is True
    assert names().allergen("NSAIDs") == {"allergic_to_nsaid": True}
    assert set(names().allergen("no penicillin allergy").values()) == {False}
    assert names().allergen("latex") == {}
    assert not names().allergen("?penicillin")


def test_options_by_any_name() -> None:
    assert names().option("Magnetotherapy") == "magnetotherapy"
    assert names().option("ibuprofen gel") == "ibuprofen-gel"
    assert names().option("electrophoresis with an analgesic") == "electrophoresis-analgesic"
    assert names().option("zzz") is None


def test_codes_of_conditions_are_prefixes_or_exact() -> None:
    meaning = names().by_code("http://hl7.org/fhir/sid/icd-10", "I50.1")
    assert meaning is not None and meaning.set["heart_failure"] is True
    assert names().by_code("icd10", "ZZZ") is None
    assert names().facts_by_code("http://loinc.org", "33914-3") == ("egfr",)
    assert names().by_code("urn:oid:1.2.3", "I50.1") is None


def test_codes_of_medicines_fall_back_to_classes() -> None:
    coded = names().medicine_by_code("http://www.whocc.no/atc", "B01AA03")
    assert coded is not None and coded.ids == ("warfarin",)
    other = names().medicine_by_code("atc", "M01AE99")
    assert other is not None and not other.ids and "nsaid" in other.classes
    assert names().medicine_by_code("atc", "V99XX99") is None


@pytest.mark.parametrize(
    ("line", "entry", "amount", "unit"),
    [
        ("warfarin 5 mg daily", "warfarin", 5.0, "mg/day"),
        ("ibuprofen 400 mg tds", "ibuprofen", 1200.0, "mg/day"),
        ("ibuprofen 400mg 3 times daily", "ibuprofen", 1200.0, "mg/day"),
        ("ibuprofen 3x400 mg daily", "ibuprofen", 1200.0, "mg/day"),
        ("paracetamol 1 g four times a day", "paracetamol", 4000.0, "mg/day"),
        ("paracetamol 4 g/day", "paracetamol", 4000.0, "mg/day"),
        ("2 tablets of paracetamol 500 mg qds", "paracetamol", 4000.0, "mg/day"),
        ("paracetamol 0,5 g x 3", "paracetamol", 1500.0, "mg/day"),
        ("fentanyl patch 25 mcg/h", "fentanyl-patch", 25.0, "mcg/h"),
        ("fentanyl patch 25 micrograms/hour every 72 hours", "fentanyl-patch", 25.0, "mcg/h"),
        ("morphine 10 mg every 4 hours", "morphine", 60.0, "mg/day"),
        ("tramadol 50-100 mg up to 4 times a day", "tramadol", 400.0, "mg/day"),
        ("metformin 1,000 mg bd", "metformin", 2000.0, "mg/day"),
        ("ibuprofen 400 mg as needed", "ibuprofen", None, ""),
        ("co-codamol 30/500 2 tablets qds", "co-codamol", None, ""),
        ("morphine 10 ml qds", "morphine", None, ""),
        ("ibuprofen", "ibuprofen", None, ""),
        ("aspirin 75 mg daily", "aspirin-low-dose", 75.0, "mg/day"),
        ("diclofenac topical gel 1% tds", "diclofenac-gel", None, ""),
    ],
)
def test_doses_are_read_or_left_unknown(line: str, entry: str, amount: float | None, unit: str) -> None:
    (medicine,) = read_medicine(names(), line).medicines
    assert (medicine.entry, medicine.dose.amount, medicine.dose.unit) == (entry, amount, unit)


def test_lines_that_are_not_one_medicine() -> None:
    assert [medicine.entry for medicine in read_medicine(names(), "warfarin and ibuprofen").medicines] == [
        "warfarin",
        "ibuprofen",
    ]
    assert "zzzmycin" in read_medicine(names(), "warfarin and zzzmycin").problem
    assert "not taken any more" in read_medicine(names(), "warfarin stopped last week").problem
    assert read_medicine(names(), "no warfarin").negated
    assert read_medicine(names(), "?warfarin").doubted
    assert read_medicine(names(), "unknown tablets").unreadable
    assert "warfarin" in read_medicine(names(), "warfrin 5 mg").suggestion


@given(st.lists(st.text(alphabet="abSu s--__'\"`.,;:!019%\t\n\x1c\u00e4\u00e9\u2013\u00df\u00bd", max_size=12), max_size=8))
def test_phrases_fold_together_as_they_fold_alone(phrases: list[str]) -> None:
    assert fold_all(phrases) == [fold(phrase) for phrase in phrases]
