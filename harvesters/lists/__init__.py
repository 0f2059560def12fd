"""Lists of what others publish: packaged once, read from the package, never asked live.

Such a list is no repository: its entries name datasets and challenges that lie elsewhere. It is
read from the snapshot that `harvesters.snapshots` packages, so it needs no network.
"""

from __future__ import annotations

import hashlib
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

from harvesters import base
from harvesters.lists.records import described
from harvesters.snapshots import Snapshot, load
from schemas.dataset import Dataset
from schemas.errors import SourceError


class Harvester(base.Harvester):
    """Reads every entry of a packaged list."""

    local = True

    def digest(self) -> str:
        """SHA-256 of the packaged list."""
        return "snapshot:" + hashlib.sha256(self._packaged().path.read_bytes()).hexdigest()

    def harvest(self, folder: Path, last: Path | None = None) -> base.Harvest:  # noqa: ARG002
        """The entries as records. There are no series."""
        packaged = self._packaged()
        rows = list(packaged.rows())
        return base.Harvest(
            version=f"snapshot of {packaged.day}",
            dated=packaged.day,
            stated=len(rows),
            series=None,
            records=(
                base.RawRecord(row["_id"], row, partial(self.from_snapshot, row, packaged.day))
                for row in rows
            ),
        )

    def from_snapshot(self, raw: dict[str, Any], day: date) -> Dataset:
        """An entry of the list as it stood on `day`."""
        return described(raw, self.source.key, day)

    def _packaged(self) -> Snapshot:
        packaged = load(self.source.key)
        if packaged is None:
            raise SourceError(
                "no packaged list, and a list is read from nowhere else",
                where=f"source {self.source.key}",
                do="Make it with `python -m harvesters.snapshots.make`, or install fairscan again",
            )
        return packaged
