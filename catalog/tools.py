"""The tools of the review, and which of them serve a dataset: by format and by modality."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import ValidationError

from schemas.errors import FairscanError, UsageError
from schemas.tool import Category, Tool, ToolStatus

PATH = Path(__file__).with_name("tools.toml")

_UID = re.compile(r"[0-9.]{1,64}")
"""What may stand in an address as a UID (DICOM PS3.5, 9.1)."""

SERVES = {
    Category.ANNOTATION: "Open and annotate",
    Category.CURATION: "Convert and check",
    Category.STORAGE: "Store and show",
}
"""Categories that are of use for data that is published, by what a person does with them."""


class Listed(NamedTuple):
    """The tools that were asked for, and what else may be asked for, each with its count.

    categories, formats: value to how many tools have it, among those that the other choice leaves.
    """

    tools: list[Tool]
    categories: dict[str, int]
    formats: dict[str, int]
    category: str
    format: str


class Opened(NamedTuple):
    """A study that holds a modality, and the address at which a tool shows it."""

    tool: str
    study: str
    modality: str
    url: str


def load(path: Path = PATH) -> dict[str, Tool]:
    """Every tool by key, in order of name.

    Raises:
        FairscanError: if the file is not TOML, or an entry does not describe a tool.
    """
    found: dict[str, Tool] = {}
    try:
        entries = tomllib.loads(path.read_text(encoding="utf-8"))["tool"]
        for key, entry in entries.items():
            found[key] = Tool.model_validate({"key": key, **entry})
    except (ValidationError, tomllib.TOMLDecodeError, KeyError, AttributeError) as error:
        reason = "; ".join(str(error).splitlines()[1:3]) or str(error)
        last = f", after {list(found)[-1]}" if found else ""
        raise FairscanError(
            f"not a tool: {reason}", where=f"{path.name}{last}", do="See schemas/tool.py"
        ) from error
    return dict(sorted(found.items(), key=lambda pair: pair[1].name.casefold()))


def listed(tools: Sequence[Tool], category: str = "", format: str = "") -> Listed:
    """The tools of a category that open a media type; an empty text chooses nothing.

    Raises:
        UsageError: if there is no such category, or no tool opens that type.
    """
    reads = Counter(kind for tool in tools for kind in tool.reads)
    for name, chosen, known in (("category", category, [*Category]), ("format", format, reads)):
        if chosen and chosen not in known:
            raise UsageError(
                f"no {name} {chosen!r} among tools", do=f"Use one of: {', '.join(sorted(known))}"
            )
    of_category = [tool for tool in tools if not category or category in tool.categories]
    of_format = [tool for tool in tools if not format or format in tool.reads]
    counts = Counter(str(c) for tool in of_format for c in tool.categories)
    return Listed(
        [tool for tool in of_category if tool in of_format],
        {str(c): counts[c] for c in Category},
        dict(Counter(kind for tool in of_category for kind in tool.reads).most_common()),
        category,
        format,
    )


def serving(tools: Iterable[Tool], record: Mapping[str, Any]) -> dict[str, list[Tool]]:
    """The tools that read one of the record's formats, by what they are for; none if none do.

    A tool that is made for some modalities serves a dataset that has one of them. Those that
    are known to be alive come first, those that are gone are left out.
    """
    formats = {*record["formats"], *(part["format"] for part in record["distributions"])} - {None}
    modalities = set(record["modalities"])
    found: dict[str, list[Tool]] = {}
    for tool in sorted(tools, key=lambda t: (t.status is not ToolStatus.ALIVE, t.name.casefold())):
        fits = not tool.modalities or modalities & set(tool.modalities)
        if tool.status is ToolStatus.GONE or not fits or not formats & set(tool.reads):
            continue
        for category in tool.categories:
            if category in SERVES:
                found.setdefault(SERVES[category], []).append(tool)
    return {label: found[label] for label in SERVES.values() if label in found}


def opened(tools: Iterable[Tool], source: str, studies: Iterable[tuple[str, str]]) -> list[Opened]:
    """Where each of `studies` (StudyInstanceUID, modality) of `source` opens directly."""
    ways = [(tool, way) for tool in tools for way in tool.opens if way.source == source]
    return [
        Opened(tool.name, study, modality, way.url.replace("{study}", study))
        for study, modality in studies
        for tool, way in ways
        if modality in way.modalities and _UID.fullmatch(study)
    ]
