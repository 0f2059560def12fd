"""What lists and data sheets say of challenges: the packaged layer under the live harvest.

Grand Challenge's own API says no modality, anatomy, task, licence or place of data. Each field
here names who said it; words become codes by the vocabularies, and where those are silent by
`words.csv`.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from harvesters import record
from harvesters.grand_challenge.records import KEY, bucket, related, said_by
from harvesters.text import plain_text
from schemas.dataset import Access, Dataset, Distribution, Identifier, Method, Term
from schemas.vocabulary import anatomy, licence, modality
from schemas.vocabulary.table import squeeze

WORDS = Path(__file__).with_name("words.csv")
_BETWEEN = re.compile(r"[,，、;；/&()：:]|\b(?:etc|and)\b|\.(?=\s|$)")
_REGISTERED = re.compile(r"\s*\(registered users\)\s*$")


def described(raw: dict[str, Any], day: date) -> Dataset:
    """A row of the packaged snapshot of `day` as a dataset.

    Raises:
        pydantic.ValidationError: if the row makes no dataset.
    """
    said = {name: raw.get(name, []) for name in ("modality", "task", "anatomy", "format")}
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
        "modalities": _codes(said["modality"]),
        "modalities_raw": list(dict.fromkeys(one["text"] for one in said["modality"])),
        "tasks": _known("task", said["task"]),
        "body_parts": _body_parts(said["anatomy"]),
        "formats": _known("format", said["format"]),
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


def pieces(text: str) -> list[str]:
    """What a list of words in prose holds, e.g. "CT, MR (T1, T2w)" is CT, MR, T1 and T2w."""
    parts = (part.strip() for part in _BETWEEN.split(text))
    return [part for part in parts if part]


def _codes(said: Iterable[dict[str, str]]) -> list[str]:
    codes = [
        code
        for one in said
        for part in ([one["text"]] if _meant("modality", one["text"]) else pieces(one["text"]))
        if (code := _meant("modality", part) or modality.normalise(part))
    ]
    return list(dict.fromkeys(codes))


def _known(kind: str, said: Iterable[dict[str, str]]) -> list[str]:
    found = [_meant(kind, part) for one in said for part in pieces(one["text"])]
    return list(dict.fromkeys(value for value in found if value))


def _body_parts(said: Iterable[dict[str, str]]) -> list[Term]:
    terms: dict[str, Term] = {}
    for one in said:
        for part in pieces(one["text"]):
            found = anatomy.normalise(_meant("anatomy", part) or part)
            if found is not None:
                terms.setdefault(
                    found.label,
                    Term(label=found.label, code=found.code, system=found.system, raw=part),
                )
    return list(terms.values())


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


def _meant(kind: str, word: str) -> str | None:
    return _words().get((kind, squeeze(word)))


@cache
def _words() -> dict[tuple[str, str], str]:
    with WORDS.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(line for line in file if not line.startswith("#"))
        return {(row["kind"], squeeze(row["word"])): row["value"] for row in rows}
