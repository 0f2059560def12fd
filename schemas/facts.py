"""Curated facts of one dataset, as a source file states them: the layer under every harvest."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field, field_validator

from schemas.checked import Spdx
from schemas.dataset import (
    MOST,
    Access,
    Confidence,
    Creator,
    Distribution,
    Identifier,
    RelatedIdentifier,
    Status,
)
from schemas.vocabulary import doi as dois
from schemas.vocabulary import modality


class Facts(BaseModel):
    """What is known of a dataset without asking its repository; what is not said is unknown.

    A related identifier of scheme `fairscan` names a dataset of this catalogue by its id.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(pattern=r"^\S+$", description="Its id within the source")
    kind: str = Field(default="dataset", description="collection, dataset, challenge, …")
    title: str = Field(min_length=1, description="Its own title")
    description: str | None = Field(default=None, description="What it is, in our words")
    landing_url: str | None = Field(
        default=None, pattern=r"^https?://", description="Where a person reads about it"
    )
    version: str | None = Field(default=None, description="The version these facts are about")
    doi: str | None = Field(default=None, description="DOI of the data, bare and lower-case")
    identifiers: list[Identifier] = Field(default=[], description="Other names of it")
    licence: Spdx | None = Field(default=None, description="SPDX id, only where certain")
    licence_raw: str | None = Field(default=None, description="What the publisher wrote")
    licence_url: str | None = Field(default=None, description="Where the licence text lies")
    access: Access | None = Field(default=None, description="How the data can be reached")
    modalities: list[str] = Field(default=[], description="DICOM modality codes")
    modalities_raw: list[str] = Field(default=[], description="Modalities as the publisher wrote")
    body_parts: list[str] = Field(default=[], description="Anatomy, in words")
    conditions: list[str] = Field(default=[], description="Diseases, in words")
    species: list[str] = Field(default=[], description="Species")
    tasks: list[str] = Field(default=[], description="Tasks that it was made for")
    annotation_kinds: list[str] = Field(default=[], description="Kinds of annotation it holds")
    formats: list[str] = Field(default=[], description="Media types of its files")
    subjects: int | None = Field(default=None, ge=0, le=MOST, description="Subjects")
    studies: int | None = Field(default=None, ge=0, le=MOST, description="Imaging studies")
    series: int | None = Field(default=None, ge=0, le=MOST, description="Series or volumes")
    images: int | None = Field(default=None, ge=0, le=MOST, description="Images")
    bytes: int | None = Field(default=None, ge=0, le=MOST, description="Size in bytes")
    creators: list[Creator] = Field(default=[], description="Who made it")
    publisher: str | None = Field(default=None, description="Who publishes it")
    year: int | None = Field(default=None, description="Year of publication")
    funders: list[str] = Field(default=[], description="Who paid for it")
    programme: str | None = Field(default=None, description="The programme it belongs to")
    status: Status = Field(default=Status.ACTIVE, description="Whether it is still offered")
    related: list[RelatedIdentifier] = Field(default=[], description="Related identifiers")
    distributions: list[Distribution] = Field(default=[], description="Ways to obtain it")
    confidence: dict[str, Confidence] = Field(
        default={}, description="How well each field is evidenced; `all` for those not named"
    )

    @field_validator("doi")
    @classmethod
    def _is_bare(cls, doi: str | None) -> str | None:
        if doi is not None and dois.normalise(doi) != doi:
            raise ValueError(f"{doi!r} is no bare, lower-case DOI")
        return doi

    @field_validator("modalities")
    @classmethod
    def _are_codes(cls, codes: list[str]) -> list[str]:
        if unknown := [code for code in codes if code not in modality.codes()]:
            allowed = ", ".join(sorted(modality.codes()))
            raise ValueError(f"{', '.join(unknown)}: not among the modalities {allowed}")
        return codes

    @field_validator("confidence")
    @classmethod
    def _names_fields(cls, told: dict[str, Confidence]) -> dict[str, Confidence]:
        if unknown := [name for name in told if name != "all" and name not in cls.model_fields]:
            raise ValueError(f"{', '.join(unknown)}: not among {', '.join(cls.model_fields)}")
        return told
