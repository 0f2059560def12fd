"""The frames of a DICOM image, one at a time, as pictures of 8 bits that a reader can look at."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from curation.formats import Unsafe
from curation.pixels.decoding import reasons
from curation.pixels.sampling import ATTRIBUTES

if TYPE_CHECKING:
    from pydicom import Dataset

    from curation.pixels.text import Image, Pixels

_LARGEST = 1 << 30
"""Bytes of one frame; a larger one is refused before memory is asked for."""

_RLE = "1.2.840.10008.1.2.5"
_DEFLATED = "1.2.840.10008.1.2.1.99"
_ENOUGH = 96
"""An 8-bit image that spans fewer greys than this is stretched."""


def header(path: Path) -> Dataset:
    """The elements of a DICOM file before its pixel data. Raises Unsafe or OSError."""
    import pydicom

    with reasons("the header cannot be read"):
        return pydicom.dcmread(path, stop_before_pixels=True, force=True)


def described(dataset: Dataset) -> dict[str, str]:
    """What a sampler asks of a header, in its words (`sampling.ATTRIBUTES`)."""
    with reasons("the header cannot be read"):
        return {
            word: "\\".join(map(str, value)) if _several(value) else str(value)
            for word, tag in ATTRIBUTES.items()
            if tag in dataset and (value := dataset[tag].value) is not None
        }


def _several(value: Any) -> bool:
    return not isinstance(value, str) and isinstance(value, Iterable)


def stored(
    path: Path, dataset: Dataset, frames: range | tuple[int, ...]
) -> Iterator[tuple[int, Pixels]]:
    """The samples of some frames (from 0) as pydicom's `pixel_array` has them, one at a time."""
    from pydicom.pixels.utils import pixel_array

    _bounded(dataset)
    whole: Dataset | None = None
    decoded = _decoded(path, dataset, frames)
    for index in frames:
        array = None
        with reasons(f"frame {index} cannot be decoded"):
            if whole is None:
                try:
                    array = next(decoded, None)
                except Exception:  # some files are read right only as a whole
                    whole = _whole(path)
            if whole is not None:
                array = pixel_array(whole, index=index)
        if array is None:
            raise Unsafe(f"frame {index} is missing")
        yield index, array


def _decoded(path: Path, dataset: Dataset, frames: range | tuple[int, ...]) -> Iterator[Pixels]:
    from pydicom.pixels.utils import iter_pixels

    syntax = str(dataset.file_meta.get("TransferSyntaxUID", ""))
    source = _whole(path) if syntax in (_DEFLATED, "") else path
    plugin = "pydicom" if syntax == _RLE else ""
    wanted = None if isinstance(frames, range) else frames
    yield from iter_pixels(source, indices=wanted, decoding_plugin=plugin)


def _whole(path: Path) -> Dataset:
    """The data set with its pixel data; without meta information, with the syntax it is in."""
    import pydicom

    dataset = pydicom.dcmread(path, force=True)
    if "TransferSyntaxUID" not in dataset.file_meta:
        implicit, little = dataset.original_encoding
        syntax = "" if implicit else ".1" if little else ".2"
        dataset.file_meta.TransferSyntaxUID = pydicom.uid.UID(f"1.2.840.10008.1.2{syntax}")
    return dataset


def _bounded(dataset: Dataset) -> None:
    with reasons("the size of the image cannot be read"):
        rows, columns = int(dataset.Rows), int(dataset.Columns)
        samples = int(dataset.get("SamplesPerPixel") or 1)
        size = rows * columns * samples * max(1, int(dataset.get("BitsAllocated") or 8) // 8)
    if size > _LARGEST:
        raise Unsafe(f"one frame would need {size} bytes")
    if not rows or not columns:
        raise Unsafe("the image has no rows or no columns")


def picture(array: Pixels, dataset: Dataset) -> Image:
    """A frame as 8 bits a sample: grey as rows and columns, or rows, columns and RGB.

    Greys are stretched between the darkest and the brightest thousandth, so that text which is
    brighter than everything else stays white, and text within a narrow range can be read.
    """
    import numpy as np

    photometric = str(dataset.get("PhotometricInterpretation", "")).strip()
    if photometric == "PALETTE COLOR" and array.ndim == 2:
        with reasons("the colour table cannot be used"):
            from pydicom.pixels.processing import apply_color_lut

            array = apply_color_lut(array, dataset)
    if array.dtype == np.uint8 and array.ndim == 3:
        return np.ascontiguousarray(array[:, :, :3])
    if array.ndim == 3:
        return np.dstack([stretched(array[:, :, i], stretch=True) for i in range(3)])
    padding = dataset.get("PixelPaddingValue")
    return stretched(array, stretch=array.dtype != np.uint8, padding=padding)


def stretched(array: Pixels, *, stretch: bool, padding: Any = None) -> Image:
    """Samples as 8 bits; an 8-bit image that is not to be stretched stays if it has contrast."""
    import numpy as np

    if array.dtype.kind == "f":
        array = np.nan_to_num(array, nan=0.0, posinf=0.0, neginf=0.0)
    sample = array[:: max(1, array.shape[0] // 512), :: max(1, array.shape[1] // 512)]
    if isinstance(padding, int) and (inside := sample[sample != padding]).size:
        sample = inside
    if not stretch and int(array.max()) - int(array.min()) >= _ENOUGH:
        return np.ascontiguousarray(array, dtype=np.uint8)
    low, high = (float(v) for v in np.percentile(sample, (0.1, 99.9)))
    if high <= low:
        low, high = float(array.min()), float(array.max())
    if high <= low:
        return np.zeros(array.shape, np.uint8)
    scaled = (array.astype(np.float32) - low) * (255 / (high - low))
    result: Image = np.clip(scaled, 0, 255).astype(np.uint8)
    return result
