"""A dataset: one published collection of scans, as a catalogue record."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

MOST = 2**63 - 1
"""The largest count that a release can hold; what is larger is no count."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Access(StrEnum):
    """How the data can be reached."""

    OPEN = "open"
    REGISTERED = "registered"
    CONTROLLED = "controlled"
    REQUEST = "request"
    CLOSED = "closed"
    GONE = "gone"


class Status(StrEnum):
    """Whether the repository still offers the dataset."""

    ACTIVE = "active"
    DEPRECATED = "deprecated"
    WITHDRAWN = "withdrawn"
    GONE = "gone"


class Method(StrEnum):
    """How a value came to be known."""

    STATED = "stated"
    DERIVED = "derived"
    ASSUMED = "assumed"
    CURATED = "curated"


class Confidence(StrEnum):
    """How well a curated value is evidenced."""

    VERIFIED = "verified"
    SECONDARY = "secondary"
    UNVERIFIED = "unverified"


class Provenance(_Part):
    """Where one field's value came from."""

    source: str = Field(description="Key of the source that said it")
    retrieved_at: datetime = Field(description="When it was read (UTC)")
    method: Method = Field(description="stated, derived, assumed or curated")
    snapshot: date | None = Field(
        default=None, description="Day of the packaged snapshot that said it; null: read live"
    )
    confidence: Confidence | None = Field(
        default=None,
        description="Of a curated value: verified (read where the publisher says it), secondary "
        "(others say it) or unverified (from general knowledge); null: not graded",
    )
    evidence: str | None = Field(
        default=None, description="Of a derived or assumed value: the field and words it rests on"
    )


class Term(_Part):
    """A word of the repository beside the concept that it names."""

    label: str = Field(description="The concept's label in its code system")
    code: str | None = Field(default=None, description="The concept's code")
    system: str | None = Field(default=None, description="The code system, e.g. SCT, NCIt, MONDO")
    raw: str | None = Field(default=None, description="What the repository wrote")


class Count(_Part):
    """How often a value occurs."""

    value: str = Field(description="The value")
    count: int = Field(ge=0, le=MOST, description="How many series or subjects carry it")


class Identifier(_Part):
    """Another name of the dataset."""

    scheme: str = Field(description="Kind of identifier, e.g. doi, accession, short_name")
    value: str = Field(description="The identifier")


class Creator(_Part):
    """A person or organisation that made the dataset."""

    name: str = Field(description="Family, Given; or the organisation's name")
    orcid: str | None = Field(default=None, description="ORCID iD, bare")


class RelatedIdentifier(_Part):
    """A DataCite related identifier."""

    relation: str = Field(description="DataCite relationType")
    scheme: str = Field(description="DataCite relatedIdentifierType")
    value: str = Field(description="The identifier")


class Distribution(_Part):
    """One way to obtain one part of the dataset, under one licence."""

    title: str | None = Field(default=None, description="What this part is called")
    route: str = Field(description="How bytes are fetched, e.g. s3, https")
    url: str | None = Field(
        default=None, description="Where bytes are fetched, if one place holds all"
    )
    doi: str | None = Field(default=None, description="DOI of this part, bare and lower-case")
    licence: str | None = Field(default=None, description="SPDX expression, null if not certain")
    licence_raw: str | None = Field(default=None, description="What the repository wrote")
    licence_url: str | None = Field(default=None, description="Where the licence text lies")
    access: Access | None = Field(default=None, description="How this part can be reached")
    format: str | None = Field(default=None, description="Media type of the files")
    modalities: list[str] = Field(default=[], description="DICOM modality codes in this part")
    series: int | None = Field(default=None, ge=0, le=MOST, description="Series in this part")
    bytes: int | None = Field(default=None, ge=0, le=MOST, description="Size of this part in bytes")
    checksum: str | None = Field(default=None, description="algorithm:hex")
    citation: str | None = Field(
        default=None, description="How its authors ask to be cited, as text"
    )


class Dataset(BaseModel):
    """One published collection of scans; null means unknown, 0 means a measured zero."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(
        pattern=r"^[a-z][a-z0-9_]*:[^\s\x00-\x1f\x7f-\x9f]{1,500}$",
        description="<source>:<local id>, stable",
    )
    source: str = Field(description="Key of the source that publishes it")
    kind: str = Field(description="collection, analysis_result, challenge, …")
    title: str = Field(
        min_length=1, max_length=2000, description="The dataset's own title, as text"
    )
    description: str | None = Field(
        default=None, max_length=200_000, description="What it is, as plain text"
    )
    landing_url: str | None = Field(default=None, description="Where a person reads about it")
    version: str | None = Field(default=None, description="The repository's version")
    doi: str | None = Field(default=None, description="DOI, bare and lower-case, never repaired")
    identifiers: list[Identifier] = Field(default=[], description="Other identifiers")
    licence: str | None = Field(default=None, description="SPDX expression, null if not certain")
    licence_raw: str | None = Field(default=None, description="What the repository wrote")
    licence_url: str | None = Field(default=None, description="Where the licence text lies")
    licence_assumed: bool = Field(default=False, description="True if the licence was not stated")
    access: Access | None = Field(default=None, description="How the data can be reached")
    modalities: list[str] = Field(default=[], description="DICOM modality codes (CID 29)")
    modalities_raw: list[str] = Field(default=[], description="Modalities as the repository wrote")
    body_parts: list[Term] = Field(default=[], description="Anatomy, SNOMED CT where mapped")
    conditions: list[Term] = Field(default=[], description="Diseases, NCIt or MONDO where mapped")
    species: list[str] = Field(default=[], description="Species, as stated")
    tasks: list[str] = Field(default=[], description="Tasks that it was made for")
    paradigms: list[str] = Field(
        default=[], description="What subjects did while they were measured, e.g. rest, nback"
    )
    annotation_kinds: list[str] = Field(default=[], description="Kinds of annotation it holds")
    supporting_data: list[str] = Field(default=[], description="Other data beside the images")
    formats: list[str] = Field(default=[], description="Media types of its files")
    subjects: int | None = Field(
        default=None, ge=0, le=MOST, description="People, animals or phantoms"
    )
    studies: int | None = Field(default=None, ge=0, le=MOST, description="Imaging studies")
    series: int | None = Field(default=None, ge=0, le=MOST, description="Series")
    images: int | None = Field(default=None, ge=0, le=MOST, description="Images (DICOM instances)")
    bytes: int | None = Field(default=None, ge=0, le=MOST, description="Size in bytes")
    sexes: list[Count] = Field(default=[], description="Subjects by sex, where one is stated")
    age_bands: list[Count] = Field(default=[], description="Subjects by age band, where known")
    creators: list[Creator] = Field(default=[], description="Who made it")
    publisher: str | None = Field(default=None, description="Who publishes it")
    year: int | None = Field(default=None, description="Year of publication")
    funders: list[str] = Field(default=[], description="Who paid for it")
    programme: str | None = Field(default=None, description="The programme it belongs to")
    created: datetime | None = Field(default=None, description="When it was created")
    published: datetime | None = Field(default=None, description="When it was published")
    modified: datetime | None = Field(default=None, description="When it last changed")
    citations: int | None = Field(
        default=None, ge=0, le=MOST, description="How often it is cited, if told"
    )
    rating: float | None = Field(
        default=None, ge=0, le=1, description="The repository's own rating of its usability, 0 to 1"
    )
    cluster: str | None = Field(
        default=None,
        description="Id of the member that stands for this dataset wherever it is published; "
        "null: it is published once",
    )
    retrieved: datetime = Field(description="When it was last read (UTC)")
    snapshot: date | None = Field(
        default=None, description="Day of the packaged snapshot it rests on; null: read live"
    )
    withdrawn: datetime | None = Field(default=None, description="When it was first missed (UTC)")
    status: Status = Field(default=Status.ACTIVE, description="Whether it is still offered")
    related: list[RelatedIdentifier] = Field(default=[], description="Related identifiers")
    distributions: list[Distribution] = Field(default=[], description="Ways to obtain it")
    derived_from: list[str] = Field(
        default=[], description="Ids of datasets it annotates or derives from"
    )
    provenance: dict[str, Provenance] = Field(default={}, description="Field to where it came from")
