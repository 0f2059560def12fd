"""A DICOM series, of one file a slice or of one file with many frames, as a stack of planes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from curation.faces.planes import Stack, Unusable

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from pydicom import Dataset

_TAGS = [
    "ImagePositionPatient",
    "ImageOrientationPatient",
    "PixelSpacing",
    "Rows",
    "Columns",
    "NumberOfFrames",
    "ImageType",
    "RescaleSlope",
    "RescaleIntercept",
    "SamplesPerPixel",
    "SharedFunctionalGroupsSequence",
    "PerFrameFunctionalGroupsSequence",
]
_MOST = 20_000


@dataclass(frozen=True)
class Plane:
    """One frame of one file and where it lies: mm of right, anterior, superior.

    `across` is the step from a column to the next, `down` from a row to the next.
    """

    path: Path
    frame: int
    rows: int
    columns: int
    origin: tuple[float, float, float]
    across: tuple[float, float, float]
    down: tuple[float, float, float]
    slope: float
    intercept: float


def planes_of(paths: Sequence[Path]) -> list[Plane]:
    """Every frame of these files that has a place in the patient.

    Raises Unusable where a file cannot be read, or there are too many.
    """
    from pydicom import dcmread

    found: list[Plane] = []
    for path in paths:
        try:
            data = dcmread(path, stop_before_pixels=True, specific_tags=list(_TAGS), force=True)
            found += _planes_in(data, path)
        except Exception as error:  # readers raise what they like on hostile bytes
            what = type(error).__name__
            raise Unusable(f"the geometry of one of its files cannot be read ({what})") from None
        if len(found) > _MOST:
            raise Unusable("it has too many planes")
    return found


def _planes_in(data: Dataset, path: Path) -> list[Plane]:
    kinds = [str(kind).upper() for kind in data.get("ImageType") or ()]
    if "LOCALIZER" in kinds or int(data.get("SamplesPerPixel") or 1) != 1:
        return []
    frames = data.get("PerFrameFunctionalGroupsSequence")
    if not frames:
        plane = _plane(path, 0, data, data, data, data, data)
        return [plane] if plane is not None else []
    shared = (data.get("SharedFunctionalGroupsSequence") or [{}])[0]
    found = []
    for number, frame in enumerate(frames[:_MOST]):
        place, turn, size, scale = (
            _group(frame, shared, name)
            for name in (
                "PlanePositionSequence",
                "PlaneOrientationSequence",
                "PixelMeasuresSequence",
                "PixelValueTransformationSequence",
            )
        )
        plane = _plane(path, number, data, place, turn, size, scale)
        if plane is not None:
            found.append(plane)
    return found


def _group(frame: Any, shared: Any, name: str) -> Any:
    items = frame.get(name) or shared.get(name) or [{}]
    return items[0]


def _plane(
    path: Path, frame: int, data: Any, place: Any, turn: Any, size: Any, scale: Any
) -> Plane | None:
    position = place.get("ImagePositionPatient")
    orientation = turn.get("ImageOrientationPatient")
    spacing = size.get("PixelSpacing")
    if not position or not orientation or not spacing:
        return None
    row = [float(v) for v in orientation[:3]]
    column = [float(v) for v in orientation[3:6]]
    between_rows, between_columns = float(spacing[0]), float(spacing[1])
    slope = scale.get("RescaleSlope")
    return Plane(
        path,
        frame,
        int(data.get("Rows") or 0),
        int(data.get("Columns") or 0),
        _to_ras([float(v) for v in position], 1.0),
        _to_ras(row, between_columns),
        _to_ras(column, between_rows),
        1.0 if slope is None else float(slope),
        float(scale.get("RescaleIntercept") or 0.0),
    )


def _to_ras(vector: Sequence[float], scale: float) -> tuple[float, float, float]:
    """From DICOM's left and posterior to right and anterior (PS3.3 section C.7.6.2.1.1)."""
    x, y, z = vector
    return -x * scale, -y * scale, z * scale


def stack(paths: Sequence[Path]) -> Stack:
    """The planes of most common size and orientation, one at each place.

    Raises Unusable where there are fewer than eight.
    """
    import numpy as np

    planes = planes_of(paths)
    alike = Counter(map(_form, planes))
    if not alike:
        raise Unusable("its planes have no place")
    form = alike.most_common(1)[0][0]
    planes = [plane for plane in planes if _form(plane) == form]
    first = planes[0]
    across, down = np.array(first.across), np.array(first.down)
    normal = np.cross(across, down)
    normal /= max(float(np.linalg.norm(normal)), 1e-9)
    places: dict[float, Plane] = {}
    for plane in planes:
        places.setdefault(round(float(np.array(plane.origin) @ normal), 1), plane)
    kept = [places[at] for at in sorted(places)]
    if len(kept) < 8:
        raise Unusable("it has too few planes")
    if not first.rows or not first.columns:
        raise Unusable("its planes have no size")

    def load(k: int) -> NDArray[np.float32]:
        plane = kept[k]
        return _pixels(plane).T * np.float32(plane.slope) + np.float32(plane.intercept)

    origins = np.array([plane.origin for plane in kept])
    return Stack(origins, across, down, (first.columns, first.rows), load)


def _form(plane: Plane) -> tuple[object, ...]:
    turn = tuple(round(v, 3) for v in (*plane.across, *plane.down))
    return plane.rows, plane.columns, turn


def _pixels(plane: Plane) -> NDArray[np.float32]:
    """Stored values by [row, column]. Raises Unusable where they cannot be decoded."""
    import numpy as np
    from pydicom.pixels.utils import pixel_array

    try:
        values = np.asarray(pixel_array(plane.path, index=plane.frame, raw=True), np.float32)
    except Exception as error:  # decoders raise what they like on damaged frames
        raise Unusable(f"one of its planes cannot be decoded ({type(error).__name__})") from None
    if values.shape != (plane.rows, plane.columns):
        raise Unusable("one of its planes has another size than it says")
    return values
