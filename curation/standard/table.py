"""PS3.15 Table E.1-1: what the Basic Profile and each option do to each attribute."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from schemas.vocabulary.table import rows

OPTIONS = (
    "retain_safe_private",
    "retain_uids",
    "retain_device_identity",
    "retain_institution_identity",
    "retain_patient_characteristics",
    "retain_full_dates",
    "retain_modified_dates",
    "clean_descriptors",
    "clean_structured_content",
    "clean_graphics",
    "clean_pixel_data",
    "clean_recognizable_visual_features",
)
"""The options of PS3.15 section E.3. The first and the last two have no column in the table."""

_NO_COLUMN = ("retain_safe_private", "clean_pixel_data", "clean_recognizable_visual_features")
COLUMNS = tuple(option for option in OPTIONS if option not in _NO_COLUMN)
"""The options that have a column in Table E.1-1."""


@dataclass(frozen=True, slots=True)
class Attribute:
    """A row of the table. `basic` may be a choice by Type, such as X/Z/D (section E.3)."""

    tag: int
    keyword: str
    name: str
    vr: str
    basic: str
    options: Mapping[str, str]
    edition: str


@cache
def table() -> dict[int, Attribute]:
    """Every row by its tag; the three of repeating groups stand under 50000000, 60003000, 60004000.

    `canonical` leads any tag to its row.
    """
    path = Path(__file__).with_name("e1_1.csv")
    columns = ("tag", "keyword", "name", "vr", "basic", *COLUMNS, "edition", "options_edition")
    found = {}
    for row in rows(path, columns):
        tag = int(row["tag"].replace("X", "0"), 16)
        options = {option: row[option] for option in COLUMNS if row[option]}
        found[tag] = Attribute(
            tag, row["keyword"], row["name"], row["vr"], row["basic"], options, row["edition"]
        )
    return found


@cache
def unlisted() -> dict[int, Attribute]:
    """Attributes outside the table whose VR does not tell what they hold; our judgement."""
    path = Path(__file__).with_name("unlisted.csv")
    found = {}
    for row in rows(path, ("tag", "keyword", "code", "kept_with", "why")):
        tag = int(row["tag"], 16)
        options = {row["kept_with"]: "K"} if row["kept_with"] else {}
        found[tag] = Attribute(tag, row["keyword"], row["keyword"], "", row["code"], options, "")
    return found


def canonical(tag: int) -> int:
    """The tag under which the table has this one: that of its repeating group, or itself.

    Curves (PS3.5 section 7.6) have one row for the whole group, overlays one for data and one
    for comments; groups run over the even numbers 5000 to 501E and 6000 to 601E, and what lies
    above, up to FF, is taken as they are.
    """
    group = tag >> 24
    if group == 0x50 and not tag & 0x10000:
        return 0x50000000
    if group == 0x60 and not tag & 0x10000:
        return tag & 0xFF00FFFF
    return tag


def edition() -> str:
    """The edition of the standard that the table follows."""
    return max(attribute.edition for attribute in table().values())


@cache
def keywords() -> dict[str, int]:
    """The tag of each keyword in the table."""
    return {row.keyword: tag for tag, row in table().items()}


@cache
def codes() -> dict[str, tuple[str, str]]:
    """The DCM code and meaning of "basic" and of each option (PS3.16 CID 7050)."""
    path = Path(__file__).with_name("codes.csv")
    found = rows(path, ("option", "code", "meaning"))
    return {row["option"]: (row["code"], row["meaning"]) for row in found}
