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


class Link(BaseModel):
    """`dataset_id` stands in `relation` to `other_id`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    dataset_id: str = Field(description="The dataset that the link starts from")
    relation: Relation = Field(description="same_as, mirror_of, part_of, derived_from, version_of")
    other_id: str = Field(description="The dataset that the link points to")
    evidence: Literal["stated", "doi", "accession", "title+counts", "series"] = Field(
        description="What the link rests on; `series` means that image-level rows show it"
    )
    score: float = Field(ge=0, le=1, description="How sure: 1 is stated by the repository itself")
