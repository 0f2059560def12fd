"""What lists and data sheets say of challenges: the packaged layer under the live harvest.

Grand Challenge's own API says no modality, anatomy, task, licence or place of data. Each field
here names who said it.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from harvesters import record, sheets
from harvesters.grand_challenge.records import KEY, bucket, related, said_by
from harvesters.text import plain_text
from schemas.dataset import Access, Dataset, Distribution, Identifier, Method
from schemas.vocabulary import licence

_REGISTERED = re.compile(r"\s*\(registered users\)\s*$")


def described(raw: dict[str, Any], day: date) -> Dataset:
    """A row of the packaged snapshot of `day` as a dataset.

    Raises:
        pydantic.ValidationError: if the row makes no dataset.
    """
    said = {name: raw.get(name, []) for name in ("modality", "task", "anatomy", "format")}
    texts = {name: [one["text"] for one in told] for name, told in said.items()}
    terms = _licence(raw)
    buckets = raw.get("buckets", [])
    fields: dict[str, Any] = {
        "id": f"{KEY}:{raw['_id']}",
        "source": KEY,
        "kind": "challenge",
        "title": plain_text(raw["title"]["text"]) or raw["slug"],
        "landing_url": raw["url"],
        "identifiers": [Identifier(scheme="short_name", value=raw["slug"])],
        "year": _first(raw.get("year")),
        "modalities": sheets.modalities(texts["modality"]),
        "modalities_raw": list(dict.fromkeys(texts["modality"])),
        "tasks": sheets.tasks(texts["task"]),
        "body_parts": sheets.body_parts(texts["anatomy"]),
        "formats": sheets.formats(texts["format"]),
        "related": related(one["text"] for one in raw.get("publications", [])),
        "licence": terms and terms[0],
        "licence_raw": terms and terms[1],
        "access": _access(raw),
        "distributions": [
            *(Distribution(route="https", url=one["text"]) for one in raw.get("data", [])),
            *map(bucket, buckets),
        ],
    }
    title_from = raw["title"]["from"]
    sayers = {
        "title": title_from,
        "landing_url": title_from,
        "identifiers": title_from,
        "year": _sayer(raw.get("year")),
        "modalities": _sayer(said["modality"]),
        "modalities_raw": _sayer(said["modality"]),
        "tasks": _sayer(said["task"]),
        "body_parts": _sayer(said["anatomy"]),
        "formats": _sayer(said["format"]),
        "related": _sayer(raw.get("publications")),
        "licence": _sayer(raw.get("licence") or buckets),
        "licence_raw": _sayer(raw.get("licence") or buckets),
        "access": _sayer(raw.get("licence") or buckets),
        "distributions": _sayer(raw.get("data") or buckets),
    }
    built = record.dataset(fields, record.midnight(day), snapshot=day)
    return said_by(
        built, {name: (sayer, Method.CURATED) for name, sayer in sayers.items() if sayer}
    )


def _licence(raw: dict[str, Any]) -> tuple[str | None, str] | None:
    """Normalised and raw licence, if one is said for all data that are known."""
    if told := _first(raw.get("licence")):
        return licence.normalise(_REGISTERED.sub("", told)), told
    named = {one["licence_raw"] for one in raw.get("buckets", [])}
    if len(named) == 1:
        text = named.pop()
        return licence.normalise(text), text
    return None


def _access(raw: dict[str, Any]) -> Access | None:
    if _REGISTERED.search(str(_first(raw.get("licence")) or "")):
        return Access.REGISTERED
    return Access.OPEN if raw.get("buckets") else None


def _first(said: list[dict[str, Any]] | None) -> Any:
    return said[0]["text"] if said else None


def _sayer(said: list[dict[str, Any]] | None) -> str | None:
    return said[0]["from"] if said else None
