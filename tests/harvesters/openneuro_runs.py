"""One harvest of an OpenNeuro emulator, as the catalogue runs it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
from pydantic import ValidationError

from harvesters.base import Harvest, Harvester, harvester_for
from harvesters.registry import load_sources
from schemas.dataset import Dataset
from schemas.errors import RecordError
from tests.emulators.openneuro import OpenNeuro


@dataclass(frozen=True, slots=True)
class Run:
    """What came of it: datasets by local id, reasons of those set aside, raw records."""

    harvest: Harvest
    datasets: dict[str, Dataset]
    aside: dict[str, str]
    raw: list[dict[str, Any]]


def harvester(repo: OpenNeuro, cache: Path | None = None, concurrency: int = 1) -> Harvester:
    """Reads the emulator, without the pauses that the real server deserves."""
    source = load_sources()["openneuro"].model_copy(
        update={
            "base_url": repo.url,
            "requests_per_second": 2000.0,
            "concurrency": concurrency,
        }
    )
    return harvester_for(source, cache)


def run(repo: OpenNeuro, folder: Path, last: Path | None = None, concurrency: int = 1) -> Run:
    """Harvest once; leaves `raw.jsonl.zst` in `folder`, so that it can be the next one's `last`."""
    folder.mkdir(exist_ok=True)
    harvest = harvester(repo, concurrency=concurrency).harvest(folder, last)
    datasets: dict[str, Dataset] = {}
    aside: dict[str, str] = {}
    raw = []
    for record in harvest.records:
        raw.append(record.raw)
        try:
            datasets[record.local_id] = record.build()
        except (RecordError, ValidationError) as error:
            aside[record.local_id] = str(error)
    write_raw(folder, raw)
    return Run(harvest, datasets, aside, raw)


def write_raw(folder: Path, raw: Iterable[dict[str, Any]]) -> None:
    """Write raw records as the catalogue does."""
    with pa.CompressedOutputStream(str(folder / "raw.jsonl.zst"), "zstd") as file:
        for record in raw:
            file.write(json.dumps(record).encode() + b"\n")
