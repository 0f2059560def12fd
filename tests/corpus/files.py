"""Data sets as files: transfer syntaxes, and what stands before and behind the data set."""

from __future__ import annotations

import io
import random
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image
from pydicom import dcmread, dcmwrite
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate, generate_frames
from pydicom.tag import Tag
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGLosslessSV1,
    JPEGLSLossless,
    RLELossless,
)

NATIVE = (ImplicitVRLittleEndian, ExplicitVRBigEndian, DeflatedExplicitVRLittleEndian)
_BY_GDCM = {
    JPEGLosslessSV1: "JPEGLosslessProcess14_1",
    JPEGLSLossless: "JPEGLSLossless",
    JPEG2000Lossless: "JPEG2000Lossless",
}
_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"


def any_syntax(rng: random.Random, ds: Dataset) -> None:
    """Bring a data set in explicit little endian, in most cases, into another syntax."""
    chance = rng.random()
    if "PixelData" in ds and ds.BitsAllocated > 1 and chance < 0.35:
        lossy = [JPEGBaseline8Bit] if ds.BitsStored == 8 else []
        compress(ds, rng.choice([RLELossless, *_BY_GDCM, *lossy]))
    elif chance < 0.65:
        syntax = rng.choice(NATIVE)
        if syntax == ExplicitVRBigEndian:
            _swap(ds)
        ds.file_meta.TransferSyntaxUID = syntax


def _swap(ds: Dataset) -> None:
    if "PixelData" in ds and ds.BitsAllocated == 16:
        ds.PixelData = np.frombuffer(ds.PixelData, "<u2").astype(">u2").tobytes()


def compress(ds: Dataset, syntax: str) -> None:
    """Compress the pixels in place; JPEG baseline is lossy and says so."""
    if syntax == RLELossless:
        ds.compress(RLELossless, generate_instance_uid=False)
        return
    if syntax == JPEGBaseline8Bit:
        frames = _jpeg(ds)
        ds.LossyImageCompression, ds.LossyImageCompressionRatio = "01", "10"
        ds.LossyImageCompressionMethod = "ISO_10918_1"
        if ds.SamplesPerPixel == 3:
            ds.PhotometricInterpretation = "YBR_FULL_422"
    else:
        frames = _gdcm(ds, _BY_GDCM[syntax])
    ds.PixelData = encapsulate(frames)
    ds["PixelData"].VR = "OB"
    ds["PixelData"].is_undefined_length = True
    ds.file_meta.TransferSyntaxUID = syntax


def _jpeg(ds: Dataset) -> list[bytes]:
    frames = ds.pixel_array
    many = frames if int(ds.get("NumberOfFrames") or 1) > 1 else frames[None]
    out = []
    for frame in many:
        buffer = io.BytesIO()
        Image.fromarray(frame).save(buffer, "JPEG", quality=92)
        out.append(buffer.getvalue())
    return out


def _gdcm(ds: Dataset, name: str) -> list[bytes]:
    import gdcm

    with tempfile.TemporaryDirectory() as folder:
        before, after = str(Path(folder) / "a"), str(Path(folder) / "b")
        bare = Dataset()
        bare.file_meta = ds.file_meta
        for element in ds.group_dataset(0x0028):
            bare.add(element)
        bare.SOPClassUID, bare.SOPInstanceUID = _CAPTURE, ds.SOPInstanceUID
        if "NumberOfFrames" in ds:
            bare.NumberOfFrames = ds.NumberOfFrames
            bare.SOPClassUID = _CAPTURE + (".4" if ds.SamplesPerPixel == 3 else ".2")
        bare.add(ds["PixelData"])
        dcmwrite(before, bare, enforce_file_format=True)
        reader = gdcm.ImageReader()
        reader.SetFileName(before)
        change = gdcm.ImageChangeTransferSyntax()
        change.SetTransferSyntax(gdcm.TransferSyntax(getattr(gdcm.TransferSyntax, name)))
        writer = gdcm.ImageWriter()
        writer.SetFileName(after)
        if not reader.Read():
            raise ValueError("GDCM cannot read what pydicom wrote")
        change.SetInput(reader.GetImage())
        if not change.Change():
            raise ValueError(f"GDCM cannot write {name}")
        writer.SetFile(reader.GetFile())
        writer.SetImage(change.GetOutput())
        writer.Write()
        data = dcmread(after).PixelData
    return list(generate_frames(data, number_of_frames=int(ds.get("NumberOfFrames") or 1)))


def write(path: Path, ds: Dataset, preamble: bytes = b"", trailing: bytes = b"") -> None:
    """Write a file; what is given stands in its first 128 bytes, and behind its data set.

    Trailing bytes are an element Data Set Trailing Padding (FFFC,FFFC) unless they begin with "!":
    then they follow as they are. A deflated file has them within its deflated part.
    """
    meta = ds.file_meta
    if "SOPClassUID" in ds:
        meta.MediaStorageSOPClassUID = ds.SOPClassUID
        meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID
    ds.preamble = preamble[:128].ljust(128, b"\0")
    path.parent.mkdir(parents=True, exist_ok=True)
    loose = trailing.startswith(b"!")
    if trailing and not loose:
        ds.add_new(Tag(0xFFFC, 0xFFFC), "OB", trailing + b"\0" * (len(trailing) % 2))
    dcmwrite(path, ds, enforce_file_format=True)
    if loose:
        with path.open("ab") as file:
            file.write(trailing[1:])
