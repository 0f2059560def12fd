"""Shared by the tests of APIs that source files declare: a reader and its records."""

from __future__ import annotations

from functools import cache
from typing import Any

from harvesters.base import Harvest, Harvester, RawRecord, harvester_for
from harvesters.registry import load_sources
from schemas.api import Api
from schemas.dataset import Dataset
from schemas.errors import RecordError
from schemas.source import Source


@cache
def packaged() -> dict[str, Source]:
    """Every packaged source by key, read once."""
    return load_sources()


def source(key: str, base_url: str, **changes: Any) -> Source:
    """The packaged source `key`, read at `base_url` in a hurry."""
    return packaged()[key].model_copy(
        update={"base_url": base_url, "requests_per_second": 5000.0, "concurrency": 4} | changes
    )


def declared(base_url: str, **api: Any) -> Source:
    """A source that nobody packaged, with an API as `api` declares it."""
    return Source(
        key="sixth",
        name="A sixth API",
        kind="json_api",
        landing_url="https://example.org",
        publisher="Example",
        description="Rows",
        access="open",
        base_url=base_url,
        requests_per_second=5000.0,
        schedule="0 3 * * 1",
        api=Api.model_validate({"id": "id", "fields": {"title": "title"}} | api),
    )


def reader(of: Source) -> Harvester:
    """The harvester of a source, keeping no answers."""
    return harvester_for(of)


def records(harvest: Harvest) -> dict[str, RawRecord]:
    """The records by local id."""
    return {record.local_id: record for record in harvest.records}


def datasets(harvest: Harvest) -> dict[str, Dataset]:
    """The valid datasets by local id."""
    return {name: record.build() for name, record in records(harvest).items()}


def refusals(harvest: Harvest) -> dict[str, str]:
    """Why each record that is not valid is not, by local id."""
    why = {}
    for name, record in records(harvest).items():
        try:
            record.build()
        except (RecordError, ValueError) as error:
            why[name] = str(error)
    return why
