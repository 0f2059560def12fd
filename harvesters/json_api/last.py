"""What the last good harvest read, row by row."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa


def earlier(last: Path) -> Iterator[dict[str, Any]]:
    """The raw rows of the harvest in the folder `last`; none if it kept none."""
    path = last / "raw.jsonl.zst"
    if not path.is_file():
        return
    with pa.input_stream(str(path), compression="zstd") as stream:
        for line in stream.read().splitlines():
            row = json.loads(line)
            if isinstance(row, dict):
                yield row
