"""The first volume of a NIfTI or Analyze image as a stack of planes."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from curation.faces.planes import Stack, Unusable
from curation.nifti.header import Header
from curation.nifti.stream import Stream

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_TYPES = {
    2: "u1",
    4: "i2",
    8: "i4",
    16: "f4",
    64: "f8",
    256: "i1",
    512: "u2",
    768: "u4",
    1024: "i8",
    1280: "u8",
}


def affine(header: Header) -> NDArray[np.float64]:
    """From voxel (i, j, k) to mm of right, anterior, superior, as nifti1.h has it.

    The sform if it is set, else the qform, else (and for Analyze) the voxel sizes alone.
    """
    import numpy as np

    raw, order = header.raw, header.order
    matrix = np.eye(4)
    if header.kind == "nifti2":
        pixdim = struct.unpack_from(order + "8d", raw, 104)
        qform, sform = struct.unpack_from(order + "2i", raw, 344)
        quatern = struct.unpack_from(order + "6d", raw, 352)
        rows = struct.unpack_from(order + "12d", raw, 400)
    else:
        pixdim = struct.unpack_from(order + "8f", raw, 76)
        qform, sform = struct.unpack_from(order + "2h", raw, 252)
        quatern = struct.unpack_from(order + "6f", raw, 256)
        rows = struct.unpack_from(order + "12f", raw, 280)
    if header.kind == "analyze":
        qform = sform = 0
    size = np.abs(np.array(pixdim[1:4]))
    size[size == 0] = 1.0
    if sform > 0:
        matrix[:3] = np.reshape(rows, (3, 4))
    elif qform > 0:
        if pixdim[0] < 0:
            size[2] = -size[2]
        matrix[:3, :3] = _rotation(*quatern[:3]) * size
        matrix[:3, 3] = quatern[3:]
    else:
        matrix[:3, :3] = np.diag(size)
    if not np.isfinite(matrix).all() or abs(np.linalg.det(matrix[:3, :3])) < 1e-9:
        raise Unusable("its orientation is not usable")
    return matrix


def _rotation(b: float, c: float, d: float) -> NDArray[np.float64]:
    import numpy as np

    a = np.sqrt(max(0.0, 1.0 - b * b - c * c - d * d))
    return np.array(
        [
            [a * a + b * b - c * c - d * d, 2 * (b * c - a * d), 2 * (b * d + a * c)],
            [2 * (b * c + a * d), a * a + c * c - b * b - d * d, 2 * (c * d - a * b)],
            [2 * (b * d - a * c), 2 * (c * d + a * b), a * a + d * d - b * b - c * c],
        ]
    )


def planes(header: Header, stream: Stream) -> Stack:
    """The planes of the first volume; `stream` stands at its first voxel and is read in order.

    Raises Unusable where the image is not a volume of numbers.
    """
    import numpy as np

    if len(header.shape) < 3 or min(header.shape[:3]) < 2:
        raise Unusable("it is not a volume")
    kind = plane_type(header)
    columns, rows, count = header.shape[:3]
    matrix = affine(header)
    plane_bytes = columns * rows * kind.itemsize
    slope, intercept = scale_of(header)
    at = 0

    def load(k: int) -> NDArray[np.float32]:
        nonlocal at
        stream.skip((k - at) * plane_bytes)
        data = stream.read(plane_bytes)
        at = k + 1
        if len(data) < plane_bytes:
            raise EOFError("it is shorter than its header says")
        plane = np.frombuffer(data, kind).reshape(rows, columns).T
        with np.errstate(all="ignore"):
            return np.asarray(plane * slope + intercept, np.float32)

    steps = np.arange(count)[:, None] * matrix[:3, 2]
    return Stack(matrix[:3, 3] + steps, matrix[:3, 0], matrix[:3, 1], (columns, rows), load)


def plane_type(header: Header) -> np.dtype[np.generic]:
    """The type of a stored voxel. Raises Unusable where it is no single number."""
    import numpy as np

    if header.datatype not in _TYPES:
        raise Unusable("its voxels are not single numbers")
    kind: np.dtype[np.generic] = np.dtype(header.order + _TYPES[header.datatype])
    if kind.itemsize * 8 != header.bits:
        raise Unusable("the size of its voxels does not fit their type")
    return kind


def scale_of(header: Header) -> tuple[float, float]:
    """Slope and intercept from stored values to the scan's (1 and 0 where none are set)."""
    if header.kind == "analyze":
        return 1.0, 0.0
    place, kind = (176, "2d") if header.kind == "nifti2" else (112, "2f")
    slope, intercept = struct.unpack_from(header.order + kind, header.raw, place)
    if not abs(slope) > 0 or slope != slope or intercept != intercept:
        return 1.0, 0.0
    return slope, intercept
