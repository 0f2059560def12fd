"""The extensions behind a NIfTI header: a code and bytes each, of any content."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from struct import Struct

DICOM, AFNI, COMMENT, CIFTI = 2, 4, 6, 32


@dataclass(frozen=True)
class Extension:
    """`code` is registered with the NIfTI standard; null where the bytes are no extension."""

    code: int | None
    data: bytes


def parse(block: bytes, order: str) -> Iterator[Extension]:
    """The extensions in what follows a header: a flag of 4 bytes, then one after the other.

    Bytes that are not as the standard has them come last, without a code, if any is not NUL.
    """
    prefix = Struct(order + "2i")
    at = 4
    while block[:1] != b"\0" and at + 8 <= len(block):
        size, code = prefix.unpack_from(block, at)
        if size < 8 or at + size > len(block):
            break
        yield Extension(code, block[at + 8 : at + size])
        at += size
    rest = block[:4].replace(b"\1", b"\0") + block[at:]
    if rest.strip(b"\0"):
        yield Extension(None, rest)


def pack(extensions: list[Extension], order: str) -> bytes:
    """The flag and these extensions, each padded to a multiple of 16 bytes."""
    if not extensions:
        return bytes(4)
    prefix = Struct(order + "2i")
    parts = [b"\1\0\0\0"]
    for extension in extensions:
        size = -(-(len(extension.data) + 8) // 16) * 16
        parts.append(prefix.pack(size, extension.code or 0))
        parts.append(extension.data.ljust(size - 8, b"\0"))
    return b"".join(parts)
