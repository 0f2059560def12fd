"""Checking files for what identifies a person: file by file, and then all of them together."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path

from curation.faces.series import Piece, series_faces
from curation.formats import Unsafe, format_of
from curation.formats.file import File
from curation.formats.look import Look
from curation.formats.paths import inspect_path
from curation.phi.leftovers import Leftovers
from curation.pixels import models
from curation.pool import Pool, batched
from curation.profiles import Profile
from curation.quiet import hush, quiet
from curation.reports.summary import Summary
from curation.walk import files_below
from schemas.errors import FairscanError
from schemas.file_finding import FileFinding
from schemas.finding import Severity

Emit = Callable[[FileFinding], None]
Met = File | tuple[str, str]

_BATCH = 32


@dataclass(frozen=True)
class _How:
    """How files are looked at, in every process alike."""

    profile: Profile
    pixels: bool
    faces: bool
    unseen: str

    def look(self) -> Look:
        return Look(
            self.profile, lambda _: None, pixels=self.pixels, faces=self.faces, unseen=self.unseen
        )


@dataclass
class _Part:
    """What one batch of files gave."""

    summary: Summary
    findings: list[FileFinding] = field(default_factory=list)
    leftovers: Leftovers = field(default_factory=Leftovers)
    pieces: list[Piece] = field(default_factory=list)


def check(
    root: Path,
    profile: Profile,
    emit: Emit,
    *,
    summary: Summary | None = None,
    pixels: bool = True,
    faces: bool = True,
    jobs: int = 0,
    say: Callable[[Summary], None] = lambda _: None,
) -> Summary:
    """Check every file below `root` against a profile; `emit` gets each finding as it is made.

    `jobs` is the number of processes (0: as many as there are cores, once there are files enough).
    `say` is told the totals now and then. Raises FairscanError if `root` is not there.
    """
    if not root.exists():
        raise FairscanError("there is no such file or folder", where=str(root), do="Name another")
    summary = Summary.of(root, profile) if summary is None else summary
    return check_files(
        files_below(root),
        profile,
        emit,
        summary=summary,
        pixels=pixels,
        faces=faces,
        jobs=jobs,
        say=say,
    )


def check_files(
    files: Iterable[Met],
    profile: Profile,
    emit: Emit,
    *,
    summary: Summary | None = None,
    pixels: bool = True,
    faces: bool = True,
    jobs: int = 0,
    say: Callable[[Summary], None] = lambda _: None,
) -> Summary:
    """Check these files as `check` does. What is judged together comes at the end."""
    summary = Summary("", _described(profile)) if summary is None else summary
    unseen = "not asked for"
    if pixels and not models.available():
        pixels, unseen = False, "what reads text is not installed (fairscan[pixels])"
    leftovers = Leftovers()
    pieces: list[Piece] = []

    def told(finding: FileFinding) -> None:
        summary.found(finding)
        emit(finding)

    with quiet():
        for part in _parts(files, _How(profile, pixels, faces, unseen), jobs):
            for finding in part.findings:
                told(finding)
            summary.merge(part.summary)
            leftovers.merge(part.leftovers)
            pieces += part.pieces
            say(summary)
        for finding in leftovers.judge():
            told(finding)
        series_faces(pieces, told)
    summary.faces.looked += len({piece.series for piece in pieces})
    summary.end()
    say(summary)
    return summary


def _described(profile: Profile) -> dict[str, str]:
    return {"name": profile.name, "version": profile.version, "digest": profile.digest}


def _parts(files: Iterable[Met], how: _How, jobs: int) -> Iterator[_Part]:
    """The batches in the order of the files, here or in other processes."""
    there = iter(files)
    first = list(islice(there, 2))
    jobs = jobs or (os.cpu_count() or 1)
    batches = batched(chain(first, there), _BATCH)
    if jobs == 1 or len(first) < 2:
        look = how.look()
        for batch in batches:
            yield _checked(batch, look)
        return
    yield from Pool(_in_process, _died, _begin, (how,), jobs).run(batches)


_here: Look


def _begin(how: _How) -> None:
    global _here
    hush()
    _here = how.look()


def _in_process(batch: list[Met]) -> _Part:
    return _checked(batch, _here)


def _died(met: Met) -> _Part:
    """What is said of a file that ended the process which looked at it."""
    name = met.name if isinstance(met, File) else met[0]
    part = _Part(Summary(""))
    reason = "the program that decodes it crashed"
    part.summary.unread(name, reason)
    part.findings.append(_not_read(name, reason))
    return part


def _not_read(name: str, reason: str) -> FileFinding:
    return FileFinding(
        "not-read",
        Severity.WARNING,
        name,
        None,
        "what cannot be read cannot be cleared",
        f"It was not looked at: {reason}; restore or remove it",
    )


def _checked(batch: list[Met], look: Look) -> _Part:
    """Look at the files of one batch; a file that breaks a reader breaks nothing else."""
    part = _Part(Summary(""))
    look.leftovers, look.pieces, look.seen = part.leftovers, part.pieces, part.summary.pixels
    for met in batch:
        name, reason = (met.name, "") if isinstance(met, File) else met
        places: dict[str | None, FileFinding] = {}
        look.emit = _once(part.findings, places)
        look.file = met if isinstance(met, File) else File(Path(), name)
        look.patient = name.split("/", 1)[0]
        inspect_path(name, look)
        if isinstance(met, File):
            reason = _inspected(met, look, part.summary)
        if reason:
            part.summary.unread(name, reason)
            look.emit(_not_read(name, reason))
    return part


def _inspected(file: File, look: Look, summary: Summary) -> str:
    """Look at one file; why it could not be looked at, or ""."""
    try:
        kind = format_of(file.name, file.head)
        if not file.size:
            return "it is empty"
        if kind is None:
            return "no format that is known here"
        kind.inspect(file, look)
        summary.read(kind.name, file.size)
    except Unsafe as why:
        return str(why)
    except OSError as error:
        return error.strerror or "it cannot be read"
    except FairscanError as error:
        return error.what
    except Exception as error:  # a reader that hostile bytes broke is told, not followed
        return f"its reader failed ({type(error).__name__})"
    return ""


def _once(findings: list[FileFinding], places: dict[str | None, FileFinding]) -> Emit:
    """One finding a place of a file: who is sent there sees all that is there."""

    def emit(finding: FileFinding) -> None:
        key = finding.where
        if key is not None and key != "pixel" and finding.severity != Severity.INFO:
            before = places.get(key)
            if before is not None and before.file == finding.file:
                return
            places[key] = finding
        findings.append(finding)

    return emit
