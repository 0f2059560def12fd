"""What the last good harvest of TCIA knew, so that the unchanged is not asked for again.

What is damaged there is not known: it is asked for anew, so nothing is lost but time.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from harvesters import series
from harvesters.earlier import undamaged
from harvesters.tcia import words as tw

# A row of NBIA has the address that we made of its series; those of PathDB have no such address.
_FROM_NBIA = "coalesce(contains(url, '/getImage?SeriesInstanceUID='), false)"

_Key = tuple[str, int]


class Last:
    """The envelopes and rows of a harvest's folder; nothing if there is none."""

    def __init__(self, folder: Path | None) -> None:
        self._series = folder / series.FILE if folder else None
        self._envelopes: dict[_Key, dict[str, Any]] = {}
        for envelope in undamaged(folder):
            if (key := _key(envelope)) is not None:
                self._envelopes[key] = envelope

    def known(self, envelope: dict[str, Any]) -> dict[str, Any]:
        """The envelope of the same record, empty if there is none."""
        key = _key(envelope)
        return self._envelopes.get(key, {}) if key else {}

    def part(self, envelope: dict[str, Any], *names: str) -> dict[str, Any]:
        """What was known under `names` for the same record; nothing unless all of it."""
        known = self.known(envelope)
        return {name: known[name] for name in names} if set(names) <= set(known) else {}

    def is_same(self, envelope: dict[str, Any], *names: str) -> bool:
        """Whether the record has its day of update, and its parts `names`, from then."""
        known = self.known(envelope)
        if not known:
            return False
        days = [one["record"].get("date_updated") for one in (known, envelope)]
        same = all(known.get(name) == envelope.get(name) for name in names)
        return bool(days[0]) and days[0] == days[1] and same

    def rows(self, dataset_id: str, *, slides: bool) -> pa.Table | None:
        """The rows of a dataset in the schema `harvesters.series.RAW`, None if there are none.

        slides: those of PathDB; else those of NBIA.
        """
        if self._series is None or not self._series.is_file():
            return None
        names = ", ".join(series.RAW.names)
        try:
            with duckdb.connect() as connection:
                found = connection.execute(
                    f"SELECT {names} FROM read_parquet(?) "
                    f"WHERE dataset_id = ? AND {'NOT' if slides else ''} {_FROM_NBIA}",
                    [str(self._series), dataset_id],
                ).to_arrow_table()
        except duckdb.Error:
            return None
        return found if found.num_rows else None

    def counts(self, *, slides: bool) -> Counter[str]:
        """How many rows each dataset had; `slides` as in `rows`."""
        if self._series is None or not self._series.is_file():
            return Counter()
        try:
            return counted(self._series, slides=slides)
        except duckdb.Error:
            return Counter()


def counted(path: Path, *, slides: bool) -> Counter[str]:
    """How many rows of NBIA, or of PathDB (`slides`), each dataset has in a file of series.

    Raises:
        duckdb.Error: if the file is none.
    """
    with duckdb.connect() as connection:
        found = connection.execute(
            "SELECT dataset_id, count(*) FROM read_parquet(?) "
            f"WHERE {'NOT' if slides else ''} {_FROM_NBIA} GROUP BY ALL",
            [str(path)],
        ).fetchall()
    return Counter(dict(found))


def _key(envelope: dict[str, Any]) -> _Key | None:
    """The record's kind of post and WordPress id, None if it has no id."""
    record = envelope.get("record")
    number = tw.number(record.get("id")) if isinstance(record, dict) else None
    return None if number is None else (str(envelope.get("post")), number)
