"""A tool: a program that de-identifies, curates, stores or annotates scans."""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field, field_validator

from schemas.dataset import Confidence
from schemas.vocabulary import doi, licence


class Category(StrEnum):
    """What a tool is for, as the review's tables divide them; defacing stands in its text."""

    DE_IDENTIFICATION = "de-identification"
    DEFACING = "defacing"
    CURATION = "curation"
    STORAGE = "storage"
    ANNOTATION = "annotation"


class ToolStatus(StrEnum):
    """What became of a tool."""

    ALIVE = "alive"
    FROZEN = "frozen"
    GONE = "gone"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Role(_Part):
    """One thing that a tool is listed for."""

    category: Category = Field(description="What it is for")
    table: int | None = Field(
        default=None, ge=1, le=4, description="Table of the review that lists it; null: its text"
    )
    does: str = Field(min_length=1, description="What it does in that role")


class Opening(_Part):
    """How one repository's studies open in a tool without a download."""

    source: str = Field(description="Key of the source whose studies it opens")
    url: str = Field(
        pattern=r"^https://\S*\{study\}\S*$",
        description="Address, where {study} stands for the StudyInstanceUID",
    )
    modalities: list[str] = Field(description="DICOM modality codes, one of which it must hold")


class Known(_Part):
    """How well each group of facts is evidenced; null: nothing is said."""

    formats: Confidence | None = Field(default=None, description="Of reads and writes")
    licence: Confidence | None = Field(default=None, description="Of the licence")
    paper: Confidence | None = Field(default=None, description="Of the paper's DOI")
    status: Confidence | None = Field(default=None, description="Of the status")


class Tool(BaseModel):
    """A tool, by whom it is listed and what it reads; null and empty lists mean unknown."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$", description="Short name, in addresses")
    name: str = Field(min_length=1, description="Its own name")
    roles: list[Role] = Field(min_length=1, description="What it is listed for, and where")
    platform: str | None = Field(default=None, description="What it is written in or runs on")
    url: str | None = Field(
        default=None, pattern=r"^https?://\S+$", description="Where a person reads about it"
    )
    seed_url: str | None = Field(
        default=None, description="The address that the review gives, where it is another"
    )
    licence: str | None = Field(default=None, description="SPDX expression, null if not certain")
    licence_raw: str | None = Field(default=None, description="What its authors or the review say")
    reads: list[str] = Field(default=[], description="Media types that it opens")
    writes: list[str] = Field(default=[], description="Media types that it saves")
    modalities: list[str] = Field(
        default=[], description="DICOM modality codes, if it is made for these alone"
    )
    paper: str | None = Field(default=None, description="DOI of its paper, bare and lower-case")
    status: ToolStatus | None = Field(default=None, description="alive, frozen or gone")
    status_note: str | None = Field(default=None, description="What the status rests on")
    opens: list[Opening] = Field(default=[], description="Repositories that open in it directly")
    known: Known = Field(default=Known(), description="How well its facts are evidenced")

    @field_validator("paper")
    @classmethod
    def _is_doi(cls, told: str | None) -> str | None:
        if told is not None and doi.normalise(told) != told:
            raise ValueError(f"not a bare, lower-case DOI: {told!r}")
        return told

    @field_validator("licence")
    @classmethod
    def _is_spdx(cls, told: str | None) -> str | None:
        if told is not None and licence.normalise(told) != told:
            raise ValueError(f"not an SPDX licence: {told!r}")
        return told

    @property
    def categories(self) -> list[Category]:
        """What it is for, each once."""
        return list(dict.fromkeys(role.category for role in self.roles))
