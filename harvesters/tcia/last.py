"""What the last good harvest of TCIA knew, so that the unchanged is not asked for again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from harvesters import series

RAW = "raw.jsonl.zst"


class Last:
    """The envelopes and rows of a harvest's folder; nothing if there is none."""

    def __init__(self, folder: Path | None) -> None:
        self._envelopes: dict[tuple[str, Any], dict[str, Any]] = {}
        self._series = folder / series.FILE if folder else None
        if folder and (folder / RAW).is_file():
            with pa.input_stream(str(folder / RAW), compression="zstd") as stream:
                for line in stream.read().decode().splitlines():
                    envelope = json.loads(line)
                    self._envelopes[_key(envelope)] = envelope

    def part(self, envelope: dict[str, Any], *names: str) -> dict[str, Any]:
        """What was known under `names` for the same record; nothing unless all of it."""
        known = self._envelopes.get(_key(envelope), {})
        return {name: known[name] for name in names} if set(names) <= set(known) else {}

    def is_same(self, envelope: dict[str, Any], *names: str) -> bool:
        """Whether the record has its day of update, and its parts `names`, from then."""
        known = self._envelopes.get(_key(envelope))
        if known is None or not isinstance(envelope["record"], dict):
            return False
        days = [one["record"].get("date_updated") for one in (known, envelope)]
        same = all(known.get(name) == envelope.get(name) for name in names)
        return bool(days[0]) and days[0] == days[1] and same

    def rows(self, dataset_id: str, *, slides: bool) -> pa.Table | None:
        """The rows of a dataset in the schema `harvesters.series.RAW`, None if there are none.

        slides: those of PathDB, which have no study; else those of NBIA.
        """
        if self._series is None or not self._series.is_file():
            return None
        names = ", ".join(series.RAW.names)
        with duckdb.connect() as connection:
            found = connection.execute(
                f"SELECT {names} FROM read_parquet(?) "
                f"WHERE dataset_id = ? AND study IS {'' if slides else 'NOT'} NULL",
                [str(self._series), dataset_id],
            ).to_arrow_table()
        return found if found.num_rows else None


def _key(envelope: dict[str, Any]) -> tuple[str, Any]:
    record = envelope.get("record")
    return str(envelope.get("post")), record.get("id") if isinstance(record, dict) else None
