"""A dataset as DataCite JSON: Metadata Schema 4.5, in the flat form that its REST API takes."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

from schemas.dataset import Creator, Dataset
from schemas.exports import address
from schemas.exports.dates import day, year
from schemas.exports.rights import ACCESS, rights
from schemas.exports.subjects import Subject, subjects
from schemas.vocabulary import table

MEDIA_TYPE = "application/vnd.datacite.datacite+json"
UNKNOWN = ":unav"
"""DataCite's own value for what is mandatory and not known (4.5, Appendix 3)."""
UNKNOWN_YEAR = "0000"
"""A year must be four digits, so an unknown one is these."""

_COUNTED = (
    ("subjects", "subject", "subjects"),
    ("studies", "study", "studies"),
    ("series", "series", "series"),
    ("images", "image", "images"),
    ("bytes", "byte", "bytes"),
)


def datacite(dataset: Dataset, page_of: address.PageOf = address.no_page) -> dict[str, Any]:
    """The record of `dataset`. What is not known is left out, or `:unav` where it is mandatory.

    A dataset without DOI is identified by its address, `url`, and by its other identifiers.
    """
    record = {
        "doi": dataset.doi if address.doi_url(dataset.doi) else None,
        "url": address.uri(dataset.landing_url) or address.uri(page_of(dataset.id)),
        "creators": [_creator(person) for person in dataset.creators] or [{"name": UNKNOWN}],
        "titles": [{"title": dataset.title}],
        "publisher": {"name": dataset.publisher or UNKNOWN},
        "publicationYear": year(dataset) or UNKNOWN_YEAR,
        "types": {
            "resourceTypeGeneral": "Dataset",
            "resourceType": dataset.kind.replace("_", " "),
        },
        "subjects": [_subject(word) for word in subjects(dataset)],
        "dates": _once(_dates(dataset)),
        "alternateIdentifiers": _once(_identifiers(dataset, page_of)),
        "relatedIdentifiers": _once(_related(dataset, page_of)),
        "sizes": [
            f"{count} {one if count == 1 else many}"
            for name, one, many in _COUNTED
            if (count := getattr(dataset, name)) is not None
        ],
        "formats": list(dict.fromkeys(dataset.formats)),
        "version": dataset.version,
        "rightsList": _once(_rights(dataset)),
        "descriptions": [{"description": dataset.description, "descriptionType": "Abstract"}]
        if dataset.description
        else [],
        "fundingReferences": _once({"funderName": name} for name in dataset.funders),
        "schemaVersion": "http://datacite.org/schema/kernel-4",
    }
    return {name: value for name, value in record.items() if value not in (None, [], "")}


def _creator(person: Creator) -> dict[str, Any]:
    """A creator; only one who has an ORCID iD is certainly a person."""
    orcid = address.orcid(person.orcid)
    if orcid is None:
        return {"name": person.name}
    known: dict[str, Any] = {"name": person.name, "nameType": "Personal"}
    family, comma, given = person.name.partition(",")
    if comma and given.strip():
        known |= {"familyName": family.strip(), "givenName": given.strip()}
    scheme = {"nameIdentifierScheme": "ORCID", "schemeUri": "https://orcid.org"}
    return known | {"nameIdentifiers": [{"nameIdentifier": orcid, **scheme}]}


def _subject(word: Subject) -> dict[str, str]:
    told = {
        "subject": word.label,
        "subjectScheme": word.scheme,
        "schemeUri": word.scheme_uri,
        "valueUri": word.value_uri,
        "classificationCode": word.code,
    }
    return {name: value for name, value in told.items() if value}


def _dates(dataset: Dataset) -> Iterator[dict[str, str]]:
    for moment, kind in (
        (dataset.created, "Created"),
        (dataset.published, "Issued"),
        (dataset.modified, "Updated"),
        (dataset.withdrawn, "Withdrawn"),
    ):
        if date := day(moment):
            yield {"date": date, "dateType": kind}


def _identifiers(dataset: Dataset, page_of: address.PageOf) -> Iterator[dict[str, str]]:
    own = [(identifier.scheme, identifier.value) for identifier in dataset.identifiers]
    pages = [("URL", page) for page in (dataset.landing_url, page_of(dataset.id)) if page]
    for scheme, value in [*own, ("fairscan", dataset.id), *pages]:
        yield {"alternateIdentifier": value, "alternateIdentifierType": scheme}


def _related(dataset: Dataset, page_of: address.PageOf) -> Iterator[dict[str, str]]:
    """Related identifiers of which the schema knows relation and type; our ids as our pages."""
    for related in dataset.related:
        value: str | None = related.value
        scheme = _words("relatedIdentifierType").get(related.scheme.casefold())
        if scheme is None:
            scheme, value = "URL", address.of_related(related, page_of)
        if value and related.relation in _words("relationType").values():
            yield _relation(related.relation, scheme, value)
    for other in dataset.derived_from:
        if page := address.uri(page_of(other)):
            yield _relation("IsDerivedFrom", "URL", page)


def _relation(relation: str, scheme: str, value: str) -> dict[str, str]:
    return {
        "relationType": relation,
        "relatedIdentifierType": scheme,
        "relatedIdentifier": value,
    }


def _rights(dataset: Dataset) -> Iterator[dict[str, str]]:
    for right in rights(dataset):
        told = {"rights": right.name, "rightsUri": right.url, "rightsIdentifier": right.spdx}
        if right.spdx:
            told |= {"rightsIdentifierScheme": "SPDX", "schemeUri": "https://spdx.org/licenses/"}
        yield {name: value for name, value in told.items() if value}
    if dataset.access:
        term, uri = ACCESS[dataset.access]
        yield {"rights": term, "rightsUri": uri}


def _once(rows: Iterator[dict[str, str]]) -> list[dict[str, str]]:
    return list({tuple(sorted(row.items())): row for row in rows}.values())


@cache
def _words(name: str) -> dict[str, str]:
    """The words of one of the schema's controlled lists, by how they are compared."""
    rows = (row["word"] for row in table.read("datacite_words") if row["list"] == name)
    return {word.casefold(): word for word in rows}
