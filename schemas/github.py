"""How a dataset that is published as a GitHub repository is read, as its source file says it."""

from __future__ import annotations

import codecs
import re
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from schemas.checked import Expression

NAME = re.compile(r"[A-Za-z0-9-]+/[A-Za-z0-9_-][A-Za-z0-9_.-]*")
"""owner/name"""
Column = Literal[
    "subject", "file", "folder", "modality", "view", "age", "sex", "licence", "doi"
]  # fmt: skip
"""What a column of a table of images may be read as; nothing else of a row is kept."""


class Table(BaseModel):
    """A CSV table in the repository, one row an image."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: str = Field(pattern=r"^[^/\s][^\s]*$", description="Where the table lies, e.g. data.csv")
    columns: dict[Column, str] = Field(
        description="Meaning to the column's name; `subject`, `file` and `modality` are needed"
    )
    encoding: str | None = Field(
        default=None, description="Its encoding where it is not UTF-8, by Python's name"
    )
    folder: str | None = Field(
        default=None, description="Folder of the images, where no column names it"
    )
    subject: Expression | None = Field(
        default=None,
        description="Regular expression: the beginning of an id that names the subject, where "
        "several ids stand for one",
    )
    body_part: str | None = Field(
        default=None, description="What every image shows, as the repository says of all"
    )

    @field_validator("columns")
    @classmethod
    def _are_enough(cls, columns: dict[Column, str]) -> dict[Column, str]:
        needed: tuple[Column, ...] = ("subject", "file", "modality")
        if lost := [name for name in needed if name not in columns]:
            raise ValueError(f"no column for {', '.join(lost)}")
        return columns

    @field_validator("encoding")
    @classmethod
    def _is_known(cls, encoding: str | None) -> str | None:
        if encoding is not None:
            try:
                codecs.lookup(encoding)
            except LookupError as error:
                raise ValueError(f"{encoding!r} is no encoding, such as cp1252") from error
        return encoding

    @model_validator(mode="after")
    def _has_a_folder(self) -> Table:
        if ("folder" in self.columns) == (self.folder is not None):
            raise ValueError("say where images lie once: a column `folder`, or the key `folder`")
        return self


class GitHub(BaseModel):
    """One repository; without a table only the repository itself is described."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    repository: str = Field(pattern=f"^{NAME.pattern}$", description="owner/name")
    table: Table | None = Field(default=None, description="The table of its images, if it has one")

    @property
    def local_id(self) -> str:
        """The id of the dataset within the source: the repository's name."""
        return self.repository.partition("/")[2]
