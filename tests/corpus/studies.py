"""Whole studies: series of images, and the objects that refer to them, as files with a key."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from pydicom.dataset import Dataset

from tests.corpus import files, images, objects, pixels
from tests.corpus.headers import Study, given_away, path, real_identity, series
from tests.corpus.key import Corpus, Entry, Notes
from tests.corpus.plants import Outside, Spot, comment

BASIC = (
    "Manufacturer ManufacturerModelName Modality KVP SliceThickness ImagePositionPatient "
    "ImageOrientationPatient PixelSpacing RepetitionTime EchoTime MagneticFieldStrength FlipAngle "
    "RescaleSlope RescaleIntercept Units BodyPartExamined SequenceName ConvolutionKernel "
    "FilterType ReceiveCoilName ReconstructionMethod WindowCenter WindowWidth ImageType "
    "SeriesNumber InstanceNumber ViewPosition ImagerPixelSpacing SegmentationType ExposureTime "
    "XRayTubeCurrent ConversionType TransducerType BodyPartThickness PatientPosition ScanOptions"
).split()
"""Attributes that the Basic Profile leaves as they are."""

OPTIONAL = (
    "PatientSex PatientAge PatientWeight PatientSize StudyDescription SeriesDescription "
    "ProtocolName ContrastBolusAgent ImageComments DerivationDescription"
).split()
"""Attributes with harmless values that an option retains or cleans."""

SAFE = (0x00451002, 0x0019100C, 0x20011003, 0x70531000)
"""Private elements here that PS3.15 table E.3.10-1 calls safe."""


@dataclass
class Maker:
    """What makes studies: `plant` adds identifiers to a file, `texts` those of its pixels."""

    rng: random.Random
    folder: Path
    corpus: Corpus
    clean: bool
    share: float
    plant: Callable[[Spot], None]
    entries: list[Entry] = field(default_factory=list)
    count: int = 0

    def study(self, of: Study, kinds: list[tuple[str, int]], name: Callable[[str], str]) -> None:
        """Write a study: (kind, number of images) a series, then what refers to its first."""
        made: list[Dataset] = []
        for number, (kind, count) in enumerate(kinds, 1):
            where = series(self.rng, kind, number, self.clean)
            done: list[Dataset] = []
            for index in range(1, count + 1):
                notes = Notes(self.corpus, of.person.mrn)
                refers = kind in ("SEG", "RTSTRUCT", "SR", "TEXT", "PR", "PDF")
                if refers:
                    ds = _object(self.rng, of, where, kind, made, notes, self.share)
                else:
                    ds = images.image(self.rng, of, where, index)
                    if kind in images.WITH_TEXT:
                        self._pixels(ds, of, kind, notes)
                self._finish(ds, of, notes, name(f"{kind}_{number}/IM{index:04}"))
                done.append(ds)
            if not made and kind in ("CT", "MR", "PT"):
                made = done

    def _pixels(self, ds: Dataset, of: Study, kind: str, notes: Notes) -> None:
        rng = self.rng
        identifying = rng.random() < self.share
        frames = [images.background(rng, kind)]
        if kind == "USM":
            frames = [np.roll(frames[0], 3 * k, axis=1) for k in range(3)]
        look = rng.choice(pixels.LOOKS)
        lines = pixels.identifying(rng, of.person) if identifying else []
        start = rng.getrandbits(32)
        drawn = []
        for k, frame in enumerate(frames):
            again = random.Random(start)
            late = lines if k < 2 or not lines else lines[:1]
            image, boxes = pixels.burn(again, frame, late, look)
            drawn.append(image)
            for burned in boxes:
                if burned.kind:
                    text, box = burned.text, burned.box
                    notes.add("pixel", "pixel", "pixel_hidden", burned.kind, text, k, box)
        if identifying and rng.random() < 0.5:
            ds.BurnedInAnnotation = "YES"
        colour = kind in ("US", "USM", "SC") and rng.random() < 0.6
        images.stored(ds, np.stack(drawn), 8 if kind not in ("CR", "DX", "MG") else 12, colour)
        if kind in ("CR", "DX") and rng.random() < 0.3:
            whole = np.frombuffer(ds.PixelData, np.uint16)
            ds.PixelData = (4095 - whole).astype(np.uint16).tobytes()
            ds.PhotometricInterpretation = "MONOCHROME1"

    def _finish(self, ds: Dataset, of: Study, notes: Notes, name: str) -> None:
        rng = self.rng
        if self.clean:
            given_away(rng, ds, of)
        else:
            for tag, kind, text in real_identity(rng, ds, of):
                if kind != "date":
                    notes.phi(path(tag), "top", [(kind, text)])
        comment(ds, rng)
        outside = Outside()
        files.any_syntax(rng, ds)
        self.plant(Spot(rng, ds, of.person, notes, outside))
        if not self.clean:
            expected(ds, notes)
        target = self.folder / name
        files.write(target, ds, outside.preamble, outside.trailing)
        self.entries += notes.of(name)
        self.count += 1


def _object(
    rng: random.Random, of: Study, where: objects.Series, kind: str, made: list[Dataset],
    notes: Notes, phi: float,
) -> Dataset:  # fmt: skip
    if kind == "SEG":
        return objects.segmentation(rng, of, where, made)
    if kind == "RTSTRUCT":
        return objects.contours(rng, of, where, made, notes, phi)
    if kind == "PR":
        return objects.presentation(rng, of, where, made, notes, phi)
    if kind == "PDF":
        return objects.document(rng, of, where, notes, phi)
    return objects.report(rng, of, where, made, notes, phi)


def expected(ds: Dataset, notes: Notes) -> None:
    """Note what becomes of the UIDs, the dates and the harmless values of an original."""
    planted = {entry.where for entry in notes.entries}
    _walk(ds, (), notes)
    for keywords, expect in ((BASIC, "keep_basic"), (OPTIONAL, "keep_option")):
        for keyword in keywords:
            if keyword not in ds or path(ds[keyword].tag) in planted:
                continue
            if keyword == "PatientAge" and int(ds.PatientAge[:3]) > 89:
                if ds.PatientAge != "090Y":  # what 90 and over is written as
                    notes.add("00101010", "top", "remove", "age", ds.PatientAge)
                continue
            if text := shown(ds[keyword].value):
                notes.add(path(ds[keyword].tag), "top", expect, "", text)  # type: ignore[arg-type]
    for tag in SAFE:
        if tag in ds:
            notes.add(path(tag), "private", "keep_option", "", shown(ds[tag].value))


def shown(value: object) -> str:
    """A value as the key has it: several with a backslash between."""
    if value is None:
        return ""
    if isinstance(value, (list, tuple)) or type(value).__name__ == "MultiValue":
        return "\\".join(str(part) for part in value)  # type: ignore[attr-defined]
    return str(value)


def _walk(ds: Dataset, before: tuple[int, ...], notes: Notes) -> None:
    for element in ds:
        at = (*before, int(element.tag))
        if element.VR == "SQ":
            for number, item in enumerate(element.value):
                _walk(item, (*at, number), notes)
            continue
        category = "sequence" if before else "top"
        text = shown(element.value)
        if element.VR == "UI" and not text.startswith("1.2.840.10008.") and text:
            notes.add(path(*at), category, "uid", "", text)
        elif element.VR in ("DA", "DT") and text:
            notes.add(path(*at), category, "date", "date", text)
