"""Pictures with text in them, and DICOM objects around them, made here and of nobody."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from pydicom import Dataset, dcmread, dcmwrite
from pydicom.dataset import FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian

from curation.pixels.redact import Redacted
from curation.pixels.text import Text

NAME = "LINDQVIST^INGRID"


def written(
    text: str,
    at: tuple[int, int] = (40, 60),
    size: int = 20,
    on: np.ndarray | None = None,
    ink: int = 255,
) -> np.ndarray:
    """A text on a picture of 8 bits, black and 256 by 384 unless another is given."""
    image = Image.fromarray(np.zeros((256, 384), np.uint8) if on is None else on)
    ImageDraw.Draw(image).text(at, text, ink, font=ImageFont.load_default(size))
    return np.array(image)


def speckle(seed: int = 1, shape: tuple[int, int] = (256, 384)) -> np.ndarray:
    """The grain of an ultrasound image."""
    grain = np.random.default_rng(seed).rayleigh(28, shape)
    return np.clip(grain, 0, 160).astype(np.uint8)


def body(shape: tuple[int, int] = (256, 384)) -> np.ndarray:
    """A bright round body on black, as a cross-section or a breast shows."""
    y, x = np.mgrid[0 : shape[0], 0 : shape[1]]
    inside = ((x - shape[1] / 2) / 150) ** 2 + ((y - shape[0] / 2) / 100) ** 2 < 1
    noise = np.random.default_rng(2).normal(110, 5, shape)
    return np.where(inside, noise, 0).astype(np.uint8)


def breast(shape: tuple[int, int] = (384, 384)) -> np.ndarray:
    """Bright tissue with a coarse texture, from the left edge, on black."""
    y, x = np.mgrid[0 : shape[0], 0 : shape[1]]
    inside = (x / (shape[1] * 0.6)) ** 2 + ((y - shape[0] / 2) / (shape[0] * 0.42)) ** 2
    coarse = np.random.default_rng(1).normal(0, 22, (shape[0] // 8, shape[1] // 8))
    fine = Image.fromarray(coarse.astype(np.float32)).resize(shape, Image.Resampling.BICUBIC)
    tissue = 90 + 80 * (1 - inside) + np.asarray(fine)
    return np.clip(np.where(inside < 1, tissue, 2), 0, 255).astype(np.uint8)


def dicom(path: Path, pixels: np.ndarray, **attributes: Any) -> Path:
    """A DICOM file of these samples: frames, rows, columns and, if the last is 3, colours."""
    dataset = Dataset()
    colours = pixels.ndim > 2 and pixels.shape[-1] == 3
    frames = pixels.reshape(-1, *pixels.shape[-3 if colours else -2 :])
    bits = 8 * pixels.dtype.itemsize
    dataset.SOPClassUID, dataset.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.6.1", "1.2.3.4"
    dataset.Modality = "US"
    dataset.Rows, dataset.Columns = frames.shape[1:3]
    dataset.SamplesPerPixel = 3 if colours else 1
    dataset.PhotometricInterpretation = "RGB" if colours else "MONOCHROME2"
    if colours:
        dataset.PlanarConfiguration = 0
    dataset.BitsAllocated = dataset.BitsStored = bits
    dataset.HighBit = bits - 1
    dataset.PixelRepresentation = int(pixels.dtype.kind == "i")
    if len(frames) > 1:
        dataset.NumberOfFrames = len(frames)
    dataset.PixelData = pixels.tobytes() + b"\0" * (pixels.nbytes % 2)
    dataset["PixelData"].VR = "OB" if bits == 8 else "OW"
    for keyword, value in attributes.items():
        setattr(dataset, keyword, value)
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dcmwrite(path, dataset, enforce_file_format=True)
    return path


def put_together(path: Path, redacted: Redacted) -> Dataset:
    """The file with what `redact` gave in its place, written and read again."""
    dataset = dcmread(path, force=True)
    for tag, (vr, value) in redacted.attributes.items():
        plain = {"CS": value.decode("latin-1").strip(), "US": value[0]}.get(vr, value)
        dataset.add_new(tag, vr, plain)
    for tag in redacted.removed & set(dataset.keys()):
        del dataset[tag]
    data = redacted.pixel_data
    if isinstance(data, list):
        items = [struct.pack("<HHI", 0xFFFE, 0xE000, len(item)) + item for item in data]
        dataset.PixelData = b"".join([*items, struct.pack("<HHI", 0xFFFE, 0xE0DD, 0)])
        dataset["PixelData"].VR = "OB"
        dataset["PixelData"].is_undefined_length = True
    elif data is not None:
        dataset["PixelData"].value = data
    syntax = redacted.transfer_syntax
    dataset.file_meta.TransferSyntaxUID = syntax
    out = io.BytesIO()
    big, implicit = syntax == "1.2.840.10008.1.2.2", syntax == "1.2.840.10008.1.2"
    dataset.save_as(out, implicit_vr=implicit, little_endian=not big, enforce_file_format=False)
    return dcmread(io.BytesIO(out.getvalue()), force=True)


def box(x0: int, y0: int, x1: int, y1: int, frame: int = 0, plane: int = 0) -> Text:
    """Text that must go."""
    return Text(frame, x0, y0, x1, y1, NAME, None, True, True, plane)


def outside(shape: tuple[int, ...], boxes: Iterable[Text], margin: int = 2) -> np.ndarray:
    """Which pixels of frames, rows and columns lie outside the boxes as they are blacked out."""
    mask = np.ones(shape, bool)
    for b in boxes:
        rows = slice(max(0, b.y0 - margin), b.y1 + margin)
        mask[b.frame, rows, max(0, b.x0 - margin) : b.x1 + margin] = False
    return mask
