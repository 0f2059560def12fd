"""The parts that PNG, JPEG and GIF files are made of, and the files without those that talk."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from curation.formats import Unsafe

_PNG = b"\x89PNG\r\n\x1a\n"
_PNG_NEEDED = frozenset(
    b"IHDR PLTE IDAT IEND tRNS gAMA cHRM sRGB sBIT pHYs bKGD cICP acTL fcTL fdAT".split()
)
_ALONE = frozenset({0x01, *range(0xD0, 0xD8)})
_SOI, _EOI, _SOS, _COM = 0xD8, 0xD9, 0xDA, 0xFE
_APP0, _APP1, _APP2, _APP14 = 0xE0, 0xE1, 0xE2, 0xEE


@dataclass(frozen=True, slots=True)
class Part:
    """One chunk, segment or block: what it is called, what it holds, and all its bytes."""

    name: bytes
    body: bytes = field(repr=False)
    whole: bytes = field(repr=False)


def png(data: bytes) -> Iterator[Part]:
    """The chunks of a PNG, and as b"" what follows the last. Raises Unsafe if one is cut short."""
    place = len(_PNG)
    while place + 12 <= len(data):
        (length,) = struct.unpack_from(">I", data, place)
        name, end = data[place + 4 : place + 8], place + 12 + length
        if end > len(data):
            break
        yield Part(name, data[place + 8 : end - 4], data[place:end])
        place = end
        if name == b"IEND":
            if place < len(data):
                yield Part(b"", data[place:], data[place:])
            return
    raise Unsafe("a PNG that is cut short")


def stripped_png(data: bytes, icc: bool) -> bytes:
    """A PNG with the same pixels that says nothing else; its colour profile only if `icc`."""
    kept = (p.whole for p in png(data) if p.name in _PNG_NEEDED or (icc and p.name == b"iCCP"))
    return b"".join([_PNG, *kept])


def jpeg(data: bytes) -> Iterator[Part]:
    """The segments of a JPEG by the byte of their marker, coded data with its Start of Scan.

    What follows the end of the image is b"". Raises Unsafe for what is no JPEG or cut short.
    """
    place = 2
    yield Part(b"\xd8", b"", data[:2])
    while place + 2 <= len(data):
        if data[place] != 0xFF:
            raise Unsafe("a JPEG with bytes between its segments")
        marker = data[place + 1]
        if marker == 0xFF:
            place += 1
            continue
        if marker == _EOI:
            yield Part(b"\xd9", b"", data[place : place + 2])
            if place + 2 < len(data):
                yield Part(b"", data[place + 2 :], data[place + 2 :])
            return
        if marker in _ALONE:
            yield Part(bytes([marker]), b"", data[place : place + 2])
            place += 2
            continue
        if place + 4 > len(data):
            break
        (length,) = struct.unpack_from(">H", data, place + 2)
        end = place + 2 + length
        if length < 2 or end > len(data):
            break
        body = data[place + 4 : end]
        if marker == _SOS:
            end = _after_scan(data, end)
        yield Part(bytes([marker]), body, data[place:end])
        place = end
    raise Unsafe("a JPEG that is cut short")


def _after_scan(data: bytes, place: int) -> int:
    """Where the coded data ends: at the first marker that is not one of its own."""
    while True:
        place = data.find(b"\xff", place)
        if place < 0 or place + 1 >= len(data):
            raise Unsafe("a JPEG that is cut short")
        if data[place + 1] == 0 or 0xD0 <= data[place + 1] <= 0xD7:
            place += 2
        elif data[place + 1] == 0xFF:
            place += 1
        else:
            return place


def stripped_jpeg(data: bytes, icc: bool, orientation: int) -> bytes:
    """A JPEG with the same coded pixels that says nothing but how to show them."""
    out = [b"\xff\xd8"]
    parts = list(jpeg(data))
    if any(p.name[:1] == bytes([_APP0]) and p.body[:5] == b"JFIF\0" for p in parts):
        head = next(p for p in parts if p.name == bytes([_APP0]) and p.body[:5] == b"JFIF\0")
        out.append(b"\xff\xe0\x00\x10" + head.body[:12].ljust(12, b"\0") + b"\0\0")
    if orientation != 1:
        tiff = struct.pack("<2sHIHHHIHHI", b"II", 42, 8, 1, 0x0112, 3, 1, orientation, 0, 0)
        exif = b"Exif\0\0" + tiff
        out.append(b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif)
    for part in parts[1:]:
        marker = part.name[0] if part.name else 0
        application = _APP0 <= marker <= 0xEF or marker == _COM
        wanted = (marker == _APP14 and part.body[:5] == b"Adobe") or (
            icc and marker == _APP2 and part.body[:12] == b"ICC_PROFILE\0"
        )
        if marker and (wanted or not application):
            out.append(part.whole)
    return b"".join(out)


def gif(data: bytes) -> Iterator[Part]:
    """The blocks of a GIF: b"GIF" its head, b"\\x2c" an image, extensions by their label.

    What follows the trailer is b"". Raises Unsafe if it is cut short.
    """
    try:
        colours = data[10]
        place = 13 + (3 << (colours & 7) + 1 if colours & 0x80 else 0)
        yield Part(b"GIF", data[:13], data[:place])
        while True:
            start, kind = place, data[place]
            if kind == 0x3B:
                yield Part(b"\x3b", b"", data[place : place + 1])
                if place + 1 < len(data):
                    yield Part(b"", data[place + 1 :], data[place + 1 :])
                return
            if kind == 0x21:
                label, place = data[place + 1 : place + 2], place + 2
            elif kind == 0x2C:
                label, local = b"\x2c", data[place + 9]
                place += 11 + (3 << (local & 7) + 1 if local & 0x80 else 0)
            else:
                raise Unsafe("a GIF with a block that is not known")
            pieces = []
            while (length := data[place]) != 0:
                pieces.append(data[place + 1 : place + 1 + length])
                place += 1 + length
            place += 1
            yield Part(label, b"".join(pieces), data[start:place])
    except IndexError:
        raise Unsafe("a GIF that is cut short") from None


def stripped_gif(data: bytes) -> bytes:
    """A GIF with the same images and timing, without comments and other applications' words."""
    loops = (b"NETSCAPE2.0", b"ANIMEXTS1.0")
    return b"".join(
        part.whole
        for part in gif(data)
        if part.name in (b"GIF", b"\x2c", b"\xf9", b"\x3b")
        or (part.name == b"\xff" and part.body[:11] in loops)
    )
