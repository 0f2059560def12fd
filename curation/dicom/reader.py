"""Reading DICOM Part 10 files whole, every nested element of them, without decoding values."""

from __future__ import annotations

import mmap
import struct
import zlib
from dataclasses import dataclass, field
from pathlib import Path

from curation.dicom.element import LONG, SHORT, Element, dictionary_vr

IMPLICIT = "1.2.840.10008.1.2"
EXPLICIT = "1.2.840.10008.1.2.1"
DEFLATED = "1.2.840.10008.1.2.1.99"
BIG_ENDIAN = "1.2.840.10008.1.2.2"

DEEPEST = 64
"""Levels of nesting that are followed: real objects have fewer than ten."""

PIXELS_BEGIN = 0x7FE00008
"""The lowest tag of pixel data: what is no element after it follows the data set."""

_UNDEFINED = 0xFFFFFFFF
_ITEM = 0xFFFEE000
_ITEM_END = 0xFFFEE00D
_SEQUENCE_END = 0xFFFEE0DD
_MAPPED = 4 << 20
_APPENDED = 4096
_VIEWED = 64 << 10
_INFLATED = 32 << 20
_RATIO = 64


class Damaged(Exception):  # noqa: N818 - a verdict on a file, not a mistake
    """The bytes are not what the standard has; the message says what and at which byte."""


@dataclass
class Part10:
    """A file: preamble, file meta information, data set, and what follows the data set.

    `problems` are in words without values; what could be read before the first one stands.
    `whole` is false if the bytes ended before the data set did.
    """

    preamble: bytes = field(repr=False)
    meta: list[Element]
    elements: list[Element]
    transfer_syntax: str
    trailing: bytes = field(default=b"", repr=False)
    problems: list[str] = field(default_factory=list)
    whole: bool = True


def looks_dicom(head: bytes) -> bool:
    """Whether bytes begin as a DICOM file does: with DICM, or a plausible first element."""
    if head[128:132] == b"DICM":
        return True
    if len(head) < 8:
        return False
    for order in "<>":
        group, element, vr = struct.unpack_from(order + "HH2s", head)
        if 0 < group <= 0x20 and not group & 1 and (vr in SHORT or vr in LONG):
            return True
    group, element, length = struct.unpack_from("<HHI", head)
    return bool(group == 0x0008 and element < 0x1000 and length < 256)


def read(path: Path) -> Part10:
    """Read a file. Raises Damaged if nothing of it is DICOM, OSError if it cannot be read."""
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(0)
        if size <= _MAPPED:
            return parse(file.read())
        return parse(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))


def parse(data: bytes | mmap.mmap, *, cut: bool = False) -> Part10:
    """Read a file's bytes; with `cut` they may end anywhere after the header (`whole` says).

    Raises Damaged if nothing of it is DICOM.
    """
    if not len(data):
        raise Damaged("the file is empty")
    reader = _Reader(data, cut)
    if data[128:132] == b"DICM":
        preamble, start = data[:128], 132
    elif looks_dicom(data[:132]):
        preamble, start = b"", 0
    else:
        raise Damaged("the file does not begin as DICOM does")
    meta, start = reader.meta(start)
    syntax = _transfer_syntax(meta)
    if not syntax:
        syntax = _guess(data, start)
        if preamble:
            reader.problems.append("the file meta information names no Transfer Syntax")
    file = Part10(preamble, meta, [], syntax, problems=reader.problems)
    if syntax == DEFLATED:
        reader = _Reader(_inflate(data, start, reader.problems, cut), cut, reader.problems)
        start = 0
    explicit, reader.little = _encoding(reader.data, start, syntax)
    file.elements, end = reader.dataset(start, len(reader.data), explicit, 0)
    file.trailing = bytes(reader.data[end:])
    if not reader.problems and _is_no_end(file):
        file.problems.append(f"the data set ends at byte {end}, long before the file does")
    file.whole = not reader.short
    return file


def _is_no_end(file: Part10) -> bool:
    """Whether more follows the data set than was ever appended to one: it was misread."""
    tags = {element.tag for element in file.elements[-1:]}
    if any(tag >= PIXELS_BEGIN for tag in tags):
        return False
    named = any(element.tag == 0x00080018 for element in file.elements)
    return len(file.trailing) > (_APPENDED if named else 0)


def _transfer_syntax(meta: list[Element]) -> str:
    for element in meta:
        if element.tag == 0x00020010:
            return bytes(element.value).decode("latin-1").strip(" \0")
    return ""


def _encoding(data: bytes | mmap.mmap, start: int, syntax: str) -> tuple[bool, bool]:
    """Whether VRs are explicit and the order is little: as stated, unless plainly otherwise."""
    guess = _guess(data, start)
    if syntax == IMPLICIT or guess == IMPLICIT:
        return guess != IMPLICIT, True
    return True, syntax != BIG_ENDIAN


def _guess(data: bytes | mmap.mmap, start: int) -> str:
    """The transfer syntax of a data set that does not say: as its first element reads."""
    head = data[start : start + 8]
    if len(head) == 8 and (head[4:6] in SHORT or head[4:6] in LONG):
        return BIG_ENDIAN if head[0] == 0 and head[1] else EXPLICIT
    return IMPLICIT


def _inflate(data: bytes | mmap.mmap, start: int, problems: list[str], cut: bool) -> bytes:
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    most = max(_INFLATED, _RATIO * (len(data) - start))
    try:
        plain = inflater.decompress(bytes(data[start:]), most)
    except zlib.error:
        raise Damaged("the deflated data set cannot be inflated") from None
    if inflater.unconsumed_tail:
        raise Damaged(f"the deflated data set inflates to more than {_RATIO} times its length")
    if not inflater.eof and not cut:
        problems.append("the deflated data set ends early")
    return plain


class _Reader:
    def __init__(
        self, data: bytes | mmap.mmap, cut: bool = False, problems: list[str] | None = None
    ) -> None:
        self.data = data
        self.view = memoryview(data)
        self.little = True
        self.cut = cut
        self.short = False
        self.problems = [] if problems is None else problems

    def meta(self, pos: int) -> tuple[list[Element], int]:
        """Group 0002, always explicit little endian (PS3.10 section 7.1)."""
        elements: list[Element] = []
        data, end = self.data, len(self.data)
        while pos + 8 <= end and data[pos : pos + 2] == b"\x02\x00":
            read, after = self._some(pos, end, True, 0, 1)
            elements += read
            if self.problems or after == pos:  # it goes on as no element does, or is cut
                break
            pos = after
        return elements, pos

    def dataset(self, pos: int, end: int, explicit: bool, depth: int) -> tuple[list[Element], int]:
        """The elements from `pos` to `end`, or to what ends an item; and where that was."""
        return self._some(pos, end, explicit, depth, 0)

    def _some(
        self, pos: int, end: int, explicit: bool, depth: int, most: int
    ) -> tuple[list[Element], int]:
        data, view = self.data, self.view
        head = (_EXPLICIT if self.little else _EXPLICIT_BIG).unpack_from
        word = (_WORD if self.little else _WORD_BIG).unpack_from
        elements: list[Element] = []
        append = elements.append
        last = -1
        while pos + 8 <= end:
            group, number, vr, length = head(data, pos)
            tag = group << 16 | number
            if group == 0xFFFE:
                if tag == _ITEM_END:
                    return elements, pos + 8
                self._problem("an item or delimiter stands where an element should", pos)
                return elements, pos
            if tag <= last:
                if depth == 0 and (last >= PIXELS_BEGIN or not _exists(tag)):
                    return elements, pos
                if any(element.tag == tag for element in elements):
                    self._problem("an element stands twice", pos)
            here = pos
            if not explicit:
                (length,) = word(data, pos + 4)
                vr = dictionary_vr(tag)
                pos += 8
            elif vr in SHORT:
                pos += 8
            elif vr in LONG:
                if pos + 12 > end:
                    self._early(pos)
                    return elements, pos
                (length,) = word(data, pos + 8)
                pos += 12
            else:
                if depth == 0 and (last >= PIXELS_BEGIN or not _exists(tag)):
                    return elements, pos
                self._problem("an element has a VR that does not exist", pos)
                return elements, pos
            if vr == b"SQ" or (length == _UNDEFINED and (vr == b"UN" or not explicit)):
                if tag >> 16 == 0x7FE0 and vr != b"SQ":
                    read, pos = self._fragments(tag, b"OB", pos, end)  # PS3.5 section A.4
                else:
                    read, pos = self._sequence(tag, vr, pos, length, end, explicit, depth)
                append(read)
                last = tag
            elif length == _UNDEFINED:
                if tag >> 16 != 0x7FE0:
                    self._problem("an element that is no sequence has no length", here)
                read, pos = self._fragments(tag, vr, pos, end)
                append(read)
                last = tag
            else:
                stop = pos + length
                if stop > end:
                    if depth == 0 and (last >= PIXELS_BEGIN or not _exists(tag)):
                        return elements, here
                    self._early(here)
                    append(Element(tag, vr, view[pos:end]))
                    return elements, end
                append(Element(tag, vr, data[pos:stop] if length < _VIEWED else view[pos:stop]))
                pos = stop
                last = tag
            if most and len(elements) >= most:
                break
        if pos < end and (depth or (not most and _cut(data[pos : pos + 8], last))):
            self._early(pos)
        return elements, pos

    def _sequence(
        self, tag: int, vr: bytes, pos: int, length: int, end: int, explicit: bool, depth: int
    ) -> tuple[Element, int]:
        """Items of a sequence; a UN of undefined length is implicit inside (PS3.5 6.2.2)."""
        if depth >= DEEPEST:
            raise Damaged(f"sequences are nested deeper than {DEEPEST}, at byte {pos}")
        undefined = length == _UNDEFINED
        inner = explicit and vr != b"UN"
        stop = end if undefined else pos + length
        items: list[list[Element]] = []
        element = Element(tag, b"SQ", items=items, undefined=undefined)
        if stop > end:
            self._early(pos)
            stop = end
        head = (_ITEM_HEAD if self.little else _ITEM_HEAD_BIG).unpack_from
        while pos + 8 <= stop:
            group, number, size = head(self.data, pos)
            mark = group << 16 | number
            pos += 8
            if mark == _SEQUENCE_END:
                return element, pos
            if mark != _ITEM:
                self._problem("a sequence holds what is not an item", pos - 8)
                return element, stop if not undefined else end
            if size == _UNDEFINED:
                item, pos = self.dataset(pos, stop, inner, depth + 1)
            else:
                if pos + size > stop:
                    self._early(pos)
                    size = stop - pos
                item, ended = self.dataset(pos, pos + size, inner, depth + 1)
                if ended < pos + size:
                    self._problem("an item is longer than its elements", ended)
                pos += size
            items.append(item)
        if undefined:
            self._early(pos)
        return element, pos

    def _fragments(self, tag: int, vr: bytes, pos: int, end: int) -> tuple[Element, int]:
        head = (_ITEM_HEAD if self.little else _ITEM_HEAD_BIG).unpack_from
        fragments: list[bytes | memoryview] = []
        element = Element(tag, vr, fragments=fragments, undefined=True)
        while pos + 8 <= end:
            group, number, size = head(self.data, pos)
            mark = group << 16 | number
            pos += 8
            if mark == _SEQUENCE_END:
                return element, pos
            if mark != _ITEM:
                self._problem("encapsulated data holds what is not an item", pos - 8)
                return element, end
            if pos + size > end:
                break
            fragments.append(self.view[pos : pos + size])
            pos += size
        self._early(pos)
        return element, end

    def _problem(self, what: str, pos: int) -> None:
        self.problems.append(f"{what}, at byte {pos}")

    def _early(self, pos: int) -> None:
        self.short = True
        if not self.cut:
            self._problem("the file ends inside an element", pos)


_EXPLICIT = struct.Struct("<HH2sH")
_EXPLICIT_BIG = struct.Struct(">HH2sH")
_ITEM_HEAD = struct.Struct("<HHI")
_ITEM_HEAD_BIG = struct.Struct(">HHI")
_WORD = struct.Struct("<I")
_WORD_BIG = struct.Struct(">I")


def _exists(tag: int) -> bool:
    """Whether an attribute may have this tag: else what stands there follows the data set."""
    group = tag >> 16
    if group & 1:
        return group > 8 and tag & 0xFFFF >= 0x10
    if group < 4:
        return False
    return dictionary_vr(tag) != b"UN"


def _cut(rest: bytes, last: int) -> bool:
    """Whether what is left at the end of a data set is the beginning of one more element."""
    return len(rest) < 8 and last < PIXELS_BEGIN and any(rest)


def sequence(data: bytes, explicit: bool, little: bool = True) -> list[list[Element]] | None:
    """The items that bytes hold from the first to the last, or None if they are no sequence."""
    reader = _Reader(data)
    reader.little = little
    try:
        element, end = reader._sequence(0, b"SQ", 0, len(data), len(data), explicit, 1)
    except Damaged:
        return None
    if reader.problems or end != len(data):
        return None
    return element.items
