"""A NIfTI file as a stream of bytes, compressed or not, with what its gzip wrapper says."""

from __future__ import annotations

import gzip
import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Self

_GZIP = b"\x1f\x8b"
_CHUNK = 1 << 18
_WRAPPER = 1 << 17


@dataclass
class Stream:
    """Bytes in their order, a bounded number at a time. Use as a context manager.

    `at` is how many bytes were taken. `names` has the names and comments of the gzip members read
    so far, `behind` up to 64 KiB of what follows the last one. Reading raises EOFError where the
    bytes end too early and ValueError where a compressed stream is damaged.
    """

    path: Path
    names: list[tuple[str, bytes]] = field(default_factory=list)
    behind: bytes = b""
    at: int = 0

    def __enter__(self) -> Self:
        self._file: BinaryIO = self.path.open("rb")
        self._held = memoryview(b"")
        self.compressed = self._file.read(2) == _GZIP
        self._file.seek(0)
        self._source = self._inflated() if self.compressed else self._plain()
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def read(self, count: int) -> bytes:
        """The next `count` bytes, fewer at the end."""
        parts = []
        while count > 0:
            if not self._held:
                self._held = memoryview(next(self._source, b""))
                if not self._held:
                    break
            part, self._held = self._held[:count], self._held[count:]
            parts.append(part)
            count -= len(part)
            self.at += len(part)
        return b"".join(parts)

    def chunks(self, count: int) -> Iterator[bytes]:
        """The next `count` bytes in pieces. Raises EOFError if there are fewer."""
        while count > 0:
            part = self.read(min(count, _CHUNK))
            if not part:
                raise EOFError("it is shorter than its header says")
            count -= len(part)
            yield part

    def skip(self, count: int) -> None:
        """Leave out `count` bytes. Raises EOFError if there are fewer."""
        held = min(count, len(self._held))
        self._held = self._held[held:]
        self.at += held
        if self.compressed:
            for _ in self.chunks(count - held):
                pass
            return
        at = self._file.tell() + count - held
        if at > os.fstat(self._file.fileno()).st_size:
            raise EOFError("it is shorter than its header says")
        self._file.seek(at)
        self.at += count - held

    def _plain(self) -> Iterator[bytes]:
        while block := self._file.read(_CHUNK):
            yield block

    def _inflated(self) -> Iterator[bytes]:
        rest = self._file.read(_WRAPPER)
        while rest[:2] == _GZIP:
            self.names += _names(rest)
            inflate = zlib.decompressobj(16 + zlib.MAX_WBITS)
            while not inflate.eof:
                rest = rest or self._file.read(_CHUNK)
                if not rest:
                    raise EOFError("its compressed stream ends too early")
                try:
                    part = inflate.decompress(rest, _CHUNK)
                except zlib.error:
                    raise ValueError("its compressed stream is damaged") from None
                rest = inflate.unconsumed_tail
                if part:
                    yield part
            rest = inflate.unused_data
            rest += self._file.read(max(0, _WRAPPER - len(rest)))
        self.behind = rest[: 1 << 16]


def _names(head: bytes) -> list[tuple[str, bytes]]:
    """The texts in the header of a gzip member (RFC 1952, section 2.3)."""
    if len(head) < 18:
        raise EOFError("its compressed stream ends too early")
    flags = head[3]
    found = []
    at = 10
    if flags & 4:
        length = int.from_bytes(head[at : at + 2], "little")
        found.append(("gzip.extra", head[at + 2 : at + 2 + length]))
        at += 2 + length
    for flag, name in ((8, "gzip.name"), (16, "gzip.comment")):
        if flags & flag:
            end = head.find(b"\0", at)
            if end < 0:
                raise ValueError("the header of its compressed stream is damaged")
            found.append((name, head[at:end]))
            at = end + 1
    return found


@contextmanager
def writing(target: Path, *, compressed: bool) -> Iterator[BinaryIO]:
    """Write to a file; if compressed, in a wrapper that names neither a file nor a time."""
    with target.open("wb") as raw:
        if not compressed:
            yield raw
            return
        with gzip.GzipFile("", "wb", 6, raw, mtime=0) as out:
            yield out  # type: ignore[misc]  # has what we need of a BinaryIO
