"""Our own cut of a face: what lies before and below the braincase goes, the brain stays.

The region is a sum of simple bodies in the patient's own mm, so that it can be asked of any voxel
of any slice: outside a ball about the middle of the braincase that reaches to just under the
forehead's skin (so the brain is inside, even where the head is tilted), before the middle of the
skull, and below the brow. It takes skin, nose, mouth, chin and the front of the eyes, and the air
before them. It is a plain cut, made without a template: the kept tools cut closer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from curation.faces.outline import Outline, middle_profile, outline
from curation.faces.planes import STEP, Volume

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_CENTRE = 80.0  # mm from the crown of an adult to the middle of the braincase
_BONE = 6.0  # mm of skin and bone before the brain, at the least; in PT neither need be seen
_BEFORE = 5.0  # mm in front of it
_ABOVE = 12.0  # mm above the middle of the braincase at which the cut begins


@dataclass(frozen=True)
class Cut:
    """`centre` (right, anterior, superior) and `radius` of the ball that is kept, in mm.

    `before` is how far in front of the centre the cut begins, `above` how far above it. `fill` is
    what air reads in the volume, in the units of the scan.
    """

    centre: tuple[float, float, float]
    radius: float
    before: float
    above: float
    fill: float

    def takes(
        self,
        origin: NDArray[np.float64],
        across: NDArray[np.float64],
        down: NDArray[np.float64],
        shape: tuple[int, int],
    ) -> NDArray[np.bool_]:
        """Which voxels [i, j] of a plane go; the voxel lies at origin + i * across + j * down."""
        import numpy as np

        start = origin - np.array(self.centre)
        i = np.arange(shape[0], dtype=np.float32)[:, None]
        j = np.arange(shape[1], dtype=np.float32)[None, :]
        x, y, z = (
            np.float32(start[axis]) + i * np.float32(across[axis]) + j * np.float32(down[axis])
            for axis in range(3)
        )
        outside = x * x + y * y + z * z > np.float32(self.radius * self.radius)
        return np.asarray(outside & (y > self.before) & (z < self.above))


def cut_of(volume: Volume, modality: str) -> Cut:
    """Where to cut the face of this head. Raises Unusable where no head is found."""
    import numpy as np

    head = outline(volume, modality)
    z = head.crown - _CENTRE * head.size / STEP
    centre = volume.origin + np.array([head.x, head.y, z]) * STEP
    bone = 0.0 if modality == "PT" else _BONE * head.size
    return Cut(
        centre=(float(centre[0]), float(centre[1]), float(centre[2])),
        radius=_reach(head, z) - bone,
        before=_BEFORE * head.size,
        above=_ABOVE * head.size,
        fill=float(volume.values[volume.seen].min()),
    )


def _reach(head: Outline, z: float) -> float:
    """How far the forehead's skin is from the middle of the braincase, at its furthest."""
    import numpy as np

    y, level = np.nonzero(middle_profile(head))
    forward, up = (y - head.y) * STEP, (level - z) * STEP
    forehead = (forward > 0) & (up > 0.08 * forward) & (up < forward)
    if not forehead.any():
        return head.length / 2
    return float(np.hypot(forward, up)[forehead].max())


def after(volume: Volume, cut: Cut) -> Volume:
    """The volume as it looks once it is cut."""
    import numpy as np

    values = volume.values.copy()
    shape = (values.shape[0], values.shape[1])
    across, down = np.array([STEP, 0.0, 0.0]), np.array([0.0, STEP, 0.0])
    for z in range(values.shape[2]):
        origin = volume.origin + np.array([0.0, 0.0, z * STEP])
        values[:, :, z][cut.takes(origin, across, down, shape)] = cut.fill
    return Volume(values, volume.seen, volume.origin)
