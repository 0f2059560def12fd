"""RLE Lossless as it is written here is read back by pydicom, byte for byte."""

from __future__ import annotations

import numpy as np
import pytest
from pydicom.pixels.decoders.rle import _rle_decode_frame

from curation.formats import Unsafe
from curation.pixels.rle import encoded


def decoded(data: bytes, pixels: np.ndarray) -> np.ndarray:
    samples = pixels.shape[2] if pixels.ndim == 3 else 1
    rows, columns = pixels.shape[:2]
    planes = _rle_decode_frame(data, rows, columns, samples, 8 * pixels.itemsize)
    array = np.frombuffer(bytes(planes), pixels.dtype).reshape(samples, rows, columns)
    return array.transpose(1, 2, 0).reshape(pixels.shape)


@pytest.mark.parametrize("kind", ["u1", "u2", "i2", "u4"])
@pytest.mark.parametrize("shape", [(1, 1), (3, 1), (2, 128), (5, 129), (4, 300), (7, 40, 3)])
@pytest.mark.parametrize("values", [1, 2, 200])
def test_what_is_written_is_read_again(kind: str, shape: tuple[int, ...], values: int) -> None:
    random = np.random.default_rng(values)
    pixels = (random.integers(0, values, shape) * (random.random(shape) < 0.6)).astype(kind)
    data = encoded(pixels)
    assert len(data) % 2 == 0
    assert np.array_equal(decoded(data, pixels), pixels)


def test_runs_end_with_their_row() -> None:
    data = encoded(np.zeros((2, 200), np.uint8))
    assert data[64:] == bytes([129, 0, 185, 0, 129, 0, 185, 0])


def test_more_segments_than_there_are_is_refused() -> None:
    with pytest.raises(Unsafe, match="segments"):
        encoded(np.zeros((2, 2, 3), np.float64))
