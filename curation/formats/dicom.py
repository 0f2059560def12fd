"""DICOM files: every element, and everything that a file holds beside its data set."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from curation.dicom.reader import looks_dicom
from curation.formats import Unsafe
from curation.formats.file import File
from curation.phi.span import Kind

if TYPE_CHECKING:
    from curation.formats.act import Act
    from curation.formats.look import Look


class Dicom:
    """DICOM Part 10 files (PS3.10), DICOMDIR, and data sets without file meta information."""

    name = "DICOM"
    rank = 10

    def takes(self, name: str, head: bytes) -> bool:
        """By its content; a name that says DICOM is believed, so that a false one is told."""
        return looks_dicom(head) or name.lower().endswith((".dcm", ".dicom", ".ima"))

    def inspect(self, file: File, look: Look) -> None:
        """Report what may identify a person in any element or beside them."""
        from curation.dicom.inspect import inspect
        from curation.dicom.reader import Damaged, read

        try:
            inspect(read(file.path), file, look)
        except Damaged as damage:
            raise Unsafe(str(damage)) from None

    def identities(self, file: File) -> Iterator[tuple[str, Kind, str]]:
        """What its identity attributes say."""
        from curation.dicom.identity import identities
        from curation.dicom.reader import Damaged, read

        try:
            yield from identities(read(file.path))
        except Damaged as damage:
            raise Unsafe(str(damage)) from None

    def deidentify(self, file: File, target: Path, act: Act) -> None:
        """Write the file as the profile has it."""
        from curation.dicom.deidentify import deidentify

        deidentify(file, target, act)


FORMAT = Dicom()
