"""The header of a NIfTI-1, NIfTI-2 or Analyze 7.5 image, and where its texts and voxels are."""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass

from curation.nifti.stream import Stream

# Offset and length of every field of characters, after nifti1.h, nifti2.h and dbh.h.
_TEXTS: dict[str, dict[str, tuple[int, int]]] = {
    "nifti1": {
        "data_type": (4, 10),
        "db_name": (14, 18),
        "descrip": (148, 80),
        "aux_file": (228, 24),
        "intent_name": (328, 16),
    },
    "nifti2": {"descrip": (240, 80), "aux_file": (320, 24), "intent_name": (508, 16)},
    "analyze": {
        "data_type": (4, 10),
        "db_name": (14, 18),
        "vox_units": (56, 4),
        "cal_units": (60, 8),
        "descrip": (148, 80),
        "aux_file": (228, 24),
        "originator": (253, 10),
        "generated": (263, 10),
        "scannum": (273, 10),
        "patient_id": (283, 10),
        "exp_date": (293, 10),
        "exp_time": (303, 10),
    },
}
_UNUSED = {"nifti1": (), "nifti2": ((525, 15),), "analyze": ()}
_MAGIC2 = (b"n+2\0\r\n\x1a\n", b"ni2\0\r\n\x1a\n")

_LONGEST = 540
_LIMIT = 1 << 40
_BLOCK = 64 << 20  # extensions longer than this are not read


@dataclass(frozen=True)
class Header:
    """`raw` is the header as it stands. `shape` is in voxels, fastest axis first.

    `single` is true where the voxels follow in the same file, at `offset`. `order` is "<" or ">".
    `bits` is the size of a voxel, `datatype` the code of nifti1.h.
    """

    raw: bytes
    kind: str
    order: str
    single: bool
    shape: tuple[int, ...]
    datatype: int
    bits: int
    offset: int

    @property
    def voxel_bytes(self) -> int:
        """How many bytes all voxels take."""
        return (math.prod(self.shape) * self.bits + 7) // 8

    def texts(self) -> dict[str, str]:
        """Every text field that holds something, what stands behind a NUL included."""
        found = {}
        for name, (start, length) in _TEXTS[self.kind].items():
            value = self.raw[start : start + length]
            text = " ".join(value.replace(b"\0", b"\n").decode("utf-8", "replace").split())
            if text:
                found[name] = text
        return found

    def with_texts(self, texts: dict[str, str], offset: int) -> bytes:
        """The header with these texts (all others empty) and with its voxels at `offset`."""
        raw = bytearray(self.raw)
        for name, (start, length) in _TEXTS[self.kind].items():
            value = texts.get(name, "").encode()[: length - 1]
            value = value.decode("utf-8", "ignore").encode()  # no half character at the cut
            raw[start : start + length] = value.ljust(length, b"\0")
        for start, length in _UNUSED[self.kind]:
            raw[start : start + length] = bytes(length)
        if self.kind == "nifti1":
            struct.pack_into(self.order + "f", raw, 108, float(offset))
        elif self.kind == "nifti2":
            struct.pack_into(self.order + "q", raw, 168, offset)
        return bytes(raw)


def is_header(head: bytes) -> bool:
    """Whether these bytes begin as one of the three headers begins."""
    return any(int.from_bytes(head[:4], order) in (348, 540) for order in ("little", "big"))


def parse(head: bytes) -> Header:
    """The header at the start of these bytes. Raises ValueError, saying what is wrong with it."""
    size = int.from_bytes(head[:4], "little")
    order = "<"
    if size not in (348, 540):
        size, order = int.from_bytes(head[:4], "big"), ">"
    if size not in (348, 540):
        raise ValueError("it does not begin with the length of a NIfTI or Analyze header")
    if len(head) < size:
        raise ValueError("it ends within its header")
    raw = bytes(head[:size])
    if size == 540:
        if raw[4:12] not in _MAGIC2:
            raise ValueError("the magic of its NIfTI-2 header is wrong")
        datatype, bits = struct.unpack_from(order + "2h", raw, 12)
        dims = struct.unpack_from(order + "8q", raw, 16)
        single = raw[4:7] == b"n+2"
        offset = struct.unpack_from(order + "q", raw, 168)[0]
        return _checked(raw, "nifti2", order, single, dims, datatype, bits, offset)
    dims = struct.unpack_from(order + "8h", raw, 40)
    datatype, bits = struct.unpack_from(order + "2h", raw, 70)
    start = struct.unpack_from(order + "f", raw, 108)[0]
    if not math.isfinite(start):
        raise ValueError("its voxels have no place")
    kind = "nifti1" if raw[344:347] in (b"n+1", b"ni1") else "analyze"
    single = raw[344:347] == b"n+1"
    return _checked(raw, kind, order, single, dims, datatype, bits, int(start))


def _checked(
    raw: bytes,
    kind: str,
    order: str,
    single: bool,
    dims: tuple[int, ...],
    datatype: int,
    bits: int,
    offset: int,
) -> Header:
    if not 1 <= dims[0] <= 7:
        raise ValueError("its number of dimensions is not between 1 and 7")
    shape = tuple(dims[1 : dims[0] + 1])
    if min(shape) < 1:
        raise ValueError("one of its dimensions is not positive")
    if bits not in (1, 8, 16, 24, 32, 64, 96, 128, 256):
        raise ValueError("its voxels have no size that is known")
    header = Header(raw, kind, order, single, shape, datatype, bits, offset)
    if header.voxel_bytes > _LIMIT:
        raise ValueError("its dimensions are impossibly large")
    if single and not len(raw) + 4 <= offset <= _LIMIT:
        raise ValueError("its voxels lie within its header")
    if not single and not 0 <= offset <= _LIMIT:
        raise ValueError("its voxels lie before the start of their file")
    return header


def read_head(stream: Stream) -> tuple[Header, bytes]:
    """The header and what lies between it and the voxels (or the end of a lone header).

    Raises ValueError or EOFError, saying what is wrong.
    """
    head = stream.read(348)
    if head[:4] in (b"\x1c\x02\0\0", b"\0\0\x02\x1c"):
        head += stream.read(_LONGEST - len(head))
    header = parse(head)
    if header.single:
        length = header.offset - len(head)
        if length > _BLOCK:
            raise ValueError("its extensions are too long")
        block = stream.read(length)
        if len(block) < length:
            raise EOFError("it ends before its voxels")
        return header, block
    block = stream.read(_BLOCK + 1)
    if len(block) > _BLOCK:
        raise ValueError("its extensions are too long")
    return header, block
