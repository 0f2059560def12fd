"""What may identify a person in a DICOM file: judged element by element, and beside them."""

from __future__ import annotations

import re

from curation.dicom.clues import is_clean, is_code, is_product, names_archive, senders
from curation.dicom.element import (
    BYTES,
    ENCODED,
    NUMBERS,
    TRAILING_PADDING,
    Element,
    first,
    honest_vr,
    plain,
)
from curation.dicom.faces import piece_of
from curation.dicom.frames import amiss
from curation.dicom.identity import KINDS, patient_of
from curation.dicom.meaning import meanings
from curation.dicom.pixels import look_at
from curation.dicom.reader import DEEPEST, PIXELS_BEGIN, Damaged, Part10
from curation.dicom.text import decode, encodings, readable
from curation.dicom.unknown import nested
from curation.formats.file import File
from curation.formats.look import Look
from curation.phi.span import Kind, Style
from curation.phi.unusual import unusual
from schemas.finding import Severity

_TABLE = "PS3.15 Table E.1-1"
_FORMED = frozenset((b"DA", b"TM", b"DT", b"IS", b"DS", b"AS", b"UI"))
_WELL_FORMED = re.compile(rb"[0-9.:+\-\\eEDWMY \0]*").fullmatch
_REMEMBERED = 256
_PROSE = frozenset((b"LT", b"ST", b"UT", b"UC"))
_NUMBERED = re.compile(
    r"(?i)(?:site|institution|hospital|cent(?:er|re)|clinic|department|dept|inst|hosp|place)?"
    r"[ _-]?(?:[a-z]|[0-9]{1,6})?"
)
"""What stands for a place of care in trials: its number or letter."""

_A_NAME = 5
"""Letters of a word that no list has, from which on it may name a place."""

_SAYS = {
    "address": "An address is there; remove it",
    "birth": "A date of birth is there; remove it",
    "device": "What names a station is there; remove it, or keep it by the Retain Device option",
    "id": "An identifier that is no pseudonym is there; replace it",
    "institution": "A place of care is named; remove it, or keep it by the Retain Institution"
    " Identity option",
    "person": "A person is named; remove it",
    "private": "What says who somebody is was left; remove it",
    "serial": "A serial number is there; remove it, or keep it by the Retain Device option",
    "telephone": "A telephone number or the like is there; remove it",
}
_SURE = frozenset(("address", "birth", "id", "person", "telephone", "institution"))

# Method codes that say a steward meant to keep these (PS3.16 CID 7050).
_KEPT_BY = {
    "113109": frozenset(("device", "serial")),
    "113112": frozenset(("institution",)),
}
_PDF = "1.2.840.10008.5.1.4.1.1.104.1"

FILE_ID = 0x00041500
_OF_MAKERS = frozenset((0x00080070, 0x00081090, 0x00181020, 0x00081150, 0x00180010))
"""Names and versions of products, and of contrast agents, even where the table lists them."""
_NUMBER = re.compile(
    r"(?<![\w.+,-])(?!000|(?:19|20)\d\d(?:0[1-9]|1[0-2])[0-3]\d(?!\d))(?:\d{7,8}|\d{10,11}"
    r"|\d{3}-\d\d-\d{4})(?![\w]|[.,-]\d)"
)
"""A record number, and no day (of a version)."""
_CODE_VALUES = frozenset((0x00080100, 0x00080103, 0x00080119))

CONTENT = 0x0040A730
SUBJECT = {"121030": "id", "121031": "birth", "121016": "serial"}
"""Concepts of content items that identify (PS3.16 TID 1004, 1007): ID, birth, serial number."""


def inspect(file: Part10, at: File, look: Look) -> None:
    """Report every finding of one file; what its own identity attributes say is remembered."""
    elements = file.elements
    look.patient = patient_of(elements)
    inspector = _Inspector(file, look)
    for problem in file.problems:
        look.found(
            "damaged", Severity.WARNING, None, "PS3.10", f"{problem}; restore or remove the file"
        )
    if wrong := amiss(file):
        look.found("damaged", Severity.WARNING, "7FE00010", "PS3.5 annex A", f"{wrong}; restore it")
    inspector.beside(file)
    inspector.walk(elements, "")
    inspector.declared(elements)
    if look.faces and "!/" not in at.name:
        piece = piece_of(file, at)
        if piece is not None:
            look.pieces.append(piece)
    look_at(file, at, look)


class _Inspector:
    def __init__(self, file: Part10, look: Look) -> None:
        elements = file.elements
        self.look = look
        self.meanings = meanings()
        self.charset = encodings(plain(elements, 0x00080005).encode("latin-1"))
        self.sop_class = plain(elements, 0x00080016)
        self.kept: frozenset[str] = frozenset().union(
            *(kept for code, kept in _KEPT_BY.items() if code in _method_codes(elements))
        )
        self.removed = plain(elements, 0x00120062) == "YES"

    def walk(self, elements: list[Element], at: str) -> None:
        """Judge a data set whose tags stand below the path `at`."""
        known = self.meanings
        harmless = self.look.harmless
        charset = self.charset
        for element in elements:
            tag, vr = element.tag, element.vr
            if element.items is not None:
                self.items(element, at)
                continue
            if vr in NUMBERS:
                vr = honest_vr(tag, vr)
            if vr in NUMBERS or tag >= PIXELS_BEGIN or element.fragments is not None:
                continue
            value = element.value
            if not value or (tag, value, charset) in harmless:
                continue
            if vr in BYTES:
                vr = honest_vr(tag, vr)
            if tag in known or vr == b"PN":
                clean = self.identifying(element, vr, at)
            elif vr in BYTES or vr == b"SQ":
                clean = self.blob(element, at)
            elif vr in _FORMED and _WELL_FORMED(value):
                continue
            else:
                clean = self.text(element, vr, at)
            if clean and len(value) < _REMEMBERED:
                harmless.add((tag, value, charset))

    def items(self, element: Element, at: str) -> None:
        """Judge the items of a sequence, numbered from 0."""
        for number, item in enumerate(element.items or ()):
            below = f"{at}{element.tag:08X}[{number}]."
            if element.tag == CONTENT:
                self.content(item, below)
            self.walk(item, below)

    def content(self, item: list[Element], at: str) -> None:
        """A content item of a structured report whose concept says that it identifies."""
        concept = first(item, 0x0040A043)
        meaning = (
            SUBJECT.get(plain(concept.items[0], 0x00080100)) if concept and concept.items else None
        )
        if meaning is None:
            return
        for tag in (0x0040A160, 0x0040A121):
            if value := plain(item, tag):
                self.judge(value, meaning, f"{at}{tag:08X}", "PS3.16 TID 1007")

    def identifying(self, element: Element, vr: bytes, at: str) -> bool:
        """An attribute that is there to identify: anything but a pseudonym is a finding."""
        tag = element.tag
        meaning = self.meanings.get(tag, "person")
        if meaning in ("blob", "uid"):
            return True
        person = vr == b"PN"
        text = decode(bytes(element.value), self.charset, person=person)
        if meaning == "age":
            return self.age(text, tag, at)
        where = f"{at}{tag:08X}"
        if not self.judge(text, meaning, where, _TABLE):
            return False
        return " " not in text or not self.look.text(text, where, Style.PHRASE, rule=_TABLE)

    def judge(self, text: str, meaning: str, where: str, rule: str) -> bool:
        """Values of one meaning: the first that is no pseudonym is a finding; whether none is."""
        for value in filter(None, map(str.strip, text.split("\\"))):
            if is_clean(value, meaning):
                continue
            if meaning == "birth" and is_dummy_date(value):
                continue
            self.look.identity(KINDS[meaning], value)
            if meaning not in self.kept:
                self.look.found(
                    _CHECKS[meaning],
                    Severity.ERROR if meaning in _SURE else Severity.WARNING,
                    where,
                    rule,
                    _SAYS[meaning],
                    kind=KINDS[meaning],
                    value=value,
                )
            return False
        return True

    def age(self, text: str, tag: int, at: str) -> bool:
        """A Patient's Age over 89 years (45 CFR 164.514(b)(2)(i)(C))."""
        if text[:3].isdigit() and text[3:4] in ("Y", "") and int(text[:3]) > 89 and text != "090Y":
            self.look.found(
                "age-over-89",
                Severity.ERROR,
                f"{at}{tag:08X}",
                "45 CFR 164.514(b)(2)(i)(C)",
                "An age over 89 is there; write 090Y",
                kind=Kind.AGE,
                value=text,
            )
            return False
        return True

    def referenced(self, text: str, at: str) -> None:
        """A Referenced File ID of a DICOMDIR that leads out of its folder (PS3.10 section 8.5)."""
        parts = text.split("\\")
        if ".." in parts or any("/" in part or ":" in part for part in parts) or not parts[0]:
            self.look.found(
                "file-outside",
                Severity.WARNING,
                f"{at}{FILE_ID:08X}",
                "PS3.10 section 8.5",
                "A DICOMDIR points at a file outside its folder; make it anew",
            )

    def text(self, element: Element, vr: bytes, at: str) -> bool:
        """An attribute of text: an identifier in it is a finding, whatever the table says."""
        tag = element.tag
        person = vr == b"PN"
        raw = bytes(element.value)
        text = decode(raw, self.charset if vr in ENCODED else ("latin-1",), person=person)
        if not text:
            return True
        if tag == FILE_ID:
            self.referenced(text, at)
        creator = bool(tag >> 16 & 1) and 0x10 <= tag & 0xFFFF <= 0xFF
        if creator and is_product(text):
            return True
        if tag in _CODE_VALUES and text.isdigit():
            return True
        listed = self.look.profile.code(tag) is not None
        rule = "PS3.15 E.3.10" if tag >> 16 & 1 else _TABLE if listed else "PS3.15 E.1.1"
        style = Style.TECHNICAL if creator or tag in _OF_MAKERS else _style(vr, listed)
        where = f"{at}{tag:08X}"
        if self.look.text(text, where, style, rule=rule):
            return False
        if style is Style.TECHNICAL and not tag >> 16 & 1 and (number := _NUMBER.search(text)):
            self.look.found(
                "text-identifier",
                Severity.WARNING,
                where,
                rule,
                "A number as records have it stands among technical words; remove it",
                kind=Kind.ID,
                value=number[0],
            )
            return False
        return not unusual(text)

    def blob(self, element: Element, at: str) -> bool:
        """Bytes: what can be read in them is judged as text, and nested data sets as such."""
        tag = element.tag
        if tag == TRAILING_PADDING:
            return True  # seen with what lies beside the data set
        if tag == 0x00420011:
            self.document(element, at)
            return False
        if not tag >> 16 & 1 and (tag >> 16 in _COMPUTED or tag >> 24 in (0x50, 0x60)):
            return True
        items = nested(element)
        if items is not None:
            if at.count(".") >= DEEPEST:
                raise Damaged(f"sequences are nested deeper than {DEEPEST}")
            for number, item in enumerate(items):
                self.walk(item, f"{at}{tag:08X}[{number}].")
            return False
        if len(element.value) > _READ_AT_MOST:
            return True
        for run in readable(element.value):
            if self.look.text(
                run,
                f"{at}{tag:08X}",
                Style.TECHNICAL,
                rule="PS3.15 E.3.10",
                check="blob-identifier",
            ):
                return False
        return True

    def document(self, element: Element, at: str) -> None:
        """An encapsulated document (PS3.3 section C.24.2): a PDF is opened, others read as text."""
        data = bytes(element.value)
        if self.sop_class == _PDF or data[:5] == b"%PDF-":
            from curation.formats.pdf import inspect_pdf

            inspect_pdf(data, self.look, f"{at}00420011")
            return
        for run in readable(data[:_READ_AT_MOST]):
            if self.look.text(run, f"{at}00420011", Style.PROSE, rule=_TABLE):
                return

    def beside(self, file: Part10) -> None:
        """The preamble, the file meta information, and what follows the data set."""
        self.run(file.preamble, "preamble", "PS3.10 section 7.1")
        for element in file.meta:
            if element.tag in _META:
                for run in readable(element.value, 3):
                    if self.station(run.strip(), element.tag):
                        break
        padding = first(file.elements, TRAILING_PADDING)
        after = file.trailing + (b"" if padding is None else bytes(padding.value))
        self.run(after[:_READ_AT_MOST], "padding", "PS3.10 section 7.2")

    def run(self, data: bytes, where: str, rule: str) -> None:
        """Bytes that ought to be empty: what reads as words there was put there by somebody."""
        if not data.strip(b"\0") or data[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"):
            return
        for run in readable(data, 4):
            if self.look.text(run, where, Style.PROSE, rule=rule, check="hidden-text"):
                return
            if unusual(run):
                self.look.found(
                    "hidden-text",
                    Severity.WARNING,
                    where,
                    rule,
                    "Text stands where zeros should; remove it",
                    kind=Kind.UNKNOWN,
                    value=run,
                )
                return

    def station(self, text: str, tag: int) -> bool:
        """An Application Entity Title, or private information of whoever wrote the file."""
        where = f"{tag:08X}"
        style = Style.PROSE if tag == 0x00020102 else Style.TECHNICAL
        if self.look.text(text, where, style, rule="PS3.15 E.1.1", check="meta-identifier"):
            return True
        named = [word for word in unusual(text) if word not in senders()] or names_archive(text)
        if named and not is_code(text):
            self.look.found(
                "meta-identifier",
                Severity.WARNING,
                where,
                "PS3.15 E.1.1",
                "The file meta information names a station or sender; remove it",
                kind=Kind.DEVICE,
                value=text,
            )
            return True
        return False

    def declared(self, elements: list[Element]) -> None:
        """Whether the file says that it was de-identified, and how (PS3.15 section E.1.1)."""
        if not self.removed:
            self.look.found(
                "not-declared",
                Severity.INFO,
                "00120062",
                "PS3.15 E.1.1",
                "Patient Identity Removed is not YES: nobody says that this was de-identified",
            )
        elif not plain(elements, 0x00120063) and not _method_codes(elements):
            self.look.found(
                "method-not-declared",
                Severity.INFO,
                "00120064",
                "PS3.15 E.1.1",
                "Patient Identity Removed is YES and no method is named",
            )


_CHECKS = {
    "address": "patient-address",
    "birth": "birth-date",
    "device": "station-name",
    "id": "identifier",
    "institution": "institution",
    "person": "person-name",
    "private": "private-life",
    "serial": "serial-number",
    "telephone": "telephone",
}
_META = frozenset((0x00020016, 0x00020017, 0x00020018, 0x00020026, 0x00020028, 0x00020102))
_READ_AT_MOST = 8 << 20
_COMPUTED = frozenset((0x0022, 0x0028, 0x0048, 0x0066, 0x0070, 0x5400, 0x5600, 0x7FE0))
"""Groups whose bytes are tables, samples and profiles of colour, in which nothing is written."""


def _style(vr: bytes, listed: bool) -> Style:
    if vr in _PROSE:
        return Style.PROSE
    return Style.PHRASE if listed else Style.TECHNICAL


def _method_codes(elements: list[Element]) -> frozenset[str]:
    """The codes of De-identification Method Code Sequence (0012,0064)."""
    sequence = first(elements, 0x00120064)
    items = sequence.items if sequence is not None else None
    return frozenset(plain(item, 0x00080100) for item in items or ())


def is_dummy_date(value: str) -> bool:
    """Whether a date of birth is one that a de-identifier leaves: the first day of a year."""
    return value[4:].strip(".-/") in ("", "0101")
