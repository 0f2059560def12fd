"""A finding: what a check saw, where, how bad it is, and never the identifier itself."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Severity(StrEnum):
    """How bad a finding is; only `blocker` may stop publication."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"
    BLOCKER = "blocker"


class Finding(BaseModel):
    """One thing a check saw in a record or in the values of a dataset's series."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(description="Stable id: the same finding has it again in the next release")
    dataset_id: str = Field(description="The dataset that the finding is about")
    subject_kind: Literal["dataset", "series", "file"] = Field(
        description="What was looked at: the dataset's record, values of its series, or a file"
    )
    check_id: str = Field(description="The check that saw it, a stable slug")
    severity: Severity = Field(description="info, warning, error or blocker")
    field: str | None = Field(description="The column or element that holds the value")
    message: str = Field(description="What was seen and what to do, in one sentence")
    evidence: str | None = Field(description="The value, masked: its shape without its content")
    affected: int = Field(ge=0, description="How many series (or records) carry the value")
    action: Literal["none", "flag", "mask", "withhold"] = Field(
        description="What the publication policy did about it in this release"
    )
    reference: str | None = Field(description="The standard or law that the check rests on")
    tool_version: str = Field(description="The version of fairscan that looked")
    time: datetime = Field(description="When it looked (UTC)")
