"""How a repository's JSON or tabular API is read, as its source file declares it.

A *path* names values inside a row: keys joined by dots, through lists ("tags.name" is the name of
every tag). Where a path stands, a text with one path in braces ("datasets/view/{ref}") makes a
text of each value. `details.<name>` holds what was asked besides for a row, `named` what the
source file says of one that it names, `rows` the rows of a group, `read` when a row was read.
"""

from __future__ import annotations

import re
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from schemas.dataset import Access
from schemas.vocabulary import modality

PLACE = re.compile(r"\{([^{}]*)\}")
"""A path in braces, within a text."""

Target = Literal[
    "title", "description", "landing_url", "version", "doi", "licence", "licence_url", "modalities",
    "body_parts", "conditions", "species", "tasks", "annotation_kinds", "formats", "subjects",
    "studies", "series", "images", "bytes", "creators", "publisher", "year", "programme", "created",
    "published", "modified", "citations", "rating", "parts",
]  # fmt: skip
"""A field of Dataset; how a value is read follows from the field. parts: addresses (HasPart)."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Pager(_Part):
    """How the next page of a list is asked for."""

    kind: Literal["next", "offset", "page", "token"] = Field(
        description="next: a link · offset: rows to skip · page: a number from 1 · token: a word"
    )
    size: int | None = Field(
        default=None, ge=1, description="Rows of a full page; a shorter one is the last"
    )
    size_param: str | None = Field(default=None, description="The parameter that asks for `size`")
    param: str | None = Field(default=None, description="The parameter of offset, page or token")
    next: str | None = Field(default=None, description="Path of the link or token in an answer")
    most: int = Field(default=100, ge=1, description="Pages of one list, at most")

    @model_validator(mode="after")
    def _is_whole(self) -> Pager:
        needs: dict[str, list[object]] = {
            "next": [self.next],
            "token": [self.next, self.param],
            "offset": [self.param, self.size],
            "page": [self.param, self.size],
        }
        if None in needs[self.kind]:
            said = "`next`" if self.kind == "next" else "`param`"
            also = {"next": "", "token": " and `next`"}.get(self.kind, " and `size`")
            raise ValueError(f"a pager of kind {self.kind!r} needs {said}{also}")
        return self


class Keep(_Part):
    """A condition on a row; one of the three is said."""

    paths: list[str] = Field(min_length=1, description="Whose values are looked at: any will do")
    equals: list[str | int | bool] = Field(default=[], description="One of these, whatever case")
    begins: str | None = Field(default=None, description="The value begins so")
    words: list[str] = Field(default=[], description="The value has one of these words or phrases")

    @model_validator(mode="after")
    def _says_one_thing(self) -> Keep:
        if sum(map(bool, (self.equals, self.begins, self.words))) != 1:
            raise ValueError("a condition says one of `equals`, `begins` and `words`")
        return self


class Named(_Part):
    """A row that is asked for by its id, whether or not a list has it."""

    id: str = Field(pattern=r"^\S+$", description="Its id in the API")
    local: str | None = Field(
        default=None, pattern=r"^\S+$", description="Its local id here; null: the same"
    )
    more: dict[str, str] = Field(default={}, description="What addresses need besides")


class Group(_Part):
    """Rows that together are one dataset."""

    local: str = Field(pattern=r"^\S+$", description="The dataset's local id")
    keep: list[Keep] = Field(min_length=1, description="Which rows: those that meet all")


class Detail(_Part):
    """What is asked besides for each row."""

    name: str = Field(pattern=r"^[a-z_]+$", description="Its place in the row, under `details`")
    address: str = Field(description="Where it is asked; not at all for a row without that value")


class Parts(_Part):
    """A list within a row of how many files are whose and under which licence.

    It makes a distribution for each licence.
    """

    each: str = Field(description="Path of the list")
    licence: str = Field(description="Key of the licence")
    holder: str = Field(description="Key of whose they are")
    count: str = Field(description="Key of how many they are")
    unit: str = Field(default="images", description="What is counted")


class Every(_Part):
    """What is taken to hold for every dataset that says nothing else of itself."""

    access: Access | None = Field(default=None, description="How the data can be reached")
    modalities: list[str] = Field(default=[], description="DICOM modality codes")
    body_parts: list[str] = Field(default=[], description="Anatomy, in words")
    species: list[str] = Field(default=[], description="Species")
    formats: list[str] = Field(default=[], description="Media types of the files")

    @field_validator("modalities")
    @classmethod
    def _are_codes(cls, codes: list[str]) -> list[str]:
        if unknown := [code for code in codes if code not in modality.codes()]:
            raise ValueError(f"{', '.join(unknown)}: no DICOM modality codes")
        return codes


class Api(_Part):
    """One API: where its rows are, which of them are datasets, and what they say."""

    format: Literal["json", "tsv", "csv"] = Field(default="json", description="Of a list's answer")
    needs_key: bool = Field(default=False, description="Nothing is answered to a guest")
    path: str | None = Field(default=None, description="Address of the list, below `base_url`")
    params: dict[str, str | int] = Field(default={}, description="Asked with every page")
    searches: list[dict[str, str | int]] = Field(
        default=[{}], min_length=1, description="The list is asked once with each of these besides"
    )
    part: bool = Field(
        default=False,
        description="The list is not whole: what it leaves out is asked for by its id",
    )
    pager: Pager | None = Field(default=None, description="null: one answer has all rows")
    rows: str | None = Field(default=None, description="Path of the rows; null: the answer itself")
    total: str | None = Field(default=None, description="Path of how many rows there are")
    one: str | None = Field(default=None, description="Address of one row, with its {id}")
    named: list[Named] = Field(default=[], description="Rows that are asked for by id")
    id: str = Field(description="Path of a row's id")
    kind: str = Field(default="dataset", description="What its datasets are called")
    keep: list[Keep] = Field(default=[], description="A row is kept if it meets all of these")
    groups: list[Group] = Field(default=[], description="Datasets made of several rows each")
    details: list[Detail] = Field(default=[], description="What is asked besides for each row")
    fields: dict[Target, str] = Field(min_length=1, description="Field of Dataset to its path")
    distributions: Parts | None = Field(default=None, description="The parts by licence")
    every: Every = Field(default=Every(), description="What holds for all")

    @field_validator("fields")
    @classmethod
    def _are_paths(cls, told: dict[str, str]) -> dict[str, str]:
        for path in told.values():
            _one_place(path)
        return told

    @model_validator(mode="after")
    def _asks_for_something(self) -> Api:
        if self.path is None and not self.named:
            raise ValueError("neither a list (`path`) nor rows by id (`named`)")
        if (self.named or self.part) and self.one is None:
            raise ValueError("rows that are asked for by id need the address of `one`")
        for address in (self.one, *(detail.address for detail in self.details)):
            if address is not None and not (_one_place(address) and PLACE.search(address)):
                raise ValueError(f"{address!r}: an address of one row has one path in braces")
        if not self.groups and "title" not in self.fields:
            raise ValueError("`fields` does not say where the title is")
        return self


def _one_place(text: str) -> bool:
    if len(PLACE.findall(text)) > 1:
        raise ValueError(f"{text!r} has more than one path in braces")
    return True
