"""A DICOM data element as it stands in the file, and the VRs that decide how it is read."""

from __future__ import annotations

from functools import lru_cache

PIXEL_DATA = 0x7FE00010
FLOAT_PIXEL_DATA = 0x7FE00008
DOUBLE_PIXEL_DATA = 0x7FE00009
TRAILING_PADDING = 0xFFFCFFFC

LONG = frozenset(
    (b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT", b"UV")
)
"""VRs whose length has 32 bits in explicit VR (PS3.5 section 7.1.2)."""

SHORT = frozenset(b"AE AS AT CS DA DS DT FD FL IS LO LT PN SH SL SS ST TM UI UL US".split())
"""The other VRs: their length has 16 bits."""

ENCODED = frozenset((b"SH", b"LO", b"ST", b"LT", b"UC", b"UT", b"PN"))
"""VRs whose text is in the Specific Character Set (PS3.5 section 6.1.2.2)."""

BYTES = frozenset((b"OB", b"OW", b"UN", b"OD", b"OF", b"OL", b"OV"))
"""VRs that hold bytes or words with no text of their own."""

NUMBERS = frozenset(
    (b"AT", b"FD", b"FL", b"SL", b"SS", b"SV", b"UL", b"US", b"UV", b"OD", b"OF", b"OL", b"OV")
)
"""VRs of binary numbers: nothing can be written in them that a reader would show as text."""


class Element:
    """One element. `value` is raw and padded; a sequence has `items`, each a list of elements.

    `fragments` are the items of encapsulated Pixel Data, the first one its offset table (PS3.5
    annex A.4). `undefined` tells that the length was undefined in the file.
    """

    __slots__ = ("fragments", "items", "tag", "undefined", "value", "vr")

    def __init__(
        self,
        tag: int,
        vr: bytes,
        value: bytes | memoryview = b"",
        items: list[list[Element]] | None = None,
        fragments: list[bytes | memoryview] | None = None,
        undefined: bool = False,
    ) -> None:
        self.tag = tag
        self.vr = vr
        self.value = value
        self.items = items
        self.fragments = fragments
        self.undefined = undefined

    def __repr__(self) -> str:
        """Tag and VR only: a value may identify a person."""
        return f"<{self.tag:08X} {self.vr.decode('latin-1')}>"


@lru_cache(1 << 14)
def dictionary_vr(tag: int) -> bytes:
    """The VR of an attribute in PS3.6, UN where that does not say (private attributes)."""
    from pydicom.datadict import dictionary_VR

    group, element = tag >> 16, tag & 0xFFFF
    if element == 0:
        return b"UL"
    if group & 1:
        return b"LO" if 0x10 <= element <= 0xFF else b"UN"
    try:
        vr = dictionary_VR(tag)
    except KeyError:
        return b"UN"
    if vr.startswith("US"):
        return b"US"
    return b"OW" if vr.startswith(("OB or", "OW")) else vr[:2].encode("ascii")


def honest_vr(tag: int, vr: bytes) -> bytes:
    """The VR to judge an attribute by: bytes and numbers are what PS3.6 says if that is neither."""
    told = dictionary_vr(tag)
    if vr == b"UN":
        return told
    return vr if told in BYTES or told in NUMBERS else told


def tag_name(tag: int) -> str:
    """A tag as eight hexadecimal digits."""
    return f"{tag:08X}"


def first(elements: list[Element], tag: int) -> Element | None:
    """The element of this tag at the top level of a data set, or None."""
    for element in elements:
        if element.tag == tag:
            return element
    return None


def plain(elements: list[Element], tag: int) -> str:
    """The value of a code, a UID or a number as text without its padding; "" if there is none."""
    element = first(elements, tag)
    if element is None or element.items is not None:
        return ""
    return bytes(element.value).decode("latin-1").strip(" \0")
