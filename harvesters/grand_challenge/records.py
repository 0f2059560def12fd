"""Challenges and archives as datasets: what the API says, and what Zenodo says of their data.

The API names publications without saying what they are: papers and preprints document a challenge
(DataCite IsDocumentedBy), a record that Zenodo calls a dataset is a part of it (HasPart) and a way
to obtain it. Its dates, title and text are the challenge's; licence and access come from Zenodo
alone, and only if all its records agree.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NoReturn, TypeVar

from harvesters import record
from harvesters.grand_challenge import zenodo
from harvesters.text import plain_text
from schemas.dataset import (
    Access,
    Dataset,
    Distribution,
    Identifier,
    Method,
    RelatedIdentifier,
)  # fmt: skip
from schemas.errors import RecordError
from schemas.vocabulary import doi

T = TypeVar("T")

KEY = "grand_challenge"
_ARXIV = re.compile(r"https?://(?:www\.)?arxiv\.org/(?:abs|pdf)/([^?#]+?)(?:\.pdf)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Kind:
    """One of the API's lists. fields: what is kept of a row, as the contract names it."""

    name: str
    fields: tuple[str, ...]
    local_id: Callable[[Any], str | None]


def _slug(row: Any) -> str | None:
    """Slugs are unique without regard to case, so the id has none."""
    slug = row.get("slug") if isinstance(row, dict) else None
    return slug.lower() if isinstance(slug, str) and re.fullmatch(r"\S+", slug) else None


def _uuid(row: Any) -> str | None:
    pk = row.get("pk") if isinstance(row, dict) else None
    return f"archive-{pk.lower()}" if isinstance(pk, str) and re.fullmatch(r"\S+", pk) else None


CHALLENGE = Kind(
    "challenge",
    tuple(
        "api_url url slug title description public status logo submission_types start_date "
        "end_date publications created modified incentives".split()
    ),
    _slug,
)
ARCHIVE = Kind("archive", ("pk", "title", "logo", "description", "api_url", "url"), _uuid)


def refused(why: str, where: str) -> NoReturn:
    """Raises RecordError: a row that cannot be read as a dataset."""
    raise RecordError(why, where=where)


def challenge(
    raw: dict[str, Any], buckets: list[dict[str, Any]], retrieved: datetime, key: str = KEY
) -> Dataset:
    """A challenge as a dataset of the source `key`; `buckets` are its public ones, known elsewhere.

    Raises:
        RecordError: if a field has another shape than the contract's.
    """
    slug = _text(raw, "slug")
    title = plain_text(_text(raw, "title"))
    published = raw.get("publications") or []
    if not isinstance(published, list) or not all(isinstance(text, str) for text in published):
        raise RecordError("publications that are no list of addresses", where=slug)
    data = [told for told in raw.get("zenodo", []) if zenodo.is_dataset(told)]
    parts = [part for told in data for part in zenodo.distributions(told)]
    fields = {
        **_common(raw),
        "id": f"{key}:{_slug(raw)}",
        "source": key,
        "kind": CHALLENGE.name,
        "title": title or slug,
        "identifiers": [Identifier(scheme="short_name", value=slug)],
        "created": raw.get("created"),
        "modified": raw.get("modified"),
        # Without publications of its own, what a list knows of papers shall not be hidden.
        "related": related(published, data) if published else [],
    }
    at_zenodo = {
        "licence": _agreed(part.licence for part in parts),
        "licence_raw": _agreed(part.licence_raw for part in parts),
        "access": _agreed(zenodo.access(told) for told in data),
        "distributions": parts and [*parts, *map(bucket, buckets)],
    }
    built = record.dataset({**fields, **at_zenodo}, retrieved, derived=() if title else ("title",))
    return said_by(built, dict.fromkeys(at_zenodo, ("zenodo", Method.DERIVED)))


def archive(raw: dict[str, Any], retrieved: datetime) -> Dataset:
    """An archive as a dataset: anyone may see that it exists, its images are on request.

    Raises:
        RecordError: if a field has another shape than the contract's.
    """
    local = _uuid(raw)
    title = plain_text(_text(raw, "title"))
    return record.dataset(
        {
            **_common(raw),
            "id": f"{KEY}:{local}",
            "kind": ARCHIVE.name,
            "title": title or local,
            "access": Access.REQUEST,
        },
        retrieved,
        derived=() if title else ("title",),
        assumed=("access",),
    )


def related(
    published: Iterable[str], data: Iterable[Mapping[str, Any]] = ()
) -> list[RelatedIdentifier]:
    """Publications as related identifiers; those that are among `data` are parts."""
    parts = list(data)
    numbers = {str(told[name]) for told in parts for name in ("asked", "id") if told.get(name)}
    found: dict[str, RelatedIdentifier] = {}
    for text in published:
        named = _identifier(text)
        if named is not None:
            relation = "HasPart" if zenodo.number(text) in numbers else "IsDocumentedBy"
            one = RelatedIdentifier(relation=relation, scheme=named[0], value=named[1])
            found.setdefault(one.value, one)
    for told in parts:
        name = zenodo.data_doi(told)
        if name is not None:
            one = RelatedIdentifier(relation="HasPart", scheme="DOI", value=name)
            found.setdefault(name, one)
    return list(found.values())


def bucket(told: Mapping[str, Any]) -> Distribution:
    """A public bucket, as the Registry of Open Data on AWS lists it."""
    return Distribution(
        title=plain_text(told["name"]),
        route="s3",
        url=f"s3://{told['bucket']}/",
        licence=told["licence"],
        licence_raw=told["licence_raw"],
    )


def said_by(dataset: Dataset, sayers: Mapping[str, tuple[str, Method]]) -> Dataset:
    """`dataset` with some of its fields marked as said by others."""
    marked = {
        name: told.model_copy(
            update=dict(zip(("source", "method"), sayers[name], strict=True))
            if name in sayers
            else {}
        )
        for name, told in dataset.provenance.items()
    }
    return dataset.model_copy(update={"provenance": marked})


def _identifier(text: str) -> tuple[str, str] | None:
    """Scheme and value of a publication's address, None if it is no address."""
    if arxiv := _ARXIV.fullmatch(text.strip()):
        return "arXiv", f"arXiv:{arxiv[1]}"
    if bare := doi.normalise(text):
        return "DOI", bare
    return ("URL", text.strip()) if re.fullmatch(r"\s*https?://\S+\s*", text) else None


def _common(raw: dict[str, Any]) -> dict[str, Any]:
    url = _text(raw, "url")
    return {
        "source": KEY,
        "description": plain_text(_text(raw, "description")),
        "landing_url": url if re.fullmatch(r"https?://\S+", url) else None,
    }


def _text(raw: dict[str, Any], name: str) -> str:
    value = raw.get(name)
    if value is not None and not isinstance(value, str):
        raise RecordError(f"{name} is no text", where=str(raw.get("slug") or raw.get("pk")))
    return value or ""


def _agreed(values: Iterable[T | None]) -> T | None:
    found = set(values)
    return found.pop() if len(found) == 1 else None
