"""A stack of image planes in space, sampled to a coarse grid of right, anterior and superior."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

STEP = 3.0
"""The grid's spacing in mm."""

_WIDEST = 600.0  # mm kept from left to right and from back to front, about the middle
_TALLEST = 420.0  # mm kept below the top: a head is at the top of what holds more than a head


_FARTHEST = 1e5  # mm from the origin; what lies beyond has no place in a patient
_WIDEST_GAP = 25.0  # mm between planes that the nearest plane may stand for


class Unusable(Exception):  # noqa: N818 - a verdict, not a mistake
    """A volume that tells nothing about a face; the message says why."""


@dataclass(frozen=True)
class Stack:
    """Planes of one size in mm of the patient: x to the right, y to the front, z to the head.

    A voxel (i, j) of plane k lies at `origins[k] + i * across + j * down`. `load(k)` gives plane k
    as an array indexed [i, j]; it is called with rising k. `key[k]` is the caller's own.
    """

    origins: NDArray[np.float64]
    across: NDArray[np.float64]
    down: NDArray[np.float64]
    shape: tuple[int, int]
    load: Callable[[int], NDArray[np.float32]]

    @property
    def normal(self) -> NDArray[np.float64]:
        """The unit vector at right angles to the planes."""
        import numpy as np

        normal = np.cross(self.across, self.down)
        length = float(np.linalg.norm(normal))
        if not 1e-6 < length < 1e6:
            raise Unusable("its planes have no orientation")
        return np.asarray(normal / length)


@dataclass(frozen=True)
class Volume:
    """`values` by [x, y, z] on the grid, in the units of the scan; `seen` where a voxel was.

    `origin` is where the grid's first voxel lies, in mm.
    """

    values: NDArray[np.float32]
    seen: NDArray[np.bool_]
    origin: NDArray[np.float64]


def sample(stack: Stack) -> Volume:
    """The stack on the grid, the nearest voxel at each point, so that exact values stay exact.

    Only the planes that the grid needs are loaded, one at a time. Raises Unusable.
    """
    import numpy as np

    normal = stack.normal
    places = stack.origins @ normal
    order = np.argsort(places, kind="stable")
    places = places[order]
    if len(places) < 2:
        raise Unusable("it has a single plane")
    gaps = np.diff(places)
    if gaps.max() > _WIDEST_GAP:
        raise Unusable("planes are missing in it")
    margin = max(float(np.median(gaps)), STEP) * 0.75
    origin, shape = _grid(stack)
    points = np.moveaxis(np.indices(shape, dtype=np.float32), 0, -1).reshape(-1, 3)
    points *= np.float32(STEP)
    points += origin.astype(np.float32)
    along = points @ normal.astype(np.float32)
    middles = (places[1:] + places[:-1]) / 2
    nearest = np.searchsorted(middles, along)
    near = (along >= places[0] - margin) & (along <= places[-1] + margin)
    plane = np.where(near, order[nearest], -1)
    turn = np.argsort(plane, kind="stable")
    ends = np.searchsorted(plane[turn], np.arange(-1, len(places)), side="right")
    inverse = np.linalg.pinv(np.stack([stack.across, stack.down], axis=1)).astype(np.float32)
    values = np.zeros(len(points), np.float32)
    seen = np.zeros(len(points), bool)
    for k in range(len(places)):
        here = turn[ends[k] : ends[k + 1]]
        if not len(here):
            continue
        i, j = np.rint(inverse @ (points[here] - stack.origins[k].astype(np.float32)).T)
        inside = (i >= 0) & (i < stack.shape[0]) & (j >= 0) & (j < stack.shape[1])
        if inside.any():
            here = here[inside]
            values[here] = stack.load(k)[i[inside].astype(int), j[inside].astype(int)]
            seen[here] = True
    np.nan_to_num(values, copy=False, nan=0.0, posinf=0.0, neginf=0.0)
    return Volume(values.reshape(shape), seen.reshape(shape), origin)


def _grid(stack: Stack) -> tuple[NDArray[np.float64], tuple[int, int, int]]:
    """Where the grid begins and how many voxels it has each way."""
    import numpy as np

    sides = np.array([[0, 0], [1, 0], [0, 1], [1, 1]]) * (np.array(stack.shape) - 1)
    offsets = sides @ np.stack([stack.across, stack.down])
    corners = (stack.origins[:, None, :] + offsets[None]).reshape(-1, 3)
    if not (np.abs(corners) < _FARTHEST).all():
        raise Unusable("its planes have no place")
    low, high = corners.min(axis=0), corners.max(axis=0)
    middle = (low + high) / 2
    low[:2] = np.maximum(low[:2], middle[:2] - _WIDEST / 2)
    high[:2] = np.minimum(high[:2], middle[:2] + _WIDEST / 2)
    low[2] = max(low[2], high[2] - _TALLEST)
    count = np.floor((high - low) / STEP).astype(int) + 1
    if min(count) < 8:
        raise Unusable("it is too thin to hold a head")
    return low, (int(count[0]), int(count[1]), int(count[2]))
