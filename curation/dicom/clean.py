"""A data set as the profile lets it through: each element removed, emptied, replaced or cleaned."""

from __future__ import annotations

import re
from collections.abc import Callable

from curation.deidentify.moments import moved_date, moved_datetime, year_date, year_datetime
from curation.dicom.element import (
    BYTES,
    ENCODED,
    NUMBERS,
    Element,
    first,
    honest_vr,
    plain,
)
from curation.dicom.identity import patient_of
from curation.dicom.inspect import CONTENT, SUBJECT
from curation.dicom.reader import Part10
from curation.dicom.text import decode, encode, encodings
from curation.dicom.unknown import nested
from curation.formats import Unsafe
from curation.formats.act import Act
from curation.phi.pseudonym import is_dummy
from curation.phi.span import Style
from curation.standard.iod import type_of
from curation.standard.private import private_vr

PATIENT_NAME = 0x00100010
PATIENT_ID = 0x00100020
SERIES_REFERRED_TO = 0x00081115
"""Where an object lists the series that it refers to, its references must stand (PS3.3 C.12.2):
then U* (replace the UIDs) is what keeps it valid, as PS3.15 section E.3 has for X/Z/U*."""

_CLASSES = frozenset(
    (
        0x00020002, 0x00020010, 0x00020012, 0x00041510, 0x00041512, 0x00080016, 0x0008001A,
        0x00080062, 0x0008010C, 0x0008010D, 0x00080117, 0x00080118, 0x00081150, 0x0008115A,
        0x00083002, 0x0040DB0D, 0x04000015, 0x04000110,
    )
)  # fmt: skip
"""Attributes whose UIDs name classes, schemes and contexts, which belong to no patient."""

_STRUCTURE = frozenset((0x0040A010, 0x0040A040, 0x0040A050))
"""What a content item is and how it belongs to others: codes without which nothing reads it."""

_WELL_KNOWN = "1.2.840.10008."
_UID = re.compile(r"[0-9.]{1,64}")
_WELL_FORMED = re.compile(rb"[0-9.:+\-\\eEDWMY \0]*").fullmatch
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f]")
_TEXT = frozenset((b"AE", b"CS", b"LO", b"LT", b"PN", b"SH", b"ST", b"UC", b"UR", b"UT"))
_ONE = frozenset((b"LT", b"ST", b"UR", b"UT"))
_PROSE = frozenset((b"LT", b"ST", b"UC", b"UT"))
_DUMMIES = {
    b"AE": b"REMOVED ", b"AS": b"000Y", b"CS": b"REMOVED ", b"DA": b"19000101",
    b"DS": b"0 ", b"DT": b"19000101000000", b"IS": b"0 ", b"LO": b"REMOVED ", b"LT": b"REMOVED ",
    b"OB": b"\0\0", b"OW": b"\0\0", b"PN": b"REMOVED ", b"SH": b"REMOVED ", b"ST": b"REMOVED ",
    b"TM": b"000000", b"UC": b"REMOVED ", b"UN": b"\0\0", b"UT": b"REMOVED ",
}  # fmt: skip
_SAYING = _TEXT | {b"DA", b"DT", b"TM", b"UN"}
_MEMO = 1 << 18
_LONGEST = 1 << 10


class Cleaner:
    """Cleans the data sets of one file, with what was decided for the files before it."""

    def __init__(self, file: Part10, act: Act) -> None:
        elements = file.elements
        self.act = act
        self.profile = act.profile
        self.memo = act.memo
        self.charset = encodings(plain(elements, 0x00080005).encode("latin-1"))
        self.sop_class = plain(elements, 0x00080016)
        self.patient = patient_of(elements)
        self.days = act.mapping.days(self.patient)
        self.refers = first(elements, SERIES_REFERRED_TO) is not None
        kind = f"{self.sop_class} refers" if self.refers else self.sop_class
        self.codes = act.codes.setdefault(kind, {})

    def dataset(
        self, elements: list[Element], parent: int = 0, *, dummies: bool = False
    ) -> list[Element]:
        """What is left of a data set; with `dummies` no text of it is kept, clean or not."""
        out: list[Element] = []
        creators: dict[int, str] = {}
        overlays: set[int] = set()
        for element in elements:
            tag = element.tag
            if not tag & 0xFFFF:
                continue  # a group length, which would be wrong now (PS3.5 section 7.2)
            if tag >> 16 & 1:
                if not dummies:
                    self.private(element, creators, out)
                continue
            code = self.code(element, parent)
            if dummies and code in ("K", "C") and element.vr in _SAYING and tag not in _STRUCTURE:
                code = "D"
            if code == "X" and tag >> 24 == 0x60 and tag & 0xFFFF == 0x3000:
                overlays.add(tag >> 16)
            if code == "K" and element.items is None and element.vr in NUMBERS:
                out.append(element)
                continue
            kept = self.apply(element, code)
            if kept is not None:
                out.append(kept)
        if overlays:  # a plane without its data is none (PS3.3 section C.9.2)
            out = [e for e in out if e.tag >> 16 not in overlays]
        return out

    def code(self, element: Element, parent: int) -> str:
        """The one action for an element: D Z X K C or U (PS3.15 section E.3)."""
        key = (element.tag, element.vr, parent)
        found = self.codes.get(key)
        if found is None:
            vr = self.vr(element)
            found = self.profile.action(element.tag, vr.decode("ascii"), self.sop_class, parent)
            if found == "K" and element.vr in NUMBERS and vr != element.vr:
                found = "C"
            if found in "XZ" and self.refers and "U*" in self.profile.codes.get(element.tag, ""):
                found = "U"
            self.codes[key] = found
        return found

    def vr(self, element: Element) -> bytes:
        """The VR of an element: the dictionary's where the file says bytes of what is text."""
        vr = element.vr
        return honest_vr(element.tag, vr) if vr in BYTES or vr in NUMBERS else vr

    def apply(self, element: Element, code: str) -> Element | None:
        """What is left of an element of the standard after an action."""
        tag, vr = element.tag, element.vr
        if tag in (PATIENT_NAME, PATIENT_ID) and code != "K":
            return self.pseudonym(element)
        if element.items is not None:
            return self.sequence(element, code)
        if code == "X":
            self.act.done["removed"] += 1
            return None
        if element.fragments is not None:
            return element
        if not element.value:
            return element
        if self.vr(element) == b"SQ":  # a sequence that is said to be bytes
            items = nested(element)
            return self.sequence(Element(tag, b"SQ", items=items), code) if items else None
        if code == "Z":
            self.act.done["emptied"] += 1
            return Element(tag, vr)
        if code == "U" or vr == b"UI":
            return self.uids(element, code)
        if code == "D":
            return self.dummy(element)
        known = self.vr(element)
        if known in (b"DA", b"DT", b"TM"):
            return self.moment(element, known, code)
        if known in _TEXT:
            return self.text(element, known, listed=self.profile.code(tag) is not None)
        if known == b"AS":
            return self.age(element)
        if known in (b"DS", b"IS") and not _WELL_FORMED(element.value):
            self.act.done["emptied"] += 1
            return Element(tag, vr, self.least(tag, known))
        return element

    def sequence(self, element: Element, code: str) -> Element | None:
        """A sequence: removed, emptied, or cleaned item by item whatever else its code says."""
        if code == "X":
            self.act.done["removed"] += 1
            return None
        if code == "Z":
            self.act.done["emptied"] += 1
            return Element(element.tag, b"SQ", items=[], undefined=element.undefined)
        items = []
        for item in element.items or ():
            if element.tag == CONTENT:
                self.act.done["content items"] += 1
                item = self.content(item)
            items.append(self.dataset(item, element.tag, dummies=code == "D"))
        return Element(element.tag, b"SQ", items=items, undefined=element.undefined)

    def content(self, item: list[Element]) -> list[Element]:
        """A content item whose concept says that it identifies loses its value (TID 1007)."""
        concept = [e for e in item if e.tag == 0x0040A043 and e.items]
        if not concept or plain((concept[0].items or [[]])[0], 0x00080100) not in SUBJECT:
            return item
        return [
            Element(e.tag, e.vr, _DUMMIES[e.vr]) if e.tag in (0x0040A160, 0x0040A121) else e
            for e in item
        ]

    def private(
        self,
        element: Element,
        creators: dict[int, str],
        out: list[Element],
    ) -> None:
        """A private attribute: what is known to be safe stays, with its creator (E.3.10)."""
        tag = element.tag
        group, number = tag >> 16, tag & 0xFFFF
        if number < 0x100:
            if number >= 0x10 and element.items is None and self.profile.private == "safe":
                creators[tag & ~0xFFFF | number << 8] = decode(bytes(element.value), ("latin-1",))
            return
        block = tag & ~0xFF
        creator = creators.get(block)
        if element.vr == b"UN" and creator:
            told = private_vr(group, number & 0xFF, creator)
            element = Element(tag, told.encode("ascii") or b"UN", element.value, element.items)
        vr = element.vr.decode("ascii")
        action = self.profile.private_action(group, number & 0xFF, creator or "", vr)
        kept = None if action == "X" else self.safe(element, action)
        if kept is None:
            self.act.done["private removed"] += 1
            return
        owner = group << 16 | number >> 8
        if creator and not any(e.tag == owner for e in out):
            value = encode(creator, ("latin-1",))
            out.append(Element(owner, b"LO", value))
            out.sort(key=lambda e: e.tag)
        out.append(kept)

    def safe(self, element: Element, action: str) -> Element | None:
        """A private attribute that is known to be safe, cleaned like any other."""
        if (element.vr in BYTES or element.vr == b"SQ") and element.items is None:
            items = nested(element)
            if items is None:
                return element if action == "K" and element.vr != b"SQ" else None
            element = Element(element.tag, b"SQ", items=items)
        return self.apply(element, action)

    def pseudonym(self, element: Element) -> Element:
        """Patient ID and Patient's Name become the patient's pseudonym."""
        name = self.act.patient(self.patient) if self.patient else ""
        self.act.done["pseudonyms"] += 1
        return Element(element.tag, element.vr, encode(name, ("ascii",)))

    def uids(self, element: Element, code: str) -> Element:
        """Every UID of a value by the mapping, but those of classes and of the standard."""
        uids = bytes(element.value).decode("latin-1").strip(" \0").split("\\")
        if code == "K" or element.tag in _CLASSES:
            if all(_UID.fullmatch(uid.strip(" \0")) for uid in uids):
                return element
            return Element(element.tag, element.vr)
        new = "\\".join(self.uid(uid.strip(" \0")) for uid in uids)
        value = new.encode("ascii")
        return Element(element.tag, element.vr, value + b"\0" if len(value) & 1 else value)

    def uid(self, uid: str) -> str:
        """One UID; what is no UID is dropped."""
        if not _UID.fullmatch(uid):
            return ""
        if uid.startswith(_WELL_KNOWN):
            return uid
        self.act.done["UIDs replaced"] += 1
        return self.act.uid(uid)

    def dummy(self, element: Element) -> Element:
        """A value that says nothing and that its VR allows (PS3.15 section E.3, code D)."""
        tag, vr = element.tag, element.vr
        known = self.vr(element)
        if known in (b"DA", b"DT", b"TM") and self.profile.dates in ("shift", "year"):
            return self.moment(element, known, "C")
        self.act.done["dummies"] += 1
        if tag == 0x00420011:
            return self.document(element)
        if known in _DUMMIES:
            return Element(tag, vr, _DUMMIES[known])
        return Element(tag, vr, b"\0" * len(element.value))

    def document(self, element: Element) -> Element:
        """A PDF is replaced by one that says so; other documents have no dummy that is valid."""
        if bytes(element.value[:5]) != b"%PDF-":
            raise Unsafe("an encapsulated document that is no PDF cannot be made safe")
        from curation.formats.pdf import dummy_pdf

        data = dummy_pdf()
        return Element(element.tag, element.vr, data + b"\0" if len(data) & 1 else data)

    def moment(self, element: Element, vr: bytes, code: str) -> Element:
        """Dates and times as the profile has them."""
        dates = self.profile.dates
        if not _WELL_FORMED(element.value):
            self.act.done["emptied"] += 1
            return Element(element.tag, element.vr)
        if code == "K" or dates == "keep" or (dates == "shift" and vr == b"TM"):
            return element
        if dates == "remove" or vr == b"TM":
            self.act.done["emptied"] += 1
            return Element(element.tag, element.vr, self.least(element.tag, vr))
        change: Callable[[str], str]
        if dates == "year":
            change = year_date if vr == b"DA" else year_datetime
        else:
            days = self.days
            move = moved_date if vr == b"DA" else moved_datetime

            def change(value: str) -> str:
                return move(value, days)

        text = bytes(element.value).decode("latin-1").strip(" \0")
        new = "\\".join(change(value) if value.strip() else "" for value in text.split("\\"))
        self.act.done["dates changed"] += 1
        return Element(element.tag, element.vr, encode(new, ("ascii",)))

    def text(self, element: Element, vr: bytes, *, listed: bool) -> Element:
        """Text without identifiers; bytes that need no change are not touched."""
        value = bytes(element.value)
        key = (element.tag, value, self.charset, self.patient)
        if key in self.memo:
            new = self.memo[key]
        else:
            new = self.cleaned(value, vr, listed)
            if len(self.memo) >= _MEMO:
                self.memo.clear()
            if len(value) < _LONGEST:
                self.memo[key] = new
        if new is None:
            return element
        return Element(element.tag, element.vr, new or self.least(element.tag, vr))

    def least(self, tag: int, vr: bytes) -> bytes:
        """The value of what must go: none, or a dummy where the object needs one (Type 1)."""
        required = type_of(self.sop_class, tag) in ("1", "1C")
        return _DUMMIES.get(vr, b"") if required else b""

    def cleaned(self, value: bytes, vr: bytes, listed: bool) -> bytes | None:
        """The cleaned value, or None if nothing had to be cut."""
        charset = self.charset if vr in ENCODED else ("latin-1",)
        text = decode(value, charset, person=vr == b"PN")
        if vr == b"AE":
            return None if is_dummy(text) else encode(self.station(text), charset)
        if vr == b"PN":
            style = Style.PERSON
        elif vr in _PROSE:
            style = Style.PROSE
        else:
            style = Style.PHRASE if listed else Style.TECHNICAL
        parts = [text] if vr in _ONE else text.split("\\")
        if stray := _CONTROL.search(text):  # what follows is the rest of a buffer, or elements
            text = text[: stray.start()]
        kept = [text] if vr in _ONE else text.split("\\")
        new = [self.act.text(part, style, self.patient) if part else part for part in kept]
        return None if new == parts else encode("\\".join(new), charset)

    def station(self, title: str) -> str:
        """What stands for an Application Entity: the same wherever it is named."""
        return "AE" + self.act.mapping.identifier("station", title)

    def age(self, element: Element) -> Element:
        """An age over 89 becomes 90 where ages are limited (45 CFR 164.514(b)(2)(i)(C))."""
        text = bytes(element.value).decode("latin-1").strip(" \0")
        if self.profile.ages == "remove" or not _WELL_FORMED(element.value):
            self.act.done["emptied"] += 1
            return Element(element.tag, element.vr)
        if self.profile.ages == "keep":
            return element
        if text[:3].isdigit() and text[3:] in ("Y", "") and int(text[:3]) > 89:
            self.act.done["ages limited"] += 1
            return Element(element.tag, element.vr, b"090Y")
        return element
