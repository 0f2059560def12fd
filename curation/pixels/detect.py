"""Where text stands in an image: a cheap screen first, then a network on what it lets through."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from curation.pixels.models import detector, vision
from curation.pixels.text import Box

if TYPE_CHECKING:
    from curation.pixels.text import Image, Pixels

CELL = 32
_EDGE = 20
_EDGES = 8
"""A cell of 32 by 32 pixels may hold text if this many neighbours differ by this many greys."""

_NOISE = 12
"""Frames differ where a sample does by more greys than this."""

_TILE = 1280
_OVERLAP = 192
_LARGE = 1600
"""An image with a longer side is also looked at as a whole, for letters larger than a tile."""

_SMALL = 400_000
"""Up to so many pixels an image is seen at 0.8 of its size, above at 0.65."""

_STROKE = 15
_GROUND = 64
"""Strokes thinner than this many pixels are kept, on a ground of this grey."""

_THICK = 100
"""A line of text is at most this high, or a twelfth of the longer side of a large image."""

_LIKELY = 0.2
_TEXT = 0.3
_GROW = 1.2
_MARGIN = 1
_THIN = 3


def detect(image: Image, cells: Image | None = None) -> list[Box]:
    """The boxes around lines of text, from top to bottom; only in `cells` (as `changed` has them).

    The network sees an image at a scale at which letters of 11 pixels still count; what is larger
    than a tile is cut into tiles that overlap.
    """
    cv2 = vision()
    height, width = image.shape[:2]
    scale = 0.8 if height * width <= _SMALL else 0.65
    boxes = [
        Box(box.x0 + x0, box.y0 + y0, box.x1 + x0, box.y1 + y0, box.score)
        for x0, y0, x1, y1 in regions(image, cells)
        for box in _network(strokes(image[y0:y1, x0:x1]), scale)
    ]
    if max(height, width) > _LARGE:
        whole = 1024 / max(height, width)
        size = (max(64, round(width * whole)), max(64, round(height * whole)))
        boxes += [
            Box(
                int(box.x0 / whole),
                int(box.y0 / whole),
                min(width, int(box.x1 / whole) + 1),
                min(height, int(box.y1 / whole) + 1),
                box.score,
            )
            for box in _network(strokes(cv2.resize(image, size, interpolation=cv2.INTER_AREA)), 1)
        ]
    thick = max(_THICK, max(height, width) // 12)
    lines = (box for box in boxes if min(box.x1 - box.x0, box.y1 - box.y0) <= thick)
    return sorted(_merged(list(lines)), key=lambda b: (b.y0, b.x0, b.x1, b.y1))


def strokes(image: Image) -> Image:
    """The image with thin lights and darks on an even ground.

    Without this the network takes a whole body or breast for one large letter, and what is
    written across it is lost.
    """
    import numpy as np

    cv2 = vision()
    ground = np.ones((_STROKE, _STROKE), np.uint8)
    light = cv2.morphologyEx(image, cv2.MORPH_TOPHAT, ground).astype(np.int16)
    dark = cv2.morphologyEx(image, cv2.MORPH_BLACKHAT, ground)
    flat: Image = np.clip(light + _GROUND - (dark >> 1), 0, 255).astype(np.uint8)
    return flat


def changed(image: Image, before: Image) -> Image:
    """The cells of 32 by 32 pixels in which two images of one size differ: 1, elsewhere 0."""
    cv2 = vision()
    different: Image = _counts(cv2.absdiff(image, before) > _NOISE) > 0
    return different.astype("uint8")


def _counts(marked: Pixels) -> Pixels:
    """How many pixels of each cell are marked, in any colour."""
    import numpy as np

    flat: Pixels = marked if marked.ndim == 2 else marked.max(axis=2)
    height, width = flat.shape
    rows, columns = -(-height // CELL), -(-width // CELL)
    cells = np.zeros((rows * CELL, columns * CELL), bool)
    cells[:height, :width] = flat
    counts: Pixels = cells.reshape(rows, CELL, columns, CELL).sum(axis=(1, 3))
    return counts


def regions(image: Image, cells: Image | None = None) -> list[tuple[int, int, int, int]]:
    """Parts of an image (x0, y0, x1, y1) outside which nothing has edges as letters do."""
    import numpy as np

    cv2 = vision()
    height, width = image.shape[:2]
    planes = (image,) if image.ndim == 2 else (image.max(axis=2), image.min(axis=2))
    pair = np.ones((2, 2), np.uint8)
    edges = [cv2.morphologyEx(plane, cv2.MORPH_GRADIENT, pair) >= _EDGE for plane in planes]
    counts = _counts(np.logical_or.reduce(edges))
    active = cv2.dilate((counts >= _EDGES).astype(np.uint8), np.ones((3, 3), np.uint8))
    rows, columns = active.shape
    if cells is not None:
        active &= cells
    found = _rectangles(active)
    if sum(w * h for _, _, w, h in found) > 0.8 * rows * columns:
        found = [(0, 0, columns, rows)]
    return [
        (x * CELL + left, y * CELL + top, x * CELL + right, y * CELL + bottom)
        for x, y, w, h in found
        for left, right in _cuts(min(w * CELL, width - x * CELL))
        for top, bottom in _cuts(min(h * CELL, height - y * CELL))
    ]


def _rectangles(active: Image) -> list[tuple[int, int, int, int]]:
    """Rectangles (x, y, width, height) that cover the active cells and do not touch."""
    cv2 = vision()
    while True:
        count, _, stats, _ = cv2.connectedComponentsWithStats(active, connectivity=8)
        found = [(int(x), int(y), int(w), int(h)) for x, y, w, h, _ in stats[1:count]]
        if all(area == w * h for _, _, w, h, area in stats[1:count]):
            return found
        for x, y, w, h in found:
            active[y : y + h, x : x + w] = 1


def _cuts(length: int) -> Iterator[tuple[int, int]]:
    """A length as one part, or as parts of the size of a tile that overlap."""
    start = 0
    while start + _TILE < length:
        yield start, start + _TILE
        start += _TILE - _OVERLAP
    yield max(0, min(start, length - _TILE)), length


def _network(image: Image, scale: float) -> list[Box]:
    """What the network takes for lines of text, upright, in pixels of the image."""
    import numpy as np

    cv2 = vision()
    height, width = image.shape[:2]
    high, wide = (max(64, round(side * scale / 32) * 32) for side in (height, width))
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    small = cv2.resize(image, (wide, high), interpolation=method).astype(np.float32)
    planes = small[None] if image.ndim == 2 else small[:, :, ::-1].transpose(2, 0, 1)
    values = np.ascontiguousarray(np.broadcast_to(planes / 127.5 - 1, (1, 3, high, wide)))
    session = detector()
    likely = session.run(None, {session.get_inputs()[0].name: values})[0][0, 0]
    mask = (likely > _LIKELY).astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    boxes = []
    for label in range(1, count):
        x, y, w, h = (int(v) for v in stats[label, :4])
        if min(w, h) < _THIN:
            continue
        window = np.s_[y : y + h, x : x + w]
        score = float(likely[window][labels[window] == label].mean())
        if score < _TEXT:
            continue
        grow = w * h * _GROW / (2 * (w + h))
        boxes.append(
            Box(
                max(0, int((x - grow) * width / wide) - _MARGIN),
                max(0, int((y - grow) * height / high) - _MARGIN),
                min(width, int((x + w + grow) * width / wide) + 1 + _MARGIN),
                min(height, int((y + h + grow) * height / high) + 1 + _MARGIN),
                score,
            )
        )
    return boxes


def _merged(boxes: list[Box]) -> list[Box]:
    """One box for what several tiles or scales saw of one line of text."""
    kept: list[Box] = []
    for box in sorted(boxes, key=lambda b: (b.x0, b.y0, b.x1, b.y1)):
        for index, old in enumerate(kept):
            if _same_line(box, old):
                kept[index] = Box(
                    min(box.x0, old.x0),
                    min(box.y0, old.y0),
                    max(box.x1, old.x1),
                    max(box.y1, old.y1),
                    max(box.score, old.score),
                )
                break
        else:
            kept.append(box)
    return kept


def _same_line(one: Box, other: Box) -> bool:
    """Whether two boxes overlap in width and share most of the height of each."""
    across = min(one.x1, other.x1) - max(one.x0, other.x0)
    down = min(one.y1, other.y1) - max(one.y0, other.y0)
    shorter = min(one.y1 - one.y0, other.y1 - other.y0)
    taller = max(one.y1 - one.y0, other.y1 - other.y0)
    narrow = min(one.x1 - one.x0, other.x1 - other.x0)
    inside = across >= 0.8 * narrow and down >= 0.8 * shorter
    return inside or (across > 0 and down >= 0.6 * taller)
