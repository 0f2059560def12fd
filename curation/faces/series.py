"""Face findings of DICOM series: what is gathered file by file, and judged when all were seen.

The reader of DICOM files makes a `Piece` of each file that `is_candidate`; when all files were
seen, `series_faces(pieces, emit)` reports one finding a series, at its first file by name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from curation.faces.evidence import Face, face
from curation.faces.head import MODALITIES, is_head
from curation.faces.planes import Unusable, sample
from curation.phi.span import Kind
from schemas.file_finding import FileFinding
from schemas.finding import Severity

RULE = "PS3.15 section E.3.2 (Clean Recognizable Visual Features); 45 CFR 164.514(b)(2)(i)(Q)"
CHECK = "face-region"


@dataclass(frozen=True, slots=True)
class Piece:
    """What one file says of its series. `words` are its body part and descriptions.

    `declared` is Recognizable Visual Features (0028,0302), `YES`, `NO` or "".
    """

    series: str
    modality: str
    words: str
    declared: str
    path: Path
    name: str


def is_candidate(modality: str, words: str) -> bool:
    """Whether a file may be a part of a head's volume, so that its series is looked at."""
    return modality in MODALITIES and is_head(words) is not False


def series_faces(pieces: Iterable[Piece], emit: Callable[[FileFinding], None]) -> None:
    """Report the face region of every series in these pieces."""
    groups: dict[str, list[Piece]] = {}
    for piece in pieces:
        groups.setdefault(piece.series, []).append(piece)
    for group in groups.values():
        group.sort(key=lambda piece: piece.name)
        first = group[0]
        if any(piece.declared.strip().upper() == "YES" for piece in group):
            message = "Recognizable Visual Features says that a face can be recognised"
            emit(finding(Severity.INFO, first.name, message, where="00280302"))
        told = judged(series_face([piece.path for piece in group], first.modality), first.words)
        if told is not None:
            severity, message = told
            emit(finding(severity, first.name, message))


def series_face(paths: list[Path], modality: str) -> Face:
    """What the files of one series show of the face."""
    from curation.faces.dicom_volume import stack

    try:
        return face(sample(stack(paths)), modality)
    except Unusable as error:
        return Face("unknown", str(error), {})


def judged(seen: Face, words: str) -> tuple[Severity, str] | None:
    """How bad it is and what to say, or None where there is nothing to say.

    A volume that nothing says is of a head must have the form of one.
    """
    labelled = is_head(words) is True
    if seen.region == "present" and (labelled or seen.shaped):
        return Severity.WARNING, (
            f"The region of the face is there ({seen.reason}; {figures(seen)}); deface the volume"
        )
    if seen.region == "unknown" and labelled:
        return Severity.INFO, f"Whether a face is there is not known: {seen.reason}"
    return None


def figures(seen: Face) -> str:
    """The figures that speak for it, in one line."""
    shown = ("advance_low", "advance_median", "occupied", "constant_front")
    return ", ".join(f"{key} {seen.evidence[key]:.2f}" for key in shown if key in seen.evidence)


def finding(severity: Severity, name: str, message: str, *, where: str = "pixel") -> FileFinding:
    """One finding about the face in a file."""
    return FileFinding(CHECK, severity, name, where, RULE, message, Kind.FACE)
