"""Knowledge made ready for one profile: checked knowledge, the Directory and the compiled Program; kept in the user's cache folder.

A cache file is used only when it is ours (same owner, not writable by others), whole (its hash matches) and made from the very same
knowledge, profile, engine and Python. Anything else is ignored and made anew. Failing to write is no failure.
"""

from __future__ import annotations

import contextlib
import gc
import hashlib
import marshal
import os
import stat
import sys
import tempfile
from pathlib import Path
from types import CodeType

import msgspec

from spineplan import __version__
from spineplan.evaluating.compiled import CompiledProgram
from spineplan.evaluating.deciding import Directory, make_directory
from spineplan.evaluating.generating import Generated, generate
from spineplan.evaluating.generating_missing import generate_deciding
from spineplan.model.knowledge import Knowledge
from spineplan.model.program import Program

_MAGIC = b"spineplan prepared knowledge 1\n"
_DIGEST = hashlib.sha256().digest_size


class Prepared(msgspec.Struct, frozen=True):
    """What plans are made from: two runnable forms of the Program, `explain` with every value and `decide` with what an outcome needs."""

    knowledge: Knowledge
    profile: str
    directory: Directory
    explain: Generated
    explain_code: CodeType
    decide: Generated
    decide_code: bytes

    def explaining(self) -> CompiledProgram:
        """The Program with every visible value."""
        return CompiledProgram(self.directory.quiet, self.explain, self.explain_code)

    def deciding(self) -> CompiledProgram:
        """The Program restricted to what an outcome is decoded from."""
        code = marshal.loads(self.decide_code)
        assert isinstance(code, CodeType)
        return CompiledProgram(self.directory.quiet, self.decide, code)


class _Stored(msgspec.Struct, frozen=True):
    """The parts of Prepared that msgspec writes; the code of `explain` stands behind them."""

    knowledge: Knowledge
    profile: str
    directory: Directory
    explain: Generated
    decide: Generated
    decide_code: bytes


def prepare_program(knowledge: Knowledge, program: Program) -> Prepared:
    """A compiled Program made ready."""
    directory = make_directory(knowledge, program)
    explain, decide = generate(program), generate_deciding(program, directory.results(), directory.roots())
    return Prepared(
        knowledge=knowledge,
        profile=program.profile,
        directory=directory,
        explain=explain._replace(source=""),
        explain_code=compile(explain.source, "<program>", "exec"),
        decide=decide._replace(source=""),
        decide_code=marshal.dumps(compile(decide.source, "<program>", "exec")),
    )


def cache_key(knowledge_fingerprint: str, profile: str) -> str:
    """A name for what a cache file was made from: knowledge, profile, version and files of the engine, Python."""
    digest = hashlib.sha256()
    parts = [knowledge_fingerprint, profile, __version__, sys.version, sys.implementation.cache_tag or "", _engine_state()]
    for part in parts:
        digest.update(part.encode())
        digest.update(b"\x00")
    return digest.hexdigest()


def _engine_state() -> str:
    root = Path(__file__).resolve().parent.parent
    files = sorted(
        path for folder in ("model", "loading", "checking", "compiling", "evaluating") for path in (root / folder).glob("*.py")
    )
    return ";".join(f"{path.name}:{path.stat().st_size}:{path.stat().st_mtime_ns}" for path in files)


def load_prepared(folder: Path, key: str) -> Prepared | None:
    """What an earlier start left, or None when there is nothing that can be trusted."""
    try:
        raw = _trusted_bytes(folder / f"{key}.bin")
        if raw is None or not raw.startswith(_MAGIC):
            return None
        body = raw[len(_MAGIC) :]
        digest, payload = body[:_DIGEST], body[_DIGEST:]
        if hashlib.sha256(key.encode() + payload).digest() != digest:
            return None
        size = int.from_bytes(payload[:8], "big")
        stored = _decode(payload[8 : 8 + size])
        code = marshal.loads(payload[8 + size :])
    except (OSError, ValueError, EOFError, TypeError, msgspec.MsgspecError):
        return None
    if not isinstance(code, CodeType):
        return None
    return Prepared(stored.knowledge, stored.profile, stored.directory, stored.explain, code, stored.decide, stored.decide_code)


def _decode(raw: bytes) -> _Stored:
    """Many small objects at once: the garbage collector would only walk through them again and again."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        return msgspec.msgpack.decode(raw, type=_Stored)
    finally:
        if collecting:
            gc.enable()


def _trusted_bytes(path: Path) -> bytes | None:
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0)
    handle = os.open(path, flags)
    with os.fdopen(handle, "rb") as file:
        state = os.fstat(file.fileno())
        if not stat.S_ISREG(state.st_mode):
            return None
        if hasattr(os, "getuid") and (state.st_uid != os.getuid() or state.st_mode & (stat.S_IWGRP | stat.S_IWOTH)):
            return None
        return file.read()


def store_prepared(folder: Path, key: str, prepared: Prepared) -> None:
    """Keep a Prepared for later starts; written aside and moved into place, so that no one reads half a file."""
    stored = _Stored(
        prepared.knowledge, prepared.profile, prepared.directory, prepared.explain, prepared.decide, prepared.decide_code
    )
    first = msgspec.msgpack.encode(stored)
    payload = len(first).to_bytes(8, "big") + first + marshal.dumps(prepared.explain_code)
    digest = hashlib.sha256(key.encode() + payload).digest()
    temporary = ""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, temporary = tempfile.mkstemp(dir=folder, prefix=".making-")
        with os.fdopen(handle, "wb") as file:
            file.write(_MAGIC + digest + payload)
        Path(temporary).replace(folder / f"{key}.bin")
        temporary = ""
        _drop_old(folder, keep=key)
    except OSError:
        return
    finally:
        if temporary:
            with contextlib.suppress(OSError):
                Path(temporary).unlink()


def _drop_old(folder: Path, keep: str, most: int = 12) -> None:
    """Leave only the newest cache files."""
    files = sorted(folder.glob("*.bin"), key=lambda path: path.stat().st_mtime, reverse=True)
    for path in files[most:]:
        if path.stem != keep:
            with contextlib.suppress(OSError):
                path.unlink()
