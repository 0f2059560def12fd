"""Head volumes: a phantom with a face, and the same with the face cut away in usual ways."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

Array = np.ndarray[Any, Any]
Cut = Literal["none", "mask", "plane", "brain"]


def head(seed: int, spacing: float, cut: Cut, ct: bool = False) -> Array:
    """A head in RAS order, voxels of so many mm, as int16; MR-like, or CT-like with air at -1000.

    `mask` sets the face to air, `plane` cuts all before a slanted plane, `brain` leaves the brain.
    """
    noise = np.random.default_rng(seed)
    extent = np.array((176.0, 224.0, 240.0))
    shape = tuple(int(v / spacing) for v in extent)
    axes = [(np.arange(n) + 0.5) * spacing - e / 2 for n, e in zip(shape, extent, strict=True)]
    x, y, z = np.meshgrid(*axes, indexing="ij", sparse=True)
    size = noise.uniform(0.94, 1.05)

    def ball(cx: float, cy: float, cz: float, rx: float, ry: float, rz: float) -> Array:
        inside: Array = (
            ((x - cx) / (rx * size)) ** 2
            + ((y - cy) / (ry * size)) ** 2
            + ((z - cz) / (rz * size)) ** 2
        ) < 1
        return inside

    skull, brain = ball(0, -8, 32, 72, 90, 76), ball(0, -8, 36, 62, 78, 62)
    face = ball(0, 36, -30, 54, 52, 66)
    nose = ball(0, 92, -22, 11, 20, 18) | ball(0, 84, -4, 7, 12, 22)
    chin, neck = ball(0, 62, -86, 26, 24, 18), ball(0, -22, -90, 50, 52, 70)
    ears = ball(76, -6, -8, 9, 16, 28) | ball(-76, -6, -8, 9, 16, 28)
    sinuses = ball(0, 58, -24, 22, 16, 12) | ball(0, 34, -66, 24, 26, 8)
    eyes = ball(30, 68, 0, 12, 12, 12) | ball(-30, 68, 0, 12, 12, 12)
    volume = np.zeros(shape, np.float32)
    for part, value in ((neck, 0.45), (face, 0.5), (chin, 0.5), (ears, 0.4), (nose, 0.5),
                        (skull, 0.35), (eyes, 0.25)):  # fmt: skip
        volume[part] = value
    volume[sinuses & ~skull] = 0.02
    volume[brain] = 0.7
    volume[ball(0, -8, 36, 44, 58, 44)] = 0.85
    volume += noise.normal(0, 0.02, shape).astype(np.float32) * (0.4 + (volume > 0.05))
    volume = np.abs(volume)
    gone = np.zeros(shape, bool)
    if cut == "mask":
        gone = np.broadcast_to((y > 18) & (z < 18) & (y + 0.4 * z > 20), shape) & ~brain
    elif cut == "plane":
        gone = np.broadcast_to(y > 62 + 0.75 * (z - 8), shape) & ~brain
    elif cut == "brain":
        gone = ~brain
    volume[gone] = 0
    if ct:
        hounsfield: Array = np.where(volume < 0.06, -1000, volume * 90).astype(np.int16)
        return hounsfield
    counts: Array = (volume * 900).astype(np.int16)
    return counts
