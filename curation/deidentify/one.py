"""One file de-identified into its place, or the reason why it was not."""

from __future__ import annotations

import hashlib
import shutil
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from curation.deidentify.layout import Layout
from curation.formats import Unsafe, format_of
from curation.formats.act import Act
from curation.formats.file import File
from curation.formats.paths import clean_path

_BLOCK = 1 << 20


@dataclass
class Outcome:
    """What became of one file: written at `made`, to be placed as `output`; or why not."""

    name: str
    output: str = ""
    made: Path | None = None
    sha256: str = ""
    bytes: int = 0
    read: str = ""
    reason: str = ""
    actions: Counter[str] = field(default_factory=Counter)
    regions: list[tuple[int, int, int, int, int]] = field(default_factory=list)
    pseudonyms: set[tuple[str, str, str]] = field(default_factory=set)


def deidentify_one(file: File, made: Path, act: Act, layout: Layout) -> Outcome:
    """Write `file`, de-identified, to `made`. Raises OSError only for the disk that is written to.

    Nothing is left at `made` if there is a reason why not.
    """
    act.done, act.regions, act.pseudonyms = Counter(), [], set()
    outcome = Outcome(file.name)
    try:
        outcome.read = digest(file.path)
    except OSError as error:
        outcome.reason = error.strerror or "it cannot be read"
        return outcome
    try:
        kind = format_of(file.name, file.head)
        if not file.size:
            raise Unsafe("it is empty")
        if kind is None:
            raise Unsafe("no format that is known here: nobody can say what is in it")
        kind.deidentify(file, made, act)
        outcome.output = layout.place(clean_path(file.name, act, act.known), made, kind.name)
        outcome.sha256, outcome.bytes = digest(made), made.stat().st_size
    except Unsafe as why:
        outcome.reason = str(why)
    except OSError as error:
        if error.filename != str(file.path):
            made.unlink(missing_ok=True)
            raise
        outcome.reason = error.strerror or "it cannot be read"
    except Exception as error:  # hostile bytes that broke a reader: told, and nothing written
        outcome.reason = f"its reader failed ({type(error).__name__})"
    if outcome.reason:
        made.unlink(missing_ok=True)
        return outcome
    outcome.made = made
    outcome.actions, outcome.regions = act.done, act.regions
    outcome.pseudonyms = act.pseudonyms
    outcome.pseudonyms.add(("path", file.name, outcome.output))
    return outcome


def digest(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def enough_room(folder: Path, size: int) -> bool:
    """Whether the disk has room for a file of this size and a little more."""
    return shutil.disk_usage(folder).free > size + (_BLOCK << 4)


def put(made: Path, place: Path) -> None:
    """Move a finished file into its place in one step."""
    place.parent.mkdir(parents=True, exist_ok=True)
    made.replace(place)
