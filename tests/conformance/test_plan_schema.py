"""Plans follow the published JSON Schema, and the published file is the one that the program prints."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from spineplan.application import Engine, encode, make_plan, plan_schema, read_patient

EXAMPLES = sorted((Path(__file__).resolve().parents[2] / "examples").glob("*.*"))


def test_the_published_schema_is_the_programs_own(root: Path) -> None:
    published = (root / "docs" / "plan.schema.json").read_bytes()
    assert published == encode(plan_schema()), (
        "run `spineplan schema > docs/plan.schema.json`; a changed contract needs a new version"
    )


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.name)
def test_every_example_gives_a_plan_that_follows_the_schema(engine: Engine, example: Path) -> None:
    patient = read_patient(engine, example.name, example.read_text("utf-8"), "2026-03-02")
    written = encode(make_plan(engine, patient))
    jsonschema.validate(json.loads(written), plan_schema())
    assert written == encode(make_plan(engine, patient)), "the same inputs give the same bytes"
