"""Reports of a check of files: each way of writing down its findings and its summary."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from pathlib import Path

from curation.reports.summary import Summary
from schemas.errors import UsageError
from schemas.file_finding import FileFinding

FORMATS = {
    "text": "terminal",
    "jsonl": "lines",
    "parquet": "parquet",
    "html": "html",
    "sarif": "sarif",
}
"""Each format of a report and the module (and function) that writes it."""

Put = Callable[[FileFinding], None]


def opened(format: str, path: Path | None, summary: Summary) -> AbstractContextManager[Put]:
    """A report to give findings to, one call a finding; it is finished when the block ends.

    The summary must be complete by then. `path` null means the standard output (`text` and
    `jsonl` alone). If the block raises, no report appears at `path`. Raises UsageError.
    """
    if format not in FORMATS:
        raise UsageError("no such format of report", where=format, do=f"Use {', '.join(FORMATS)}")
    if path is None and format not in ("text", "jsonl"):
        raise UsageError("this report needs a file to go to", where=format, do="Name a file")
    name = FORMATS[format]
    writer = getattr(importlib.import_module(f"curation.reports.{name}"), name)
    report: AbstractContextManager[Put] = writer(path, summary)
    return report


def write(
    format: str, path: Path | None, findings: Iterable[FileFinding], summary: Summary
) -> None:
    """Write a report of findings that come one after the other, in flat memory."""
    with opened(format, path, summary) as put:
        for finding in findings:
            put(finding)


def format_for(path: Path) -> str:
    """The format that a report's file name asks for. Raises UsageError if it asks for none."""
    ending = path.suffix.lower().removeprefix(".")
    format = {"json": "jsonl", "ndjson": "jsonl", "txt": "text", "htm": "html"}.get(ending, ending)
    if format not in FORMATS:
        known = ", ".join(f".{name}" for name in FORMATS)
        raise UsageError("no report ends like that", where=path.name, do=f"Use {known} or name one")
    return format
