"""Reference and compiled path give the same values and the same outcome for whole patients, and the laws of the plan hold.

Patients are built fact by fact from the vocabulary of the knowledge that ships, with any part of them unknown.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from spineplan.application import Engine, open_engine
from spineplan.compiling.applicable import RuleBook
from spineplan.compiling.program import compile_program
from spineplan.evaluating.compiled import DictValues
from spineplan.evaluating.deciding import outcome_of
from spineplan.evaluating.reference import evaluate, run_reference
from spineplan.explaining.planning import build_plan
from spineplan.model.facts import PatientFacts
from spineplan.model.program import Program

KNOWLEDGE = Path(__file__).resolve().parents[2] / "knowledge"


@cache
def ready() -> tuple[Engine, Program, RuleBook]:
    engine = open_engine(KNOWLEDGE)
    return engine, compile_program(engine.knowledge, engine.profile), RuleBook(engine.knowledge)


@st.composite
def patients(draw: st.DrawFn) -> PatientFacts:
    """A patient: all booleans of the vocabulary false but some, some of them unknown, numbers and categories given or not."""
    knowledge = ready()[0].knowledge
    facts = sorted(knowledge.facts.values(), key=lambda fact: fact.name)
    booleans = [fact.name for fact in facts if fact.type == "boolean"]
    closed = draw(st.booleans())
    values: dict[str, bool | float | str] = dict.fromkeys(booleans, False) if closed else {}
    for name in draw(st.lists(st.sampled_from(booleans), max_size=25, unique=True)):
        state = draw(st.sampled_from([True, True, False, None]))
        if state is None:
            values.pop(name, None)
        else:
            values[name] = state
    for fact in facts:
        if fact.type == "number" and draw(st.booleans()):
            steps = int((fact.maximum - fact.minimum) / fact.step)
            low, high = (0, steps) if fact.part_of == "" else (0, min(steps, 4_000_000))
            values[fact.name] = round(fact.minimum + fact.step * draw(st.integers(low, high)), 6)
        elif fact.type == "category" and draw(st.booleans()):
            values[fact.name] = draw(st.sampled_from(sorted(fact.values)))
    doubtful = frozenset(draw(st.lists(st.sampled_from(booleans), max_size=3))) - set(values)
    return PatientFacts(as_of="2026-03-02", values=values, doubtful=doubtful)


@given(patients())
def test_reference_and_compiled_agree_on_every_visible_value_and_on_the_outcome(patient: PatientFacts) -> None:
    engine, program, _ = ready()
    reference = run_reference(program, patient.values, patient.doubtful)
    compiled = engine.prepared.explaining().run(patient.values, patient.doubtful)
    different = {name: (reference[name], value) for name, value in compiled.items() if reference[name] != value}
    assert not different
    outcome = outcome_of(engine.prepared.directory, DictValues(reference), patient)
    assert outcome == engine.decide(patient)
    assert outcome == engine.account(patient).outcome


@given(patients())
def test_nothing_is_recommended_with_a_contraindication_that_is_true_or_unknown(patient: PatientFacts) -> None:
    engine, _, book = ready()
    account = engine.account(patient)
    for option, stages in account.outcome.courses.items():
        if "now" in stages:
            for rule in (*book.rules(option).contraindications, *book.rules(option).temporary):
                assert account.value(rule.id) is False, f"{option} is chosen while {rule.id} is {account.value(rule.id)}"


@given(patients())
def test_a_patient_never_gets_two_of_an_exclusive_group_nor_a_choice_without_a_dose(patient: PatientFacts) -> None:
    engine, _, _ = ready()
    outcome = engine.decide(patient)
    seen: dict[str, str] = {}
    for option_id, stages in outcome.courses.items():
        if "now" in stages:
            assert option_id in outcome.regimens, f"{option_id} is chosen without a regimen"
            for group in engine.knowledge.options[option_id].exclusive:
                assert group not in seen, f"{option_id} and {seen[group]} are both chosen in {group}"
                seen[group] = option_id


@given(patients())
def test_no_hazard_happens(patient: PatientFacts) -> None:
    engine, _, _ = ready()
    account = engine.account(patient)
    for hazard in engine.knowledge.hazards.values():
        if evaluate(hazard.never, account.values) is True:
            bad = [option for option in hazard.options if "now" in account.outcome.courses.get(option, ())]
            assert not bad, f"{hazard.title}: {bad}"


@given(patients())
def test_every_element_of_the_plan_has_a_status_and_a_reason(patient: PatientFacts) -> None:
    engine, _, _ = ready()
    plan = build_plan(engine.account(patient))
    assert {element.id for element in plan.elements} == set(engine.knowledge.options)
    for element in plan.elements:
        assert element.because, f"{element.id} is {element.status} without a reason"
        assert all(reason.text for reason in element.because)


def test_a_fact_that_no_rule_reads_changes_nothing() -> None:
    engine, _, _ = ready()
    values: dict[str, bool | float | str] = {"age": 50.0, "pain_nrs": 5.0}
    assert engine.decide(PatientFacts(as_of="2026-03-02", values=values)) == engine.decide(
        PatientFacts(as_of="2026-03-02", values={**values, "a_fact_that_does_not_exist": True})
    )
