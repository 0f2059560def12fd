"""A DICOMweb archive as a source, read to the end in a test."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from pydantic import ValidationError

from harvesters.base import Harvester, harvester_for
from schemas.dataset import Dataset
from schemas.errors import RecordError
from schemas.source import Source


def source(root: str | None, **more: Any) -> Source:
    """The archive at `root` as `[sources.hospital]` would describe it."""
    fields = {
        "key": "hospital",
        "name": "Hospital archive",
        "kind": "dicomweb",
        "landing_url": "https://hospital.example/archive",
        "publisher": "The hospital",
        "description": "Scans for teaching.",
        "status": "alive",
        "access": "open",
        "base_url": root,
        "requests_per_second": 1000.0,
        "concurrency": 4,
        "schedule": "0 3 * * 0",
        **more,
    }
    return Source.model_validate(fields)


@dataclass
class Read:
    """What a harvest brought: `datasets` by id, `rows` of series by UID, what was said."""

    harvester: Harvester
    datasets: dict[str, Dataset]
    rows: dict[str, dict[str, Any]]
    quarantine: list[str]
    raw: list[dict[str, Any]]
    said: list[str]
    folder: Path


def read(root: str, folder: Path, last: Path | None = None, **more: Any) -> Read:
    """Harvest it into `folder` (made if need be), as a refresh does: digest first."""
    folder.mkdir(exist_ok=True, parents=True)
    harvester = harvester_for(source(root, **more))
    said: list[str] = []
    harvester.say = said.append
    digest = harvester.digest()
    harvest = harvester.harvest(folder, last)
    datasets: dict[str, Dataset] = {}
    quarantine: list[str] = []
    raw: list[dict[str, Any]] = []
    for record in harvest.records:
        raw.append(record.raw)
        try:
            datasets[record.local_id] = record.build()
        except (RecordError, ValidationError) as error:
            quarantine.append(str(error))
    rows = {row["series"]: row for row in pq.read_table(folder / "series.parquet").to_pylist()}
    assert len(rows) == harvest.series
    (folder / "run.json").write_text(f'{{"digest": "{digest}"}}')
    harvester.client.close()
    return Read(harvester, datasets, rows, quarantine, raw, said, folder)
