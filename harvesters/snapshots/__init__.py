"""What was known of a repository on one day, packaged: the layer under every live harvest.

`<key>.jsonl.zst` has one JSON object a line: first where it comes from and of which day, then one
record a line in the shape that the source's harvester reads in `from_snapshot`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa

FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Snapshot:
    """day: when the facts were gathered. origin: from where, in words. rows: read once a call."""

    day: date
    origin: str
    path: Path

    def rows(self) -> Iterator[dict[str, Any]]:
        """Every record; each has its local id under `_id`."""
        lines = _lines(self.path)
        next(lines)
        yield from map(json.loads, lines)


def load(key: str, folder: Path = FOLDER) -> Snapshot | None:
    """The snapshot of a source, None if none is packaged."""
    path = folder / f"{key}.jsonl.zst"
    if not path.is_file():
        return None
    head = json.loads(next(_lines(path)))
    return Snapshot(date.fromisoformat(head["day"]), head["origin"], path)


def write(
    key: str, day: date, origin: str, rows: Iterable[dict[str, Any]], folder: Path = FOLDER
) -> int:
    """Write the snapshot of a source, in order of `_id`, the same bytes for the same facts."""
    ordered = sorted(rows, key=lambda row: str(row["_id"]))
    lines = [{"day": day.isoformat(), "origin": origin}, *ordered]
    text = "".join(
        json.dumps(line, ensure_ascii=False, sort_keys=True, separators=(",", ":")) + "\n"
        for line in lines
    )
    packed = pa.Codec("zstd", compression_level=19).compress(text.encode(), asbytes=True)
    (folder / f"{key}.jsonl.zst").write_bytes(packed)
    return len(ordered)


def _lines(path: Path) -> Iterator[str]:
    with pa.input_stream(str(path), compression="zstd") as stream:
        yield from stream.read().decode().rstrip("\n").split("\n")
