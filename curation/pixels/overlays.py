"""Overlay planes (PS3.3 C.9.2): pictures of one bit a pixel that lie over an image."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from curation.formats import Unsafe
from curation.pixels.decoding import reasons
from curation.pixels.text import Text

if TYPE_CHECKING:
    from pydicom import Dataset

    from curation.pixels.text import Image

GROUPS = range(0x6000, 0x6020, 2)
_ROWS, _COLUMNS, _FRAMES, _DATA = 0x0010, 0x0011, 0x0015, 0x3000
_MOST = 1 << 31


@dataclass(frozen=True)
class Plane:
    """One group of overlay elements; `data` has the bits of all frames, lowest bit first."""

    group: int
    rows: int
    columns: int
    frames: int
    data: bytes
    swapped: bool
    """Whether each pair of bytes stands in the order of a big-endian transfer syntax."""

    @property
    def tag(self) -> int:
        """The element that has the bits."""
        return self.group << 16 | _DATA


def planes(dataset: Dataset) -> Iterator[Plane]:
    """The overlays of an object that have data of their own. Raises Unsafe if one is cut short."""
    for group in GROUPS:
        tag = group << 16 | _DATA
        if tag not in dataset:
            continue
        with reasons(f"overlay {group:04X} cannot be read"):
            element = dataset[tag]
            rows, columns = (int(dataset[group << 16 | x].value) for x in (_ROWS, _COLUMNS))
            counted = group << 16 | _FRAMES
            frames = int(dataset[counted].value or 1) if counted in dataset else 1
            data = bytes(element.value or b"")
            swapped = not dataset.original_encoding[1] and element.VR == "OW"
        bits = rows * columns * frames
        if not data and not bits:
            continue
        if min(rows, columns, frames) < 1 or bits > min(8 * len(data), _MOST):
            raise Unsafe(f"overlay {group:04X} has other bits than its rows and columns say")
        yield Plane(group, rows, columns, frames, data, swapped)


def pictures(plane: Plane) -> Iterator[tuple[int, Image]]:
    """Each frame of an overlay, white on black."""
    import numpy as np

    data = _ordered(plane.data, plane)
    size = plane.rows * plane.columns
    for frame in range(plane.frames):
        start, end = frame * size, (frame + 1) * size
        part = np.frombuffer(data, np.uint8, -(-end // 8) - start // 8, start // 8)
        bits = np.unpackbits(part, bitorder="little")[start % 8 :][:size]
        yield frame, (bits * np.uint8(255)).reshape(plane.rows, plane.columns)


def without(plane: Plane, texts: Iterable[Text]) -> bytes:
    """The data of an overlay with the boxes of these texts cleared."""
    data = bytearray(_ordered(plane.data, plane))
    for text in texts:
        if not 0 <= text.frame < plane.frames:
            raise Unsafe(f"overlay {plane.group:04X} has no frame {text.frame}")
        for row in range(text.y0, text.y1):
            start = (text.frame * plane.rows + row) * plane.columns
            clear(data, start + text.x0, start + text.x1)
    return _ordered(bytes(data), plane)


def clear(data: bytearray, start: int, end: int) -> None:
    """Set a run of bits to 0; bits are counted from the lowest of the first byte."""
    if start >= end:
        return
    first, last = start // 8, (end - 1) // 8
    low, high = (1 << start % 8) - 1, 0xFF & (0xFF << (end - 1) % 8 + 1)
    if first == last:
        data[first] &= low | high
        return
    data[first] &= low
    data[first + 1 : last] = bytes(last - first - 1)
    data[last] &= high


def _ordered(data: bytes, plane: Plane) -> bytes:
    if not plane.swapped:
        return data
    import numpy as np

    return np.frombuffer(data, ">u2").astype("<u2").tobytes()
