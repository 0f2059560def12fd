"""The schema.org Dataset that a page describes in JSON-LD, as fields of a dataset.

A page may hold several scripts, some of them damaged, each with one node, a list or a `@graph`.
A Dataset is believed only if it is the one that the page is about.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.message import Message
from typing import Any
from urllib.parse import urldefrag, urljoin

from harvesters.doi import records as doi_records
from harvesters.http import origin
from harvesters.liveness import same_page
from harvesters.text import plain_text
from schemas.dataset import Distribution
from schemas.vocabulary import doi

LARGEST = 1 << 17
"""Characters of one script; what is longer describes no dataset."""
_MOST = 200
"""Parts of a list (nodes, creators, files) that are read."""
_META_CHARSET = re.compile(rb"<meta[^>]{0,200}charset=[\"']?([\w-]{2,40})", re.IGNORECASE)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def nodes(body: bytes, headers: Mapping[str, str]) -> list[dict[str, Any]]:
    """Every schema.org Dataset in the JSON-LD of a page; what cannot be read is left out."""
    import lxml.etree  # these take a while to import
    import lxml.html
    from extruct.jsonld import JsonLdExtractor

    text = _decoded(body, headers)
    if "ld+json" not in text:
        return []
    parser = lxml.html.HTMLParser(encoding="utf-8")
    try:
        page = lxml.html.document_fromstring(text.encode("utf-8", "replace"), parser=parser)
    except lxml.etree.ParserError:
        return []  # nothing but comments
    found: list[dict[str, Any]] = []
    for script in page.iter("script"):
        if len(script.text or "") > LARGEST:
            continue
        try:
            items = JsonLdExtractor().extract_items(script)
        except (ValueError, RecursionError):
            continue  # this script is damaged: it says nothing, the next one may
        found += [one for item in items for one in _inside(item) if _is_dataset(one)]
    return found[:_MOST]


def about(
    found: list[dict[str, Any]], addresses: list[str], known_doi: str | None
) -> dict[str, Any] | None:
    """The one Dataset that the page at `addresses` (all the same page) is about, if it is plain.

    One that gives its address, or the DOI that is known, is. One that gives no address at all is
    if it is alone. Where several would be, none is.
    """
    named = [one for one in found if _is_at(one, addresses) or (known_doi in _dois(one))]
    if not named:
        named = [one for one in found if not _addresses(one, addresses[0])]
    return named[0] if named and all(one == named[0] for one in named) else None


def attributes(node: dict[str, Any]) -> dict[str, Any]:
    """What is kept of a node, in the shape of DataCite's attributes (schema 4)."""
    return {
        "titles": [{"title": _text(node.get("name"))}],
        "descriptions": [
            {"description": _text(node.get("description")), "descriptionType": "Abstract"}
        ],
        "creators": [_person(one) for one in _many(node.get("creator") or node.get("author"))],
        "publisher": _text(node.get("publisher")),
        "publicationYear": (_text(node.get("datePublished")) or "")[:4],
        "rightsList": [_right(one) for one in _many(node.get("license"))],
        "fundingReferences": [{"funderName": _text(one)} for one in _many(node.get("funder"))],
        "version": _text(node.get("version")),
        "identifiers": _dois(node),
        "published": _text(node.get("datePublished")),
        "modified": _text(node.get("dateModified")),
        "keywords": [word for one in _many(node.get("keywords")) if (word := _text(one))],
        "files": [_file(one) for one in _many(node.get("distribution")) if isinstance(one, dict)],
    }


def fields(told: dict[str, Any]) -> dict[str, Any]:
    """The fields of a Dataset that `attributes` fill; what is unknown is left out."""
    filled = {
        **doi_records.datacite(told),
        "version": plain_text(told["version"]),
        "doi": told["identifiers"][0] if len(told["identifiers"]) == 1 else None,
        "published": _day(told["published"]),
        "modified": _day(told["modified"]),
        "distributions": [Distribution(route="https", **one) for one in told["files"] if one],
    }
    return {name: value for name, value in filled.items() if value not in (None, [])}


def _decoded(body: bytes, headers: Mapping[str, str]) -> str:
    """A page as text: UTF-8 if it is that, whatever it says; else as it says."""
    try:
        # The page may have been cut in the middle of a character: that is no fault of it.
        return codecs.getincrementaldecoder("utf-8")().decode(body)
    except UnicodeDecodeError:
        pass
    head = Message()
    head["content-type"] = headers.get("content-type", "")
    meta = _META_CHARSET.search(body[:4096])
    charset = head.get_content_charset() or (meta[1].decode() if meta else "utf-8")
    try:
        return body.decode(charset, "replace")
    except LookupError:
        return body.decode("utf-8", "replace")


def _inside(item: Any) -> Iterator[dict[str, Any]]:
    """A node, and those of its `@graph` and its main entity."""
    waiting = [item]
    for _ in range(_MOST):
        if not waiting:
            return
        one = waiting.pop(0)
        if isinstance(one, list):
            waiting += one[:_MOST]
        elif isinstance(one, dict):
            yield one
            waiting += [one[key] for key in ("@graph", "mainEntity") if key in one]


def _is_dataset(node: dict[str, Any]) -> bool:
    kinds = {str(one).rpartition("/")[2].rpartition(":")[2] for one in _many(node.get("@type"))}
    return "Dataset" in kinds


def _is_at(node: dict[str, Any], addresses: list[str]) -> bool:
    return any(
        same_page(own, address) for own in _addresses(node, addresses[0]) for address in addresses
    )


def _addresses(node: dict[str, Any], page: str) -> list[str]:
    """The web addresses that a node gives as its own; a name within the page is the page's."""
    told = []
    for key in ("url", "@id", "mainEntityOfPage"):
        for one in _many(node.get(key)):
            value = one.get("@id") if isinstance(one, dict) else one
            if not isinstance(value, str) or value.startswith("_:"):
                continue
            try:
                address = urldefrag(urljoin(page, value.strip())).url
                if origin(address)[0] in ("http", "https") and not doi.normalise(address):
                    told.append(address)
            except ValueError:
                continue
    return told


def _dois(node: dict[str, Any]) -> list[str]:
    """The DOIs that a node gives as its own identifiers, bare."""
    said = [one for key in ("identifier", "@id") for one in _many(node.get(key))]
    texts = [one.get("value") or one.get("@id") if isinstance(one, dict) else one for one in said]
    found = [doi.normalise(one) for one in texts if isinstance(one, str)]
    return list(dict.fromkeys(filter(None, found)))


def _person(one: Any) -> dict[str, Any]:
    if not isinstance(one, dict):
        return {"name": _text(one)}
    ids = [*_many(one.get("@id")), *_many(one.get("sameAs")), *_many(one.get("identifier"))]
    orcids = [value for value in ids if isinstance(value, str) and "orcid.org/" in value]
    return {
        "name": _text(one.get("name")),
        "givenName": _text(one.get("givenName")),
        "familyName": _text(one.get("familyName")),
        "nameIdentifiers": [{"nameIdentifier": value} for value in orcids],
    }


def _right(one: Any) -> dict[str, Any]:
    if isinstance(one, dict):
        address = _text(one.get("url")) or _text(one.get("@id"))
        return {"rights": _text(one.get("name")), "rightsUri": address}
    text = _text(one)
    return {"rightsUri": text} if re.match("https?://", text or "") else {"rights": text}


def _file(one: dict[str, Any]) -> dict[str, Any]:
    """A download: where it is, its media type, and its size if that is a number of bytes."""
    address, size = _text(one.get("contentUrl")), _text(one.get("contentSize"))
    if address is None or not address.startswith("https://"):
        return {}
    counted = re.fullmatch(r"(\d{1,18})(?: ?(?:B|bytes))?", size or "")
    told = {
        "url": address,
        "title": plain_text(_text(one.get("name"))),
        "format": plain_text(_text(one.get("encodingFormat"))),
        "bytes": int(counted[1]) if counted else None,
    }
    return {name: value for name, value in told.items() if value is not None}


def _many(value: Any) -> list[Any]:
    """A value that may be one or a list, as a list; a JSON-LD container is opened."""
    if isinstance(value, dict) and set(value) & {"@list", "@set"}:
        value = value.get("@list", value.get("@set"))
    if value is None:
        return []
    return value[:_MOST] if isinstance(value, list) else [value]


def _text(value: Any) -> str | None:
    """A text, of several languages the English one; of a thing, its name."""
    said = _many(value)
    english = [
        one for one in said if isinstance(one, dict) and str(one.get("@language"))[:2] == "en"
    ]
    for one in [*english, *said]:
        inner = (one.get("@value") or one.get("name")) if isinstance(one, dict) else one
        if isinstance(inner, str) and inner.strip():
            return inner.strip()
        if type(inner) in (int, float):
            return str(inner)
    return None


def _day(text: str | None) -> datetime | None:
    """A moment of ISO 8601 in UTC; a day is its first moment."""
    if not text or not _DAY.match(text):
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
