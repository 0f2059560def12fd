"""figshare's API v2: what one public article is, under which licence, and its files with MD5.

`GET articles/<id>` answers the newest public version, `…/versions/<n>` a given one. A DOI without
".v<n>" stands for all versions. An article names its first ten files; the others are listed, page
by page, below `…/files` of the article or of the version. What is not public answers 404.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

from harvesters.doi import records as doi_records
from harvesters.http import Client, StatusError
from harvesters.text import plain_text
from schemas.dataset import Access, Distribution, Identifier
from schemas.errors import RecordError, SourceError
from schemas.vocabulary import doi

_ARTICLE = re.compile(r"10\.6084/m9\.figshare\.(\d{1,15})(?:\.v(\d{1,5}))?")
_KEPT = (
    "id", "title", "description", "doi", "version", "license", "size", "published_date",
    "modified_date", "url_public_html", "is_embargoed", "is_confidential", "download_disabled",
)  # fmt: skip
_FILE = ("name", "size", "is_link_only", "download_url", "supplied_md5", "computed_md5", "mimetype")
_ABSENT = (404, 410)
_NAMED = 10
"""Files that an article names by itself."""
_PAGE = 100
_PAGES = 1000
_MD5 = re.compile(r"[0-9a-f]{32}", re.IGNORECASE)


def article(known_doi: str) -> tuple[str, str | None] | None:
    """The article that a bare DOI names and the version, None for all; None if it names none."""
    found = _ARTICLE.fullmatch(known_doi)
    return (found[1], found[2]) if found else None


def read(client: Client, base: str, number: str, version: str | None) -> dict[str, Any]:
    """What figshare says of an article: the parts that describe data, and names alone of people.

    `absent` holds the status instead if there is no such public article.

    Raises:
        SourceError: if figshare cannot be read, or its list of files has no end.
    """
    address = f"{base.rstrip('/')}/articles/{number}"
    if version:
        address += f"/versions/{version}"
    try:
        told = client.get(address).json()
    except StatusError as error:
        if error.status in _ABSENT:
            return {"asked": number, "absent": error.status}
        raise
    if not isinstance(told, dict):
        raise SourceError("an answer that is no article", where=address)
    files = told.get("files")
    if isinstance(files, list) and len(files) >= _NAMED:
        files = _all_files(client, f"{address}/files")
    authors = told.get("authors")
    return {
        "asked": number,
        **{name: told.get(name) for name in _KEPT},
        "authors": [
            {
                "name": one.get("full_name"),
                "nameIdentifiers": [{"nameIdentifier": one.get("orcid_id")}],
            }
            for one in (authors if isinstance(authors, list) else [])
            if isinstance(one, dict)
        ],
        "files": [
            {name: one[name] for name in _FILE if name in one} if isinstance(one, dict) else one
            for one in (files if isinstance(files, list) else [])
        ],
    }


def fields(told: dict[str, Any], known_doi: str) -> dict[str, Any]:
    """The fields of a dataset that an article fills; what it does not say is left out.

    Raises:
        RecordError: if the article has another shape than figshare's.
    """
    if "absent" in told:
        return {"access": Access.GONE}
    own = doi.normalise(told["doi"]) if isinstance(told.get("doi"), str) else None
    parts = _distributions(told)
    version = told.get("version")
    filled: dict[str, Any] = {
        **_shared(told),
        "title": _text(told.get("title")),
        "description": _text(told.get("description")),
        "version": str(version) if type(version) is int else None,
        "identifiers": [Identifier(scheme="doi", value=own)] if own and own != known_doi else [],
        "access": _access(told, parts),
        "bytes": told["size"] if type(told.get("size")) is int and told["size"] > 0 else None,
        "creators": doi_records.datacite({"creators": told["authors"]}).get("creators"),
        "published": _moment(told.get("published_date")),
        "modified": _moment(told.get("modified_date")),
        "distributions": parts,
    }
    return {name: value for name, value in filled.items() if value not in (None, [])}


def _all_files(client: Client, address: str) -> list[Any]:
    found: list[Any] = []
    for page in range(1, _PAGES):
        told = client.get(address, params={"page": page, "page_size": _PAGE}).json()
        if not isinstance(told, list):
            raise SourceError("an answer that is no list of files", where=address)
        found += told
        if len(told) < _PAGE:
            return found
    raise SourceError(f"no end after {_PAGES} pages", where=address)


def _distributions(told: dict[str, Any]) -> list[Distribution]:
    shared = _shared(told)
    try:
        return [
            Distribution(
                route="https",
                title=_text(one["name"]),
                url=_address(one["download_url"]),
                format=_text(one["mimetype"]) or None,
                # figshare does not hold a file that is but a link, so it does not know its size.
                bytes=None if one["is_link_only"] else one["size"],
                checksum=_checksum(one["computed_md5"] or one["supplied_md5"]),
                **shared,
            )
            for one in told["files"]
        ]
    except (KeyError, TypeError, AttributeError) as error:
        raise RecordError(
            "a figshare article lists a file of another shape", where=f"figshare {told['asked']}"
        ) from error


def _shared(told: dict[str, Any]) -> dict[str, Any]:
    """The licence, which is that of every file: what its name and its address both mean."""
    said = told.get("license")
    right = said if isinstance(said, dict) else {}
    return doi_records.datacite(
        {"rightsList": [{"rights": right.get("name"), "rightsUri": right.get("url")}]}
    )


def _access(told: dict[str, Any], parts: list[Distribution]) -> Access | None:
    shut = ("is_embargoed", "is_confidential", "download_disabled")
    if any(told.get(name) is True for name in shut):
        return Access.CLOSED
    return Access.OPEN if any(part.url for part in parts) else None


def _checksum(md5: Any) -> str | None:
    return f"md5:{md5.lower()}" if isinstance(md5, str) and _MD5.fullmatch(md5) else None


def _address(url: Any) -> str | None:
    return url if isinstance(url, str) and re.match("https?://", url) else None


def _text(told: Any) -> str | None:
    return plain_text(told) if isinstance(told, str) else None


def _moment(told: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(told)
    except (TypeError, ValueError):
        return None
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
