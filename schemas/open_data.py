"""How an entry of the Registry of Open Data on AWS is read, as the source file says it."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from schemas.checked import Expression


class OpenData(BaseModel):
    """One entry of the registry, and what its bucket holds."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    entry: str = Field(pattern=r"^[\w.-]+$", description="Name of its file, without .yaml")
    dataset: str = Field(pattern=r"^\S+$", description="Local id of the dataset that it describes")
    parts: Expression | None = Field(
        default=None,
        description="Regular expression: the names, without .tar, of the bucket's archives that "
        "are parts with a dataset.json each; null: the bucket is not looked at",
    )
