"""DataCite and Crossref records as fields of a dataset: both name the same things differently.

Any key may be missing, null, empty or of another type, in one record and not in the next. What
cannot be read is unknown; nothing here raises. Texts lose their markup and e-mail addresses.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

from harvesters.text import plain_text, without_addresses
from schemas.dataset import Creator, RelatedIdentifier
from schemas.vocabulary import doi, licence

DATACITE_KEPT = (
    "doi",
    "creators",
    "titles",
    "publisher",
    "publicationYear",
    "rightsList",
    "descriptions",
    "fundingReferences",
    "relatedIdentifiers",
    "citationCount",
    "version",
    "types",
)
CROSSREF_KEPT = (
    "DOI",
    "title",
    "author",
    "publisher",
    "issued",
    "license",
    "abstract",
    "funder",
    "relation",
    "is-referenced-by-count",
    "type",
)
_PERSON = ("name", "givenName", "familyName", "nameIdentifiers", "given", "family", "ORCID")
"""What is kept of a person: a name and an ORCID iD, no affiliation, no address."""
_IDENTIFIERS = frozenset(
    "doi DOI id ORCID nameIdentifier relatedIdentifier rightsUri schemeUri URL".split()
)
"""Keys whose values are identifiers: markup would be a part of them."""
_COUNTED = ("IsCitedBy", "IsReferencedBy")
"""Relations that a well-known dataset has by the hundred: their number is what counts."""
_ORCID = re.compile(r"(?:https?://(?:www\.)?orcid\.org/)?(\d{4}-\d{4}-\d{4}-\d{3}[\dX])/?", re.I)
_ACCESS_NOTE = re.compile(
    r"info:eu-repo/semantics/.*|(?:open|restricted|embargoed|closed|metadata[- ]only) access",
    re.IGNORECASE,
)
_YEARS = range(1800, 2200)


def datacite(attributes: dict[str, Any]) -> dict[str, Any]:
    """The fields that the `attributes` of a DataCite record (schema 4) fill."""
    related = list(_objects(attributes.get("relatedIdentifiers")))
    cited = sum(one.get("relationType") == "IsCitedBy" for one in related)
    publisher = attributes.get("publisher")
    if isinstance(publisher, dict):
        publisher = publisher.get("name")
    return _known(
        creators=[
            creator
            for one in _objects(attributes.get("creators"))
            if (creator := _creator(one.get("name"), one, _datacite_orcid(one)))
        ],
        publisher=_text(publisher),
        year=_year(attributes.get("publicationYear")),
        funders=_distinct(
            _text(one.get("funderName")) for one in _objects(attributes.get("fundingReferences"))
        ),
        **_rights(
            (_text(one.get("rights")), _text(one.get("rightsUri")), _spdx(one))
            for one in _objects(attributes.get("rightsList"))
        ),
        related=_related(
            (
                one.get("relationType"),
                one.get("relatedIdentifierType"),
                one.get("relatedIdentifier"),
            )
            for one in related
        ),
        citations=_count(attributes.get("citationCount"), cited or None),
        title=_first(
            _text(one.get("title"))
            for one in _objects(attributes.get("titles"))
            if not one.get("titleType")
        ),
        description=_first(
            _text(one.get("description"))
            for one in _objects(attributes.get("descriptions"))
            if one.get("descriptionType") == "Abstract"
        ),
    )


def crossref(work: dict[str, Any]) -> dict[str, Any]:
    """The fields that a work of Crossref's REST API fills."""
    issued = work.get("issued")
    parts = issued.get("date-parts") if isinstance(issued, dict) else None
    day = parts[0] if isinstance(parts, list) and parts else None
    relations = work.get("relation")
    return _known(
        creators=[
            creator
            for one in _objects(work.get("author"))
            if (creator := _creator(one.get("name"), one, _orcid(one.get("ORCID"))))
        ],
        publisher=_text(work.get("publisher")),
        year=_year(day[0] if isinstance(day, list) and day else None),
        funders=_distinct(_text(one.get("name")) for one in _objects(work.get("funder"))),
        **_rights(
            (None, _text(one.get("URL")), None)
            for one in _objects(work.get("license"))
            if one.get("content-version") in ("vor", "unspecified")
        ),
        related=_related(
            (_relations().get(name), str(one.get("id-type", "")).upper(), one.get("id"))
            for name, found in (relations if isinstance(relations, dict) else {}).items()
            for one in _objects(found)
        ),
        citations=_count(work.get("is-referenced-by-count"), None),
        title=_first(map(_text, _list(work.get("title")))),
        description=_text(work.get("abstract")),
    )


def trimmed_datacite(attributes: dict[str, Any]) -> dict[str, Any]:
    """What is kept of DataCite's attributes: no lists of citing works, its texts plain."""
    kept = {name: attributes[name] for name in DATACITE_KEPT if name in attributes}
    if "creators" in kept:
        kept["creators"] = _people(kept["creators"])
    related = list(_objects(kept.get("relatedIdentifiers")))
    if related:
        kept["relatedIdentifiers"] = [
            one for one in related if one.get("relationType") not in _COUNTED
        ]
        if type(kept.get("citationCount")) is not int:
            cited = sum(one.get("relationType") == "IsCitedBy" for one in related)
            kept["citationCount"] = cited or None
    return {name: _clean(value, name) for name, value in kept.items()}


def trimmed_crossref(work: dict[str, Any]) -> dict[str, Any]:
    """What is kept of a Crossref work, its texts plain, without e-mail addresses."""
    kept = {name: work[name] for name in CROSSREF_KEPT if name in work}
    if "author" in kept:
        kept["author"] = _people(kept["author"])
    return {name: _clean(value, name) for name, value in kept.items()}


def _clean(value: Any, name: str = "") -> Any:
    """`value` with each text as plain text; identifiers lose e-mail addresses and nothing else."""
    if isinstance(value, str):
        return without_addresses(value) if name in _IDENTIFIERS else plain_text(value)
    if isinstance(value, list):
        return [_clean(one, name) for one in value]
    if isinstance(value, dict):
        return {without_addresses(key): _clean(one, key) for key, one in value.items()}
    return value


def _people(raw: Any) -> list[dict[str, Any]]:
    return [{name: one[name] for name in _PERSON if name in one} for one in _objects(raw)]


def _known(**fields: Any) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value not in (None, [])}


def _creator(name: Any, person: dict[str, Any], orcid: str | None) -> Creator | None:
    """A creator: "Family, Given" where the parts are known, else the name as it is."""
    family = _text(person.get("familyName") or person.get("family"))
    given = _text(person.get("givenName") or person.get("given"))
    whole = f"{family}, {given}" if family and given else _text(name) or family or given
    return Creator(name=whole, orcid=orcid) if whole else None


def _datacite_orcid(person: dict[str, Any]) -> str | None:
    return _first(
        _orcid(one.get("nameIdentifier"))
        for one in _objects(person.get("nameIdentifiers"))
        if str(one.get("nameIdentifierScheme", "ORCID")).upper() == "ORCID"
    )


def _orcid(raw: Any) -> str | None:
    """The bare ORCID iD in `raw`, None if its check digit (ISO 7064 MOD 11-2) is wrong."""
    found = _ORCID.fullmatch(raw.strip()) if isinstance(raw, str) else None
    if found is None:
        return None
    bare = found[1].upper()
    total = 0
    for digit in bare.replace("-", "")[:-1]:
        total = (total + int(digit)) * 2
    check = (12 - total % 11) % 11
    return bare if bare[-1] == ("X" if check == 10 else str(check)) else None


def _rights(
    entries: Iterable[tuple[str | None, str | None, str | None]],
) -> dict[str, str | None]:
    """Licence, raw text and address of entries (text, address, SPDX identifier).

    A licence is certain only if every entry that is no mere note on access means the same one.
    """
    stated = [
        entry
        for entry in entries
        if any(entry) and not any(part and _ACCESS_NOTE.fullmatch(part) for part in entry)
    ]
    meant = [
        {spdx for part in entry if (spdx := licence.normalise(part)) is not None}
        for entry in stated
    ]
    certain = set().union(*meant)
    urls = {entry[1] for entry in stated if re.match("https?://", entry[1] or "")}
    raw = dict.fromkeys(text or url or spdx for text, url, spdx in stated)
    return {
        "licence": certain.pop() if len(certain) == 1 and all(meant) else None,
        "licence_raw": "; ".join(filter(None, raw)) or None,
        "licence_url": urls.pop() if len(urls) == 1 else None,
    }


def _spdx(entry: dict[str, Any]) -> str | None:
    known = str(entry.get("rightsIdentifierScheme", "")).upper() == "SPDX"
    return _text(entry.get("rightsIdentifier")) if known else None


def _related(entries: Iterable[tuple[Any, Any, Any]]) -> list[RelatedIdentifier]:
    found: dict[tuple[str, str], RelatedIdentifier] = {}
    for relation, scheme, raw in entries:
        value = _text(raw)
        known = isinstance(relation, str) and relation in _types()
        if value is None or not scheme or not known or relation in _COUNTED:
            continue
        if scheme == "DOI":
            value = doi.normalise(value) or value
        one = RelatedIdentifier(relation=relation, scheme=str(scheme), value=value)
        found.setdefault((one.relation, one.value), one)
    return list(found.values())


def _count(stated: Any, counted: int | None) -> int | None:
    return stated if type(stated) is int and stated >= 0 else counted


def _year(raw: Any) -> int | None:
    if isinstance(raw, str) and raw.isascii() and raw.isdigit():
        raw = int(raw[:5])
    return raw if type(raw) is int and raw in _YEARS else None


def _text(raw: Any) -> str | None:
    return plain_text(raw) if isinstance(raw, str) else None


def _first(found: Iterable[str | None]) -> str | None:
    return next(filter(None, found), None)


def _distinct(found: Iterable[str | None]) -> list[str]:
    return list(dict.fromkeys(filter(None, found)))


def _list(raw: Any) -> list[Any]:
    return raw if isinstance(raw, list) else []


def _objects(raw: Any) -> Iterator[dict[str, Any]]:
    yield from (one for one in _list(raw) if isinstance(one, dict))


@cache
def _relations() -> dict[str, str]:
    """DataCite's relation types by Crossref's names."""
    path = Path(__file__).parents[1] / "registries" / "relations.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(line for line in file if not line.startswith("#"))
        return {row["crossref"]: row["relation"] for row in rows}


@cache
def _types() -> frozenset[str]:
    return frozenset(_relations().values())
