"""A source: one repository that fairscan reads, described in one reviewed TOML file."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, field_validator


class SourceStatus(StrEnum):
    """What became of the repository."""

    ALIVE = "alive"
    MOVED = "moved"
    MERGED = "merged"
    SUPERSEDED = "superseded"
    ENDED = "ended"
    FROZEN = "frozen"
    GONE = "gone"


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
    status: SourceStatus = Field(description="What became of the repository")
    access: str = Field(description="How data are reached, in the repository's terms")
    licence: str | None = Field(default=None, description="SPDX id, only where one rules all data")
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
    schedule: str = Field(description="Cron expression (UTC): when a refresh is due")
    jitter_minutes: int = Field(
        default=60, ge=0, description="A refresh starts up to this long after it is due"
    )
    citation_doi: str | None = Field(default=None, description="DOI of the paper to cite, bare")

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
