"""The formats of files: how each is told, checked and de-identified; one module a format."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from curation.formats.file import File
from curation.phi.span import Kind

if TYPE_CHECKING:
    from curation.formats.act import Act
    from curation.formats.look import Look


class Unsafe(Exception):  # noqa: N818 - a verdict, not a mistake
    """A file that cannot be read whole or made safe; the message says why, without its content."""


class Format(Protocol):
    """One format. A module here that defines `FORMAT`, an object like this, adds it."""

    name: str

    rank: int
    """Formats are asked in this order, lowest first; the first that takes a file has it."""

    def takes(self, name: str, head: bytes) -> bool:
        """Whether a file of this name that begins with these bytes (up to 4 KiB) is one."""

    def inspect(self, file: File, look: Look) -> None:
        """Report to `look` what may identify a person. Raises Unsafe if it cannot be read."""

    def identities(self, file: File) -> Iterator[tuple[str, Kind, str]]:
        """What its own identity fields say: (patient, kind, value), to look for elsewhere."""

    def deidentify(self, file: File, target: Path, act: Act) -> None:
        """Write to `target` what the profile lets through. Raises Unsafe if that cannot be."""


@cache
def formats() -> tuple[Format, ...]:
    """Every format, in the order in which they are asked."""
    import curation.formats as package

    found: list[Format] = []
    for module in pkgutil.iter_modules(package.__path__):
        there = importlib.import_module(f"curation.formats.{module.name}")
        if (known := getattr(there, "FORMAT", None)) is not None:
            found.append(known)
    return tuple(sorted(found, key=lambda f: (f.rank, f.name)))


def format_of(name: str, head: bytes) -> Format | None:
    """The format of a file, or None if no format here takes it."""
    return next((f for f in formats() if f.takes(name, head)), None)
