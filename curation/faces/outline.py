"""The outline of a head in a volume: what is tissue, and where its crown and forehead are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from curation.faces.planes import STEP, Unusable, Volume

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_AIR = -500.0  # HU, between air and skin
_SECTION = 10.0  # cm2: less is an ear, a hand, noise
_CRANIUM = 80.0  # mm from the crown to the widest section of an adult's skull


@dataclass(frozen=True)
class Outline:
    """Indices on the grid, lengths in mm.

    `tissue` is the head as a mask. The crown is at `crown` (it may lie above the grid), the skull
    `length` long and `width` wide, its middle at `x`, `y`; `size` is 1 for an adult. `missing` is
    how much of the crown lies above the volume, `height` how tall the head is if it ends within
    the volume, else null. `pointed` says that it closes at the top like a skull.
    """

    tissue: NDArray[np.bool_]
    crown: float
    x: float
    y: float
    width: float
    length: float
    size: float
    missing: float
    height: float | None
    pointed: bool

    def level(self, below: float) -> int:
        """The index of the plane `below` mm under the crown of an adult, by this head's size."""
        return round(self.crown - below * self.size / STEP)


def outline(volume: Volume, modality: str) -> Outline:
    """The head in a volume. Raises Unusable where nothing in it has the form of one."""
    import numpy as np

    tissue = _tissue(volume, modality)
    area = tissue.sum(axis=(0, 1)) * STEP * STEP / 100
    solid = np.flatnonzero(area > _SECTION)
    if len(solid) < 60 / STEP:
        raise Unusable("nothing in it has the size of a head")
    top, bottom = int(solid[-1]), int(solid[0])
    widest = float(area[max(0, top - int(100 / STEP)) : top + 1].max())
    missing = 0.0
    if top >= len(area) - 2 and area[top] > 3 * _SECTION:
        missing = _CRANIUM * (1 - float(np.sqrt(max(0.0, 1 - area[top] / widest))))
    crown = top + missing / STEP
    vault = range(max(bottom, round(crown - 75 / STEP)), min(top, round(crown - 40 / STEP)) + 1)
    if missing > 35 or len(vault) < 4:
        raise Unusable("the top of the head is not in it")
    across: NDArray[np.bool_] = np.any(tissue, axis=1)
    sides = [_ends(across[:, z]) for z in vault]
    x = float(np.median([(a + b) / 2 for a, b in sides]))
    width = float(np.median([b - a + 1 for a, b in sides])) * STEP
    middle = _middle(tissue, x)
    fronts = [_ends(middle[:, z]) for z in vault]
    back = float(np.median([a for a, _ in fronts]))
    front = float(np.median([b for _, b in fronts]))
    length = (front - back + 1) * STEP
    if not (80 <= width <= 210 and 95 <= length <= 250 and 0.55 <= width / length <= 1.15):
        raise Unusable("nothing in it has the form of a head")
    under = top - round(12 / STEP)
    return Outline(
        tissue=tissue,
        crown=crown,
        x=x,
        y=(front + back) / 2,
        width=width,
        length=length,
        size=float(np.clip((length + width) / 340, 0.5, 1.3)),
        missing=missing,
        height=None if bottom <= 1 or not _free(volume, bottom) else (crown - bottom + 1) * STEP,
        pointed=bool(area[under] < 0.75 * widest),
    )


def middle_profile(head: Outline) -> NDArray[np.bool_]:
    """The tissue within 20 mm of the middle plane, by [y, z]."""
    return _middle(head.tissue, head.x)


def _middle(tissue: NDArray[np.bool_], x: float) -> NDArray[np.bool_]:
    import numpy as np

    half = round(19 / STEP)
    near = tissue[max(0, round(x) - half) : round(x) + half + 1]
    return np.asarray(near.sum(axis=0) >= 4)


def _free(volume: Volume, bottom: int) -> bool:
    """Whether the volume goes on below this plane."""
    return bool(volume.seen[:, :, bottom - 2].mean() > 0.5)


def _ends(line: NDArray[np.bool_]) -> tuple[int, int]:
    import numpy as np

    there = np.flatnonzero(line)
    if not len(there):
        raise Unusable("nothing in it has the form of a head")
    return int(there[0]), int(there[-1])


def _tissue(volume: Volume, modality: str) -> NDArray[np.bool_]:
    """What is not air: the largest connected part, without what is thin (tables, cables)."""
    import numpy as np

    smooth = _smooth(volume.values)
    inside = smooth[volume.seen]
    if not len(inside) or inside.min() == inside.max():
        raise Unusable("all its voxels are alike")
    if modality == "CT" or (not modality and np.percentile(inside, 2) < _AIR):
        threshold = _AIR
    else:
        threshold = float(inside.mean())
        high = low = threshold
        for _ in range(8):
            above = inside > threshold
            high, low = float(inside[above].mean()), float(inside[~above].mean())
            threshold = (high + low) / 2
        air = float(np.median(inside[inside <= low + 0.15 * (high - low)]))
        threshold = air + (0.06 if modality == "PT" else 0.2) * (high - air)
    tissue = (smooth > threshold) & volume.seen
    core = _largest(_shrunk(tissue))
    return np.asarray(grown(grown(core)) & tissue)


def _smooth(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """The mean over 3 x 3 x 3 voxels."""
    import numpy as np

    for axis in range(3):
        pad = [(1, 1) if a == axis else (0, 0) for a in range(3)]
        wide = np.moveaxis(np.pad(values, pad, mode="edge"), axis, 0)
        values = np.moveaxis((wide[:-2] + wide[1:-1] + wide[2:]) / np.float32(3), 0, axis)
    return values


def grown(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The mask and its six neighbours' places."""
    import numpy as np

    result = mask.copy()
    for axis in range(3):
        to, of = np.moveaxis(result, axis, 0), np.moveaxis(mask, axis, 0)
        to[1:] |= of[:-1]
        to[:-1] |= of[1:]
    return result


def _shrunk(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    import numpy as np

    return np.asarray(~grown(~mask))


def _largest(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The largest connected part among the eight nearest the middle.

    A part grows by whole runs of voxels along each axis in turn, so that few rounds are enough; a
    maze that needs more than a hundred counts as far as it was followed.
    """
    import numpy as np

    runs = [_runs(mask, axis) for axis in range(3)]
    left = mask.copy()
    best = np.zeros_like(mask)
    most = 0
    for _ in range(8):
        places = np.argwhere(left)
        if len(places) <= most:
            break
        away = ((places - np.array(mask.shape) / 2) ** 2).sum(axis=1)
        part = np.zeros_like(mask)
        part[tuple(places[away.argmin()])] = True
        count = 0
        for _ in range(100):
            for run in runs:
                reached = np.zeros(int(run.max()) + 1, bool)
                reached[run[part]] = True
                part = reached[run] & mask
            size = int(part.sum())
            if size == count:
                break
            count = size
        if count > most:
            best, most = part, count
        left &= ~part
    return best


def _runs(mask: NDArray[np.bool_], axis: int) -> NDArray[np.int32]:
    """A number for each unbroken run of true voxels along an axis; false ones have any."""
    import numpy as np

    lines = np.moveaxis(mask, axis, -1)
    starts = lines.copy()
    starts[..., 1:] &= ~lines[..., :-1]
    numbers = starts.ravel().cumsum(dtype=np.int32).reshape(lines.shape)
    return np.moveaxis(numbers, -1, axis)
