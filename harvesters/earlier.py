"""What the last good harvest read: its raw records, one JSON object a line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa

from schemas.errors import SourceError

RAW = "raw.jsonl.zst"
"""The file of a harvest that holds what the repository gave."""
_CHUNK = 1 << 20


def earlier(folder: Path | None) -> Iterator[dict[str, Any]]:
    """The raw records of the harvest in `folder`, in their order; none if there was none.

    Raises:
        SourceError: if the file is damaged, for those who must not forget what is behind it.
    """
    if folder is None or not (folder / RAW).is_file():
        return
    rest = b""
    try:
        with pa.input_stream(str(folder / RAW), compression="zstd") as stream:
            while chunk := stream.read(_CHUNK):
                *lines, rest = (rest + chunk).split(b"\n")
                yield from (row for row in map(json.loads, lines) if isinstance(row, dict))
    except (OSError, ValueError) as error:
        raise _damaged(folder) from error
    if rest:
        raise _damaged(folder)


def undamaged(folder: Path | None) -> Iterator[dict[str, Any]]:
    """As `earlier`, up to the first damage, for those who ask anew for whatever is missing."""
    try:
        yield from earlier(folder)
    except SourceError:
        return


def _damaged(folder: Path) -> SourceError:
    return SourceError(
        "what the last harvest read is damaged",
        where=str(folder / RAW),
        do="Remove that folder and refresh",
    )
