"""An OpenNeuro dataset as a record: from a live answer, or from the packaged snapshot.

What OpenNeuro leaves open is filled with care: a description that is missing comes back with the
dataset's id as its name, `DatasetDOI` often belongs to an older version or to another repository,
and modalities hold what older validators left. The DOI is built from id and version by OpenNeuro's
rule, and called stated only where the description says the same.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from datetime import UTC, date, datetime
from typing import Any

from pydantic import ValidationError

from harvesters import record
from harvesters.openneuro.links import dataset_doi, papers, related_objects
from harvesters.openneuro.words import (
    body_parts,
    conditions,
    creators,
    in_years,
    is_nothing,
    modalities,
    paradigms,
    words,
)  # fmt: skip
from harvesters.text import plain_text
from schemas.dataset import (
    Access,
    Count,
    Dataset,
    Distribution,
    Identifier,
    Method,
    RelatedIdentifier,
    Status,
)  # fmt: skip
from schemas.errors import RecordError
from schemas.vocabulary import licence

PUBLISHER = "OpenNeuro"
POLICY = "CC0-1.0"
"""What OpenNeuro's terms put data under whose depositor stated nothing."""

ANNOTATOR = "neurobagel"
"""Who counted the sexes, and knew some of the titles, of the packaged snapshot."""

_BUCKET = "s3://openneuro.org"
_MIRROR = "https://github.com/OpenNeuroDatasets"
_PORTAL = "https://openneuro.org"
_REDIRECT = re.compile(r"/datasets/(ds\d+)(?:/.*)?")
_ALWAYS_DERIVED = (
    "landing_url identifiers modalities subjects sexes age_bands publisher year distributions "
    "licence_url body_parts access formats"
).split()


def live(raw: dict[str, Any], retrieved: datetime) -> Dataset:
    """The dataset of a live record; it was read at `retrieved` (UTC) unless it says when itself.

    Raises:
        RecordError: if it could not be read, or has another shape than OpenNeuro's answers.
    """
    if "failed" in raw:
        raise RecordError(f"could not be read: {raw['failed']}", where=f"openneuro:{raw['id']}")
    try:
        retrieved = _moment(raw.get("read_at")) or retrieved
        return _gone(raw, retrieved) if "deleted" in raw else _read(raw, retrieved)
    except ValidationError:
        raise
    except (TypeError, AttributeError, KeyError, ValueError) as error:
        raise RecordError(
            f"has another shape: {type(error).__name__} {error}", where=f"openneuro:{raw['id']}"
        ) from error


def packaged(row: dict[str, Any], day: date) -> Dataset:
    """The dataset of a row of the packaged snapshot, taken on `day`."""
    local, tag = row["_id"], row["tag"]
    bare_doi, said, related = dataset_doi(local, tag, row.get("doi"))
    size = row.get("gib")
    missing = set(row.get("missing", ()))
    title = plain_text(row.get("title"))
    named = title not in (None, local)
    told = record.dataset(
        {
            **_names(local, tag),
            "title": title or local,
            "doi": bare_doi,
            "licence": POLICY,
            "licence_assumed": True,
            "licence_url": licence.get(POLICY).url,
            **modalities(row.get("modalities", ())),
            "conditions": conditions(row.get("dx")),
            "species": words([row.get("species")]),
            "paradigms": paradigms(row.get("tasks")),
            "subjects": row.get("subjects") or None,
            "bytes": round(size * 2**30) if size else None,
            "sexes": _counts(row.get("sexes")),
            "creators": creators(row.get("authors"), None),
            "year": _year(row.get("published")),
            "published": _moment(row.get("published")),
            "modified": _moment(row.get("modified")),
            # Nothing could be reached when it was checked: whether it is open is not known.
            "access": None if missing == {"s3", "git"} else Access.OPEN,
            "related": [*related, *papers(row.get("own"), row.get("using"), None)],
            "distributions": _distributions(local, None, None, bare_doi, missing=missing),
        },
        record.midnight(day),
        derived=[
            *_ALWAYS_DERIVED,
            "bytes",
            *([] if said else ["doi"]),
            *([] if named and not row.get("older_title") else ["title"]),
        ],
        assumed=["licence", "licence_assumed", "licence_url"],
        snapshot=day,
    )
    return _annotated(told, {"sexes", *(["title"] if named and row.get("annotated_title") else [])})


def _annotated(dataset: Dataset, names: Collection[str]) -> Dataset:
    """`dataset` with those of the fields `names` that it knows marked as said by Neurobagel."""
    marked = {
        name: told.model_copy(update={"source": ANNOTATOR, "method": Method.CURATED})
        for name, told in dataset.provenance.items()
        if name in names
    }
    return dataset.model_copy(update={"provenance": {**dataset.provenance, **marked}})


def _read(raw: dict[str, Any], retrieved: datetime) -> Dataset:
    local, snapshot = raw["id"], raw["latestSnapshot"]
    tag, description = snapshot["tag"], snapshot["description"] or {}
    summary, form = snapshot["summary"] or {}, raw["metadata"] or {}
    title = description.get("Name")
    bare_doi, said, other = dataset_doi(local, tag, description.get("DatasetDOI"))
    terms = _licence(description.get("License"), "description.License" in raw["unread"])
    size = _first(snapshot["size"], summary.get("size"))
    found = modalities(
        [*(summary.get("modalities") or ()), *(summary.get("secondaryModalities") or ())]
    )
    related = [
        *other,
        *related_objects(snapshot["related"]),
        *papers(
            form.get("associatedPaperDOI"),
            form.get("openneuroPaperDOI"),
            description.get("ReferencesAndLinks"),
        ),
    ]
    dataset = record.dataset(
        {
            **_names(local, tag),
            "title": title or local,
            "doi": bare_doi,
            **terms,
            **found,
            "body_parts": body_parts(summary.get("petBodyParts")),
            "conditions": conditions(form.get("dxStatus")),
            "species": words([form.get("species")]),
            "paradigms": paradigms(summary.get("tasks")),
            "subjects": summary.get("subjects") or None,
            "bytes": size,
            "sexes": _counts(summary.get("sexes")),
            "age_bands": _counts(summary.get("ages")) if in_years(form.get("species")) else [],
            "creators": creators(description.get("Authors"), snapshot["contributors"]),
            "funders": words([*(description.get("Funding") or ()), form.get("grantFunderName")]),
            "year": _year(raw["publishDate"]),
            "created": _moment(raw["created"]),
            "published": _moment(raw["publishDate"]),
            "modified": _moment(snapshot["created"]),
            "status": Status.DEPRECATED if snapshot["deprecated"] else Status.ACTIVE,
            "related": list(dict.fromkeys(related)),
            "distributions": _distributions(
                local,
                None if terms["licence_assumed"] else terms["licence"],
                terms["licence_raw"],
                bare_doi,
                size,
            ),
        },
        retrieved,
        derived=[
            *_ALWAYS_DERIVED,
            "licence",
            *([] if said else ["doi"]),
            *(["title"] if title in (None, local) else []),
        ],
        assumed=["licence", "licence_assumed", "licence_url"] if terms["licence_assumed"] else [],
    )
    return dataset if terms["licence"] else _settled(dataset)


def _settled(dataset: Dataset) -> Dataset:
    """`dataset`, whose terms were stated and not understood: no older assumption may fill them."""
    told = dataset.provenance["access"]
    terms = ("licence", "licence_raw", "licence_url", "licence_assumed")
    return dataset.model_copy(
        update={"provenance": {**dict.fromkeys(terms, told), **dataset.provenance}}
    )


def _gone(raw: dict[str, Any], retrieved: datetime) -> Dataset:
    """The tombstone of a dataset that OpenNeuro says was deleted."""
    local, told = raw["id"], raw["deleted"]
    redirect = _REDIRECT.fullmatch(told["redirect"] or "")
    return record.dataset(
        {
            "id": f"openneuro:{local}",
            "source": "openneuro",
            "kind": "dataset",
            "title": told["title"] or local,
            "landing_url": f"{_PORTAL}/datasets/{local}",
            "identifiers": [Identifier(scheme="accession", value=local)],
            "access": Access.GONE,
            "publisher": PUBLISHER,
            "status": Status.GONE,
            "related": [
                RelatedIdentifier(
                    relation="IsObsoletedBy",
                    scheme="URL",
                    value=f"{_PORTAL}/datasets/{redirect[1]}",
                )
            ]
            if redirect
            else [],
        },
        retrieved,
        derived=["landing_url", "identifiers", "publisher", "title", "related"],
    )


def _names(local: str, tag: str) -> dict[str, Any]:
    return {
        "id": f"openneuro:{local}",
        "source": "openneuro",
        "kind": "dataset",
        "landing_url": f"{_PORTAL}/datasets/{local}/versions/{tag}",
        "version": tag,
        "identifiers": [Identifier(scheme="accession", value=local)],
        "access": Access.OPEN,
        "publisher": PUBLISHER,
    }


def _licence(stated: str | None, unreadable: bool) -> dict[str, Any]:
    """The licence as stated; the policy's, assumed, only where nothing at all was stated."""
    nothing = not unreadable and (stated is None or is_nothing(stated))
    spdx = POLICY if nothing else licence.normalise(stated)
    return {
        "licence": spdx,
        "licence_raw": None if nothing else stated,
        "licence_url": licence.get(spdx).url if spdx else None,
        "licence_assumed": nothing,
    }


def _distributions(
    local: str,
    spdx: str | None,
    stated: str | None,
    bare_doi: str | None,
    size: int | None = None,
    missing: Iterable[str] = (),
) -> list[Distribution]:
    """The public bucket, which holds the latest version, and the git mirror, which holds all.

    They carry the licence that was stated, never one that is assumed of the dataset.
    """
    parts = {
        "s3": ("Files of the latest version", f"{_BUCKET}/{local}"),
        "git": ("Every version as a DataLad dataset", f"{_MIRROR}/{local}.git"),
    }
    return [
        Distribution(
            title=title,
            route=route,
            url=url,
            doi=bare_doi,
            licence=spdx,
            licence_raw=stated,
            licence_url=licence.get(spdx).url if spdx else None,
            access=Access.OPEN,
            bytes=size if route == "s3" else None,
        )
        for route, (title, url) in parts.items()
        if route not in missing
    ]


def _counts(tally: dict[str, int] | None) -> list[Count]:
    return [Count(value=value, count=count) for value, count in (tally or {}).items()]


def _first(*sizes: int | None) -> int | None:
    """The first size that says something: an empty dataset is not published."""
    return next((size for size in sizes if size), None)


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    if len(text) == len("2026-01-01"):
        return record.midnight(date.fromisoformat(text))
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _year(text: str | None) -> int | None:
    moment = _moment(text)
    return moment.year if moment else None
