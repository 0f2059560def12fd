"""Zenodo's records API: what one record is, under which licence, and its files with checksums.

`GET records/<id>` answers a record; the id of a concept (all versions) is redirected to the newest
one. A record that is gone answers 410, one that never was 404, one that is not public 403: these
are answers, not failures. The files of a restricted record are not listed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from harvesters.http import Client, StatusError
from harvesters.text import plain_text
from schemas.dataset import Access, Distribution
from schemas.errors import RecordError
from schemas.vocabulary import doi, licence

_NUMBER = re.compile(
    r"(?:https?://(?:dx\.)?doi\.org/)?10\.5281/zenodo\.(\d+)"
    r"|https?://(?:www\.)?zenodo\.org/records?/(\d+)(?:[/?#].*)?",
    re.IGNORECASE,
)
_ACCESS = {
    "open": Access.OPEN,
    "restricted": Access.REQUEST,
    "embargoed": Access.CLOSED,
    "closed": Access.CLOSED,
}
_CHECKSUM = re.compile(r"[a-z0-9-]+:[0-9a-f]+")
_ABSENT = (403, 404, 410)


def number(identifier: str) -> str | None:
    """The number of the Zenodo record that a DOI or an address names, None if it names none."""
    found = _NUMBER.fullmatch(identifier.strip())
    return found and (found[1] or found[2])


def read(client: Client, base: str, record: str) -> dict[str, Any]:
    """What Zenodo says of `record` (a number): the parts that describe data, and no people.

    `absent` holds the status instead if there is no such public record.

    Raises:
        SourceError: if Zenodo cannot be read.
    """
    try:
        told = client.get(f"{base.rstrip('/')}/records/{record}").json()
    except StatusError as error:
        if error.status in _ABSENT:
            return {"asked": record, "absent": error.status}
        raise
    told = told if isinstance(told, dict) else {}
    about = told.get("metadata")
    about = about if isinstance(about, dict) else {}
    return {
        "asked": record,
        "id": told.get("id"),
        "doi": told.get("doi"),
        "conceptdoi": told.get("conceptdoi"),
        "files": told.get("files"),
        "metadata": {
            name: about.get(name)
            for name in ("title", "resource_type", "license", "access_right", "version")
        },
    }


def is_dataset(record: dict[str, Any]) -> bool:
    """Whether Zenodo calls the record a dataset; a paper or a proposal is none."""
    kind = (record.get("metadata") or {}).get("resource_type")
    return isinstance(kind, dict) and kind.get("type") == "dataset"


def access(record: dict[str, Any]) -> Access | None:
    """How the files of the record can be reached, None if Zenodo does not say."""
    return _ACCESS.get(str((record.get("metadata") or {}).get("access_right")))


def data_doi(record: Mapping[str, Any]) -> str | None:
    """The record's own DOI, None if it tells none."""
    told = record.get("doi")
    return doi.normalise(told) if isinstance(told, str) else None


def distributions(record: dict[str, Any]) -> list[Distribution]:
    """One distribution a file, with its size and checksum; one for all if no files are listed.

    Raises:
        RecordError: if the record has another shape than Zenodo's.
    """
    about = record.get("metadata") or {}
    said = about.get("license")
    raw = said.get("id") if isinstance(said, dict) else said
    if raw is not None and not isinstance(raw, str):
        raise RecordError("a Zenodo record with a licence of another shape", where=_where(record))
    shared: dict[str, Any] = {
        "route": "https",
        "doi": data_doi(record),
        "licence": licence.normalise(raw),
        "licence_raw": raw,
    }
    files = record.get("files") or []
    if not isinstance(files, list):
        raise RecordError("a Zenodo record without a list of files", where=_where(record))
    if not files:
        return [Distribution(title=_title(about.get("title")), **shared)]
    return [_file(file, shared, record) for file in files]


def _file(file: Any, shared: dict[str, Any], record: dict[str, Any]) -> Distribution:
    try:
        url = (file.get("links") or {}).get("self")
        checksum = file.get("checksum")
        return Distribution(
            title=plain_text(file["key"]),
            url=url if isinstance(url, str) and url.startswith("https://") else None,
            bytes=file.get("size"),
            checksum=checksum if checksum and _CHECKSUM.fullmatch(checksum) else None,
            **shared,
        )
    except (AttributeError, KeyError, TypeError) as error:
        raise RecordError(
            "a Zenodo record lists a file of another shape", where=_where(record)
        ) from error


def _title(told: Any) -> str | None:
    return plain_text(told) if isinstance(told, str) else None


def _where(record: dict[str, Any]) -> str:
    return f"zenodo {record.get('asked')}"
