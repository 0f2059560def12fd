"""A DICOM file de-identified: data set, file meta information, pixels, and its word for it."""

from __future__ import annotations

import re
import struct
from pathlib import Path

from curation.dicom.clean import Cleaner
from curation.dicom.element import Element, first, plain
from curation.dicom.frames import amiss
from curation.dicom.pixels import hide
from curation.dicom.reader import IMPLICIT, Damaged, Part10, read
from curation.dicom.text import encode
from curation.dicom.writer import write
from curation.formats import Unsafe
from curation.formats.act import Act
from curation.formats.file import File

DICOMDIR = "1.2.840.10008.1.3.10"
IMPLEMENTATION = "2.25.146379836180236083013437398163246106171"
"""Our Implementation Class UID (PS3.7 section D.3.3.2)."""

_LONG_ENOUGH = 64
_A_UID = re.compile(r"[0-9.]{1,64}")


def deidentify(file: File, target: Path, act: Act) -> None:
    """Write `file` to `target` as the profile has it.

    Raises Unsafe, with the reason, if the file is damaged, is a DICOMDIR, or holds what cannot be
    made safe; nothing of use is at `target` then.
    """
    try:
        part = read(file.path)
    except Damaged as damage:
        raise Unsafe(str(damage)) from None
    if wrong := (part.problems[0] if part.problems else amiss(part)):
        raise Unsafe(wrong)
    if not _A_UID.fullmatch(part.transfer_syntax):
        raise Unsafe("the Transfer Syntax UID is none")
    sop_class = plain(part.elements, 0x00080016) or plain(part.meta, 0x00020002)
    if sop_class == DICOMDIR or first(part.elements, 0x00041220) is not None:
        raise Unsafe("a DICOMDIR names files that are named otherwise now: make it anew")
    if not sop_class and not plain(part.elements, 0x00080018):
        raise Unsafe("the data set has no SOP Class and no SOP Instance: it is no object")
    cleaner = Cleaner(part, act)
    elements = cleaner.dataset(part.elements)
    looked = hide(file, part, elements, act, cleaner.patient)
    _declare(elements, act, looked)
    clean = Part10(b"", _meta(part, elements), elements, part.transfer_syntax)
    try:
        with target.open("wb") as out:
            write(clean, out)
    except (ValueError, struct.error) as error:
        raise Unsafe(f"a value cannot be written: {error}") from None


def _meta(part: Part10, elements: list[Element]) -> list[Element]:
    """File meta information with nothing of who sent or stored the file (PS3.10 section 7.1)."""
    syntax = part.transfer_syntax or IMPLICIT
    values = (
        (0x00020001, b"OB", b"\0\1"),
        (0x00020002, b"UI", plain(elements, 0x00080016) or plain(part.meta, 0x00020002)),
        (0x00020003, b"UI", plain(elements, 0x00080018)),
        (0x00020010, b"UI", syntax),
        (0x00020012, b"UI", IMPLEMENTATION),
        (0x00020013, b"SH", "FAIRSCAN"),
    )
    return [
        Element(tag, vr, value if isinstance(value, bytes) else _padded(value, vr))
        for tag, vr, value in values
    ]


def _padded(value: str, vr: bytes) -> bytes:
    raw = value.encode("ascii", "replace")
    return raw + (b"\0" if vr == b"UI" else b" ") if len(raw) & 1 else raw


def _declare(elements: list[Element], act: Act, looked: bool) -> None:
    """Say in the object what was done to it (PS3.15 section E.1.1), sorted into its place."""
    profile = act.profile
    says = profile.declares()
    stated: list[Element] = [
        Element(0x00120062, b"CS", _padded(says["PatientIdentityRemoved"], b"CS")),
        Element(0x00120063, b"LO", encode("\\".join(profile.method_text()), ("ascii",))),
        Element(0x00280303, b"CS", _padded(says["LongitudinalTemporalInformationModified"], b"CS")),
        Element(0x00120064, b"SQ", items=_methods(elements, profile.method_codes())),
    ]
    if looked:
        stated.append(Element(0x00280301, b"CS", b"NO"))
    ours = {element.tag for element in stated}
    elements[:] = [e for e in elements if e.tag not in ours] + stated
    elements.sort(key=lambda element: element.tag)


def _methods(elements: list[Element], codes: list[tuple[str, str]]) -> list[list[Element]]:
    """The methods that the file names already and those of this profile, each once."""
    before = first(elements, 0x00120064)
    items = list(before.items or ()) if before is not None else []
    known = {plain(item, 0x00080100) for item in items}
    for code, meaning in codes:
        if code not in known:
            items.append(
                [
                    Element(0x00080100, b"SH", _padded(code, b"SH")),
                    Element(0x00080102, b"SH", b"DCM "),
                    Element(0x00080104, b"LO", _padded(meaning[:_LONG_ENOUGH], b"LO")),
                ]
            )
    return items
