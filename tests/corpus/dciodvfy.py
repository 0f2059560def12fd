"""Errors that dciodvfy (dicom3tools) finds in files before and after: only new ones matter."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

_LIMIT = 60
_PLACE = re.compile(r"^Error - <([^>]*)> - ")
_ITEM = re.compile(r"\[\d+\]")
_VALUE = re.compile(r"<[^<>]*>|'[^']*'|\[[^\]]*\]|\d+")


@dataclass
class Compared:
    """Files compared, and the errors that were not in a file before it was written anew."""

    files: int = 0
    new: dict[str, list[str]] = field(default_factory=dict)
    before: int = 0
    after: int = 0

    def lines(self, most: int = 20) -> list[str]:
        """The result, and the commonest new errors."""
        kinds = Counter(error for errors in self.new.values() for error in errors)
        return [
            f"{self.files} files: {self.before} errors before, {self.after} after; "
            f"{len(self.new)} files with a new error",
            *(f"{count:>6} {error}" for error, count in kinds.most_common(most)),
        ]


def installed() -> bool:
    """Whether dciodvfy is there (Debian: dicom3tools)."""
    return shutil.which("dciodvfy") is not None


def errors(path: Path) -> list[str]:
    """What dciodvfy calls an error in a file, without the values that it quotes."""
    done = subprocess.run(
        ["dciodvfy", "-new", str(path)], capture_output=True, timeout=_LIMIT, check=False
    )
    said = (done.stderr + done.stdout).decode("latin-1").splitlines()
    return [plain(line) for line in said if line.startswith("Error")]


def plain(line: str) -> str:
    """An error at its place without values, the same for another value of the attribute."""
    place = _PLACE.match(line)
    at, said = (place[1], line[place.end() :]) if place else ("", line)
    return f"{_ITEM.sub('', at)}: {_VALUE.sub('#', said)}"


def compare(pairs: Iterable[tuple[Path, Path]]) -> Compared:
    """Compare files with what was made of them: pairs of (before, after).

    Deflated files are left out: dciodvfy takes their compressed bytes for elements.
    """
    listed = [pair for pair in pairs if not any(map(_deflated, pair))]
    done = Compared(len(listed))
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        befores = pool.map(errors, (before for before, _ in listed))
        afters = pool.map(errors, (after for _, after in listed))
        for (_, path), old, new in zip(listed, befores, afters, strict=True):
            done.before += len(old)
            done.after += len(new)
            if more := list((Counter(new) - Counter(old)).elements()):
                done.new[path.name] = more
    return done


def _deflated(path: Path) -> bool:
    with path.open("rb") as file:
        return b"1.2.840.10008.1.2.1.99" in file.read(1024)
