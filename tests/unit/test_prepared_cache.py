"""The cache of prepared knowledge is used only when it is ours, whole and fresh; nothing else can make or break a plan."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from spineplan import application
from spineplan.application import Engine, open_engine
from spineplan.evaluating import prepared


@pytest.fixture
def kept(tmp_path: Path, root: Path) -> Path:
    folder = tmp_path / "cache"
    open_engine(root / "knowledge", cache=folder)
    return folder


def _only(folder: Path) -> Path:
    (file,) = folder.glob("*.bin")
    return file


def _uses_cache(folder: Path, knowledge: Path, monkeypatch: pytest.MonkeyPatch) -> bool:
    made: list[object] = []
    real = application.prepare

    def counted(*arguments: Any) -> Any:
        made.append(arguments)
        return real(*arguments)

    monkeypatch.setattr(application, "prepare", counted)
    opened = open_engine(knowledge, cache=folder)
    assert isinstance(opened, Engine)
    return not made


def test_a_second_start_uses_the_cache(kept: Path, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert _uses_cache(kept, root / "knowledge", monkeypatch)


@pytest.mark.parametrize("damage", ["cut", "flipped", "empty", "garbage"])
def test_a_broken_file_is_made_anew(kept: Path, root: Path, monkeypatch: pytest.MonkeyPatch, damage: str) -> None:
    file = _only(kept)
    raw = file.read_bytes()
    broken = {"cut": raw[:-100], "flipped": raw[:-1] + bytes([raw[-1] ^ 1]), "empty": b"", "garbage": os.urandom(5000)}[damage]
    file.write_bytes(broken)
    assert not _uses_cache(kept, root / "knowledge", monkeypatch)
    assert _only(kept).read_bytes() == raw


def test_a_file_that_others_may_write_is_not_trusted(kept: Path, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _only(kept).chmod(0o666)
    assert not _uses_cache(kept, root / "knowledge", monkeypatch)


def test_a_link_is_not_followed(kept: Path, tmp_path: Path, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = _only(kept)
    elsewhere = tmp_path / "elsewhere.bin"
    shutil.move(file, elsewhere)
    file.symlink_to(elsewhere)
    assert not _uses_cache(kept, root / "knowledge", monkeypatch)


def test_changed_knowledge_is_not_served_from_the_cache(
    kept: Path, tmp_path: Path, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = tmp_path / "knowledge"
    shutil.copytree(root / "knowledge", copy)
    with (copy / "stages.yaml").open("a", encoding="utf-8") as file:
        file.write("\n# one more line\n")
    assert not _uses_cache(kept, copy, monkeypatch)


def test_a_cache_that_cannot_be_written_is_no_failure(tmp_path: Path, root: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    assert open_engine(root / "knowledge", cache=blocked / "below").knowledge.options


def test_another_key_never_opens_a_file(kept: Path) -> None:
    file = _only(kept)
    shutil.copy(file, kept / f"{'0' * 64}.bin")
    assert prepared.load_prepared(kept, "0" * 64) is None
