"""What a harvester is, and how the one that reads a source is found: by the source's kind."""

from __future__ import annotations

import importlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from schemas.dataset import Dataset
from schemas.errors import SourceError
from schemas.source import Source

if TYPE_CHECKING:
    from harvesters.http import Client
    from harvesters.liveness import Landing


@dataclass(frozen=True, slots=True)
class RawRecord:
    """One record as the repository gave it, and how to read it as a dataset.

    `build` raises `schemas.errors.RecordError` or pydantic's `ValidationError` if it is not one;
    the caller then puts `raw` into quarantine with the reason.
    """

    local_id: str
    raw: dict[str, Any]
    build: Callable[[], Dataset]


@dataclass(frozen=True, slots=True)
class Harvest:
    """What a harvest brought.

    version: the repository's own version, as text.
    dated: the day of that version, None if the repository does not say.
    stated: how many records the repository says it has, None if it does not say.
    series: number of image-level rows written, None if there is no image-level index.
    records: the records, read once.
    partial: a part of it could not be read this time, so it is read again at the next run.
    landing: how the source's own page was found, None if nobody looked.
    """

    version: str
    dated: date | None
    stated: int | None
    series: int | None
    records: Iterator[RawRecord]
    partial: bool = False
    landing: Landing | None = None


class Harvester(ABC):
    """Reads one repository. One subclass a module, named `Harvester`.

    local: it reads what is installed or on disk, so it needs no network.
    remembers: it keeps what it read once, so it is given its last harvest even to read all anew.
    """

    local: ClassVar[bool] = False
    remembers: ClassVar[bool] = False

    def __init__(self, source: Source, cache: Path | None = None) -> None:
        self.source = source
        self.say: Callable[[str], None] = lambda _: None
        self._cache = cache

    @cached_property
    def client(self) -> Client:
        """The polite client for this source's hosts."""
        from harvesters.http import Client  # httpx takes a while to import

        return Client(self.source, self._cache)

    @property
    def traffic(self) -> dict[str, int]:
        """Requests, bytes and retries so far; all zero for what asked nobody."""
        if "client" not in self.__dict__:
            return {"requests": 0, "bytes": 0, "retries": 0}
        told = self.client.traffic
        return {"requests": told.requests, "bytes": told.bytes, "retries": told.retries}

    def close(self) -> None:
        """Close every connection, if there was one."""
        if "client" in self.__dict__:
            self.client.close()

    @abstractmethod
    def digest(self) -> str:
        """A fingerprint of what the repository would give now; equal means unchanged.

        Cheap: it asks for a small part of what `harvest` does.

        Raises:
            SourceError: if the repository cannot be read.
        """

    @abstractmethod
    def harvest(self, folder: Path, last: Path | None = None) -> Harvest:
        """Read everything; write image-level rows to `folder/series.parquet` if there are any.

        The file has the schema `schemas.series.SERIES`, sorted by dataset, subject and study.
        `last` is the folder of the last good harvest, to read again only what changed.

        Raises:
            SourceError: if the repository cannot be read whole.
        """

    def asks(self) -> list[str]:
        """What a whole harvest would ask for: one line a kind of request, method and address."""
        return []

    def from_snapshot(self, raw: dict[str, Any], day: date) -> Dataset:
        """A record of this source's packaged snapshot, taken on `day`, as a dataset.

        Raises:
            SourceError: if this kind of repository reads no snapshot.
        """
        raise SourceError(
            f"a snapshot taken on {day} that no harvester of kind {self.source.kind!r} reads",
            where=f"source {self.source.key}, record {raw.get('_id')}",
            do=f"Remove harvesters/snapshots/{self.source.key}.jsonl.zst",
        )


def harvester_for(source: Source, cache: Path | None = None) -> Harvester:
    """The harvester that reads `source`, by its kind; `cache` is where it keeps answers.

    Raises:
        SourceError: if no module of that kind exists.
    """
    try:
        module = importlib.import_module(f"harvesters.{source.kind}")
    except ModuleNotFoundError as error:
        raise SourceError(
            f"no harvester of kind {source.kind!r}",
            where=f"source {source.key}",
            do=f"Add harvesters/{source.kind}.py or correct `kind`",
        ) from error
    harvester: Harvester = module.Harvester(source, cache)
    return harvester
