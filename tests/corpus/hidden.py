"""Whether a text burned into pixels can still be read, and whether the rest is as it was."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import SequenceMatcher
from functools import cache
from typing import Any

import numpy as np

from tests.corpus.key import Entry
from tests.corpus.pixels import Array

MARGIN = 12
"""Pixels around a box that may be painted over with it."""


def _crop(frames: Array, entry: Entry, margin: int = 0) -> Array:
    assert entry.bbox is not None
    x0, y0, x1, y1 = entry.bbox
    frame: Array = frames[entry.frame or 0]
    return frame[max(0, y0 - margin) : y1 + margin, max(0, x0 - margin) : x1 + margin]


def hidden(old: Array, new: Array, entry: Entry) -> bool:
    """Whether the text of an entry is not to be read any more."""
    before, after = _crop(old, entry), _crop(new, entry)
    if float(np.ptp(after)) == 0:
        return True
    if np.array_equal(before, after):
        return False
    return not _readable(_crop(new, entry, 4), entry.text)


def outside_is_same(old: Array, new: Array, boxes: Iterable[Entry]) -> bool:
    """Whether all pixels but those of the boxes, and a margin around them, are as they were."""
    different = old != new
    if different.ndim == 4:
        different = different.any(axis=-1)
    for entry in boxes:
        assert entry.bbox is not None
        x0, y0, x1, y1 = entry.bbox
        rows = slice(max(0, y0 - MARGIN), y1 + MARGIN)
        different[entry.frame or 0, rows, max(0, x0 - MARGIN) : x1 + MARGIN] = False
    return not different.any()


@cache
def _engine() -> Any:
    from rapidocr import RapidOCR

    return RapidOCR(params={"Global.log_level": "critical", "Global.use_det": False})


def _readable(crop: Array, text: str) -> bool:
    grey = crop.astype(np.float64)
    low, high = float(grey.min()), float(grey.max())
    picture = ((grey - low) / max(1e-9, high - low) * 255).astype(np.uint8)
    if picture.ndim == 2:
        picture = np.stack([picture] * 3, -1)
    read = " ".join(_engine()(picture, use_det=False, use_cls=False, use_rec=True).txts or ())
    ours, theirs = (re.sub(r"\W", "", each).lower() for each in (read, text))
    if not ours:
        return False
    return SequenceMatcher(None, ours, theirs).ratio() >= 0.5
