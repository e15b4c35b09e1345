"""Named patients: each case of knowledge/cases is one test, and there are enough of them."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from spineplan.application import Engine, open_engine
from spineplan.explaining.planning import build_plan
from spineplan.loading.fingerprint import case_files
from spineplan.loading.yaml_files import parse, read_text
from spineplan.model.problems import Problem
from spineplan.proving.named_patients import NamedPatient, named_patients, unmet_expectations
from spineplan.records.case_file import read_case_data

KNOWLEDGE = Path(__file__).resolve().parents[2] / "knowledge"


def _load() -> tuple[list[NamedPatient], list[Problem]]:
    patients: list[NamedPatient] = []
    problems: list[Problem] = []
    for path in case_files(KNOWLEDGE):
        text, found = read_text(path)
        document, more = parse(path.name, text)
        problems += [*found, *more]
        if document is not None:
            cases, bad = named_patients(document)
            patients += cases
            problems += bad
    return patients, problems


PATIENTS, PROBLEMS = _load()


@cache
def _engine(profile: str | None) -> Engine:
    return open_engine(KNOWLEDGE, profile)


def test_the_cases_are_well_formed_named_once_and_enough() -> None:
    assert not PROBLEMS
    names = [patient.name for patient in PATIENTS]
    assert len(names) == len(set(names)), "two cases have the same name"
    assert len(names) >= 60


@pytest.mark.parametrize("patient", PATIENTS, ids=lambda patient: patient.name)
def test_named_patient(patient: NamedPatient) -> None:
    engine = _engine(patient.profile)
    facts = read_case_data(patient.case_document(), engine.knowledge)
    account = engine.account(facts)
    failures = unmet_expectations(patient.expect, build_plan(account), account)
    assert not failures, "\n".join(failures)
