"""RLE Lossless (PS3.5 annex G): one frame written as packed bytes, its high bytes first."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from curation.formats import Unsafe

if TYPE_CHECKING:
    from curation.pixels.text import Pixels

_LONGEST = 128
_WORTH = 3
"""A run of as many equal bytes is written as a run, a shorter one as it is."""

_SEGMENTS = 15


def encoded(pixels: Pixels) -> bytes:
    """A frame of rows and columns, or rows, columns and colours, of even length.

    Raises Unsafe if it has more than 15 bytes a pixel, which the format has no room for.
    """
    import numpy as np

    rows, columns = pixels.shape[:2]
    samples = np.ascontiguousarray(pixels.reshape(rows, columns, -1))
    size = samples.dtype.itemsize
    high_first = samples.astype(samples.dtype.newbyteorder(">")).view(np.uint8)
    planes = high_first.reshape(rows, columns, samples.shape[2] * size)
    if planes.shape[2] > _SEGMENTS:
        raise Unsafe("a pixel has more bytes than RLE Lossless has segments")
    segments = [_packed(np.ascontiguousarray(planes[:, :, i])) for i in range(planes.shape[2])]
    offsets, place = [], 64
    for segment in segments:
        offsets.append(place)
        place += len(segment)
    table = [len(segments), *offsets, *[0] * (_SEGMENTS - len(segments))]
    return b"".join([struct.pack("<16I", *table), *segments])


def _packed(plane: Pixels) -> bytes:
    """One plane of bytes, each row for itself, as runs and literals of at most 128 bytes."""
    import numpy as np

    columns = plane.shape[1]
    flat = plane.reshape(-1)
    first = np.zeros(flat.size, bool)
    first[::columns] = True
    begins = first.copy()
    begins[1:] |= flat[1:] != flat[:-1]
    starts = np.flatnonzero(begins)
    lengths = np.diff(starts, append=flat.size)
    run = lengths >= _WORTH
    # Short runs that follow each other in a row are one literal.
    joined = np.zeros(starts.size, bool)
    joined[1:] = ~run[1:] & ~run[:-1] & ~first[starts[1:]]
    heads = np.flatnonzero(~joined)
    starts, run = starts[heads], run[heads]
    lengths = np.diff(starts, append=flat.size)
    pieces = -(-lengths // _LONGEST)
    nth = np.arange(pieces.sum()) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    starts = np.repeat(starts, pieces) + nth * _LONGEST
    run = np.repeat(run, pieces)
    lengths = np.minimum(_LONGEST, np.repeat(lengths, pieces) - nth * _LONGEST)
    # A run of one byte cannot be said (its header would be 0, a literal of one): same thing.
    run &= lengths > 1
    payload = np.where(run, 1, lengths)
    places = np.cumsum(payload + 1) - payload - 1
    out = np.empty(int(places[-1] + payload[-1] + 1), np.uint8)
    out[places] = np.where(run, 257 - lengths, lengths - 1)
    inside = np.arange(payload.sum()) - np.repeat(np.cumsum(payload) - payload, payload)
    out[np.repeat(places + 1, payload) + inside] = flat[np.repeat(starts, payload) + inside]
    return out.tobytes() + b"\0" * (out.size % 2)
