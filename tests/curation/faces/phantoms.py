"""Heads made of ellipsoids, as MR, CT or PT, whole or cut in the ways that defacing tools cut.

Sizes are those of an adult: skull 150 x 190 mm, from crown to chin 220 mm. The origin is the middle
of the braincase; x to the right, y to the front, z to the crown, in mm.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from pydicom import Dataset

Array = NDArray[np.floating]


@dataclass
class Phantom:
    """One head in one scan. `axes` are the directions of i, j, k, as nibabel writes them."""

    cut: str = "none"
    modality: str = "MR"
    axes: str = "RAS"
    spacing: tuple[float, float, float] = (4.0, 4.0, 4.0)
    pitch: float = 0.0
    yaw: float = 0.0
    roll: float = 0.0
    noise: float = 0.04
    scale: float = 1.0
    bottom: float = -140.0
    top: float = 100.0
    zero_air: bool = False
    seed: int = 0
    fill: float | None = None


def _ball(p: Array, centre: tuple[float, ...], radii: tuple[float, ...]) -> NDArray[np.bool_]:
    away = np.zeros(p.shape[1:], np.float32)
    for axis, middle, radius in zip(p, centre, radii, strict=True):
        scaled = (axis - np.float32(middle)) * np.float32(1 / radius)
        away += scaled * scaled
    return np.asarray(away <= 1)


def brain(p: Array) -> NDArray[np.bool_]:
    """Where the brain is, at these points of the head's own frame."""
    cerebellum = _ball(p, (0, -45, -45), (48, 32, 25))
    return _ball(p, (0, 0, 0), (63, 82, 66)) & (p[2] > -48 + 0.15 * p[1]) | cerebellum


def _tissues(p: Array) -> Array:
    """0 air, 1 soft tissue, 2 bone, 3 brain, 4 fat of the scalp."""
    skull = _ball(p, (0, 0, 0), (69, 89, 73))
    head = _ball(p, (0, 0, 0), (75, 95, 79))
    neck = ((p[0] / 55) ** 2 + ((p[1] + 28 + 0.12 * p[2]) / 58) ** 2 <= 1) & (p[2] < -35)
    face = _ball(p, (0, 40, -70), (60, 53, 78))
    soft = (
        face
        | neck
        | _ball(p, (0, 95, -62), (15, 24, 24))  # nose
        | _ball(p, (0, 72, -126), (30, 24, 20))  # chin
        | _ball(p, (0, 84, -98), (26, 14, 14))  # lips
        | _ball(p, (78, -5, -40), (9, 16, 28))
        | _ball(p, (-78, -5, -40), (9, 16, 28))
    )
    sockets = _ball(p, (32, 84, -38), (15, 14, 11)) | _ball(p, (-32, 84, -38), (15, 14, 11))
    tissue = np.where(soft & ~sockets, 1.0, 0.0)
    tissue[head] = 4
    tissue[skull] = 2
    eyes = _ball(p, (32, 72, -38), (13, 13, 13)) | _ball(p, (-32, 72, -38), (13, 13, 13))
    tissue[eyes] = 3
    tissue[face & _ball(p, (0, 55, -60), (14, 32, 24)) & ~head] = 0  # nasal cavity
    tissue[face & _ball(p, (0, 35, -100), (50, 45, 12)) & ~brain(p)] = 2  # jaw
    tissue[brain(p)] = 3
    return tissue


_MR = np.array([0.0, 0.55, 0.06, 0.75, 1.0])
_CT = np.array([-1000.0, 45.0, 900.0, 35.0, -80.0])
_PT = np.array([0.0, 0.09, 0.12, 1.0, 0.05])


def _removed(p: Array, cut: str, rng: np.random.Generator) -> NDArray[np.bool_]:
    x, y, z = p
    if cut == "none":
        return np.zeros(x.shape, bool)
    if cut == "mask":  # a notch before and below the brain, as pydeface's mask
        return (y > 32) & (z < -46 + 0.45 * (y - 50)) & ~brain(p)
    if cut == "plane":  # quickshear: a plane under the front of the brain down to the neck
        return (z < 1.15 * (y - 86) + 8) & (y > -20) & ~brain(p)
    if cut == "blobs":  # mri_deface: what is likely face, in lumps
        away = np.zeros(x.shape, bool)
        for cx in (-45, -22, 0, 22, 45):
            for cz in (-40, -60, -80, -100, -120, -140):
                r = rng.uniform(22, 32)
                away |= _ball(p, (cx, 88 + rng.uniform(-6, 6), cz), (r, r * 1.7, r))
        return away & ~brain(p)
    if cut == "brain":
        return ~brain(p)
    if cut == "all":
        return np.ones(x.shape, bool)
    raise ValueError(cut)


def frame(phantom: Phantom) -> tuple[Array, tuple[int, int, int]]:
    """The affine from (i, j, k) to mm and the shape of the scan."""
    low = np.array([-105.0, -125.0, phantom.bottom])
    high = np.array([105.0, 135.0, phantom.top])
    matrix = np.eye(4)
    shape = [0, 0, 0]
    for index, letter in enumerate(phantom.axes):
        axis = "RLAPSI".index(letter) // 2
        step = phantom.spacing[index]
        shape[index] = int((high[axis] - low[axis]) / step) + 1
        forward = letter in "RAS"
        matrix[:, index] = 0
        matrix[axis, index] = step if forward else -step
        matrix[axis, 3] = low[axis] if forward else low[axis] + step * (shape[index] - 1)
    return matrix, (shape[0], shape[1], shape[2])


def _turn(phantom: Phantom) -> Array:
    a, b, c = np.radians([phantom.pitch, phantom.roll, phantom.yaw])
    about_x = np.array([[1, 0, 0], [0, np.cos(a), -np.sin(a)], [0, np.sin(a), np.cos(a)]])
    about_y = np.array([[np.cos(b), 0, np.sin(b)], [0, 1, 0], [-np.sin(b), 0, np.cos(b)]])
    about_z = np.array([[np.cos(c), -np.sin(c), 0], [np.sin(c), np.cos(c), 0], [0, 0, 1]])
    return np.asarray(about_x @ about_y @ about_z)


def points(phantom: Phantom) -> Array:
    """Where each voxel is in the frame of the (turned, scaled) head, by [3, i, j, k]."""
    matrix, shape = frame(phantom)
    turn = _turn(phantom).T / phantom.scale
    steps = (turn @ matrix[:3, :3]).astype(np.float32)
    index = np.indices(shape, np.float32).reshape(3, -1)
    start = (turn @ matrix[:3, 3]).astype(np.float32)[:, None]
    return np.asarray(steps @ index + start).reshape(3, *shape)


def image(phantom: Phantom) -> tuple[NDArray[np.int16], Array]:
    """The scan (int16 by [i, j, k]) and its affine."""
    rng = np.random.default_rng(phantom.seed)
    p = points(phantom)
    tissue = _tissues(p).astype(int)
    shape = tissue.shape
    if phantom.modality == "CT":
        value = _CT[tissue] + 500 * phantom.noise * rng.standard_normal(shape, np.float32)
        value = np.clip(value, -1024, 3000)
        empty = -1024.0
    else:
        value = (_PT if phantom.modality == "PT" else _MR)[tissue] * 1000
        noise = 1000 * phantom.noise * rng.standard_normal((2, *shape), np.float32)
        value = np.hypot(value + noise[0], noise[1])
        if phantom.zero_air:
            value[tissue == 0] = 0
        empty = 0.0
    removed = _removed(p, phantom.cut, rng)
    value[removed] = empty if phantom.fill is None else phantom.fill
    return np.rint(value).astype(np.int16), frame(phantom)[0]


def write_nifti(phantom: Phantom, path: Path) -> Path:
    """The scan as a NIfTI file."""
    import nibabel as nib

    data, matrix = image(phantom)
    nib.save(nib.Nifti1Image(data, matrix), path)
    return path


def write_dicom(phantom: Phantom, folder: Path, body: str = "HEAD") -> list[Path]:
    """The scan as one file a slice."""
    data, matrix = image(phantom)
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for k in range(data.shape[2]):
        dataset = _dataset(phantom, matrix, k, body)
        plane = data[:, :, k].T + (1024 if phantom.modality == "CT" else 0)
        dataset.PixelData = np.ascontiguousarray(plane.astype("<u2")).tobytes()
        paths.append(folder / f"{k:04d}.dcm")
        dataset.save_as(paths[-1], enforce_file_format=True)
    return paths


def write_enhanced(phantom: Phantom, path: Path) -> Path:
    """The scan as one file with a frame a slice, their places in functional groups."""
    from pydicom import Dataset, Sequence

    data, matrix = image(phantom)
    dataset = _dataset(phantom, matrix, 0, "HEAD")
    frames = []
    for k in range(data.shape[2]):
        place, frame = Dataset(), Dataset()
        place.ImagePositionPatient = _dataset(phantom, matrix, k, "HEAD").ImagePositionPatient
        frame.PlanePositionSequence = Sequence([place])
        frames.append(frame)
    turn, size, scale, shared = Dataset(), Dataset(), Dataset(), Dataset()
    turn.ImageOrientationPatient = dataset.ImageOrientationPatient
    size.PixelSpacing = dataset.PixelSpacing
    scale.RescaleSlope, scale.RescaleIntercept = dataset.RescaleSlope, dataset.RescaleIntercept
    shared.PlaneOrientationSequence = Sequence([turn])
    shared.PixelMeasuresSequence = Sequence([size])
    shared.PixelValueTransformationSequence = Sequence([scale])
    dataset.SharedFunctionalGroupsSequence = Sequence([shared])
    dataset.PerFrameFunctionalGroupsSequence = Sequence(frames)
    for keyword in ("ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing"):
        delattr(dataset, keyword)
    dataset.NumberOfFrames = data.shape[2]
    planes = np.moveaxis(data, 2, 0).transpose(0, 2, 1)
    planes = planes + (1024 if phantom.modality == "CT" else 0)
    dataset.PixelData = np.ascontiguousarray(planes.astype("<u2")).tobytes()
    dataset.save_as(path, enforce_file_format=True)
    return path


def _dataset(phantom: Phantom, matrix: Array, k: int, body: str) -> Dataset:
    from pydicom import Dataset
    from pydicom.dataset import FileMetaDataset

    lps = np.diag([-1.0, -1.0, 1.0, 1.0]) @ matrix
    columns, rows, _ = frame(phantom)[1]
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.1"
    dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID = "1.2.840.10008.5.1.4.1.1.7"
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID = f"2.25.77{k + 1}"
    dataset.SeriesInstanceUID = "2.25.42"
    dataset.Modality = phantom.modality
    dataset.BodyPartExamined = body
    dataset.Rows, dataset.Columns = rows, columns
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 16, 16, 15
    dataset.PixelRepresentation = 0
    dataset.RescaleSlope = 1
    dataset.RescaleIntercept = -1024 if phantom.modality == "CT" else 0
    across, down = lps[:3, 0], lps[:3, 1]
    steps = [float(np.linalg.norm(down)), float(np.linalg.norm(across))]
    dataset.PixelSpacing = [round(v, 5) for v in steps]
    turn = [*(across / steps[1]), *(down / steps[0])]
    dataset.ImageOrientationPatient = [round(float(v), 6) for v in turn]
    place = lps[:3, 3] + k * lps[:3, 2]
    dataset.ImagePositionPatient = [round(float(v), 4) for v in place]
    return dataset
