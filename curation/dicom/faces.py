"""Faces in series of DICOM files: which files may be of a head, and what is cut from each."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from curation.dicom.element import PIXEL_DATA, Element, first, plain
from curation.dicom.reader import Damaged, Part10, read
from curation.faces.series import Piece, is_candidate
from curation.formats import Unsafe
from curation.formats.file import File

if TYPE_CHECKING:
    from curation.faces.masks import FaceCut
    from curation.pixels.text import Text

RECOGNIZABLE = 0x00280302
SERIES = 0x0020000E
_BODY = (0x00180015, 0x00081030, 0x0008103E, 0x00181030)
_EXPLICIT = "1.2.840.10008.1.2.1"
_IN_PLACE = frozenset(("1.2.840.10008.1.2", _EXPLICIT, "1.2.840.10008.1.2.1.99"))


def piece_of(file: Part10, at: File) -> Piece | None:
    """The part that a file may be of a head's volume, or None."""
    words = " ".join(plain(file.elements, tag) for tag in _BODY)
    modality = plain(file.elements, 0x00080060)
    if first(file.elements, PIXEL_DATA) is None or not is_candidate(modality, words):
        return None
    series, declared = plain(file.elements, SERIES), plain(file.elements, RECOGNIZABLE)
    return Piece(series, modality, words, declared, at.path, at.name)


def cuts_of(files: Iterable[File]) -> tuple[dict[str, FaceCut], dict[str, str]]:
    """How to cut the face of each series of a head, and why others cannot be, by Series UID."""
    from curation.faces.masks import face_cuts

    pieces = []
    for file in files:
        try:
            if file.head[128:132] == b"DICM" and (piece := piece_of(read(file.path), file)):
                pieces.append(piece)
        except (Damaged, OSError):
            continue  # told when it is its turn to be written
    return face_cuts(pieces)


def without_face(
    at: File, syntax: str, cut: FaceCut, texts: Iterable[Text]
) -> tuple[list[Element], str]:
    """Pixel data with the face painted as air, and boxes of text with it; its transfer syntax.

    Uncompressed data stays as it is written; what was compressed becomes Explicit VR Little
    Endian. Raises Unsafe if the pixels cannot be decoded or are no single samples.
    """
    import numpy
    import pydicom

    from curation.faces.planes import Unusable

    try:
        blank = cut.blank(at.path)
        dataset = pydicom.dcmread(at.path, force=True)
        pixels = dataset.pixel_array.copy()
    except (Unusable, AttributeError, NotImplementedError, RuntimeError, ValueError) as error:
        raise Unsafe(f"the face cannot be cut ({type(error).__name__})") from None
    if blank is not None:
        mask, air = blank
        if mask.shape != pixels.shape:
            raise Unsafe("the face cannot be cut: the image is not of single samples")
        span = numpy.iinfo(pixels.dtype)
        pixels[mask] = min(max(air, span.min), span.max)
    for text in texts:
        there = pixels[text.frame] if pixels.ndim == 3 else pixels
        there[text.y0 : text.y1, text.x0 : text.x1] = pixels.min()
    data = pixels.astype(pixels.dtype.newbyteorder("<")).tobytes()
    written = [Element(PIXEL_DATA, b"OW", data + b"\0" if len(data) & 1 else data)]
    if cut.left.region == "cut":
        written.append(Element(RECOGNIZABLE, b"CS", b"NO"))
    return written, syntax if syntax in _IN_PLACE else _EXPLICIT
