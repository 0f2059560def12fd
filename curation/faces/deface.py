"""Defacing a NIfTI image: by a kept external tool where one is installed, else by our own cut."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from curation.faces.cut import Cut, after, cut_of
from curation.faces.evidence import Face, face
from curation.faces.nifti_volume import plane_type, planes, scale_of
from curation.faces.planes import sample
from curation.nifti.header import Header, read_head
from curation.nifti.stream import Stream, writing
from schemas.errors import FairscanError, UsageError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_MINUTES = 30

# What each tool is told; mask is a brain mask, which quickshear needs.
_TOOLS = {
    "pydeface": ("pydeface", "{source}", "--outfile", "{target}", "--force"),
    "quickshear": ("quickshear", "{source}", "{mask}", "{target}"),
}


@dataclass(frozen=True)
class Defaced:
    """Which tool cut ("own" is ours), and what the evidence says before and after."""

    tool: str
    before: Face
    left: Face
    warning: str | None = None


_PLAIN = "it was cut by a plain mask of our own: look at it, or install pydeface"


def installed(mask: Path | None = None) -> list[str]:
    """The external tools that can be used here, best first."""
    found = [name for name, words in _TOOLS.items() if shutil.which(words[0])]
    return [name for name in found if name != "quickshear" or mask is not None]


def deface(
    source: Path,
    target: Path,
    tool: str | None = None,
    *,
    modality: str = "",
    mask: Path | None = None,
    minutes: float = _MINUTES,
) -> Defaced:
    """Write `source` (.nii, .nii.gz) without its face to `target`; its geometry stays.

    `tool` is `pydeface`, `quickshear` (which needs a brain `mask`) or `own`; None takes the first
    that is installed, else our own. Raises UsageError for a tool that is not there, FairscanError
    where it fails, takes longer than `minutes`, or leaves what still looks like a face, and
    planes.Unusable where our own cut finds no head.
    """
    usable = installed(mask)
    chosen = tool or (usable[0] if usable else "own")
    if chosen != "own" and chosen not in usable:
        raise UsageError(f"{chosen} is not installed", do="Install it, or use the tool own")
    before = _seen(source, modality)
    if chosen == "own":
        left = _own(source, target, modality)
    else:
        _run(chosen, source, target, mask, minutes)
        left = _seen(target, modality)
    if left.region == "present":
        target.unlink(missing_ok=True)
        raise FairscanError(
            f"{chosen} left what looks like a face",
            where=source.name,
            do="Deface it with another tool",
        )
    return Defaced(chosen, before, left, _PLAIN if chosen == "own" else None)


def _seen(path: Path, modality: str) -> Face:
    with Stream(path) as stream:
        header, _ = read_head(stream)
        return face(sample(planes(header, stream)), modality)


def _own(source: Path, target: Path, modality: str) -> Face:
    with Stream(source) as stream:
        header, _ = read_head(stream)
        volume = sample(planes(header, stream))
    cut = cut_of(volume, modality)
    with Stream(source) as stream, writing(target, compressed=stream.compressed) as out:
        header, block = read_head(stream)
        out.write(header.raw + block)
        for plane in without_face(header, stream, cut):
            out.write(plane)
    return face(after(volume, cut), modality)


def without_face(header: Header, stream: Stream, cut: Cut) -> Iterator[bytes]:
    """The voxels of every volume, plane by plane, with those that the cut takes set to air.

    `stream` stands at the first voxel. Raises EOFError where it ends too early.
    """
    import numpy as np

    kind = plane_type(header)
    slope, intercept = scale_of(header)
    air = np.array(_within(kind, (cut.fill - intercept) / slope), kind)
    columns, rows, count = header.shape[:3]
    plane_bytes = columns * rows * kind.itemsize
    here = planes(header, stream)
    total = header.voxel_bytes // plane_bytes
    for number in range(total):
        data = stream.read(plane_bytes)
        if len(data) < plane_bytes:
            raise EOFError("it is shorter than its header says")
        goes = cut.takes(here.origins[number % count], here.down, here.across, (rows, columns))
        if goes.any():
            values: NDArray[np.generic] = np.frombuffer(data, kind).reshape(rows, columns).copy()
            values[goes] = air
            data = values.tobytes()
        yield data


def _within(kind: np.dtype[np.generic], value: float) -> float:
    import numpy as np

    if kind.kind == "f":
        return value
    limits = np.iinfo(kind.str.lstrip("<>|="))
    return int(min(max(round(value), limits.min), limits.max))


def _run(tool: str, source: Path, target: Path, mask: Path | None, minutes: float) -> None:
    """Run an external tool without a shell. Raises FairscanError where it does not do its work."""
    known = {"source": str(source.resolve()), "target": str(target.resolve()), "mask": str(mask)}
    words = [word.format_map(known) for word in _TOOLS[tool]]
    do = "Use the tool own, or see what it says when run by hand"
    try:
        ended = subprocess.run(
            words, check=False, stdin=subprocess.DEVNULL, capture_output=True, timeout=minutes * 60
        )
    except subprocess.TimeoutExpired:
        target.unlink(missing_ok=True)
        raise FairscanError(f"{tool} took longer than {minutes:g} min", do=do) from None
    if ended.returncode or not target.is_file():
        target.unlink(missing_ok=True)
        raise FairscanError(f"{tool} failed with code {ended.returncode}", do=do)
