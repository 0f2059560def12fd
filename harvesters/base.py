"""What a harvester is, and how the one that reads a source is found.

A source is a file in `sources/`; its `kind` names the module here whose `Harvester` reads it.
Adding either is adding a file: no list is edited.
"""

from __future__ import annotations

import importlib
import tomllib
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from schemas.dataset import Dataset
from schemas.errors import SourceError, UsageError
from schemas.source import Source

SOURCES = Path(__file__).parent / "sources"


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
    """

    version: str
    dated: date | None
    stated: int | None
    series: int | None
    records: Iterator[RawRecord]


class Harvester(ABC):
    """Reads one repository. One subclass a module, named `Harvester`."""

    def __init__(self, source: Source) -> None:
        self.source = source

    @abstractmethod
    def digest(self) -> str:
        """A fingerprint of what the repository would give now; equal means unchanged.

        Raises:
            SourceError: if the repository cannot be read.
        """

    @abstractmethod
    def harvest(self, folder: Path) -> Harvest:
        """Read everything; write image-level rows to `folder/series.parquet` if there are any.

        The file has the schema `schemas.series.SERIES`, sorted by dataset, subject and study.

        Raises:
            SourceError: if the repository cannot be read whole.
        """


def load_sources(folder: Path = SOURCES) -> dict[str, Source]:
    """Every source by key, from the TOML files of `folder`, in order of key.

    Raises:
        SourceError: if a file is not TOML or does not describe a source.
    """
    return {source.key: source for source in map(_read, sorted(folder.glob("*.toml")))}


def chosen_sources(keys: Sequence[str], overrides: dict[str, str]) -> list[Source]:
    """The sources named by `keys` (all if none), with base URLs from `overrides` put in.

    Raises:
        UsageError: for a key that names no source.
    """
    sources = load_sources()
    for key in (*keys, *overrides):
        if key not in sources:
            raise UsageError(f"no source {key!r}", do=f"Known sources: {', '.join(sources)}")
    return [
        sources[key].model_copy(update={"base_url": overrides.get(key, sources[key].base_url)})
        for key in (keys or sources)
    ]


def harvester_for(source: Source) -> Harvester:
    """The harvester that reads `source`, by its kind.

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
    harvester: Harvester = module.Harvester(source)
    return harvester


def _read(path: Path) -> Source:
    try:
        return Source.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except ValueError as error:
        reason = "; ".join(str(error).splitlines()[1:3]) or str(error)
        raise SourceError(
            f"not a source: {reason}", where=path.name, do="See schemas/source.py"
        ) from error
