"""A file that is looked at: where it lies, and what it is called in reports."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

_HEAD = 4096


@dataclass(frozen=True)
class File:
    """`path` is where the bytes are now; `name` is its path below the folder that was named.

    `name` has "/" between its parts; a member of an archive is `archive.zip!/member`.
    """

    path: Path
    name: str

    @cached_property
    def head(self) -> bytes:
        """The first 4 KiB. Raises OSError if it cannot be read."""
        with self.path.open("rb") as file:
            return file.read(_HEAD)

    @cached_property
    def size(self) -> int:
        """Its length in bytes. Raises OSError if it cannot be read."""
        return self.path.stat().st_size
