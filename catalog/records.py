"""The records of one harvest: valid ones, those set aside, and those that used to be there."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import ValidationError

from harvesters.base import RawRecord
from harvesters.earlier import RAW
from harvesters.record import overlaid
from harvesters.text import without_addresses
from schemas.arrow import schema_of
from schemas.dataset import Dataset, Status
from schemas.errors import RecordError, ReleaseError

FILE = "datasets.parquet"
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Written:
    """What came: datasets that are there, those that the repository says are gone, those that were

    there before and are no longer, those that it did not tell of but that are known anyway, and
    which records are not valid.
    """

    valid: int
    gone: int
    withdrawn: int
    known: int
    quarantine: list[dict[str, str]]


def write(
    folder: Path,
    records: Iterable[RawRecord],
    last: Path,
    moment: datetime,
    base: Mapping[str, Dataset] | None = None,
    kept: Collection[str] = (),
) -> Written:
    """Write raw payloads and datasets to `folder`; `last` is the folder of the last good harvest.

    What a record does not say is taken from the dataset of its id in `base`, field by field. A
    record that is not valid goes to quarantine, and what was known of its dataset stays. A
    dataset that is no longer there keeps its record, marked withdrawn since `moment` (UTC), but
    for those of `kept`: they are known without the repository, and nothing it does loses them.
    """
    base = base or {}
    valid: dict[str, Dataset] = {}
    quarantine: list[dict[str, str]] = []
    with pa.CompressedOutputStream(str(folder / RAW), "zstd") as raw:
        for record in records:
            payload = ""
            try:
                payload = _payload(record.raw)
                dataset = _built(record)
                if dataset.id in valid:
                    raise RecordError("a second record with this id", where=dataset.id)
                valid[dataset.id] = overlaid(base.get(dataset.id), dataset)
            except (RecordError, ValidationError) as error:
                reason = " ".join(str(error).split())[:500]
                quarantine.append({"local_id": record.local_id, "reason": reason, "raw": payload})
            if payload:
                raw.write(payload.encode() + b"\n")
    aside = {entry["local_id"] for entry in quarantine}
    known = {**base, **{old.id: old for old in read(last / FILE)}}
    gone = [old for old in known.values() if old.id not in valid]
    stay = [
        relaid(old, base.get(old.id)) if old.id in kept
        else old if _local(old) in aside else _withdrawn(old, moment)
        for old in gone
    ]  # fmt: skip
    _write(folder, (*valid.values(), *stay))
    withdrawn = sum(dataset.status is Status.WITHDRAWN for dataset in stay)
    deleted = sum(dataset.status is Status.GONE for dataset in valid.values())
    anyway = sum(dataset.id in kept for dataset in stay)
    return Written(len(valid) - deleted, deleted, withdrawn, anyway, quarantine)


def _payload(raw: Any) -> str:
    """One line of JSON; what is no text (half an emoji) is escaped.

    Raises:
        RecordError: if it is nested too deep to be written.
    """
    try:
        told = without_addresses(raw)
        line = json.dumps(told, ensure_ascii=False, default=str)
    except RecursionError as error:
        raise RecordError("nested too deep; its raw form is not kept") from error
    return line if line.isascii() or _is_text(line) else json.dumps(told, default=str)


def _is_text(line: str) -> bool:
    try:
        line.encode()
    except UnicodeEncodeError:
        return False
    return True


def _built(record: RawRecord) -> Dataset:
    """The record's dataset. Whatever goes wrong in building it is wrong with this record alone.

    Raises:
        RecordError: saying what kind of fault it is, and nothing of the record.
    """
    try:
        dataset = record.build()
        dataset.model_dump_json()  # what cannot be written as text cannot be published
        for moment in (dataset.created, dataset.published, dataset.modified):
            if moment is not None:  # one that is no day in every time zone cannot be read again
                _ = (moment.astimezone(UTC) - _DAY, moment.astimezone(UTC) + _DAY)
    except (RecordError, ValidationError, MemoryError):
        raise
    except Exception as error:
        raise RecordError(f"cannot be read ({type(error).__name__})") from error
    return dataset


def read(path: Path) -> Iterator[Dataset]:
    """The datasets of a harvest's file; none if there is no file.

    Raises:
        pydantic.ValidationError: if another version of fairscan wrote what this one cannot read.
    """
    if not path.is_file():
        return
    known = set(Dataset.model_fields)
    try:
        rows = pq.read_table(path).to_pylist()
    except (pa.ArrowException, OSError) as error:
        raise ReleaseError(
            "a harvest on disk is damaged", where=str(path), do="Remove its folder and refresh"
        ) from error
    for row in rows:
        fields: dict[str, Any] = {name: value for name, value in row.items() if name in known}
        yield Dataset.model_validate({**fields, "provenance": dict(row["provenance"] or {})})


def relay(last: Path, folder: Path, base: Mapping[str, Dataset]) -> None:
    """Write the datasets of `last` to `folder`, over what is packaged of them now (`base`)."""
    found = {old.id: relaid(old, base.get(old.id)) for old in read(last / FILE)}
    _write(folder, {**base, **found}.values())


def _write(folder: Path, datasets: Iterable[Dataset]) -> None:
    rows = [dataset.model_dump() for dataset in datasets]
    table = pa.Table.from_pylist(rows, schema=schema_of(Dataset))
    pq.write_table(table, folder / FILE, compression="zstd")


def relaid(old: Dataset, base: Dataset | None) -> Dataset:
    """What was read live of `old`, over what is packaged of it now: `base` may be corrected.

    Nothing is left of what was packaged then. Without a `base` it stays as it was.
    """
    if base is None:
        return old
    live = {name: told for name, told in old.provenance.items() if told.snapshot is None}
    if not live:
        return base
    update: dict[str, Any] = {
        name: Dataset.model_fields[name].get_default(call_default_factory=True)
        for name in old.provenance.keys() - live.keys() - {"title"}
    }
    if old.status is Status.WITHDRAWN:
        update |= {"status": base.status, "withdrawn": base.withdrawn}
    return overlaid(base, old.model_copy(update={**update, "provenance": live}))


def _withdrawn(dataset: Dataset, moment: datetime) -> Dataset:
    if dataset.status in (Status.WITHDRAWN, Status.GONE):
        return dataset
    return dataset.model_copy(update={"status": Status.WITHDRAWN, "withdrawn": moment})


def _local(dataset: Dataset) -> str:
    return dataset.id.partition(":")[2]
