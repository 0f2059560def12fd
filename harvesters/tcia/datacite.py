"""What DataCite knows of TCIA's DOIs: who made a dataset, who paid, its rights and its relations.

`GET {root}/dois?client-id=nihnci.tcia&page[size]=100&page[cursor]=1`, then on by the cursor in
`links.next` until there is none; `meta.total` states how many there are (DataCite REST API; fields
of DataCite Metadata Schema 4). Keys may be absent or null. The client also covers TCIA's second
prefix, which a search by prefix would miss.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

from harvesters.http import Client
from harvesters.tcia import words as tw
from harvesters.text import plain_text
from schemas.dataset import Creator, RelatedIdentifier
from schemas.errors import SourceError
from schemas.vocabulary import doi, licence

CLIENT = "nihnci.tcia"
PER_PAGE = 100
_TRIES = 2
_ORCID = re.compile(r"\d{4}-\d{4}-\d{4}-\d{3}[\dX]")
_KEPT = (
    "doi identifiers creators titles publisher publicationYear relatedIdentifiers rightsList "
    "descriptions fundingReferences version registered citationCount"
).split()
_PAPERS = {"IsCitedBy", "Cites", "IsReferencedBy", "References"}
"""Relations to papers, by the hundred: how many there are is told by the citation count."""


def total(client: Client, root: str) -> int:
    """How many DOIs TCIA has registered.

    Raises:
        SourceError: if it cannot be had.
    """
    _, stated, _ = _page(client, root, "1", 0)
    return stated


def read(client: Client, root: str) -> dict[str, dict[str, Any]]:
    """The attributes that we keep of every DOI of TCIA, by the DOI, bare and in lower case.

    Raises:
        SourceError: if they cannot be had whole, or twice are not as many as stated.
    """
    told = ""
    for _ in range(_TRIES):
        rows, stated = [], -1
        for found, stated in _pages(client, root):  # noqa: B007
            rows += found
        by_doi = {name: row for row in rows if (name := doi.normalise(tw.text(row.get("id"))))}
        if len(by_doi) == len(rows) == stated:
            return {name: _kept(row) for name, row in by_doi.items()}
        told = f"{len(by_doi):,} DOIs in {len(rows):,} records, {stated:,} stated"
    raise SourceError(f"DataCite's records changed while they were read: {told}", where=root)


def fields(attributes: dict[str, Any]) -> dict[str, Any]:
    """Attributes as fields of a dataset; what is absent or null is unknown."""
    rights = [
        right for right in _rows(attributes, "rightsList") if _name(right, "rights", "rightsUri")
    ]
    known = [
        licence.normalise(_name(right, "rightsIdentifier"))
        or licence.normalise(_name(right, "rights"))
        or licence.normalise(_name(right, "rightsUri"))
        for right in rights
    ]
    labels = {name for right in rights if (name := _name(right, "rights"))}
    funders = (_name(row, "funderName") for row in _rows(attributes, "fundingReferences"))
    return {
        "creators": list(_creators(attributes)),
        "publisher": _name(attributes, "publisher"),
        "year": tw.number(attributes.get("publicationYear")),
        "description": _abstract(attributes),
        "version": _name(attributes, "version"),
        "licence": " AND ".join(sorted(filter(None, set(known)))) if None not in known else None,
        "licence_raw": "; ".join(sorted(labels)),
        "licence_url": tw.web(rights[0].get("rightsUri")) if len(rights) == 1 else None,
        "funders": list(dict.fromkeys(name for name in funders if name)),
        "published": _moment(attributes.get("registered")),
        "citations": tw.number(attributes.get("citationCount")),
        "related": list(_related(attributes)),
    }


def asks(root: str) -> str:
    """What reading asks for."""
    return f"GET {root}/dois?client-id={CLIENT}&page[size]={PER_PAGE}&page[cursor]=1…"


def _pages(client: Client, root: str) -> Iterator[tuple[list[dict[str, Any]], int]]:
    """Each page's records and the total that it states; an end even if cursors have none."""
    cursor, met, came = "1", set[str](), 0
    while cursor and cursor not in met:
        met.add(cursor)
        rows, stated, cursor = _page(client, root, cursor, PER_PAGE)
        yield rows, stated
        came += len(rows)
        if came > stated + PER_PAGE:
            return


def _page(
    client: Client, root: str, cursor: str, size: int
) -> tuple[list[dict[str, Any]], int, str]:
    """A page's records, the total that it states, and the cursor of the next, "" if none.

    Whatever host the link names, the next page is asked for at our own address.
    """
    params = {"client-id": CLIENT, "page[size]": size, "page[cursor]": cursor}
    answer = client.get(f"{root}/dois", params=params)
    found = answer.json()
    if not isinstance(found, dict) or not isinstance(found.get("data"), list):
        raise SourceError("not a page of DataCite's records", where=f"{root}/dois")
    rows = [row for row in found["data"] if isinstance(row, dict)]
    meta, links = (found.get(name) for name in ("meta", "links"))
    stated = meta.get("total") if isinstance(meta, dict) else None
    if not isinstance(stated, int) or len(rows) != len(found["data"]):
        raise SourceError("not a page of DataCite's records", where=f"{root}/dois")
    link = tw.web(links.get("next")) if isinstance(links, dict) else None
    following = parse_qs(urlsplit(link or "").query).get("page[cursor]", [""])[0]
    return rows, stated, following


def _kept(row: dict[str, Any]) -> dict[str, Any]:
    attributes = row.get("attributes")
    if not isinstance(attributes, dict):
        return {}
    kept = {name: attributes[name] for name in _KEPT if attributes.get(name) not in (None, [], "")}
    related = [one for one in _rows(kept, "relatedIdentifiers") if _kin(one)]
    return {**kept, "relatedIdentifiers": related} if "relatedIdentifiers" in kept else kept


def _kin(row: dict[str, Any]) -> bool:
    relation = _name(row, "relationType")
    return relation is not None and relation not in _PAPERS


def _rows(attributes: dict[str, Any], name: str) -> list[dict[str, Any]]:
    value = attributes.get(name)
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []


def _name(row: dict[str, Any], *names: str) -> str | None:
    """The plain text under the first of `names` that holds one."""
    found = (plain_text(tw.text(row.get(name))) for name in names)
    return next((text for text in found if text), None)


def _creators(attributes: dict[str, Any]) -> Iterator[Creator]:
    for row in _rows(attributes, "creators"):
        family, given = _name(row, "familyName"), _name(row, "givenName")
        name = f"{family}, {given}" if family and given else _name(row, "name", "familyName")
        if name is None:
            continue
        found = (
            _ORCID.search(_name(identifier, "nameIdentifier") or "")
            for identifier in _rows(row, "nameIdentifiers")
            if (_name(identifier, "nameIdentifierScheme") or "").upper() == "ORCID"
        )
        yield Creator(name=name, orcid=next((match[0] for match in found if match), None))


def _abstract(attributes: dict[str, Any]) -> str | None:
    told = (
        _name(row, "description")
        for row in _rows(attributes, "descriptions")
        if row.get("descriptionType") == "Abstract"
    )
    return next((text for text in told if text), None)


def _related(attributes: dict[str, Any]) -> Iterator[RelatedIdentifier]:
    for row in _rows(attributes, "relatedIdentifiers"):
        scheme, value = _name(row, "relatedIdentifierType"), _name(row, "relatedIdentifier")
        if _kin(row) and scheme and value:
            bare = doi.normalise(value) if scheme == "DOI" else None
            relation = _name(row, "relationType") or ""
            yield RelatedIdentifier(relation=relation, scheme=scheme, value=bare or value)


def _moment(value: Any) -> datetime | None:
    try:
        return datetime.fromisoformat(tw.text(value) or "")
    except ValueError:
        return None
