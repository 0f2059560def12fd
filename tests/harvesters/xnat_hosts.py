"""An emulated XNAT host as a source, and what a harvest of it brought."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from pydantic import ValidationError

from harvesters.base import Harvest, Harvester, harvester_for
from harvesters.registry import load_sources
from schemas.dataset import Dataset
from schemas.errors import RecordError
from tests.emulators.xnat import Xnat


def harvester(host: Xnat, **more: Any) -> Harvester:
    """NITRC-IR's harvester, sent to the emulator and in a hurry."""
    changed = {"base_url": host.base, "requests_per_second": 1000.0, "concurrency": 4, **more}
    return harvester_for(load_sources()["nitrc_ir"].model_copy(update=changed))


@dataclass
class Brought:
    """A harvest, read to its end. datasets, raw: by local ID; refused: why it was no dataset."""

    harvest: Harvest
    rows: list[dict[str, Any]]
    said: list[str]
    datasets: dict[str, Dataset] = field(default_factory=dict)
    raw: dict[str, dict[str, Any]] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)

    def row(self, series: str) -> dict[str, Any]:
        """The image-level row of a scan."""
        (found,) = [row for row in self.rows if row["series"] == series]
        return found


def read(host: Xnat, folder: Path, **more: Any) -> Brought:
    """Harvest the host into `folder`."""
    asking = harvester(host, **more)
    said: list[str] = []
    asking.say = said.append
    harvest = asking.harvest(folder)
    rows = pq.read_table(folder / "series.parquet").to_pylist()
    brought = Brought(harvest, rows, said)
    for record in harvest.records:
        brought.raw[record.local_id] = record.raw
        try:
            brought.datasets[record.local_id] = record.build()
        except (RecordError, ValidationError) as error:
            brought.refused[record.local_id] = str(error)
    asking.client.close()
    return brought


def texts(value: Any) -> Iterator[str]:
    """Every key and every text in `value`, however deep."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield str(key)
            yield from texts(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from texts(inner)
    else:
        yield str(value)
