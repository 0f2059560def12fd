"""A source: one repository that fairscan reads, described in one reviewed TOML file."""

from __future__ import annotations

import re
from datetime import date
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from schemas.api import Api
from schemas.checked import Spdx
from schemas.facts import Facts
from schemas.github import GitHub
from schemas.open_data import OpenData


class SourceStatus(StrEnum):
    """What became of the repository."""

    ALIVE = "alive"
    MOVED = "moved"
    MERGED = "merged"
    SUPERSEDED = "superseded"
    ENDED = "ended"
    FROZEN = "frozen"
    GONE = "gone"


class Reach(StrEnum):
    """How a repository's data can be reached: as `Access`, or not alike for all of them."""

    OPEN = "open"
    REGISTERED = "registered"
    CONTROLLED = "controlled"
    REQUEST = "request"
    CLOSED = "closed"
    GONE = "gone"
    MIXED = "mixed"


class Seed(BaseModel):
    """How the review of 2021 that this catalogue grew from lists the repository, word for word."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(description="Its name there")
    url: str | None = Field(default=None, description="Its address there")
    images: str | None = Field(default=None, description="Its kinds of image there")
    disease: str | None = Field(default=None, description="Its diseases there")
    organ: str | None = Field(default=None, description="Its organs there")
    access: str | None = Field(
        default=None, description="Its access there: OA open access, RC request or controlled"
    )
    in_table: bool = Field(default=True, description="False: named in the text, not in Table 5")
    corrected: str | None = Field(
        default=None, description="What is wrong in that row, and what is right"
    )


HOW_IT_IS_READ = frozenset({"api", "github", "open_data", "datasets"})
"""Parts of a source file that are for its harvester alone, or stand in the table of datasets."""


class Source(BaseModel):
    """A repository, as its source file describes it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: str = Field(
        pattern=r"^[a-z][a-z0-9_]*$", description="Short name; dataset ids begin with it"
    )
    name: str = Field(min_length=1, description="The repository's own name")
    kind: str = Field(pattern=r"^[a-z][a-z0-9_]*$", description="The harvester that reads it")
    landing_url: str = Field(pattern=r"^https?://", description="Where a person starts")
    publisher: str = Field(description="Who publishes the repository")
    description: str = Field(description="What lies there, in a sentence or two")
    status: SourceStatus | None = Field(
        default=None, description="What became of the repository; null: nobody has looked"
    )
    status_note: str | None = Field(default=None, description="When and where it went")
    status_since: date | None = Field(
        default=None, description="Day on which a refresh found the status; null: as curated"
    )
    access: Reach | None = Field(default=None, description="How data are reached; null: unknown")
    access_note: str | None = Field(
        default=None, description="How data are reached, in the repository's terms"
    )
    licence: Spdx | None = Field(default=None, description="SPDX id, only where one rules all data")
    licence_note: str | None = Field(
        default=None, description="What the repository says of licences, where none rules all"
    )
    seed: Seed | None = Field(
        default=None, description="Its row in the review's table; null: it is not there"
    )
    alias_of: str | None = Field(
        default=None, description="Key of the source that publishes the same; it is not read itself"
    )
    only: list[str] = Field(
        default=[], description="Local ids that are read of a larger host; empty: all"
    )
    base_url: str | None = Field(
        default=None, description="Where it is read; null: the harvester's own default"
    )
    services: dict[str, str] = Field(
        default={}, description="Addresses of its other services, by name"
    )
    opt_in: bool = Field(
        default=False, description="True: read live only if asked for, as its robots file wishes"
    )
    requests_per_second: float = Field(
        default=2.0, gt=0, description="Requests a second to one host, at most"
    )
    concurrency: int = Field(
        default=2, ge=1, le=64, description="Requests at once to one host, at most"
    )
    api: Api | None = Field(default=None, description="How its API is read, for `json_api`")
    schedule: str = Field(description="Cron expression (UTC): when a refresh is due")
    jitter_minutes: int = Field(
        default=60, ge=0, description="A refresh starts up to this long after it is due"
    )
    citation_doi: str | None = Field(default=None, description="DOI of the paper to cite, bare")
    github: GitHub | None = Field(default=None, description="What the kind `github` reads")
    open_data: OpenData | None = Field(default=None, description="What the kind `open_data` reads")
    curated: date | None = Field(default=None, description="Day of the curated facts, if any")
    datasets: list[Facts] = Field(default=[], description="Curated facts of its datasets")

    @model_validator(mode="after")
    def _facts_have_a_day(self) -> Source:
        if self.datasets and self.curated is None:
            raise ValueError("curated facts without their day: say `curated = YYYY-MM-DD`")
        ids = [facts.id for facts in self.datasets]
        if twice := sorted({one for one in ids if ids.count(one) > 1}):
            raise ValueError(f"two datasets of one id: {', '.join(twice)}")
        return self

    @field_validator("base_url", "services")
    @classmethod
    def _has_no_password(cls, told: Any) -> Any:
        for address in told.values() if isinstance(told, dict) else [told]:
            if address and "@" in address.partition("://")[2].partition("/")[0]:
                raise ValueError("an address holds a user; credentials come from the environment")
        return told

    @field_validator("schedule")
    @classmethod
    def _is_cron(cls, schedule: str) -> str:
        from datetime import UTC, datetime

        from cronsim import CronSim, CronSimError

        # Seconds, "L" and "#" are known to the library, but not to cron, nor to what runs jobs.
        if len(schedule.split()) != 5 or not re.fullmatch(r"(?:[0-9*,/ -]|[A-Za-z]{3})+", schedule):
            raise ValueError(f"not a cron expression of five fields: {schedule!r}")
        try:
            next(CronSim(schedule, datetime.now(UTC)))
        except (CronSimError, StopIteration) as error:
            raise ValueError(f"not a cron expression: {schedule!r}: {error}") from error
        return schedule
