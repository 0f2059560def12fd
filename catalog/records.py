"""The records of one harvest: valid ones, those set aside, and those that used to be there."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import ValidationError

from harvesters.base import RawRecord
from harvesters.record import overlaid
from schemas.arrow import schema_of
from schemas.dataset import Dataset, Status
from schemas.errors import RecordError

FILE = "datasets.parquet"
RAW = "raw.jsonl.zst"


@dataclass(frozen=True, slots=True)
class Written:
    """How many records are valid and how many have gone; `quarantine` says which are not valid."""

    valid: int
    withdrawn: int
    quarantine: list[dict[str, str]]


def write(
    folder: Path,
    records: Iterable[RawRecord],
    last: Path,
    moment: datetime,
    base: Mapping[str, Dataset] | None = None,
) -> Written:
    """Write raw payloads and datasets to `folder`; `last` is the folder of the last good harvest.

    What a record does not say is taken from the dataset of its id in `base`, field by field. A
    record that is not valid goes to quarantine, and what was known of its dataset stays. A
    dataset that is no longer there keeps its record, marked withdrawn since `moment` (UTC).
    """
    base = base or {}
    valid: dict[str, Dataset] = {}
    quarantine: list[dict[str, str]] = []
    with pa.CompressedOutputStream(str(folder / RAW), "zstd") as raw:
        for record in records:
            payload = json.dumps(record.raw, ensure_ascii=False, default=str)
            raw.write(payload.encode() + b"\n")
            try:
                dataset = record.build()
                if dataset.id in valid:
                    raise RecordError("a second record with this id", where=dataset.id)
                valid[dataset.id] = overlaid(base.get(dataset.id), dataset)
            except (RecordError, ValidationError) as error:
                reason = " ".join(str(error).split())[:500]
                quarantine.append({"local_id": record.local_id, "reason": reason, "raw": payload})
    aside = {entry["local_id"] for entry in quarantine}
    known = {**base, **{old.id: old for old in read(last / FILE)}}
    gone = [old for old in known.values() if old.id not in valid]
    kept = [old if _local(old) in aside else _withdrawn(old, moment) for old in gone]
    rows = [dataset.model_dump() for dataset in (*valid.values(), *kept)]
    table = pa.Table.from_pylist(rows, schema=schema_of(Dataset))
    pq.write_table(table, folder / FILE, compression="zstd")
    withdrawn = sum(dataset.status is Status.WITHDRAWN for dataset in kept)
    return Written(len(valid), withdrawn, quarantine)


def read(path: Path) -> Iterator[Dataset]:
    """The datasets of a harvest's file; none if there is no file.

    Raises:
        pydantic.ValidationError: if another version of fairscan wrote what this one cannot read.
    """
    if not path.is_file():
        return
    known = set(Dataset.model_fields)
    for row in pq.read_table(path).to_pylist():
        fields: dict[str, Any] = {name: value for name, value in row.items() if name in known}
        yield Dataset.model_validate({**fields, "provenance": dict(row["provenance"] or {})})


def _withdrawn(dataset: Dataset, moment: datetime) -> Dataset:
    if dataset.status is Status.WITHDRAWN:
        return dataset
    return dataset.model_copy(update={"status": Status.WITHDRAWN, "withdrawn": moment})


def _local(dataset: Dataset) -> str:
    return dataset.id.partition(":")[2]
