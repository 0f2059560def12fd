"""XNAT projects as datasets: from a live sweep, or from a packaged snapshot."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from harvesters.record import dataset, midnight
from harvesters.text import plain_text
from harvesters.xnat.sweep import address
from schemas.dataset import Access, Count, Creator, Dataset, Distribution, Identifier
from schemas.errors import RecordError
from schemas.vocabulary import doi

ACCESS = {"public": Access.OPEN, "protected": Access.REQUEST}
"""A project of XNAT that is neither is private, and not published."""

_COUNTED = ("subjects", "studies", "series", "images", "bytes")
_FORMATS = {"DICOM": "application/dicom"}
_DERIVED = (
    "series images bytes modalities modalities_raw sexes age_bands formats distributions modified "
    "derived_from landing_url"
).split()


def project(raw: dict[str, Any], source: str, base: str, retrieved: datetime) -> Dataset:
    """A project as a dataset; `raw` is what the sweep gathered of it.

    Raises:
        RecordError: if it has no usable ID, or nobody says who may see it.
    """
    identifier = _identifier(raw)
    access = ACCESS.get(raw.get("access") or "")
    if access is None:
        raise RecordError(
            "nobody says whether the project is public", where=f"{source}:{identifier}"
        )
    counts = raw.get("counts") or {}
    landing = address(base, "projects", identifier)
    dois = {found for name in raw.get("aliases") or [] if (found := doi.normalise(name))}
    own = dois.pop() if len(dois) == 1 else None  # which of several is meant, nobody says
    fields = {
        "id": f"{source}:{identifier}",
        "source": source,
        "kind": "project",
        "title": plain_text(raw.get("name")) or identifier,
        "description": _description(raw.get("description"), raw.get("keywords")),
        "landing_url": landing,
        "doi": own,
        "identifiers": _identifiers(raw, identifier, own),
        "access": access,
        **{name: counts.get(name) for name in _COUNTED},
        "modalities": counts.get("modalities"),
        "modalities_raw": counts.get("modalities_raw"),
        "formats": [_FORMATS[name] for name in counts.get("resources") or [] if name in _FORMATS],
        "sexes": [Count(value=v, count=n) for v, n in (counts.get("sexes") or {}).items()],
        "age_bands": [Count(value=v, count=n) for v, n in (counts.get("age_bands") or {}).items()],
        "creators": _creators(raw.get("pi")),
        "created": _moment(raw.get("insert_date")),
        "modified": _moment(counts.get("newest")),
        "derived_from": [f"{source}:{name}" for name in counts.get("shared_from") or []],
        "distributions": [
            Distribution(
                route="xnat",
                access=access,
                url=landing,
                modalities=counts.get("modalities") or [],
                series=counts.get("series"),
                bytes=counts.get("bytes"),
            )
        ]
        if counts
        else [],
    }
    known = {name for name, value in fields.items() if value not in (None, [], "")}
    return dataset(fields, retrieved, derived=known & set(_DERIVED))


def packaged(raw: dict[str, Any], source: str, base: str, day: date) -> Dataset:
    """A project of a packaged snapshot: its ID, and what else was known on `day`, or on its own.

    Others wrote it down, so its values are curated, not stated by the host.

    Raises:
        RecordError: if it has no ID.
    """
    identifier = _identifier(raw)
    day = date.fromisoformat(raw["day"]) if raw.get("day") else day
    fields = {
        "id": f"{source}:{identifier}",
        "source": source,
        "kind": "project",
        "title": plain_text(raw.get("name")) or identifier,
        "landing_url": address(base, "projects", identifier),
        "access": ACCESS[raw["access"]],
        "subjects": raw.get("subjects"),
    }
    return dataset(
        fields,
        midnight(day),
        derived=("landing_url",),
        curated=[name for name in ("title", "access", "subjects") if fields[name] is not None],
        snapshot=day,
    )


def _identifier(raw: dict[str, Any]) -> str:
    identifier = raw.get("ID")
    if not isinstance(identifier, str) or not identifier:
        raise RecordError("a project without an ID")
    return identifier


def _identifiers(raw: dict[str, Any], identifier: str, own: str | None) -> list[Identifier]:
    """The second ID and the aliases, but for what is the ID, or the DOI, in other words."""
    named = [("secondary_id", raw.get("secondary_ID"))]
    named += [("alias", name) for name in raw.get("aliases") or []]
    return [
        Identifier(scheme=scheme, value=text)
        for scheme, value in named
        if (text := plain_text(value))
        and text != identifier
        and (own is None or doi.normalise(text) != own)
    ]


def _description(text: str | None, keywords: str | None) -> str | None:
    """The description; the keywords, one string in XNAT, come after it as its last sentence."""
    said, words = plain_text(text), plain_text(keywords)
    if words is None:
        return said
    return f"{said} Keywords: {words}" if said else f"Keywords: {words}"


def _creators(pi: str | None) -> list[Creator]:
    name = plain_text(pi)
    return [Creator(name=name)] if name else []


def _moment(text: str | None) -> datetime | None:
    """XNAT's "2021-01-01 00:00:00.0", which has no time zone: taken for UTC."""
    try:
        return datetime.fromisoformat(text or "").replace(tzinfo=UTC)
    except ValueError:
        return None
