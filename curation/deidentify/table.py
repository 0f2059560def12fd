"""The re-identification table: which pseudonym stands for what, sealed under the secret key.

A file has a line of JSON (512 bytes), two places for its state (512 each), and pieces: 4 bytes of
length (big-endian), 12 of nonce, and AES-256-GCM of zlib of JSON lines. Each piece is bound to the
file's own number and to its place, and the sealed state says how many pieces there are, so that
none can be taken out, moved, added or cut off unseen. The state is written to the two places in
turn, after the pieces: a crash leaves the one before, and what it does not count is not there.
"""

from __future__ import annotations

import csv
import hashlib
import hmac
import io
import json
import os
import secrets
import struct
import zlib
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

from curation.deidentify.keys import SecretError
from curation.reports.placed import placed, unwritable
from curation.reports.plain import encodable
from schemas.errors import FairscanError

Row = tuple[str, str, str]
"""(kind, old, new): kind is `patient`, `uid`, `path`, `days` (patient, days), or another word."""

_WHAT = "fairscan re-identification table"
_BLOCK = 512
_FIRST_PIECE = 3 * _BLOCK
_STATE = struct.Struct(">QQQQ")
_SEALED = 12 + _STATE.size + 16
_ROWS = 4096
_LONGEST = 1 << 26
_WAIT = 60.0


@dataclass(frozen=True)
class _State:
    """How far the table goes: its pieces, their end in the file, the rows in them."""

    turn: int = 0
    pieces: int = 0
    end: int = _FIRST_PIECE
    rows: int = 0


def append(path: Path, key: bytes, rows: Iterable[Row]) -> int:
    """Add rows to the table, which is made if it is not there; how many it has now.

    The rows are there when this returns; if it fails, all of them may be there or none. Rows that
    are there already are not read. Raises SecretError if the table is sealed under another key or
    damaged, FairscanError if it cannot be written.
    """
    from filelock import FileLock, Timeout

    cipher = _cipher(key)
    try:
        with FileLock(path.with_name(f".{path.name}.lock"), timeout=_WAIT):
            if not path.exists():
                _begin(path, cipher)
            with path.open("r+b") as file:
                return _append(file, path, cipher, iter(rows))
    except Timeout as error:
        raise SecretError("another process is writing the table", where=str(path)) from error
    except OSError as error:
        raise unwritable(path, error) from error


def read(path: Path, key: bytes) -> Iterator[Row]:
    """Every row, as they were added, in flat memory; a row that was added twice comes twice.

    Raises SecretError where the table turns out to be damaged, or if the key is another.
    """
    from cryptography.exceptions import InvalidTag

    cipher = _cipher(key)
    with _opened(path) as file:
        number, state = _head(file, path, cipher)
        file.seek(_FIRST_PIECE)
        for place in range(state.pieces):
            length = file.read(4)
            size = struct.unpack(">I", length)[0] if len(length) == 4 else 0
            piece = file.read(size) if 28 <= size <= _LONGEST else b""
            try:
                plain = cipher.decrypt(piece[:12], piece[12:], _bound(number, b"piece", place))
            except (InvalidTag, ValueError):
                raise _damaged(path, place) from None
            for line in zlib.decompress(plain).splitlines():
                kind, old, new = json.loads(line)
                yield kind, old, new
        if file.tell() != state.end:
            raise _damaged(path, state.pieces)


def export(path: Path, key: bytes, folder: Path) -> dict[str, int]:
    """Write `<kind>.csv` with columns id_old, id_new into `folder`, each pair once; rows a kind.

    Only the owner may read the files. Nothing appears if the table is damaged. Memory: about 100
    bytes a pair.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    seen: dict[str, set[bytes]] = {}
    with ExitStack() as stack:
        files: dict[str, BinaryIO] = {}
        for kind, old, new in read(path, key):
            if kind not in files:
                if not kind.isidentifier():
                    raise SecretError("the table has a kind that is no word", where=str(path))
                files[kind] = stack.enter_context(placed(folder / f"{kind}.csv", mode=0o600))
                files[kind].write(b"id_old,id_new\n")
                seen[kind] = set()
            digest = hashlib.blake2b(_pair(old, new), digest_size=16).digest()
            if digest not in seen[kind]:
                seen[kind].add(digest)
                files[kind].write(_line(old, new))
    return {kind: len(pairs) for kind, pairs in seen.items()}


def _append(file: BinaryIO, path: Path, cipher: Any, rows: Iterator[Row]) -> int:
    number, state = _head(file, path, cipher)
    pieces, total = state.pieces, state.rows
    file.seek(state.end)
    try:
        while batch := list(islice(rows, _ROWS)):
            plain = zlib.compress("".join(f"{json.dumps(row)}\n" for row in batch).encode(), 1)
            piece = _seal(cipher, plain, _bound(number, b"piece", pieces))
            file.write(struct.pack(">I", len(piece)) + piece)
            pieces, total = pieces + 1, total + len(batch)
        end = file.tell()
        file.flush()
        os.fsync(file.fileno())
    except BaseException:
        file.truncate(state.end)
        raise
    _write_state(file, cipher, number, _State(state.turn + 1, pieces, end, total))
    return total


def _begin(path: Path, cipher: Any) -> None:
    number = secrets.token_bytes(16)
    head = {"cipher": "AES-256-GCM", "number": number.hex(), "version": 1, "what": _WHAT}
    with placed(path, mode=0o600) as file:
        file.write(json.dumps(head).encode("ascii").ljust(_BLOCK - 1) + b"\n")
        file.write(bytes(2 * _BLOCK))
        _write_state(file, cipher, number, _State())


def _write_state(file: BinaryIO, cipher: Any, number: bytes, state: _State) -> None:
    plain = _STATE.pack(state.turn, state.pieces, state.end, state.rows)
    file.seek(_BLOCK * (1 + state.turn % 2))
    file.write(_seal(cipher, plain, _bound(number, b"state", state.turn % 2)))
    file.flush()
    os.fsync(file.fileno())


def _head(file: BinaryIO, path: Path, cipher: Any) -> tuple[bytes, _State]:
    """The table's own number and its newest state that is whole."""
    from cryptography.exceptions import InvalidTag

    try:
        head = json.loads(file.read(_BLOCK))
        if head["what"] != _WHAT or head["version"] != 1:
            raise ValueError
        number = bytes.fromhex(head["number"])
    except (ValueError, KeyError, TypeError, RecursionError):
        raise SecretError("this is no re-identification table", where=str(path)) from None
    states = []
    for place in range(2):
        sealed = file.read(_BLOCK)[:_SEALED]
        try:
            plain = cipher.decrypt(sealed[:12], sealed[12:], _bound(number, b"state", place))
        except (InvalidTag, ValueError):
            continue
        states.append(_State(*_STATE.unpack(plain)))
    if not states:
        raise SecretError(
            "the table is sealed under another key, or it is damaged at its beginning",
            where=str(path),
            do="Use the key of the runs that wrote it",
        )
    state = max(states, key=lambda one: one.turn)
    if path.stat().st_size < state.end:
        raise _damaged(path, state.pieces)
    return number, state


def _damaged(path: Path, place: int) -> SecretError:
    return SecretError(
        f"the table was cut or altered, at the latest in its piece {place + 1}",
        where=str(path),
        do="Take it from a backup; what comes before can be read",
    )


def _opened(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise FairscanError(f"the table could not be read: {why}", where=str(path)) from error


def _cipher(key: bytes) -> Any:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    return AESGCM(hmac.digest(key, _WHAT.encode("ascii"), "sha256"))


def _seal(cipher: Any, plain: bytes, bound: bytes) -> bytes:
    nonce = secrets.token_bytes(12)
    sealed: bytes = nonce + cipher.encrypt(nonce, plain, bound)
    return sealed


def _bound(number: bytes, what: bytes, place: int) -> bytes:
    return number + what + struct.pack(">Q", place)


def _pair(old: str, new: str) -> bytes:
    return f"{old}\0{new}".encode("utf-8", "surrogatepass")


def _line(old: str, new: str) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow((encodable(old), encodable(new)))
    return text.getvalue().encode("utf-8")
