"""What the boxes of text say: each is cut out, brought to one height, and read letter by letter."""

from __future__ import annotations

from typing import TYPE_CHECKING

from curation.pixels.detect import strokes
from curation.pixels.models import reader, vision
from curation.pixels.text import Box, Reading

if TYPE_CHECKING:
    from curation.pixels.text import Image

_HEIGHT = 48
_WIDEST = 2400
_NARROWEST = 64
_AROUND = 16
_SURE = 0.6
"""How sure of its letters a reading must be to be believed."""


def read(image: Image, box: Box) -> Reading:
    """What one box says. Text that runs up or down is turned; what cannot be read is looked at
    once more with the ground taken away.
    """
    reading = _turned(image[box.y0 : box.y1, box.x0 : box.x1])
    if readable(reading):
        return reading
    around = image[max(0, box.y0 - _AROUND) : box.y1 + _AROUND, box.x0 : box.x1]
    again = _turned(strokes(around)[min(_AROUND, box.y0) :][: box.y1 - box.y0])
    return max(reading, again, key=lambda r: r.score)


def readable(reading: Reading) -> bool:
    """Whether a reading is sure enough to judge the text by."""
    return bool(reading.text) and reading.score >= _SURE


def _turned(part: Image) -> Reading:
    import numpy as np

    height, width = part.shape[:2]
    level = _line(part)
    if height < 1.5 * width or readable(level):
        return level
    upright = [_line(np.ascontiguousarray(np.rot90(part, turns))) for turns in (1, 3)]
    return max(level, *upright, key=lambda r: r.score)


def _line(part: Image) -> Reading:
    """One line of text, from left to right."""
    import numpy as np

    cv2 = vision()
    height, width = part.shape[:2]
    if not height or not width:
        return Reading("", 0.0)
    wide = max(8, min(_WIDEST, -(-_HEIGHT * width // height)))
    scaled = cv2.resize(part, (wide, _HEIGHT), interpolation=cv2.INTER_LINEAR).astype(np.float32)
    planes = scaled[None] if part.ndim == 2 else scaled[:, :, ::-1].transpose(2, 0, 1)
    values = np.zeros((1, 3, _HEIGHT, max(wide, _NARROWEST)), np.float32)
    values[0, :, :, :wide] = planes / 127.5 - 1
    session, letters = reader()
    likely = session.run(None, {session.get_inputs()[0].name: values})[0][0]
    best = likely.argmax(axis=1)
    kept = (best != 0) & np.concatenate(([True], best[1:] != best[:-1]))
    if not kept.any():
        return Reading("", 0.0)
    text = "".join(letters[i] for i in best[kept]).strip()
    return Reading(text, float(likely.max(axis=1)[kept].mean()))
