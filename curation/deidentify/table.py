"""The re-identification table: which pseudonym stands for what, sealed under the secret key.

A file is a line of JSON and then pieces: 4 bytes of length (big-endian), 12 of nonce, and
AES-256-GCM of zlib of JSON lines. Each piece is bound to the file's own number, to its place and
to whether it is the last, so that none can be taken out, moved, added or cut off unseen.
"""

from __future__ import annotations

import csv
import hashlib
import hmac
import io
import json
import secrets
import struct
import zlib
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

from curation.deidentify.keys import SecretError
from curation.reports.placed import placed
from curation.reports.plain import encodable
from schemas.errors import FairscanError

Row = tuple[str, str, str]
"""(kind, old, new): kind is `patient`, `uid`, `path`, `days` (patient, days), or another word."""

_WHAT = "fairscan re-identification table"
_ROWS = 4096
_LONGEST = 1 << 26
_WAIT = 60.0


def append(path: Path, key: bytes, rows: Iterable[Row]) -> int:
    """Add the rows of a run to the table, which is made if it is not there; how many it has now.

    The new table takes the old one's place whole. Pieces of the old one are proved as they are
    copied. Raises SecretError if it is damaged or sealed under another key.
    """
    from filelock import FileLock, Timeout

    lock = FileLock(path.with_name(f".{path.name}.lock"), timeout=_WAIT)
    try:
        with lock:
            return _append(path, key, iter(rows))
    except Timeout as error:
        raise SecretError("another process is writing the table", where=str(path)) from error


def read(path: Path, key: bytes) -> Iterator[Row]:
    """Every row, run after run, in flat memory; a row that several runs gave comes several times.

    Raises SecretError where the table turns out to be damaged, or if the key is another.
    """
    with _opened(path) as file:
        number = _number(file, path)
        for _, rows in _pieces(file, path, _cipher(key), number):
            yield from rows


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


def _append(path: Path, key: bytes, rows: Iterator[Row]) -> int:
    cipher, total, place = _cipher(key), 0, 0
    with placed(path, mode=0o600) as new:
        if path.exists():
            with _opened(path) as old:
                number = _number(old, path)
                _begin(new, number)
                for piece, known in _pieces(old, path, cipher, number):
                    if piece is not None:
                        new.write(piece)
                        place, total = place + 1, total + len(known)
        else:
            number = secrets.token_bytes(16)
            _begin(new, number)
        while batch := list(islice(rows, _ROWS)):
            _seal(new, cipher, number, place, batch, last=False)
            place, total = place + 1, total + len(batch)
        _seal(new, cipher, number, place, [], last=True)
    return total


def _begin(file: BinaryIO, number: bytes) -> None:
    head = {"cipher": "AES-256-GCM", "number": number.hex(), "version": 1, "what": _WHAT}
    file.write(json.dumps(head).encode("ascii") + b"\n")


def _seal(
    file: BinaryIO, cipher: Any, number: bytes, place: int, rows: list[Row], *, last: bool
) -> None:
    nonce = secrets.token_bytes(12)
    plain = zlib.compress("".join(f"{json.dumps(row)}\n" for row in rows).encode("ascii"), 1)
    sealed = nonce + cipher.encrypt(nonce, plain, _bound(number, place, last))
    file.write(struct.pack(">I", len(sealed)) + sealed)


def _pieces(
    file: BinaryIO, path: Path, cipher: Any, number: bytes
) -> Iterator[tuple[bytes | None, list[Row]]]:
    """Each piece as it is and the rows in it; the last one is proved and not given."""
    from cryptography.exceptions import InvalidTag

    place = 0
    while True:
        length = file.read(4)
        size = struct.unpack(">I", length)[0] if len(length) == 4 else 0
        piece = file.read(size) if 28 <= size <= _LONGEST else b""
        if not piece or len(piece) != size:
            raise _damaged(path, place)
        nonce, sealed = piece[:12], piece[12:]
        for last in (False, True):
            try:
                plain = cipher.decrypt(nonce, sealed, _bound(number, place, last))
            except InvalidTag:
                continue
            break
        else:
            raise _damaged(path, place)
        if last:
            if file.read(1):
                raise _damaged(path, place)
            return
        lines = zlib.decompress(plain).decode("ascii").splitlines()
        yield length + piece, [tuple(json.loads(line)) for line in lines]
        place += 1


def _damaged(path: Path, place: int) -> SecretError:
    if place == 0:
        return SecretError(
            "the table is sealed under another key, or it is damaged at its beginning",
            where=str(path),
            do="Use the key of the runs that wrote it",
        )
    return SecretError(
        f"the table was cut or altered in its piece {place + 1}",
        where=str(path),
        do="Take it from a backup; what comes before can be read",
    )


def _number(file: BinaryIO, path: Path) -> bytes:
    try:
        head = json.loads(file.readline(1024))
        if head["what"] != _WHAT or head["version"] != 1:
            raise ValueError
        return bytes.fromhex(head["number"])
    except (ValueError, KeyError, TypeError, RecursionError):
        raise SecretError("this is no re-identification table", where=str(path)) from None


def _opened(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise FairscanError(f"the table could not be read: {why}", where=str(path)) from error


def _cipher(key: bytes) -> Any:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    return AESGCM(hmac.digest(key, _WHAT.encode("ascii"), "sha256"))


def _bound(number: bytes, place: int, last: bool) -> bytes:
    return number + struct.pack(">QB", place, last)


def _pair(old: str, new: str) -> bytes:
    return f"{old}\0{new}".encode("utf-8", "surrogatepass")


def _line(old: str, new: str) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow((encodable(old), encodable(new)))
    return text.getvalue().encode("utf-8")
