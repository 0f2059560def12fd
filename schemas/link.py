"""A link: how one dataset relates to another, and on what evidence."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Relation(StrEnum):
    """How the first dataset stands to the second."""

    SAME_AS = "same_as"
    MIRROR_OF = "mirror_of"
    PART_OF = "part_of"
    DERIVED_FROM = "derived_from"
    VERSION_OF = "version_of"


Evidence = Literal[
    "stated", "doi", "accession", "url", "curated", "title+counts", "title", "series"
]


class Link(BaseModel):
    """`dataset_id` stands in `relation` to `other_id`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    dataset_id: str = Field(description="The dataset that the link starts from")
    relation: Relation = Field(description="same_as, mirror_of, part_of, derived_from, version_of")
    other_id: str = Field(description="The dataset that the link points to")
    evidence: Evidence = Field(
        description="What the link rests on: what a record states, one DOI, one accession, one "
        "page (url), what is known of well-known datasets (curated), a title with counts and "
        "modalities, the title of an edition, or image-level rows (series)"
    )
    score: float = Field(ge=0, le=1, description="How sure: 1 is stated by the repository itself")
