"""The head of a file: all that describes its image, and not the image itself.

A head is a file of its own that the checks can read: a DICOM file that ends before its Pixel Data,
a NIfTI file of a single voxel (packed again if it was packed), and any other file whole.
"""

from __future__ import annotations

import io
import struct
import zlib

FIRST = 64 * 1024
"""Bytes that are read of a file at first; then it is as much again, time after time."""
LONGEST = 8 * 1024 * 1024
"""Bytes that are read of a file at most, and that a packed head may have unpacked."""
READS = (LONGEST // FIRST).bit_length()
"""Requests that one head can take."""
_SHORTEST = 1024
"""Bytes that tell a format for certain, with the fixed part of its header."""
_GZIP = b"\x1f\x8b\x08"
_EXTRA, _NAME, _COMMENT, _CHECKSUM = 4, 8, 16, 2


def head(data: bytes, *, whole: bool) -> bytes | None:
    """The head of the file that begins with `data`, None if more of it is needed.

    whole: `data` is all of the file; it is then its own head, unless only its pixels are left out.

    Raises:
        ValueError: if it begins as one of the formats and goes on as none.
    """
    from curation.dicom.reader import looks_dicom
    from curation.nifti.header import is_header

    if whole:
        return data
    if len(data) < _SHORTEST:
        return None
    if data.startswith(_GZIP):
        return _unpacked(data)
    if is_header(data):
        return _one_voxel(data)
    if looks_dicom(data):
        return _before_pixels(data)
    return None


def _one_voxel(data: bytes) -> bytes | None:
    """A NIfTI file up to its voxels, said to be one of value 0, for it to be a whole image."""
    from curation.nifti.header import parse

    if len(data) < _SHORTEST:
        return None
    header = parse(data)
    if not header.single:
        return header.raw  # the voxels are in a file of their own
    if len(data) < header.offset:
        return None
    found = bytearray(data[: header.offset])
    place, form = (16, "8q") if header.kind == "nifti2" else (40, "8h")
    struct.pack_into(header.order + form, found, place, *[1] * 8)
    return bytes(found) + bytes(-(-header.bits // 8))


def _unpacked(data: bytes) -> bytes | None:
    """The same of a packed NIfTI file; what the wrapper itself says (RFC 1952) stays."""
    from curation.nifti.header import is_header

    start = _wrapper(data)
    if start is None:
        return None
    try:
        plain = zlib.decompressobj(-zlib.MAX_WBITS).decompress(data[start:], LONGEST)
    except zlib.error as error:
        raise ValueError("it cannot be unpacked") from error
    found = _one_voxel(plain) if is_header(plain) else None
    if found is None:
        return None
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    tail = struct.pack("<II", zlib.crc32(found), len(found))
    return data[:start] + packer.compress(found) + packer.flush() + tail


def _wrapper(data: bytes) -> int | None:
    """The length of the header of a gzip file, None if it does not end here."""
    flags, place = data[3], 10
    if flags & _EXTRA:
        place += 2 + int.from_bytes(data[place : place + 2], "little")
    for flag in (_NAME, _COMMENT):
        if flags & flag:
            end = data.find(b"\0", place)
            if end < 0:
                return None
            place = end + 1
    place += 2 if flags & _CHECKSUM else 0
    return place if place < len(data) else None


def _before_pixels(data: bytes) -> bytes | None:
    """A DICOM file up to its Pixel Data (PS3.5 section 8)."""
    from curation.dicom import reader, writer

    try:
        file = reader.parse(data, cut=True)
    except reader.Damaged as error:
        raise ValueError(str(error)) from error
    described = [one for one in file.elements if one.tag < reader.PIXELS_BEGIN]
    if len(described) == len(file.elements):
        return None
    if file.transfer_syntax == reader.DEFLATED:
        out = io.BytesIO()
        file.elements = described
        writer.write(file, out)
        return file.preamble + out.getvalue()[len(file.preamble) :]
    order = ">HH" if file.transfer_syntax == reader.BIG_ENDIAN else "<HH"
    tag = struct.pack(order, 0x7FE0, file.elements[len(described)].tag & 0xFFFF)
    place = data.find(tag)
    while place >= 0:  # an icon has Pixel Data too, and a value may hold any bytes
        before = data[:place]
        if _reads(before) == (len(described), file.problems):
            return before
        place = data.find(tag, place + 1)
    return None


def _reads(data: bytes) -> tuple[int, list[str]] | None:
    """How many elements these bytes have, and what is wrong with them; None if they are no file."""
    from curation.dicom import reader

    try:
        file = reader.parse(data, cut=True)
    except reader.Damaged:
        return None
    return (len(file.elements), file.problems) if file.whole else None
