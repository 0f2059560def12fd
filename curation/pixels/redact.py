"""Boxes of an image blacked out, and not one sample outside them changed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from curation.formats import Unsafe
from curation.pixels import overlays
from curation.pixels.decoding import reasons
from curation.pixels.frames import stored
from curation.pixels.rle import encoded
from curation.pixels.text import Text

if TYPE_CHECKING:
    from pydicom import Dataset

    from curation.pixels.text import Pixels

RLE = "1.2.840.10008.1.2.5"
NATIVE = (
    "1.2.840.10008.1.2",
    "1.2.840.10008.1.2.1",
    "1.2.840.10008.1.2.1.99",
    "1.2.840.10008.1.2.2",
)
_PIXELS = 0x7FE00010
_SAMPLES = {_PIXELS: None, 0x7FE00008: "f4", 0x7FE00009: "f8"}
_PHOTOMETRIC, _PLANAR = 0x00280004, 0x00280006
_OFFSETS = frozenset({0x7FE00001, 0x7FE00002})
_MARGIN = 2
"""Pixels by which a box is made larger on each side, for what is left of letters at its edge."""


@dataclass(frozen=True)
class Redacted:
    """What takes the place of elements of the data set.

    `pixel_data` is the value of Pixel Data as it stands in a file of `transfer_syntax`: bytes, or
    the items of encapsulated data with the Basic Offset Table first, or None where it stays.
    `attributes` have tag, VR and value; what is `removed` must not be written.
    """

    pixel_data: bytes | list[bytes] | None
    transfer_syntax: str
    attributes: dict[int, tuple[str, bytes]] = field(default_factory=dict)
    removed: frozenset[int] = frozenset()


def redact(path: Path, texts: Iterable[Text]) -> Redacted:
    """Black out the boxes of these texts, in pixel data and overlays.

    Uncompressed and RLE data stay what they were; anything else becomes RLE Lossless with the
    samples that pydicom's `pixel_array` shows (colours as RGB). Raises Unsafe if a box cannot be
    reached.
    """
    import pydicom

    texts = list(texts)
    with reasons("the file cannot be read"):
        dataset = pydicom.dcmread(path, force=True)
        syntax = str(dataset.file_meta.get("TransferSyntaxUID", "") or _guessed(dataset))
    attributes = {
        plane.tag: (str(dataset[plane.tag].VR), overlays.without(plane, on_it))
        for plane in overlays.planes(dataset)
        if (
            on_it := [_grown(t, plane.columns, plane.rows) for t in texts if t.plane == plane.group]
        )
    }
    boxes: dict[int, list[Text]] = {}
    for text in texts:
        if not text.plane:
            with reasons("the size of the image cannot be read"):
                grown = _grown(text, int(dataset.Columns), int(dataset.Rows))
            boxes.setdefault(text.frame, []).append(grown)
    if not boxes:
        return Redacted(None, syntax, attributes)
    if syntax in NATIVE:
        tag, data = _native(dataset, boxes)
        if tag == _PIXELS:
            return Redacted(data, syntax, attributes)
        return Redacted(None, syntax, attributes | {tag: (str(dataset[tag].VR), data)})
    if syntax == RLE:
        return Redacted(_again(path, dataset, boxes), RLE, attributes, _OFFSETS)
    items = _offsets_and(list(_transcoded(path, dataset, boxes)))
    if int(dataset.get("SamplesPerPixel") or 1) == 3:
        attributes |= {_PHOTOMETRIC: ("CS", b"RGB "), _PLANAR: ("US", b"\0\0")}
    return Redacted(items, RLE, attributes, _OFFSETS)


def _guessed(dataset: Dataset) -> str:
    """The transfer syntax of a data set without file meta information."""
    implicit, little = dataset.original_encoding
    return NATIVE[0] if implicit else NATIVE[1] if little else NATIVE[3]


def _grown(text: Text, width: int, height: int) -> Text:
    from dataclasses import replace

    return replace(
        text,
        x0=max(0, text.x0 - _MARGIN),
        y0=max(0, text.y0 - _MARGIN),
        x1=min(width, text.x1 + _MARGIN),
        y1=min(height, text.y1 + _MARGIN),
    )


def _native(dataset: Dataset, boxes: dict[int, list[Text]]) -> tuple[int, bytes]:
    """Pixel data that is not compressed, changed in place: its element, and its new value."""
    import numpy as np

    tag = next((t for t in _SAMPLES if t in dataset), None)
    if tag is None:
        raise Unsafe("there is no pixel data")
    with reasons("the pixel data cannot be read"):
        element = dataset[tag]
        data = bytearray(element.value or b"")
        rows, columns = int(dataset.Rows), int(dataset.Columns)
        samples = int(dataset.get("SamplesPerPixel") or 1)
        bits = int(dataset.get("BitsAllocated") or 0)
        little = bool(dataset.original_encoding[1])
        planar = int(dataset.get("PlanarConfiguration") or 0) if samples > 1 else 0
        photometric = str(dataset.get("PhotometricInterpretation", "")).strip()
    if bits == 1 and samples == 1:
        return tag, _bits(data, rows, columns, boxes, photometric)
    subsampled = photometric == "YBR_FULL_422"
    if photometric.startswith(("YBR_PARTIAL", "YBR_ICT", "YBR_RCT")) or bits % 8 or not bits:
        raise Unsafe("the samples are laid out in a way that cannot be changed in place")
    swapped = not little and element.VR == "OW" and bits == 8
    if swapped:
        data = bytearray(np.frombuffer(data, "<u2").byteswap().tobytes())
    kind = _SAMPLES[tag] or f"{'i' if dataset.get('PixelRepresentation') else 'u'}{bits // 8}"
    each = rows * columns * (2 if subsampled else samples)
    array = np.frombuffer(data, np.dtype(kind).newbyteorder("<" if little else ">"))
    if subsampled:
        shape: tuple[int, ...] = (rows, columns // 2, 4)
    elif samples == 1:
        shape = (rows, columns)
    else:
        shape = (samples, rows, columns) if planar else (rows, columns, samples)
    for frame, inside in boxes.items():
        if frame < 0 or (frame + 1) * each > array.size:
            raise Unsafe(f"frame {frame} is cut short")
        pixels = array[frame * each : (frame + 1) * each].reshape(shape)
        black = [0, 0, 128, 128] if subsampled else _black(dataset, pixels, photometric)
        for box in inside:
            if subsampled:
                pixels[box.y0 : box.y1, box.x0 // 2 : -(-box.x1 // 2)] = black
            elif planar:
                for plane, value in zip(pixels, black, strict=True):
                    plane[box.y0 : box.y1, box.x0 : box.x1] = value
            else:
                pixels[box.y0 : box.y1, box.x0 : box.x1] = black
    if swapped:
        data = bytearray(np.frombuffer(data, "<u2").byteswap().tobytes())
    return tag, bytes(data)


def _bits(
    data: bytearray, rows: int, columns: int, boxes: dict[int, list[Text]], photometric: str
) -> bytes:
    """Pixel data of one bit a sample, lowest first, frames packed without gaps."""
    inverted = photometric == "MONOCHROME1"
    if inverted:
        data = bytearray(~byte & 0xFF for byte in data)
    for frame, inside in boxes.items():
        if frame < 0 or (frame + 1) * rows * columns > 8 * len(data):
            raise Unsafe(f"frame {frame} is cut short")
        for box in inside:
            for row in range(box.y0, box.y1):
                start = (frame * rows + row) * columns
                overlays.clear(data, start + box.x0, start + box.x1)
    return bytes(~byte & 0xFF for byte in data) if inverted else bytes(data)


def _black(dataset: Dataset, pixels: Pixels, photometric: str) -> Any:
    """What is shown as black: a sample, or one for each colour."""
    if photometric == "YBR_FULL":
        return [0, 128, 128]
    if photometric == "PALETTE COLOR":
        return _darkest(dataset)
    if pixels.ndim == 3:
        return [0, 0, 0]
    if pixels.dtype.kind == "u":
        stored_bits = int(dataset.get("BitsStored") or 8 * pixels.dtype.itemsize)
        return (1 << stored_bits) - 1 if photometric == "MONOCHROME1" else 0
    return pixels.max() if photometric == "MONOCHROME1" else pixels.min()


def _darkest(dataset: Dataset) -> int:
    """The index of the darkest colour of a palette (PS3.3 C.7.6.3.1.5)."""
    import numpy as np

    with reasons("the colour table cannot be used"):
        from pydicom.pixels.processing import apply_color_lut

        first = int(dataset.RedPaletteColorLookupTableDescriptor[1])
        entries = int(dataset.RedPaletteColorLookupTableDescriptor[0]) or 1 << 16
        indices = np.arange(first, min(first + entries, 1 << int(dataset.BitsAllocated)))
        wide = np.uint16 if int(dataset.BitsAllocated) > 8 else np.uint8
        colours = apply_color_lut(indices.astype(wide)[None], dataset)[0]
        return int(indices[int(colours.astype(np.uint32).sum(axis=1).argmin())])


def _again(path: Path, dataset: Dataset, boxes: dict[int, list[Text]]) -> list[bytes]:
    """RLE Lossless pixel data in which only the frames that have boxes are written anew."""
    from pydicom.encaps import generate_frames
    from pydicom.pixels.utils import iter_pixels

    with reasons("the frames cannot be read"):
        count = int(dataset.get("NumberOfFrames") or 1)
        fragments = list(generate_frames(dataset.PixelData, number_of_frames=count))
    if max(boxes) >= len(fragments) or min(boxes) < 0:
        raise Unsafe(f"frame {max(boxes)} is missing")
    wanted = sorted(boxes)
    decoded = iter_pixels(path, indices=wanted, raw=True, decoding_plugin="pydicom")
    with reasons("a frame cannot be decoded"):
        for frame, pixels in zip(wanted, decoded, strict=True):
            _fill(dataset, pixels, boxes[frame], str(dataset.PhotometricInterpretation).strip())
            fragments[frame] = encoded(pixels)
    return _offsets_and(fragments)


def _transcoded(path: Path, dataset: Dataset, boxes: dict[int, list[Text]]) -> Iterator[bytes]:
    """Every frame as RLE Lossless."""
    count = max(1, int(dataset.get("NumberOfFrames") or 1))
    if max(boxes) >= count or min(boxes) < 0:
        raise Unsafe(f"frame {max(boxes)} is missing")
    photometric = str(dataset.get("PhotometricInterpretation", "")).strip()
    for frame, pixels in stored(path, dataset, range(count)):
        shown = "RGB" if pixels.ndim == 3 else photometric
        with reasons(f"frame {frame} cannot be written"):
            _fill(dataset, pixels, boxes.get(frame, []), shown)
            yield encoded(pixels)


def _fill(dataset: Dataset, pixels: Pixels, boxes: list[Text], photometric: str) -> None:
    if boxes:
        black = _black(dataset, pixels, photometric)
        for box in boxes:
            pixels[box.y0 : box.y1, box.x0 : box.x1] = black


def _offsets_and(fragments: list[bytes]) -> list[bytes]:
    """The items of encapsulated pixel data, one a frame, after their Basic Offset Table."""
    import struct

    even = [fragment + b"\0" * (len(fragment) % 2) for fragment in fragments]
    offsets = []
    place = 0
    for fragment in even:
        offsets.append(place)
        place += 8 + len(fragment)
    if place > 0xFFFFFFFF:
        return [b"", *even]
    return [struct.pack(f"<{len(offsets)}I", *offsets), *even]
