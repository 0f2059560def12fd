"""Where a file goes in the output: under its own path, or as a template lays DICOM out."""

from __future__ import annotations

import re
import string
from dataclasses import dataclass
from pathlib import Path

from schemas.errors import UsageError

FIELDS = {
    "patient": 0x00100020,
    "study": 0x0020000D,
    "series": 0x0020000E,
    "instance": 0x00080018,
    "modality": 0x00080060,
    "number": 0x00200013,
    "series_number": 0x00200011,
}
"""What a template may name, all of it as it is after de-identification."""

_UNFIT = re.compile(r"[^A-Za-z0-9._-]+")
_LONGEST = 64


@dataclass(frozen=True)
class Layout:
    """`template` is null (paths stay) or, for DICOM, such as {patient}/{study}/{instance}.dcm."""

    template: str | None = None

    def __post_init__(self) -> None:
        if self.template is None:
            return
        try:
            names = {name for _, name, _, _ in string.Formatter().parse(self.template) if name}
        except ValueError as error:
            raise UsageError(f"the layout is malformed: {error}", where=self.template) from None
        unknown = names - FIELDS.keys()
        if unknown or self.template.startswith("/") or ".." in self.template.split("/"):
            raise UsageError(
                f"the layout names {', '.join(sorted(unknown)) or 'a place outside the output'}",
                where=self.template,
                do=f"Use {', '.join('{' + name + '}' for name in FIELDS)}",
            )
        if "instance" not in names:
            raise UsageError(
                "the layout would give several files one name",
                where=self.template,
                do="Name {instance} in it",
            )

    def place(self, path: str, made: Path, format: str) -> str:
        """Where the file that was written to `made` goes; `path` is its own, cleaned."""
        if self.template is None or format != "DICOM":
            return path
        from curation.dicom.element import plain
        from curation.dicom.reader import read

        elements = read(made).elements
        values = {name: _fit(plain(elements, tag)) for name, tag in FIELDS.items()}
        return self.template.format(**values)


def _fit(value: str) -> str:
    return _UNFIT.sub("_", value)[:_LONGEST].strip(".") or "none"
