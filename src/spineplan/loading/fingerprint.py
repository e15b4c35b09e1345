"""Which files a knowledge folder has, and a hash over their bytes: cheap enough to ask at every start."""

from __future__ import annotations

import hashlib
from pathlib import Path

CASES = "cases"
MANIFEST = "manifest.yaml"


def knowledge_files(folder: Path) -> list[Path]:
    """The content files of a knowledge folder, sorted: every .yaml but the manifest and the cases."""
    found = [path for path in folder.rglob("*.yaml") if path.name != MANIFEST and CASES not in path.relative_to(folder).parts]
    return sorted(found, key=lambda path: path.relative_to(folder).as_posix())


def case_files(folder: Path) -> list[Path]:
    """The files with named patients, sorted."""
    return sorted((folder / CASES).rglob("*.yaml"), key=lambda path: path.relative_to(folder).as_posix())


def fingerprint(folder: Path) -> str:
    """A hash over names and bytes of all content files: different whenever a file is."""
    digest = hashlib.sha256()
    for path in [folder / MANIFEST, *knowledge_files(folder)]:
        raw = path.read_bytes() if path.is_file() else b""
        digest.update(path.relative_to(folder).as_posix().encode())
        digest.update(len(raw).to_bytes(8, "big"))
        digest.update(raw)
    return digest.hexdigest()
