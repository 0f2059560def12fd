"""Bytes of unknown VR that are a sequence nevertheless: read as one if they read whole."""

from __future__ import annotations

from curation.dicom.element import Element, dictionary_vr
from curation.dicom.reader import sequence

_ITEM = (b"\xfe\xff\x00\xe0", b"\xff\xfe\xe0\x00")


def nested(element: Element) -> list[list[Element]] | None:
    """The items in a value of VR UN or OB, if they are items to the last byte; else None.

    PS3.5 section 6.2.2 note 4: a sequence of unknown VR is implicit little endian; makers also
    write explicit ones, so both are tried.
    """
    value = bytes(element.value[:4])
    if value not in _ITEM and not (element.vr == b"UN" and dictionary_vr(element.tag) == b"SQ"):
        return None
    data = bytes(element.value)
    for explicit in (False, True):
        items = sequence(data, explicit, little=value != _ITEM[1])
        if items is not None:
            return items
    return None
