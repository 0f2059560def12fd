"""What the metadata of a picture says, entry by entry."""

from __future__ import annotations

import csv
import dataclasses
import re
import struct
import zlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from curation.formats import Unsafe
from curation.formats.fields import UNKNOWN, Field, field_of
from curation.phi import Kind
from curation.pixels.decoding import reasons
from curation.pixels.segments import gif, jpeg, png

if TYPE_CHECKING:
    from PIL.Image import Exif

_LONGEST = 1 << 20
_STRINGS = re.compile(rb"[\x20-\x7e]{6,400}")
_MANY = 2000
_DAY = re.compile(r"^(\d{4}):(\d\d):(\d\d)(?= |T|$)")
_OWN = frozenset("person patient record identifier birth".split())
_OFFSETS = frozenset({0x8769, 0x8825, 0xA005, 0x014A})
_IFDS = {"EXIF": 0x8769, "GPS": 0x8825, "interoperability": 0xA005, "thumbnail": 1}


@dataclasses.dataclass(frozen=True, slots=True)
class Said:
    """One entry. `exact` is false for text that was picked out of bytes of unknown meaning."""

    where: str
    field: Field
    text: str = dataclasses.field(repr=False)
    exact: bool = True


@cache
def _fields() -> dict[str, Field]:
    with Path(__file__).with_name("picture_fields.csv").open(encoding="utf-8") as file:
        rows = csv.DictReader(line for line in file if not line.startswith("#"))
        return {
            row["name"].casefold(): Field(row["role"], Kind(row["kind"]) if row["kind"] else None)
            for row in rows
        }


def _field(*names: str) -> Field:
    """What an entry holds, by its name or, if that says nothing, those of what it stands in."""
    for name in names:
        if (known := _fields().get(name.casefold())) is not None:
            return known
        if (known := field_of(name)).role in _OWN:
            return known
    return UNKNOWN


def _entry(place: str, name: str, value: Any) -> Iterator[Said]:
    """An entry that is text, or bytes that may be; numbers say nothing."""
    if isinstance(value, tuple):
        for part in value[:_MANY]:
            yield from _entry(place, name, part)
    elif isinstance(value, bytes):
        if name.startswith("XP"):
            yield Said(place, _field(name), value.decode("utf-16-le", "replace").strip("\0 "))
        elif name == "UserComment":
            code = "utf-16" if value[:7] == b"UNICODE" else "utf-8"
            yield Said(place, _field(name), value[8:].decode(code, "replace").strip("\0 "))
        else:
            yield from picked(place, value)
    elif isinstance(value, str) and value.strip("\0 "):
        yield Said(place, _field(name), _DAY.sub(r"\1-\2-\3", value.strip("\0 ")[:_LONGEST]))


def position() -> Said:
    """That a picture says where it was taken; the words of the place are not needed."""
    return Said("EXIF.GPS", Field("identifier", Kind.ADDRESS), "a position")


def picked(place: str, data: bytes) -> Iterator[Said]:
    """Texts among bytes of unknown meaning."""
    for number, found in enumerate(_STRINGS.finditer(data)):
        if number >= _MANY:
            return
        yield Said(place, UNKNOWN, found[0].decode("ascii"), exact=False)


def of_png(data: bytes) -> Iterator[Said]:
    """Text chunks, Exif, the names of colour profiles, and what follows the end."""
    for part in png(data):
        name = part.name
        if name in (b"tEXt", b"zTXt", b"iTXt"):
            keyword, _, rest = part.body.partition(b"\0")
            key = keyword.decode("latin-1")
            if name == b"tEXt":
                text = rest.decode("latin-1")
            elif name == b"zTXt":
                text = _inflated(rest[1:]).decode("latin-1")
            else:
                _, _, words = rest[2:].partition(b"\0")[2].partition(b"\0")
                raw = _inflated(words) if rest[:1] == b"\1" else words
                text = raw.decode("utf-8", "replace")
            if key == "XML:com.adobe.xmp":
                yield from of_xmp(text.encode())
            elif key.startswith("Raw profile type"):
                yield from picked(f"PNG.{key}", _unhexed(text))
            else:
                yield from _entry(f"PNG.{key[:79]}", key, text)
        elif name == b"eXIf":
            yield from of_exif(part.body)
        elif name == b"iCCP":
            yield from picked("ICC", _inflated(part.body.partition(b"\0")[2][1:]))
        elif name == b"":
            yield from picked("padding", part.body)
        elif name[:1].islower() and name not in (b"tRNS", b"pHYs"):
            yield from picked(f"PNG.{name.decode('latin-1')}", part.body)


def of_jpeg(data: bytes) -> Iterator[Said]:
    """Comments, Exif, XMP, IPTC, colour profiles, other applications, and what follows the end."""
    for part in jpeg(data):
        marker, body = (part.name[0] if part.name else 0), part.body
        if marker == 0xFE:
            yield from _entry("JPEG.comment", "comment", body.decode("utf-8", "replace"))
        elif marker == 0xE1 and body[:6] == b"Exif\0\0":
            yield from of_exif(body[6:])
        elif marker == 0xE1 and body.startswith(b"http://ns.adobe.com/xap/1.0/\0"):
            yield from of_xmp(body[29:])
        elif marker == 0xED and body.startswith(b"Photoshop 3.0\0"):
            yield from of_photoshop(body[14:])
        elif 0xE0 <= marker <= 0xEF and marker != 0xEE:
            place = "ICC" if body.startswith(b"ICC_PROFILE") else f"JPEG.APP{marker - 0xE0}"
            yield from picked(place, body)
        elif not marker:
            yield from picked("padding", body)


def of_gif(data: bytes) -> Iterator[Said]:
    """Comments, texts to be shown, applications' words, and what follows the end."""
    places = {
        b"\xfe": "GIF.comment",
        b"\x01": "GIF.text",
        b"\xff": "GIF.application",
        b"": "padding",
    }
    for part in gif(data):
        if part.name in (b"\xfe", b"\x01"):
            yield from _entry(places[part.name], "comment", part.body.decode("utf-8", "replace"))
        elif part.body[:11] == b"XMP DataXMP":
            yield from picked("XMP", part.whole)
        elif part.name in places:
            yield from picked(places[part.name], part.body)


def of_tags(tags: Any, place: str) -> Iterator[Said]:
    """Entries of an image file directory of TIFF or Exif."""
    from PIL.ExifTags import GPSTAGS, TAGS

    names = GPSTAGS if place == "GPS" else TAGS
    for tag, value in list(tags.items())[:_MANY]:
        name = names.get(tag, f"{tag:04X}")
        if tag == 0x02BC:
            packet = value if isinstance(value, bytes) else str(value).encode()
            yield from of_xmp(packet)
        elif tag == 0x8649 and isinstance(value, bytes):
            yield from of_photoshop(value)
        elif tag == 0x83BB and isinstance(value, bytes):
            yield from of_iptc(value)
        elif tag not in _OFFSETS:
            yield from _entry(f"{place}.{name}", name, value)


def of_exif(data: bytes) -> Iterator[Said]:
    """Exif, its sub-directories, where it was taken, and the directory of a thumbnail."""
    from PIL.Image import Exif

    exif = Exif()
    with reasons("the Exif metadata cannot be read"):
        exif.load(b"Exif\0\0" + data)
        directories = [("EXIF", dict(exif)), *_below(exif)]
    for place, tags in directories:
        if place == "GPS" and any(tags.get(t) for t in (2, 4, 29)):
            yield position()
        yield from of_tags(tags, place)


def _below(exif: Exif) -> Iterator[tuple[str, dict[int, Any]]]:
    for place, tag in _IFDS.items():
        if tags := dict(exif.get_ifd(tag)):
            yield place if place == "GPS" else "EXIF", tags


def of_xmp(packet: bytes) -> Iterator[Said]:
    """Elements and attributes of an XMP packet; one that is no XML is searched for text."""
    from curation.formats.xml_files import parsed_bytes, values

    try:
        root = parsed_bytes(packet.strip(b"\0 \r\n\t"))
    except Unsafe:
        yield from picked("XMP", packet)
        return
    for place, _, text in values(root):
        parts = [re.sub(r"^@|\[\d+\]$", "", part) for part in place.split(".")]
        names = [
            part for part in reversed(parts) if part not in ("li", "Seq", "Alt", "Bag", "lang")
        ]
        if parts[-1] in ("about", "lang", "InstanceID", "DocumentID", "OriginalDocumentID"):
            continue
        if names and not text.startswith(("http://ns.", "http://www.w3.org/", "http://purl.org/")):
            yield Said(f"XMP.{names[0]}", _field(*names[:2]), _DAY.sub(r"\1-\2-\3", text))


def of_photoshop(data: bytes) -> Iterator[Said]:
    """The image resources of Photoshop: IPTC entries, and text among anything else."""
    place = 0
    while data[place : place + 4] == b"8BIM" and place + 12 <= len(data):
        (kind,) = struct.unpack_from(">H", data, place + 4)
        start = place + 6 + (data[place + 6] + 2 & ~1)
        if start + 4 > len(data):
            return
        (length,) = struct.unpack_from(">I", data, start)
        body = data[start + 4 : start + 4 + length]
        yield from of_iptc(body) if kind == 0x0404 else picked("Photoshop", body)
        place = start + 4 + length + length % 2


def of_iptc(data: bytes) -> Iterator[Said]:
    """The data sets of IPTC's record 2, as record:dataset."""
    place = 0
    while place + 5 <= len(data) and data[place] == 0x1C:
        record, number, length = struct.unpack_from(">BBH", data, place + 1)
        if length & 0x8000:
            yield from picked("IPTC", data[place:])
            return
        text = data[place + 5 : place + 5 + length].decode("utf-8", "replace")
        if record == 2 and number:
            yield from _entry(f"IPTC.{record}:{number}", f"{record}:{number}", text)
        place += 5 + length


def _inflated(data: bytes) -> bytes:
    """Inflated up to 1 MiB. Raises Unsafe for what cannot be inflated, or is larger."""
    inflater = zlib.decompressobj()
    try:
        result = inflater.decompress(data, _LONGEST)
    except zlib.error:
        raise Unsafe("text in a PNG that cannot be inflated") from None
    if inflater.unconsumed_tail:
        raise Unsafe("text in a PNG of more than 1 MiB")
    return result


def _unhexed(text: str) -> bytes:
    digits = "".join(text.split()[2:]) if len(text.split()) > 2 else ""
    try:
        return bytes.fromhex(digits)
    except ValueError:
        return text.encode("utf-8", "replace")
