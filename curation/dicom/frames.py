"""Whether pixel data can be what the data set says, seen from lengths and first bytes alone."""

from __future__ import annotations

from curation.dicom.element import PIXEL_DATA, Element, first
from curation.dicom.reader import BIG_ENDIAN, DEFLATED, EXPLICIT, IMPLICIT, Part10

_NATIVE = frozenset((BIG_ENDIAN, DEFLATED, EXPLICIT, IMPLICIT))
_RLE = "1.2.840.10008.1.2.5"
_JPEG = b"\xff\xd8"
_J2K = (b"\xff\x4f\xff\x51", b"\0\0\0\x0cjP  ")
_MAGIC: dict[str, tuple[bytes, ...]] = {
    **{f"1.2.840.10008.1.2.4.{n}": (_JPEG,) for n in (50, 51, 57, 70, 80, 81)},
    **{f"1.2.840.10008.1.2.4.{n}": _J2K for n in (90, 91, 92, 93, 201, 202, 203)},
}
"""The first bytes of a frame by transfer syntax (PS3.5 annex A.4)."""


def amiss(file: Part10) -> str:
    """What is wrong with the pixel data in words, or "" if nothing can be told from outside.

    Nothing is decoded: native data is measured against rows, columns, samples, bits and frames
    (PS3.3 section C.7.6.3), compressed frames by how they begin.
    """
    pixels = first(file.elements, PIXEL_DATA)
    if pixels is None or file.problems:
        return ""
    if pixels.fragments is None:
        return _short(file, pixels) if file.transfer_syntax in _NATIVE else ""
    frames = [bytes(f[:64]) for f in pixels.fragments[1:] if len(f)]
    if not frames:
        return "the pixel data has no frame"
    if file.transfer_syntax == _RLE:
        sizes = [len(f) for f in pixels.fragments[1:] if len(f)]
        broken = any(not _is_rle(f, size) for f, size in zip(frames, sizes, strict=True))
        return "a frame does not begin as RLE does" if broken else ""
    magic = _MAGIC.get(file.transfer_syntax)
    if magic is not None and not frames[0].startswith(magic):
        return "the first frame does not begin as its transfer syntax has it"
    return ""


def _short(file: Part10, pixels: Element) -> str:
    order = "big" if file.transfer_syntax == BIG_ENDIAN else "little"
    numbers = []
    for tag in (0x00280010, 0x00280011, 0x00280002, 0x00280100):
        element = first(file.elements, tag)
        if element is None or len(element.value) != 2:
            return ""
        numbers.append(int.from_bytes(element.value, order))  # type: ignore[arg-type]
    rows, columns, samples, bits = numbers
    frames = first(file.elements, 0x00280008)
    told = b"1" if frames is None else bytes(frames.value).strip(b" \0")
    if not told.isdigit() or len(told) > 9:
        return ""
    if _subsampled(file.elements):
        samples = 2
    needed = (rows * columns * samples * bits * max(1, int(told)) + 7) // 8
    return (
        "there is less pixel data than rows and columns say" if len(pixels.value) < needed else ""
    )


def _subsampled(elements: list[Element]) -> bool:
    photometric = first(elements, 0x00280004)
    return photometric is not None and b"_422" in bytes(photometric.value)


def _is_rle(head: bytes, size: int) -> bool:
    """The header of an RLE frame: up to 15 segments, in order, inside it (PS3.5 annex G.5)."""
    if size < 64:
        return False
    count = int.from_bytes(head[:4], "little")
    if not 1 <= count <= 15:
        return False
    offsets = [int.from_bytes(head[4 * n : 4 * n + 4], "little") for n in range(1, count + 1)]
    return offsets[0] == 64 and offsets == sorted(offsets) and offsets[-1] < size
