"""The audit chain: an append-only file of JSON lines, each of which holds the hash of the last.

A line is {"hash", "previous", "record", "sequence", "version"} and, where the key was at hand,
"signature". `hash` is SHA-256 over the canonical JSON of all others but itself and the signature;
`signature` is HMAC-SHA-256 over the hash. `<file>.head` remembers the last line, which tells a
cut end. Who can write both files can make a new chain of the same shape: the signature, or the
head hash written down elsewhere, tells that.
"""

from __future__ import annotations

import errno
import hashlib
import hmac
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from curation.audit.canonical import canonical
from curation.reports.placed import placed, sync_folder, unwritable
from schemas.errors import FairscanError

VERSION = 1
GENESIS = "0" * 64
"""What stands for the hash before the first record."""

_BEGIN = b'{"hash":"'
_LONGEST = 1 << 24
_WAIT = 60.0


class AuditError(FairscanError):
    """The audit is damaged, or could not be written."""


@dataclass(frozen=True)
class Verified:
    """What the verification of a chain found. `bad` is the line (from 1) that first is wrong.

    `end` says whether the end of the chain is known to be there: by its head file or by a hash
    that was given. `signed` counts records whose signature was checked and is right.
    """

    records: int
    head: str
    bad: int | None = None
    why: str | None = None
    torn: bool = False
    end: bool = False
    signed: int = 0

    @property
    def whole(self) -> bool:
        """Whether nothing is wrong with it."""
        return self.bad is None


@dataclass(frozen=True)
class _Walk:
    """A chain as it was read: the good lines, where they end, and the first wrong one."""

    records: int
    head: str
    length: int
    bad: int | None
    why: str | None
    torn: bool
    signed: int
    hashes: frozenset[str]


def append(path: Path, record: dict[str, Any], *, key: bytes | None = None) -> dict[str, Any]:
    """Add a record to the chain and return its line, once it is safe on the disk.

    A line that was torn by a crash while it was written is moved to `<file>.torn-<sequence>`, and
    the new line says so under `torn`. Raises AuditError if the chain is damaged in any other way,
    or cannot be written; then the chain is as it was.
    """
    with _locked(path):
        walk = _walk(path, None)
        why = walk.why or _head_amiss(path, walk)
        if why is not None and not (walk.torn and _head_amiss(path, walk) is None):
            raise AuditError(
                f"the audit chain is damaged, and nothing was added to it: {why}",
                where=str(path),
                do="Run `fairscan audit verify` on it, keep it, and begin another file",
            )
        entry: dict[str, Any] = {
            "previous": walk.head,
            "record": record,
            "sequence": walk.records + 1,
            "version": VERSION,
        }
        if walk.torn:
            entry["torn"] = _set_aside(path, walk)
        entry["hash"] = hashlib.sha256(canonical(entry)).hexdigest()
        if key is not None:
            entry["signature"] = _signature(key, entry["hash"])
        line = canonical(entry) + b"\n"
        if len(line) > _LONGEST:
            raise AuditError("this record is too large for the audit", where=str(path))
        _write_end(path, line, walk.length)
        _write_head(path, entry)
        return entry


def verify(path: Path, *, key: bytes | None = None, head: str | None = None) -> Verified:
    """Check every line of a chain: altered, removed, reordered, inserted or cut-off ones are told.

    With `key`, signatures are checked as well, and a record without one is wrong. `head` is a hash
    that was written down earlier: the chain must hold it. Raises AuditError if there is no file.
    """
    if not path.exists() and not _head_path(path).exists():
        raise AuditError("there is no audit file", where=str(path), do="Name the file of a run")
    with _locked(path, writing=False):
        walk = _walk(path, key)
        amiss = None if walk.why else _head_amiss(path, walk)
        known = _head_path(path).exists() and walk.why is None and amiss is None
    bad, why = walk.bad, walk.why
    if why is None and amiss is not None:
        bad, why = walk.records + 1, amiss
    if why is None and head is not None and head.strip().lower() not in walk.hashes:
        bad, why = (
            walk.records + 1,
            "no record has the hash that was written down: cut or rewritten",
        )
    end = known or (why is None and head is not None and head.strip().lower() == walk.head)
    return Verified(walk.records, walk.head, bad, why, walk.torn, end, walk.signed)


def entries(path: Path) -> Iterator[dict[str, Any]]:
    """The lines of a chain, as they are: see `verify` first."""
    with _read(path) as file:
        for line in file:
            yield json.loads(line)


def _walk(path: Path, key: bytes | None) -> _Walk:
    records, head, length, signed = 0, GENESIS, 0, 0
    hashes = {GENESIS}
    bad, why, torn = None, None, False
    if path.exists():
        with _read(path) as file:
            while line := file.readline(_LONGEST + 1):
                entry, why = _judged(line, records, head, hashes, key)
                if why is not None:
                    bad = records + 1
                    torn = not line.endswith(b"\n") and line.startswith(_BEGIN[: len(line)])
                    break
                records, head, length = records + 1, entry["hash"], length + len(line)
                hashes.add(head)
                signed += key is not None
    elif _head_path(path).exists():
        bad, why = 1, "the whole chain is gone, its head file is still there"
    return _Walk(records, head, length, bad, why, torn, signed, frozenset(hashes))


def _judged(
    line: bytes, records: int, head: str, hashes: set[str], key: bytes | None
) -> tuple[dict[str, Any], str | None]:
    """The line as an object, and what is wrong with it."""
    if len(line) > _LONGEST:
        return {}, "the line is longer than any record"
    if not line.endswith(b"\n"):
        return {}, "the last line is torn: its writing was cut short, or it was cut"
    try:
        entry = json.loads(line)
        spelt = canonical(entry) + b"\n"
    except (ValueError, RecursionError):
        return {}, "the line is no record: it was altered or damaged"
    if not isinstance(entry, dict) or spelt != line:
        return {}, "the line is not as records are written: it was altered"
    said = {name: entry.get(name) for name in ("hash", "previous", "sequence")}
    body = {name: item for name, item in entry.items() if name not in ("hash", "signature")}
    if said["hash"] != hashlib.sha256(canonical(body)).hexdigest():
        return {}, "the record was altered: its hash is not the one it has"
    if entry.get("version") != VERSION:
        return {}, "the record is of another version of the audit"
    if said["previous"] != head or said["sequence"] != records + 1:
        return {}, _out_of_order(said["previous"], said["sequence"], records, hashes)
    if key is not None and not hmac.compare_digest(
        str(entry.get("signature")).encode(), _signature(key, str(said["hash"])).encode()
    ):
        return {}, "the record is not signed with this key: another key, or it was rewritten"
    return entry, None


def _out_of_order(previous: Any, sequence: Any, records: int, hashes: set[str]) -> str:
    if isinstance(sequence, int) and sequence > records + 1:
        return f"records {records + 1} to {sequence - 1} are missing before it, or it was moved"
    if previous in hashes:
        return "the record was inserted, repeated or moved: it follows another one"
    return "the record does not follow the one before: one was removed, inserted or rewritten"


def _head_amiss(path: Path, walk: _Walk) -> str | None:
    """What the head file says against the chain. A head that is behind is a crash's trace."""
    place = _head_path(path)
    if not place.exists():
        return None
    try:
        head = json.loads(place.read_bytes()[:4096])
        sequence, hash = int(head["sequence"]), str(head["hash"])
    except (ValueError, TypeError, KeyError, RecursionError):
        return "the head file is damaged"
    if sequence > walk.records:
        return f"the end was cut off: {sequence} records were written, {walk.records} are there"
    return None if hash in walk.hashes else "the chain is not the one that the head file remembers"


def _set_aside(path: Path, walk: _Walk) -> dict[str, Any]:
    """Move a torn last line out of the chain, and say what it was."""
    with path.open("r+b") as file:
        file.seek(walk.length)
        rest = file.read()
        aside = path.with_name(f"{path.name}.torn-{walk.records + 1}")
        with placed(aside, mode=0o600) as kept:
            kept.write(rest)
        file.truncate(walk.length)
        os.fsync(file.fileno())
    return {"bytes": len(rest), "sha256": hashlib.sha256(rest).hexdigest()}


def _write_end(path: Path, line: bytes, length: int) -> None:
    """Add a line in one write and flush it; on failure take back what was written of it."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0)
    try:
        descriptor = os.open(path, flags, 0o600)
        try:
            if os.write(descriptor, line) != len(line):
                raise OSError(errno.ENOSPC, "written in part")
            os.fsync(descriptor)
        except OSError:
            os.ftruncate(descriptor, length)
            raise
        finally:
            os.close(descriptor)
        sync_folder(path.parent)
    except OSError as error:
        raise _unkept(path, error) from error


def _write_head(path: Path, entry: dict[str, Any]) -> None:
    with placed(_head_path(path), mode=0o600) as file:
        file.write(canonical({"hash": entry["hash"], "sequence": entry["sequence"]}) + b"\n")


def _head_path(path: Path) -> Path:
    return path.with_name(f"{path.name}.head")


def _signature(key: bytes, hash: str) -> str:
    own = hmac.digest(key, b"fairscan audit chain", "sha256")
    return hmac.new(own, hash.encode(), "sha256").hexdigest()


@contextmanager
def _locked(path: Path, *, writing: bool = True) -> Iterator[None]:
    """Keep others from writing meanwhile. Who only reads goes on where no lock can be made."""
    from filelock import FileLock, Timeout

    lock = FileLock(path.with_name(f".{path.name}.lock"), timeout=_WAIT)
    try:
        lock.acquire()
    except Timeout as error:
        raise AuditError(
            "another process is writing the audit", where=str(path), do="Try again when it is done"
        ) from error
    except OSError as error:
        if writing:
            raise _unkept(path, error) from error
    try:
        yield
    finally:
        lock.release()


def _read(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise AuditError(f"the audit could not be read: {why}", where=str(path)) from error


def _unkept(path: Path, error: OSError) -> AuditError:
    told = unwritable(path, error)
    return AuditError(f"the audit could not be written: {told.what}", where=str(path), do=told.do)
