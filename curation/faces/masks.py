"""Which pixels of DICOM files to blank so that the face of their series goes.

Once for all files, before any is written (the cuts are small and can go to other processes):

    cuts, untold = face_cuts(pieces)         # by Series Instance UID

and for each file of a series in `cuts`:

    for mask, air in [cuts[uid].blank(path)]:
        pixels[mask] = air                   # (rows, columns) or (frames, rows, columns)
    recognizable = "NO" if cuts[uid].left.region == "cut" else as it is

`untold` has why a series could not be judged; its files are left as they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from curation.faces.cut import Cut, after, cut_of
from curation.faces.dicom_volume import planes_of, stack
from curation.faces.evidence import Face, face
from curation.faces.planes import Unusable, sample
from curation.faces.series import Piece, judged

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class FaceCut:
    """Where one series is cut; the evidence `before`, and of what is `left` once it is cut."""

    cut: Cut
    before: Face
    left: Face

    def blank(self, path: Path) -> tuple[NDArray[np.bool_], int] | None:
        """The pixels of a file that go, and the stored value that reads as air in it.

        The mask is (rows, columns), or (frames, rows, columns) of a file of many frames. None
        where the file has no place in the patient. Raises Unusable if it cannot be read.
        """
        import numpy as np

        planes = planes_of([path])
        if not planes:
            return None
        masks = [
            self.cut.takes(
                np.array(plane.origin),
                np.array(plane.down),
                np.array(plane.across),
                (plane.rows, plane.columns),
            )
            for plane in planes
        ]
        air = round((self.cut.fill - planes[0].intercept) / (planes[0].slope or 1.0))
        return (masks[0] if len(masks) == 1 else np.stack(masks)), air


def face_cut(paths: Sequence[Path], modality: str) -> FaceCut | None:
    """How to cut the face of one series, or None where it is cut already.

    Raises Unusable, with the reason, where no head can be found in it.
    """
    volume = sample(stack(paths))
    before = face(volume, modality)
    if before.region == "cut":
        return None
    cut = cut_of(volume, modality)
    return FaceCut(cut, before, face(after(volume, cut), modality))


def face_cuts(pieces: Iterable[Piece]) -> tuple[dict[str, FaceCut], dict[str, str]]:
    """The cut of each series that holds a head, and why others tell nothing, by Series UID.

    A series whose face is cut already, and one of another part of the body, is in neither.
    """
    groups: dict[str, list[Piece]] = {}
    for piece in pieces:
        groups.setdefault(piece.series, []).append(piece)
    cuts: dict[str, FaceCut] = {}
    untold: dict[str, str] = {}
    for series, group in groups.items():
        first = min(group, key=lambda piece: piece.name)
        try:
            found = face_cut([piece.path for piece in group], first.modality)
        except Unusable as error:
            if judged(Face("unknown", str(error), {}), first.words) is not None:
                untold[series] = str(error)
            continue
        if found is not None and judged(found.before, first.words) is not None:
            cuts[series] = found
    return cuts, untold
