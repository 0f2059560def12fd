"""A stored record in a machine format: as a file, embedded in its page, announced in a header."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any, NamedTuple

from schemas.dataset import Dataset
from schemas.errors import UsageError
from schemas.exports import citation, signposting
from schemas.exports.address import PageOf, no_page, uri
from schemas.exports.formats import FORMATS
from schemas.exports.schema_org import schema_org

_TIMES = frozenset({"created", "published", "modified", "retrieved", "withdrawn", "retrieved_at"})
_DUCKDB_UTC = re.compile(r"(\d\d:\d\d:\d\d(?:\.\d+)?)\+00")


class Served(NamedTuple):
    """A machine record as an HTTP answer: its text, headers, and the name of a file of it."""

    text: str
    content_type: str
    name: str
    links: str


class Exported(NamedTuple):
    """What a dataset's page tells machines, and how it is cited.

    json_ld: to be embedded. links: the value of the header Link. sentence: a citation to copy.
    formats: (label, address, media type) of each machine record.
    """

    json_ld: dict[str, Any]
    links: str
    sentence: str
    formats: list[tuple[str, str, str]]


def dataset_of(record: dict[str, Any]) -> Dataset:
    """The dataset of a record as a release stores it, where DuckDB wrote its times."""
    return Dataset.model_validate(_iso(record))


def written(record: dict[str, Any], name: str, page_of: PageOf = no_page) -> str:
    """The record in the format `name`. Raises UsageError if there is no such format."""
    if name not in FORMATS:
        raise UsageError(f"no format {name!r}", do=f"Use one of: {', '.join(FORMATS)}")
    return FORMATS[name].write(dataset_of(record), page_of)


def served(record: dict[str, Any], name: str, page_of: PageOf) -> Served:
    """The record in the format `name`, or as it is in "json"; `links` lead back to its page.

    Raises UsageError if there is no such format.
    """
    if name == "json":
        text, kind, suffix = json.dumps(record, ensure_ascii=False), "application/json", "json"
    else:
        text = written(record, name, page_of)
        _, kind, suffix, _ = FORMATS[name]
    page = uri(page_of(record["id"]))
    return Served(
        text,
        kind if kind.endswith("json") else f"{kind}; charset=utf-8",
        re.sub(r"[^A-Za-z0-9._-]", "_", record["id"])[:100] + f".{suffix}",
        f'<{page}>; rel="describes"; type="text/html"' if page else "",
    )


def exported(
    record: dict[str, Any], page_of: PageOf, catalogue: str, elsewhere: Iterable[str]
) -> Exported:
    """What the page of `record` tells machines; `elsewhere` are ids of the same dataset."""
    dataset = dataset_of(record)
    page = uri(page_of(dataset.id))
    formats = [
        (f.label, f"{page}?format={name}", f.media_type) for name, f in FORMATS.items() if page
    ]
    return Exported(
        schema_org(dataset, page_of, catalogue=uri(catalogue), elsewhere=elsewhere),
        signposting.links(dataset, {url: kind for _, url, kind in formats}),
        citation.sentence(dataset, page_of),
        formats,
    )


def _iso(value: Any) -> Any:
    """`value` with UTC as ISO 8601 has it, where it holds a time."""
    if isinstance(value, dict):
        return {
            name: _DUCKDB_UTC.sub(r"\1+00:00", inner)
            if name in _TIMES and isinstance(inner, str)
            else _iso(inner)
            for name, inner in value.items()
        }
    return value
