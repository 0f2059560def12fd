"""Where the bench works: a temporary folder, and a release in it to ask."""

from __future__ import annotations

import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.bench.measure import Run, fairscan


@dataclass(frozen=True, slots=True)
class Place:
    """The folder, and whether to be quick."""

    folder: Path
    quick: bool

    @property
    def home(self) -> Path:
        """A home with a release of the installed index, made if there is none yet."""
        home = self.folder / "home"
        if not (home / "current").exists():
            say("building a release to ask")
            self.refresh("idc")
        return home

    def refresh(self, *arguments: str | Path, name: str = "home") -> Run:
        """Harvest into an empty home and publish a release; a home of that name is replaced."""
        home = self.folder / name
        shutil.rmtree(home, ignore_errors=True)
        return fairscan("refresh", *arguments, home=home)

    def times(self, runs: int) -> int:
        """How often to repeat something: once if quick."""
        return 1 if self.quick else runs


def say(text: str) -> None:
    """Progress, on stderr."""
    print(text, file=sys.stderr, flush=True)
