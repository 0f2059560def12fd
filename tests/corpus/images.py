"""Image objects of each modality, with plausible geometry and techniques."""

from __future__ import annotations

import random

import numpy as np
from pydicom.dataset import Dataset

from tests.corpus import pixels
from tests.corpus.headers import Series, Study, code, header
from tests.corpus.people import harmless
from tests.corpus.pixels import Array

WITH_TEXT = ("US", "USM", "CR", "DX", "MG", "SC", "OT")
"""Kinds of images that carry text in their pixels."""

_SIZES = {
    "CT": (64, 64), "MR": (64, 64), "PT": (48, 48), "US": (480, 640), "USM": (360, 480),
    "CR": (512, 512), "DX": (600, 512), "MG": (768, 512), "SC": (512, 640), "OT": (512, 512),
}  # fmt: skip


def size(kind: str) -> tuple[int, int]:
    """Rows and columns of a kind of image here."""
    return _SIZES[kind]


def stored(ds: Dataset, frames: Array, bits: int, colour: bool = False) -> None:
    """Put frames (of 0 to 1; shape frames × rows × columns) into a data set."""
    whole = pixels.in_bits(frames, bits)
    count, ds.Rows, ds.Columns = whole.shape
    ds.BitsAllocated = 8 * whole.dtype.itemsize
    ds.BitsStored, ds.HighBit, ds.PixelRepresentation = bits, bits - 1, 0
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
    if colour:
        ds.SamplesPerPixel, ds.PlanarConfiguration = 3, 0
        ds.PhotometricInterpretation = "RGB"
        whole = np.stack([whole, whole, (whole * 0.9).astype(whole.dtype)], -1)
    if count > 1 or str(ds.SOPClassUID).endswith("3.1"):
        ds.NumberOfFrames = str(count)
    data = whole.tobytes()
    ds.PixelData = data + b"\0" * (len(data) % 2)
    ds["PixelData"].VR = "OW" if ds.BitsAllocated == 16 else "OB"


def background(rng: random.Random, kind: str) -> Array:
    """The picture of one frame, 0 to 1, without text."""
    rows, columns = size(kind)
    make = pixels.sector if kind in ("US", "USM") else pixels.phantom
    return make(rows, columns, rng.randrange(6))


def image(rng: random.Random, of: Study, where: Series, number: int) -> Dataset:
    """One image of a series; the pixels are added by `stored` where text may be burned in."""
    kind = where.modality
    ds = header(rng, of, where, number)
    ds.FrameOfReferenceUID = of.frame
    ds.PositionReferenceIndicator = ""
    if kind in ("CT", "MR", "PT"):
        _slice(ds, number)
        _TECHNIQUES[kind](rng, ds, of)
        stored(ds, background(rng, kind)[None] * (0.8 + 0.02 * number), 12)
        ds.RescaleIntercept, ds.RescaleSlope = ("-1024", "1") if kind == "CT" else ("0", "1")
        if kind == "CT":
            ds.RescaleType = "HU"
        return ds
    del ds.FrameOfReferenceUID, ds.PositionReferenceIndicator
    if kind in ("US", "USM"):
        ds.TransducerType = rng.choice(("CURVED LINEAR", "LINEAR"))
        ds.ImageType = ["ORIGINAL", "PRIMARY"]
        ds.FrameTime = "33.3" if kind == "USM" else None
        if kind == "USM":
            ds.FrameIncrementPointer = 0x00181063
        else:
            del ds.FrameTime
    elif kind in ("SC", "OT"):
        ds.ConversionType = rng.choice(("WSD", "SI", "DI"))
        ds.SecondaryCaptureDeviceManufacturer = "Vidar Systems"
        ds.ImageType = ["DERIVED", "SECONDARY"]
        del ds.AcquisitionDate, ds.AcquisitionTime
    else:
        _projection(rng, ds, kind)
    return ds


def _slice(ds: Dataset, number: int) -> None:
    ds.ImagePositionPatient = ["-160", "-160", f"{number * 3 - 90}"]
    ds.ImageOrientationPatient = ["1", "0", "0", "0", "1", "0"]
    ds.SliceThickness, ds.SliceLocation = "3", f"{number * 3 - 90}"
    ds.PixelSpacing = ["5", "5"]
    ds.PatientPosition = "HFS"
    ds.AcquisitionNumber = "1"
    ds.WindowCenter, ds.WindowWidth = "40", "400"


def _ct(rng: random.Random, ds: Dataset, of: Study) -> None:
    ds.KVP = rng.choice(("80", "100", "120", "140"))
    ds.XRayTubeCurrent, ds.ExposureTime = str(rng.randrange(80, 600)), "500"
    ds.ConvolutionKernel = rng.choice(harmless("kernel")).split("\\")
    ds.FilterType = rng.choice(harmless("filter"))
    ds.ProtocolName = of.protocol
    ds.GantryDetectorTilt, ds.TableHeight = "0", "152.5"
    if rng.random() < 0.5:
        ds.ContrastBolusAgent = rng.choice(harmless("agent"))
        ds.ContrastBolusRoute = "IV"
    ds.add_new(0x00090010, "LO", "GEMS_IDEN_01")
    ds.add_new(0x00450010, "LO", "GEMS_HELIOS_01")
    ds.add_new(0x00451002, "FL", 1.25)


def _mr(rng: random.Random, ds: Dataset, of: Study) -> None:
    ds.ScanningSequence, ds.SequenceVariant, ds.ScanOptions = "SE", "SK", "FS"
    ds.MRAcquisitionType, ds.SequenceName = "2D", rng.choice(harmless("sequence"))
    ds.RepetitionTime, ds.EchoTime, ds.EchoTrainLength = "4500", "92", "15"
    ds.MagneticFieldStrength, ds.FlipAngle = rng.choice(("1.5", "3")), "150"
    ds.ReceiveCoilName = rng.choice(harmless("coil"))
    ds.TransmitCoilName = "Body"
    ds.ProtocolName = of.protocol
    ds.ImageType = ["ORIGINAL", "PRIMARY", "M", "ND"]
    ds.add_new(0x00190010, "LO", "SIEMENS MR HEADER")
    ds.add_new(0x0019100C, "IS", str(rng.choice((0, 50, 400, 1000))))
    ds.add_new(0x20010010, "LO", "Philips Imaging DD 001")
    ds.add_new(0x20011003, "FL", float(rng.choice((0, 800))))


def _pt(rng: random.Random, ds: Dataset, of: Study) -> None:
    ds.Units, ds.DecayCorrection = "BQML", "START"
    ds.CorrectedImage = ["DECY", "ATTN", "SCAT"]
    ds.SeriesType, ds.CountsSource = ["WHOLE BODY", "IMAGE"], "EMISSION"
    ds.ReconstructionMethod, ds.AttenuationCorrectionMethod = "OSEM 3i21s", "CT AC"
    ds.ActualFrameDuration, ds.FrameReferenceTime = "120000", "0"
    item = Dataset()
    item.Radiopharmaceutical = "FDG -- fluorodeoxyglucose"
    item.RadiopharmaceuticalStartTime = "091500"
    item.RadionuclideTotalDose = str(rng.randrange(250, 420) * 10**6)
    item.RadionuclideHalfLife = "6586.2"
    item.RadionuclideCodeSequence = [code("C-111A1", "SRT", "^18^Fluorine")]
    ds.RadiopharmaceuticalInformationSequence = [item]
    ds.ProtocolName = of.protocol
    ds.add_new(0x70530010, "LO", "Philips PET Private Group")
    ds.add_new(0x70531000, "DS", "0.000551")


def _projection(rng: random.Random, ds: Dataset, kind: str) -> None:
    ds.KVP = rng.choice(("28", "70", "110"))
    ds.ExposureInuAs = str(rng.randrange(900, 9000))
    ds.ViewPosition = {"MG": rng.choice(("CC", "MLO"))}.get(kind, rng.choice(("PA", "AP", "LL")))
    ds.ImagerPixelSpacing = ["0.14", "0.14"]
    ds.ImageLaterality = rng.choice("LR")
    ds.FilterMaterial = "ALUMINUM"
    if kind == "CR":
        ds.CassetteSize = "35CMX43CM"
        return
    ds.PresentationIntentType, ds.PixelIntensityRelationship = "FOR PRESENTATION", "LOG"
    ds.PixelIntensityRelationshipSign, ds.PresentationLUTShape = -1, "IDENTITY"
    ds.DetectorType = "DIRECT"
    if kind == "MG":
        ds.BodyPartExamined = "BREAST"
        ds.BodyPartThickness, ds.CompressionForce = str(rng.randrange(30, 80)), "98"
        ds.OrganDose = "0.0142"
        ds.PositionerType = "MAMMOGRAPHIC"


_TECHNIQUES = {"CT": _ct, "MR": _mr, "PT": _pt}
