"""What a run has done so far, so that it can go on where it was stopped; no input name in it."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from curation.formats.file import File
from schemas.errors import FairscanError


@dataclass(frozen=True)
class Done:
    """One file that was written, or quarantined with its reason (then `output` is empty)."""

    token: str
    output: str = ""
    sha256: str = ""
    bytes: int = 0
    read: str = ""
    reason: str = ""
    actions: dict[str, int] = field(default_factory=dict)


class Ledger:
    """An append-only file of JSON lines; a last line that was torn by a crash is cut off.

    The first line has the digests of profile and key: with others the run does not go on, since
    its two halves would not fit. Raises FairscanError then, and while another run is at work.
    """

    def __init__(self, path: Path, key: bytes, profile: str) -> None:
        self._key = hashlib.sha256(b"ledger" + key).digest()
        self._done: dict[str, Done] = {}
        self._outputs: dict[str, str] = {}
        self._lock = FileLock(path.with_name(f".{path.name}.lock"))
        try:
            self._lock.acquire(timeout=0)
        except Timeout:
            raise FairscanError(
                "another run writes into this folder",
                where=str(path.parent),
                do="Wait until it has ended",
            ) from None
        begins = {"profile": profile, "key": hmac.digest(self._key, b"", "sha256").hex()[:16]}
        good = 0
        if path.exists():
            for number, (line, end) in enumerate(_lines(path)):
                if number == 0 and line != begins:
                    self._lock.release()
                    raise FairscanError(
                        "an earlier run into this folder had another key or profile",
                        where=str(path.parent),
                        do="Use the same --key and --profile, or another output folder",
                    )
                good = end
                if number:
                    self._remember(Done(**line))
        self._file = path.open("r+b" if path.exists() else "w+b")
        self._file.truncate(good)
        self._file.seek(good)
        if not good:
            self._write(begins)

    def token(self, file: File) -> str:
        """What stands for an input file as it is now: its name, length and time, keyed."""
        told = file.name
        with suppress(OSError):  # one that is gone by now is told when it is read
            stat = file.path.stat()
            told += f"\0{stat.st_size}\0{stat.st_mtime_ns}"
        return hmac.digest(self._key, told.encode("utf-8", "replace"), "sha256").hex()[:32]

    def done(self, token: str, target: Path) -> Done | None:
        """What was done with this file, if that still stands in `target`."""
        done = self._done.get(token)
        if done is None or done.reason:
            return None
        try:
            same = (target / done.output).stat().st_size == done.bytes
        except OSError:
            return None
        return done if same else None

    def free(self, output: str, token: str) -> bool:
        """Whether no other input is written there."""
        return self._outputs.get(output.casefold(), token) == token

    def reserve(self, done: Done) -> None:
        """Keep its place for a file that is written and not yet written down."""
        if done.output:
            self._outputs[done.output.casefold()] = done.token

    def add(self, done: Done) -> None:
        """Remember one file."""
        self._remember(done)
        self._write(vars(done))

    def all(self) -> Iterator[Done]:
        """Everything done, this time or before, by output path."""
        return iter(sorted(self._done.values(), key=lambda d: (d.output, d.token)))

    def close(self) -> None:
        """Put everything on the disk."""
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        self._lock.release()

    def _remember(self, done: Done) -> None:
        self._done[done.token] = done
        if done.output:
            self._outputs[done.output.casefold()] = done.token

    def _write(self, line: Any) -> None:
        self._file.write(json.dumps(line, separators=(",", ":")).encode() + b"\n")
        self._file.flush()


def _lines(path: Path) -> Iterator[tuple[Any, int]]:
    end = 0
    with path.open("rb") as file:
        for line in file:
            if not line.endswith(b"\n"):
                return
            try:
                there = json.loads(line)
            except ValueError:
                return
            end += len(line)
            yield there, end
