"""The order of files and keys in the knowledge means nothing: the same hash and the same plan come out."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import yaml

from spineplan.application import Engine, encode, make_plan, prepare, read_patient

ORDERED = {"bands", "regimens", "line", "limit"}


def _reversed(value: Any, key: str = "") -> Any:
    if isinstance(value, dict):
        return {name: _reversed(value[name], str(name)) for name in reversed(list(value))}
    if isinstance(value, list):
        items = [_reversed(item) for item in value]
        return items if key in ORDERED or key == "between" or key == "range" or key == "stages" else items[::-1]
    return value


def test_renamed_files_and_reversed_keys_give_the_same_plan(engine: Engine, root: Path, tmp_path: Path) -> None:
    copy = tmp_path / "knowledge"
    shutil.copytree(root / "knowledge", copy)
    shutil.rmtree(copy / "cases")
    for number, path in enumerate(sorted(copy.rglob("*.yaml"), reverse=True)):
        if path.name == "manifest.yaml":
            continue
        content = _reversed(yaml.safe_load(path.read_text("utf-8")))
        path.unlink()
        (copy / f"{number:03}.yaml").write_text(yaml.safe_dump(content, sort_keys=False, allow_unicode=True), encoding="utf-8")
    other = Engine(prepare(copy))
    example = root / "examples" / "warfarin-radiculopathy.yaml"
    plans = [
        make_plan(each, read_patient(each, example.name, example.read_text("utf-8"), "2026-03-02")) for each in (engine, other)
    ]
    assert [element.status for element in plans[0].elements] == [element.status for element in plans[1].elements]
    assert encode(plans[0]) == encode(plans[1])
