"""Case files: what a doctor writes becomes facts, assumptions and problems with their lines."""

from __future__ import annotations

import datetime
import functools
import random
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spineplan.checking.knowledge import check_knowledge
from spineplan.loading.folders import load_folder
from spineplan.model.facts import PatientFacts
from spineplan.model.knowledge import Knowledge
from spineplan.model.problems import InputError, Problem
from spineplan.records.case_file import read_case

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted((ROOT / "examples").glob("*.yaml"))


@functools.cache
def knowledge() -> Knowledge:
    return check_knowledge(load_folder(ROOT / "knowledge"))


def read(text: str, as_of: str = "as_of: 2026-03-02\n") -> PatientFacts:
    return read_case("case.yaml", as_of + text, knowledge())


def problems(text: str, as_of: str = "as_of: 2026-03-02\n") -> tuple[Problem, ...]:
    with pytest.raises(InputError) as caught:
        read(text, as_of)
    return caught.value.problems


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_every_example_is_read(path: Path) -> None:
    assert read_case(str(path), path.read_text(encoding="utf-8"), knowledge()).values


def test_the_worked_case_becomes_the_facts_it_says() -> None:
    facts = read_case("c", (ROOT / "examples/warfarin-radiculopathy.yaml").read_text(encoding="utf-8"), knowledge())
    expected: dict[str, Any] = {
        "age": 58.0,
        "sex": "female",
        "weight_kg": 81.0,
        "pain_nrs": 8.0,
        "duration_days": 4.0,
        "site": "lumbar",
        "radiation": "below_knee",
        "dx_radiculopathy": True,
        "dx_non_specific": False,
        "straight_leg_raise_positive": True,
        "saddle_anaesthesia": False,
        "motor_weakness": False,
        "hypertension": True,
        "peptic_ulcer_history": True,
        "active_peptic_ulcer": False,
        "takes_warfarin": True,
        "takes_ramipril": True,
        "takes_ibuprofen": False,
        "daily_mg_ibuprofen": 0.0,
        "egfr": 54.0,
        "failed_paracetamol": True,
        "declined_block_facet": True,
        "unavailable_laser_therapy": True,
        "joint_replacement": False,
    }
    assert {name: facts.values.get(name) for name in expected} == expected
    assert facts.allergy_state == "none known"
    assert "fever" not in facts.values, "a panel is never closed by silence"
    assert "gi_bleeding_history" not in facts.values, "a fact to confirm is still asked"
    assert facts.values["pacemaker"] is False, "`implants: none` answers the question about a pacemaker"
    assert "unavailable_magnetotherapy" not in facts.values and "unavailable_therapeutic_ultrasound" not in facts.values
    assert {assumption.fact for assumption in facts.assumptions} == {
        "allergies",
        "conditions",
        "diagnosis",
        "implants",
        "medications",
    }
    assert facts.origins["peptic_ulcer_history"].date == "2019"


def test_a_list_that_is_left_out_stays_open_and_none_closes_it() -> None:
    assert "asthma" not in read("patient: {age: 50}").values
    assert read("conditions: none").values["asthma"] is False
    assert read("conditions: []").values["asthma"] is False
    assert "asthma" in read("conditions: unknown").null
    assert read("allergies: unavailable").allergy_state == "unavailable"
    assert read("patient: {age: 50}").allergy_state == "not recorded"
    assert read("allergies: [penicillin]").allergy_state == "known"


def test_a_broad_term_keeps_its_facts_out_of_the_closing() -> None:
    facts = read("conditions: [heart disease, hypertension]")
    assert {"heart_failure", "arrhythmia"} <= facts.doubtful
    assert "heart_failure" not in facts.values and facts.values["asthma"] is False
    assert "severe_liver_disease" in read("conditions: [fatty liver, cirrhosis]").doubtful


def test_what_follows_by_a_constraint_is_not_closed_as_absent() -> None:
    facts = read("conditions: [decompensated heart failure]")
    assert facts.values["heart_failure"] is True
    assert read("patient: {age: 30, sex: male}").values["pregnant"] is False


def test_negated_items_and_other_names() -> None:
    facts = read("conditions: [no diabetes, asthma, {other: macular degeneration}]\nother: [snake oil]")
    assert facts.values["diabetes"] is False and "diabetes" in facts.origins
    assert facts.values["asthma"] is True
    assert facts.not_checked == ("macular degeneration", "snake oil")


def test_a_suspected_diagnosis_closes_nothing() -> None:
    facts = read("diagnosis: suspected radiculopathy")
    assert "dx_radiculopathy" in facts.doubtful and "dx_non_specific" not in facts.values


def test_red_flags_none_means_all_asked_and_negative() -> None:
    facts = read("patient: {age: 30}\nred_flags: none")
    assert facts.values["fever"] is False and facts.values["saddle_anaesthesia"] is False
    assert facts.values["onset_before_45"] is True, "the age says so, whatever the panel says"
    assert "contradict" in problems("red_flags: none\nfindings: {temperature: 39}")[0].what


def test_findings_in_phrases_and_answers() -> None:
    facts = read("findings: [normal neurology, SLR positive, DN4 5, 'blood pressure 150/90', temperature 36.64]")
    assert facts.values["motor_weakness"] is False and facts.values["straight_leg_raise_positive"] is True
    assert facts.values["dn4_score"] == 5.0 and facts.values["systolic_bp"] == 150.0 and facts.values["temperature"] == 36.6
    answers = read("findings: {neurology: normal, reflex_loss: not asked, trigger points: unknown}", "as_of: '2026-03-02'\n")
    assert answers.values["sensory_deficit"] is False and "trigger_points" in answers.null


def test_durations_sites_and_radiation_in_free_words() -> None:
    facts = read("pain: {nrs: 8/10, duration: 3 weeks, site: lower back, radiates: down to the calf on the right}")
    assert (facts.values["pain_nrs"], facts.values["duration_days"]) == (8.0, 21.0)
    assert (facts.values["site"], facts.values["radiation"]) == ("lumbar", "below_knee")
    assert "radiation" not in read("pain: {radiates: to the left leg}").values, "a leg may end above or below the knee"


def test_pregnancy_in_its_forms() -> None:
    for text in ("pregnancy: {pregnant: yes, week: 30}", "pregnancy: 30 weeks", "pregnancy: week 30"):
        facts = read(text)
        assert facts.values["pregnant"] is True and facts.values["pregnancy_week"] == 30.0 and facts.values["sex"] == "female"
    assert read("pregnancy: no").values["pregnant"] is False


def test_an_old_value_is_not_used_and_says_so() -> None:
    facts = read("labs: {egfr: {value: 54, date: 2024-01-01}, inr: {value: 1.1, date: 2026-03-01}}")
    assert "egfr" not in facts.values and facts.values["inr"] == 1.1
    assert any(assumption.fact == "egfr" and "older than" in assumption.why for assumption in facts.assumptions)
    assert "after the day" in problems("labs: {egfr: {value: 54, date: 2027-01-01}}")[0].what


def test_daily_amounts_add_up_and_stay_unknown_when_one_is_unknown() -> None:
    assert read("medications: [paracetamol 1 g tds, paracetamol 500 mg od]").values["daily_mg_paracetamol"] == 3500.0
    facts = read("medications: [paracetamol 1 g tds, co-codamol 30/500]")
    assert "daily_mg_paracetamol" not in facts.values and facts.values["takes_codeine"] is True
    assert facts.values["daily_mg_morphine"] == 0.0
    assert "not plausible" in problems("medications: [fentanyl patch 25 mg/h]")[0].what


def test_an_unreadable_medicine_makes_the_others_unknown() -> None:
    facts = read("medications: [warfarin, unknown tablets]")
    assert facts.values["takes_warfarin"] is True and "takes_ibuprofen" in facts.doubtful
    assert facts.not_checked == ("unknown tablets",)
    other = read("medications: [warfarin, {other: snake oil}]")
    assert other.values["takes_ibuprofen"] is False and other.not_checked == ("snake oil",)


@pytest.mark.parametrize(
    ("text", "fact", "where"),
    [
        ("{treatment: ibuprofen, days: 10, response: none}", "failed_ibuprofen", "values"),
        ("{treatment: ibuprofen, days: 1, response: no effect}", "tried_short_ibuprofen", "values"),
        ("{treatment: ibuprofen, days: 30, response: none, dose: low}", "tried_short_ibuprofen", "values"),
        ("{treatment: ibuprofen, response: none}", "failed_ibuprofen", "doubtful"),
        ("{treatment: tramadol, tolerated: no}", "not_tolerated_tramadol", "values"),
        ("ibuprofen 10 days no effect", "failed_ibuprofen", "values"),
        ("tolperisone not tolerated", "not_tolerated_tolperisone", "values"),
        ("NSAIDs 5 days no effect", "tried_short_ibuprofen", "values"),
        ("massage 2 weeks no effect", "tried_short_massage_classic", "values"),
    ],
)
def test_what_was_tried(text: str, fact: str, where: str) -> None:
    facts = read(f"tried: [{text}]")
    assert fact in (facts.doubtful if where == "doubtful" else facts.values)
    assert (
        not any(name.startswith(("failed_", "tried_", "not_tol")) and name != fact for name in facts.values)
        or "NSAID" in text
        or "mass" in text
    )


def test_a_good_response_says_nothing_against_a_treatment() -> None:
    facts = read("tried: [{treatment: ibuprofen, days: 10, response: good}]")
    assert not any(name.endswith("_ibuprofen") and value is True for name, value in facts.values.items())


def test_wishes_and_setting() -> None:
    assert read("preferences: {avoid: [surgery]}").values["declined_surgery_discectomy"] is True
    assert read("preferences: {avoid: massage}").values["declined_massage_classic"] is True
    facts = read("setting: {available: [electrophoresis, Massage]}")
    assert facts.values["unavailable_magnetotherapy"] is True and "unavailable_electrophoresis_calcium" not in facts.values
    assert any(assumption.fact == "setting" for assumption in read("patient: {age: 50}").assumptions)


def test_every_problem_at_once_with_its_line() -> None:
    found = problems(
        "patient: {age: 400, shoe: 43, name: J}\npain: {nrs: 14}\nlabs: {egfr: 54 mg}\nconditions: [hypertensoin]\nfoo: 1\n"
    )
    assert [problem.place.line for problem in found] == [2, 2, 2, 3, 4, 5, 6]
    assert all(problem.suggestion for problem in found)
    assert any("`hypertension`" in problem.suggestion for problem in found)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("conditions: [diabetes, no diabetes]", "Keep the one"),
        ("patient: {sex: male}\npregnancy: yes", "Correct one of them"),
        ("findings: {motor_grade: 2, motor_weakness: no}", "Correct one of them"),
        ("findings: {systolic_bp: 90, diastolic_bp: 120}", "Correct one of them"),
        ("facts: {phase: acute}", "Leave it out"),
        ("pain: {nrs: true}", "Write one number"),
        ("patient: [1]", "patient: {age: 58"),
        ("allergies: [latex]", ""),
        ("goal: {a: b}", "goal: walk"),
    ],
)
def test_wrong_input_is_a_problem_with_a_suggestion(text: str, words: str) -> None:
    assert any(words in problem.suggestion for problem in problems(text))


def test_the_day_of_the_case_is_needed_unless_an_entry_point_gives_one() -> None:
    assert "day of the case" in problems("patient: {age: 5}", "")[0].what
    assert read_case("c", "patient: {age: 5}", knowledge(), today="2026-01-01").as_of == "2026-01-01"


def test_the_order_of_items_and_sections_changes_nothing() -> None:
    shuffler = random.Random(7)
    for path in EXAMPLES:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
        first = read_case("c", yaml.safe_dump(data), knowledge())
        for _ in range(5):
            sections = list(data.items())
            shuffler.shuffle(sections)
            mixed = {key: shuffler.sample(value, len(value)) if isinstance(value, list) else value for key, value in sections}
            assert read_case("c", yaml.safe_dump(mixed, sort_keys=False), knowledge()) == first


PHRASES = """yes;no;none;unknown;?;2019;warfarin;other;value;date;treatment;days;response;avoid;available;age;sex;nrs;egfr
suspected
month;NaN;x;\u0663;\u00bd;MI in March 2026;no diabetes;warfarin 5 mg daily;3 weeks;31.02.2020;every 0 hours
NSAIDs;999 years ago;"""
WORDS = st.sampled_from(re.split("[;\n]", PHRASES))
SCALARS = st.one_of(
    WORDS,
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=6),
    st.dates(datetime.date(1, 1, 1), datetime.date(9999, 1, 1)),
)
JUNK = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=4), max_leaves=12)
SECTIONS = """as_of patient pregnancy pain diagnosis findings red_flags conditions medications allergies implants labs
tried preferences
setting goal facts other work"""


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(st.sampled_from(SECTIONS.split()), JUNK, max_size=6))
def test_whatever_is_written_there_is_an_answer_or_problems(data: dict[str, Any]) -> None:
    try:
        facts = read_case("case.yaml", yaml.safe_dump({"as_of": "2026-03-02", **data}, allow_unicode=True), knowledge())
    except InputError as error:
        assert error.problems and all(problem.what for problem in error.problems)
    else:
        assert not set(facts.values) & (facts.null | facts.doubtful)


@pytest.mark.parametrize(
    ("text", "fact", "value"),
    [
        ("patient: {weight: 178 lb}", "weight_kg", 80.7),
        ("patient: {weight: 12 st 7 lb}", "weight_kg", 79.4),
        ("patient: {weight: '81,5'}", "weight_kg", 81.5),
        ("patient: {height: 1.80 m}", "height_cm", 180.0),
        ("patient: {height: 5 ft 11 in}", "height_cm", 180.0),
        ("patient: {born: 1.5.1967}", "age", 58.0),
        ("patient: {born: 1967}", "age", 59.0),
        ("labs: {hb: 12.3 g/dl}", "haemoglobin", 123.0),
        ("labs: {platelets: '250,000/ul'}", "platelets", 250.0),
        ("labs: {temperature: 98.6 F}", "temperature", 37.0),
        ("labs: {egfr: '>90'}", "egfr", 91.0),
        ("labs: {egfr: '>=90'}", "egfr", 90.0),
        ("labs: {crp: '<5'}", "crp", 4.0),
        ("labs: [eGFR 54 ml/min]", "egfr", 54.0),
        ("pain: {nrs: eight}", "pain_nrs", 8.0),
        ("pain: {nrs: 7-8}", "pain_nrs", 8.0),
        ("pain: {duration: 2-3 weeks}", "duration_days", 21.0),
        ("pain: {duration: 6/52}", "duration_days", 42.0),
        ("pain: {duration: since 2026-02-01}", "duration_days", 29.0),
        ("findings: {straight_leg_raise: +ve}", "straight_leg_raise_positive", True),
        ("findings: {straight_leg_raise: '-ve'}", "straight_leg_raise_positive", False),
        ("findings: {straight_leg_raise: normal}", "straight_leg_raise_positive", False),
        ("conditions: [CKD3b]", "chronic_kidney_disease", True),
        ("conditions: [breast ca 2015]", "cancer_history", True),
        ("conditions: [spinal fusion L4/5 2012]", "spinal_fusion", True),
        ("implants: [THR left]", "joint_replacement", True),
        ("conditions: [nil of note]", "asthma", False),
        ("allergies: [lidocaine - rash]", "allergic_to_lidocaine", True),
        ("allergies: [anaphylaxis to penicillin]", "allergic_to_penicillin", True),
        ("allergies: {substance: penicillin, reaction: rash}", "allergic_to_penicillin", True),
        ("allergies: [no known drug allergies]", "allergic_to_aspirin", False),
        ("medications: [a blood thinner]", "takes_other_anticoagulant", True),
        ("medications: [water tablets]", "takes_other_diuretic", True),
        ("medications: [antidepressants]", "takes_other_serotonergic", True),
        ("medications: [fentanyl 25 mcg/h patch every 72 hours]", "daily_mcg_per_hour_fentanyl_patch", 25.0),
    ],
)
def test_values_as_doctors_write_them(text: str, fact: str, value: float | bool) -> None:
    assert read(text).values[fact] == value


@pytest.mark.parametrize(
    "day", ["2026-3-2", "02.03.2026", "2026/03/02", "March 2, 2026", "2 March 2026", "2026-03-02T10:00:00Z", "20260302"]
)
def test_the_day_in_other_forms(day: str) -> None:
    assert read("", f"as_of: {day!r}\n").as_of == "2026-03-02"


@pytest.mark.parametrize("day", ["2/3/2026", "9999-12-31", "0001-01-01", "2026-02-30", "2026"])
def test_a_day_that_could_be_another_or_cannot_be_is_a_problem(day: str) -> None:
    assert "is not a date" in problems("", f"as_of: {day!r}\n")[0].what


def test_limits_and_ranges_are_shown_as_assumptions() -> None:
    facts = read("labs: {egfr: '>90'}\npain: {nrs: 7-8}\npatient: {born: 1967}")
    assert {"egfr", "pain_nrs", "age"} <= {assumption.fact for assumption in facts.assumptions}


def test_painkillers_and_a_medicine_on_hold_leave_doubt() -> None:
    facts = read("medications: [painkillers]")
    assert {"takes_ibuprofen", "takes_tramadol"} <= facts.doubtful
    assert facts.not_checked == ("painkillers",)
    assert "takes_warfarin" in read("medications: [warfarin (held)]").doubtful


@pytest.mark.parametrize(
    ("text", "suggestion"),
    [
        ("conditions: [GORD]", "write `other: GORD`"),
        ("allergies: [latex]", "write `other: latex`"),
        ("medications: [warfrin 5 mg]", "`warfarin`"),
        ("medications: ['Tylenol #3']", "ingredients"),
        ("tried: ['tramadol: vomiting']", "not tolerated"),
    ],
)
def test_a_word_that_is_not_known_is_never_dropped(text: str, suggestion: str) -> None:
    assert suggestion in problems(text)[0].suggestion


@pytest.mark.parametrize("text", ["acupuncture x6, didn't help", "ibuprofen 400 tds for 2 weeks - no effect"])
def test_tried_entries_with_doses_and_sessions(text: str) -> None:
    assert read(f'tried: ["{text}"]').tried
