"""Whose file it is, and what its identity attributes say of that person."""

from __future__ import annotations

from collections.abc import Iterator

from curation.dicom.element import Element, plain
from curation.dicom.meaning import meanings
from curation.dicom.reader import Part10
from curation.dicom.text import decode, encodings
from curation.phi.pseudonym import is_dummy
from curation.phi.span import Kind

KINDS = {
    "address": Kind.ADDRESS,
    "age": Kind.AGE,
    "birth": Kind.DATE,
    "device": Kind.DEVICE,
    "id": Kind.ID,
    "institution": Kind.INSTITUTION,
    "person": Kind.NAME,
    "private": Kind.UNKNOWN,
    "serial": Kind.DEVICE,
    "telephone": Kind.PHONE,
}
"""The sort of identifier that an attribute of each meaning holds."""

_GATHERED = frozenset(("address", "birth", "id", "institution", "person", "telephone"))


def patient_of(elements: list[Element]) -> str:
    """What tells this patient from others: Patient ID, else name, else Study Instance UID."""
    for tag in (0x00100020, 0x00100010, 0x0020000D):
        if value := plain(elements, tag):
            return value
    return ""


def identities(file: Part10) -> Iterator[tuple[str, Kind, str]]:
    """(patient, kind, value) of every identity attribute, nested or not, that has a value.

    What reads as a pseudonym counts as well: in a file that was not de-identified it may be real.
    """
    patient = patient_of(file.elements)
    charset = encodings(plain(file.elements, 0x00080005).encode("latin-1"))
    for kind, value in _walk(file.elements, charset):
        yield patient, kind, value


def _walk(elements: list[Element], charset: tuple[str, ...]) -> Iterator[tuple[Kind, str]]:
    known = meanings()
    for element in elements:
        if element.items is not None:
            for item in element.items:
                yield from _walk(item, charset)
            continue
        person = element.vr == b"PN"
        meaning = "person" if person else known.get(element.tag, "")
        if meaning not in _GATHERED or not element.value:
            continue
        for value in decode(bytes(element.value), charset, person=person).split("\\"):
            value = value.strip()
            if not is_dummy(value):
                yield KINDS[meaning], value
