"""Whether the face region of a head volume is there or cut: figures that speak for it, no proof.

In a whole head the skin of the face lies as far forward as the forehead, from brow to chin, and
the air before it is as noisy as the air elsewhere. What defacing leaves lies further back, and the
cut is of one exact value. Where neither can be measured, the answer is unknown, with the reason.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from curation.faces.outline import Outline, middle_profile, outline
from curation.faces.planes import STEP, Unusable, Volume

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_BROW, _CHIN = 95.0, 170.0  # mm below an adult's crown
_NEEDED = 40.0  # mm of the face, from the brow down, that a volume must hold

Region = Literal["present", "cut", "unknown"]


@dataclass(frozen=True)
class Face:
    """What a volume shows of the face region, the figures that speak for it, and the reason.

    Figures: `advance_low` and `advance_median`, how far forward the midline's skin lies between
    brow and chin (10th and 50th percentile; 1 is the forehead, 0 the middle of the skull);
    `occupied`, the share of tissue from the skull's middle to the forehead there;
    `constant_front` and `constant_elsewhere`, the shares of the empty space before the face and
    above the brow that have one exact value; `covered`, the mm of the face in the volume.
    """

    region: Region
    reason: str
    evidence: dict[str, float]
    shaped: bool = False


def face(volume: Volume, modality: str) -> Face:
    """What the volume shows. `modality` is MR, CT, PT, or "" where it is not known."""
    try:
        head = outline(volume, modality)
        figures = _measured(volume, head)
    except Unusable as error:
        return Face("unknown", str(error), {})
    region, reason = _judged(figures, modality)
    shaped = head.pointed and head.height is None and 0.62 <= head.width / head.length <= 1.0
    return Face(region, reason, {k: round(v, 2) for k, v in figures.items()}, shaped)


def _measured(volume: Volume, head: Outline) -> dict[str, float]:
    import numpy as np

    figures = {"length": head.length, "width": head.width}
    chin = _CHIN
    if head.height is not None:
        figures["height"] = head.height
        chin = min(chin, 0.8 * head.height / head.size)
    x, y = round(head.x), round(head.y)
    half = head.length / 2
    seen = volume.seen[x, min(y, volume.seen.shape[1] - 1)]
    levels = [
        z
        for z in range(max(head.level(chin), 0), min(head.level(_BROW), len(seen) - 1) + 1)
        if seen[z]
    ]
    figures["covered"] = len(levels) * STEP / head.size
    if not levels:
        return figures
    profile = middle_profile(head)
    advance = [_advance(profile[:, z], head.y, half) for z in levels]
    figures["advance_low"], figures["advance_median"] = map(float, np.percentile(advance, [10, 50]))
    figures["sight"] = min(_advance(volume.seen[x, :, z], head.y, half) for z in levels)
    side = round(35 * head.size / STEP)
    before = slice(max(0, x - side), x + side + 1)
    span = slice(levels[0], levels[-1] + 1)
    to_forehead = slice(y, round(head.y + half / STEP))
    figures["occupied"] = _share(head.tissue[before, to_forehead, span])
    empty = volume.seen & ~head.tissue
    value = _commonest(volume.values[volume.seen])
    front = (before, slice(y, None), span)
    figures["constant_front"] = _share(volume.values[front][empty[front]] == value)
    above = (slice(None), slice(None), slice(max(0, head.level(60)), None))
    figures["constant_elsewhere"] = _share(volume.values[above][empty[above]] == value)
    return figures


def _judged(figures: dict[str, float], modality: str) -> tuple[Region, str]:
    height = figures.get("height")
    emptied = figures.get("constant_elsewhere", 0.0) >= 0.9
    if height is not None and height < 0.92 * figures["length"]:
        if emptied and modality != "PT":
            return "cut", "what is left has the form of a brain without its skull"
        return "unknown", "nothing of a face is seen in it"
    if figures["covered"] < _NEEDED:
        return "unknown", "it ends above the face"
    low, median = figures["advance_low"], figures["advance_median"]
    if not emptied and figures["constant_front"] - figures["constant_elsewhere"] >= 0.15:
        return "cut", "the space before the face has one exact value, as after a cut"
    if low >= 0.78 and median >= 0.9:
        return "present", "the surface between brow and chin lies as far forward as the forehead"
    if figures["sight"] < 1.0:
        return "unknown", "it ends before the face"
    if modality == "PT" and not emptied:
        return "unknown", "the uptake of the skin does not tell its surface"
    if (low < 0.62 and median < 0.9) or (low < 0.75 and median < 0.8):
        return "cut", "the surface between brow and chin lies far behind the forehead"
    return "unknown", "its surface is neither that of a whole face nor that of a cut one"


def _advance(line: NDArray[np.bool_], middle: float, half: float) -> float:
    import numpy as np

    there = np.flatnonzero(line)
    return (int(there[-1]) + 0.5 - middle) * STEP / half if len(there) else -1.0


def _commonest(values: NDArray[np.float32]) -> float:
    import numpy as np

    found, counts = np.unique(values, return_counts=True)
    return float(found[counts.argmax()])


def _share(mask: NDArray[np.bool_]) -> float:
    return float(mask.mean()) if mask.size else 0.0
