"""An entry of a list as a dataset: what somebody else says of it, second-hand in every field.

The text is prose: several addresses in one cell, placeholders, markup, passwords to shares. Only
whole http(s) addresses are kept. A page where data can be had is told from a file by its ending.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any
from urllib.parse import urlsplit

from harvesters import record, sheets
from harvesters.text import plain_text
from schemas.dataset import Access, Confidence, Dataset, Distribution, Identifier, RelatedIdentifier
from schemas.errors import RecordError
from schemas.vocabulary import doi

_LONGEST = 2000
"""Characters of an address, at most; what is longer is no address of a page."""
_TRACKING = re.compile(r"(?<=[?&])(?:_gl|_ga|gclid|fbclid|utm_\w+)=[^&#]*&?")
_STRUCK = re.compile(r"~~[^~]{0,2000}~~")
_ADDRESS = re.compile(r"https?://[^\s<>\"'`|\\^{}，、；）】\x00-\x20\x7f-\xa0]+", re.IGNORECASE)
_FILE = re.compile(r"\.(?:zip|rar|7z|tar|t?gz|tar\.bz2|h5|hdf5|nii\.gz)$", re.IGNORECASE)
_ARXIV = re.compile(r"https?://arxiv\.org/(?:abs|pdf|html)/(\d{4}\.\d{4,5}(?:v\d+)?)(?:\.pdf)?")
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_BY_REQUEST = re.compile(r"data access agreement|please e-?mail", re.IGNORECASE)
_FIELDS = {
    "name": ("title",),
    "website": ("landing_url",),
    "download": ("distributions",),
    "modality": ("modalities", "modalities_raw"),
    "anatomy": ("body_parts", "conditions"),
    "article": ("related",),
}
"""The fields of a dataset that rest on a field of the entry, where that may be named or known."""


def described(raw: Mapping[str, Any], key: str, day: date) -> Dataset:
    """An entry of list `key`, packaged on `day`, as a dataset.

    What the entry's own name says (`named`) is derived, what fairscan's authors know without having
    checked it (`known`) is curated and unverified, everything else is curated and secondary. Where
    `our_modality` or `our_anatomy` is given, it is read instead of what the list says or omits.

    Raises:
        RecordError: if a field has another shape than a list's.
        pydantic.ValidationError: if the entry makes no dataset.
    """
    local = _text(raw, "_id") or ""
    said = {name: _texts(raw, name) for name in ("modality", "task", "anatomy", "format")}
    ours = {name: _texts(raw, f"our_{name}") or said[name] for name in ("modality", "anatomy")}
    pages = addresses(_texts(raw, "website"))
    places = addresses(_texts(raw, "download"))
    name = plain_text(_text(raw, "name"))
    fields: dict[str, Any] = {
        "id": f"{key}:{local}",
        "source": key,
        "kind": _text(raw, "kind"),
        "title": name,
        "landing_url": next(iter([*pages, *places]), None),
        "doi": next(filter(None, map(doi.normalise, _texts(raw, "doi"))), None),
        "identifiers": _short_name(raw, name),
        "year": year(_text(raw, "date")),
        "modalities": sheets.modalities(map(_clean, ours["modality"])),
        "modalities_raw": _plain(said["modality"] or ours["modality"]),
        "tasks": sheets.tasks(said["task"]),
        "body_parts": sheets.body_parts(map(_clean, ours["anatomy"])),
        "conditions": sheets.conditions(map(_clean, ours["anatomy"])),
        "formats": sheets.formats(said["format"]),
        "access": Access.REQUEST if _BY_REQUEST.search(" ".join(_texts(raw, "download"))) else None,
        "related": _related(raw, pages, places),
        "distributions": [
            Distribution(route="https" if _FILE.search(urlsplit(url).path) else "web", url=url)
            for url in places
        ],
    }
    named, known = _resting(raw, "named"), _resting(raw, "known")
    if said["modality"]:
        known.discard("modalities_raw")
    curated = fields.keys() - named
    confidence = dict.fromkeys(curated, Confidence.SECONDARY)
    return record.dataset(
        fields,
        record.midnight(day),
        derived=named,
        curated=curated,
        snapshot=day,
        confidence=confidence | dict.fromkeys(known & curated, Confidence.UNVERIFIED),
    )


def addresses(texts: Iterable[str]) -> list[str]:
    """The http(s) addresses in prose, each once; none that is struck out or holds a user."""
    found = (
        _trimmed(match.group())
        for text in texts
        for match in _ADDRESS.finditer(_STRUCK.sub(" ", text))
        if len(match.group()) <= _LONGEST
    )
    return list(dict.fromkeys(url for url in found if _is_public(url)))


def year(text: str | None) -> int | None:
    """The first year of four digits in a date, however it is written."""
    found = _YEAR.search(text or "")
    return int(found.group()) if found else None


def _trimmed(url: str) -> str:
    """`url` without what others added: marks of who followed it, and the prose around it."""
    url = _TRACKING.sub("", url).rstrip("?&")
    while url and (url[-1] in ",;.:!*_" or (url[-1] in ")]" and _opens(url) < 0)):
        url = url[:-1]
    return url


def _opens(url: str) -> int:
    return sum(url.count(one) for one in "([") - sum(url.count(one) for one in ")]")


def _is_public(url: str) -> bool:
    """Whether an address names a host of the web, and no user."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    return "@" not in parts.netloc and re.fullmatch(r"[\w-]+(?:\.[\w-]+)+", host or "") is not None


def _short_name(raw: Mapping[str, Any], name: str | None) -> list[Identifier]:
    """A dataset's name in a list is the short one it is known by; a challenge's is a title."""
    if name is None or raw.get("kind") != "dataset":
        return []
    return [Identifier(scheme="short_name", value=name)]


def _related(
    raw: Mapping[str, Any], pages: list[str], places: list[str]
) -> list[RelatedIdentifier]:
    """The papers that describe it: DOIs and arXiv numbers, else addresses; and its other pages."""
    articles = addresses(_texts(raw, "article"))
    named = [("DOI", bare) for bare in map(doi.normalise, _texts(raw, "papers")) if bare]
    named += [("arXiv", f"arXiv:{match[1]}") for url in articles if (match := _ARXIV.match(url))]
    named = named or [("URL", url) for url in articles if url not in (*pages, *places)]
    return [
        RelatedIdentifier(relation=relation, scheme=scheme, value=value)
        for relation, scheme, value in dict.fromkeys(
            [("IsDescribedBy", *one) for one in named]
            + [("IsDocumentedBy", "URL", url) for url in pages[1:] if url not in places]
        )
    ]


def _resting(raw: Mapping[str, Any], how: str) -> set[str]:
    names = _texts(raw, how)
    if strange := set(names) - _FIELDS.keys():
        raise RecordError(f"{how} names {sorted(strange)}", where=str(raw.get("_id")))
    return {field for name in names for field in _FIELDS[name]}


def _plain(texts: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(filter(None, map(plain_text, texts))))


def _clean(text: str) -> str:
    return plain_text(text) or ""


def _text(raw: Mapping[str, Any], name: str) -> str | None:
    value = raw.get(name)
    if value is not None and not isinstance(value, str):
        raise RecordError(f"{name} is no text", where=str(raw.get("_id")))
    return value


def _texts(raw: Mapping[str, Any], name: str) -> list[str]:
    values = raw.get(name, [])
    if not isinstance(values, list) or not all(isinstance(one, str) for one in values):
        raise RecordError(f"{name} is no list of texts", where=str(raw.get("_id")))
    return values
