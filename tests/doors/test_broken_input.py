"""Broken input: exit code 2, every problem with its place and what to do, never a traceback, and nothing written."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from spineplan.application import Engine, encode, make_plan, open_engine, read_patient
from spineplan.model.problems import InputError

ROOT = Path(__file__).resolve().parents[2]
WORKED = ROOT / "examples" / "warfarin-radiculopathy.yaml"

MANY_PROBLEMS = """as_of: 2026-03-02
patient: {age: 400, sex: femal}
pain: {nrs: 14, duration_days: -3, site: lumbr}
diagnosis: slipped disk of doom
medications: [warfrin 5 mg daily, ibuprofen 400 kg daily]
labs: {egfr: 54 mg}
foo: bar
"""
BROKEN: dict[str, bytes] = {
    "bad.yaml": b"patient: {age: 5\n  x: [",
    "empty.yaml": b"",
    "blank.yaml": b"   \n\n",
    "binary.yaml": random.Random(7).randbytes(3000),
    "zeros.yaml": b"\x00" * 100,
    "words.yaml": b"just words",
    "list.json": b"[1, 2, 3]",
    "twice.yaml": b"as_of: 2026-03-02\npatient: {age: 5}\npatient: {age: 6}\n",
    "tag.yaml": b"patient: !!python/object/apply:os.system ['true']\n",
    "contradiction.yaml": b"as_of: 2026-03-02\npatient: {age: 30, sex: male}\npregnancy: {pregnant: yes, week: 30}\n",
    "cut.json": b'{"resourceType": "Bundle", "type": "collection", "entry": [',
    "patient.json": b'{"resourceType": "Patient"}',
    "stu3.json": json.dumps(
        {
            "resourceType": "Bundle",
            "type": "collection",
            "entry": [
                {"resource": {"resourceType": "Patient", "id": "a", "animal": {"species": {"text": "dog"}}}},
                {"resource": {"resourceType": "MedicationStatement", "wasNotTaken": False}},
            ],
        }
    ).encode(),
    "deep.json": b"[" * 100_000,
    "deep.yaml": b"- " * 200_000,
    "bomb.yaml": b"".join(
        [b"a0: &a0 [x]\n", *(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n".encode() for n in range(1, 9))],
    ),
    "huge.yaml": b"as_of: 2026-03-02\nconditions:\n" + b"- hypertension\n" * 3_500_000,
}


def _run(arguments: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from spineplan.cli.main import run; run()", *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, cwd=folder, env={**os.environ, "NO_COLOR": "1"}, timeout=120, check=False
    )


@pytest.mark.parametrize("name", sorted(BROKEN))
def test_broken_input_ends_with_2_a_place_and_advice(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(BROKEN[name])
    result = _run(["plan", name, "-o", "plan.txt"], tmp_path)
    assert result.returncode == 2, result.stderr[-500:]
    assert "Traceback" not in result.stderr
    assert name in result.stderr
    assert result.stdout == ""
    assert not (tmp_path / "plan.txt").exists()


def test_every_problem_is_said_at_once_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "case.yaml").write_text(MANY_PROBLEMS, encoding="utf-8")
    result = _run(["plan", "case.yaml"], tmp_path)
    assert result.returncode == 2
    for line, words in {
        2: "400",
        3: "14",
        4: "slipped disk of doom",
        5: "warfrin",
        6: "`mg` is not the unit of eGFR",
        7: "foo",
    }.items():
        assert f"case.yaml:{line}" in result.stderr
        assert words in result.stderr
    assert "Did you mean" in result.stderr


def test_a_missing_file_a_folder_and_an_unknown_profile_are_wrong_input(tmp_path: Path) -> None:
    assert _run(["plan", "nothing.yaml"], tmp_path).returncode == 2
    assert _run(["plan", "."], tmp_path).returncode == 2
    result = _run(["plan", str(WORKED), "--profile", "nice-ng58"], tmp_path)
    assert result.returncode == 2
    assert "nice-ng59" in result.stderr


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
SECTIONS = st.sampled_from(
    [
        *("as_of", "patient", "pain", "diagnosis", "findings", "red_flags", "conditions", "medications", "allergies", "labs"),
        *("implants", "tried", "preferences", "setting", "pregnancy", "facts", "goal"),
    ]
)


def _read(engine: Engine, text: str) -> None:
    try:
        patient = read_patient(engine, "case", text, "2026-03-02")
    except InputError as error:
        assert error.problems
        assert all(problem.what for problem in error.problems)
    else:
        make_plan(engine, patient)


ENGINE = open_engine(ROOT / "knowledge")


@given(st.text(max_size=200))
def test_no_text_makes_the_reader_fail(text: str) -> None:
    _read(ENGINE, text)


@given(st.dictionaries(SECTIONS, JUNK, max_size=6))
def test_no_structure_makes_the_reader_fail(case: dict[str, Any]) -> None:
    _read(ENGINE, yaml.safe_dump(case, allow_unicode=True))


def _shuffled(value: Any, order: random.Random) -> Any:
    if isinstance(value, dict):
        keys = list(value)
        order.shuffle(keys)
        return {key: _shuffled(value[key], order) for key in keys}
    if isinstance(value, list):
        items = [_shuffled(item, order) for item in value]
        order.shuffle(items)
        return items
    return value


@pytest.mark.parametrize("example", sorted((ROOT / "examples").glob("*.yaml")), ids=lambda path: path.name)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_order_of_a_case_file_changes_no_byte_of_the_plan(example: Path, seed: int) -> None:
    case = yaml.safe_load(example.read_text("utf-8"))
    written = encode(make_plan(ENGINE, read_patient(ENGINE, "case", yaml.safe_dump(case, sort_keys=False), "2026-03-02")))
    mixed = yaml.safe_dump(_shuffled(case, random.Random(seed)), sort_keys=False)
    assert encode(make_plan(ENGINE, read_patient(ENGINE, "case", mixed, "2026-03-02"))) == written
