"""Writing trees of elements as DICOM Part 10 files, in the transfer syntax they were read in."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterable
from typing import BinaryIO

from curation.dicom.element import LONG, Element
from curation.dicom.reader import BIG_ENDIAN, DEFLATED, EXPLICIT, IMPLICIT, Part10

Chunk = bytes | memoryview

_ITEM_END = (0xFFFE, 0xE00D)
_SEQUENCE_END = (0xFFFE, 0xE0DD)
_UNDEFINED = 0xFFFFFFFF


def write(file: Part10, to: BinaryIO) -> None:
    """Write a file: an empty preamble, its meta information, its data set; nothing after it.

    Values are written as they are, so large ones (pixel data) are copied once, from the source.
    Raises ValueError if a value does not fit the length that its VR has.
    """
    meta = _elements([e for e in file.meta if e.tag != 0x00020000], True, True)
    length = struct.pack("<HH2sHI", 2, 0, b"UL", 4, sum(map(len, meta)))
    to.write(b"\0" * 128 + b"DICM" + length)
    to.writelines(meta)
    body = _elements(
        file.elements, file.transfer_syntax != IMPLICIT, file.transfer_syntax != BIG_ENDIAN
    )
    if file.transfer_syntax == DEFLATED:
        deflater = zlib.compressobj(wbits=-zlib.MAX_WBITS)
        body = [deflater.compress(b"".join(body)), deflater.flush()]
        if sum(map(len, body)) % 2:
            body.append(b"\0")
    to.writelines(body)


def encode(elements: Iterable[Element], transfer_syntax: str = EXPLICIT) -> bytes:
    """A data set without file meta information."""
    return b"".join(_elements(elements, transfer_syntax != IMPLICIT, transfer_syntax != BIG_ENDIAN))


def _elements(elements: Iterable[Element], explicit: bool, little: bool) -> list[Chunk]:
    order = "<" if little else ">"
    brief = struct.Struct(order + "HH2sH").pack
    wide = struct.Struct(order + "HH2sHI").pack
    bare = struct.Struct(order + "HHI").pack
    out: list[Chunk] = []
    for element in elements:
        tag, vr = element.tag, element.vr
        group, number = tag >> 16, tag & 0xFFFF
        if element.items is not None:
            body = _items(element.items, element.undefined, explicit, little, bare)
            length = _UNDEFINED if element.undefined else sum(map(len, body))
            out.append(
                wide(group, number, b"SQ", 0, length) if explicit else bare(group, number, length)
            )
            out += body
            if element.undefined:
                out.append(bare(*_SEQUENCE_END, 0))
        elif element.fragments is not None:
            out.append(
                wide(group, number, vr, 0, _UNDEFINED)
                if explicit
                else bare(group, number, _UNDEFINED)
            )
            for fragment in element.fragments:
                out += (bare(0xFFFE, 0xE000, len(fragment)), fragment)
            out.append(bare(*_SEQUENCE_END, 0))
        else:
            value = element.value
            length = len(value)
            if not explicit:
                out.append(bare(group, number, length))
            elif vr in LONG:
                out.append(wide(group, number, vr, 0, length))
            elif length > 0xFFFF:
                raise ValueError(f"{tag:08X} is too long for its VR")
            else:
                out.append(brief(group, number, vr, length))
            out.append(value)
    return out


def _items(
    items: list[list[Element]],
    undefined: bool,
    explicit: bool,
    little: bool,
    bare: Callable[..., bytes],
) -> list[Chunk]:
    out: list[Chunk] = []
    for item in items:
        body = _elements(item, explicit, little)
        length = _UNDEFINED if undefined else sum(map(len, body))
        out.append(bare(0xFFFE, 0xE000, length))
        out += body
        if undefined:
            out.append(bare(*_ITEM_END, 0))
    return out
