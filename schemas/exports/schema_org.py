"""A dataset as schema.org JSON-LD, readable without asking anybody for a context."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from schemas.dataset import Access, Creator, Dataset, Distribution
from schemas.exports import address
from schemas.exports.dates import day, year
from schemas.exports.rights import ACCESS, Right, rights
from schemas.exports.subjects import Subject, subjects

MEDIA_TYPE = "application/ld+json"
CONTEXT = {"@vocab": "https://schema.org/"}
"""Inline: a reader that is offline, or asks no other host, sees nothing with a remote one."""

BASED_ON = frozenset({"IsDerivedFrom", "IsVersionOf", "IsNewVersionOf", "IsVariantFormOf"})
CITED = frozenset(
    "IsDescribedBy IsDocumentedBy IsSupplementTo IsPublishedIn Cites References".split()
)
"""Relations to a work that tells of the dataset or that it rests on, as schema.org's `citation`."""

ABOUT = ("body_part", "condition")

_MOST_PARTS = 200
"""Ways to obtain a dataset that one record lists: a page carries it."""


def schema_org(
    dataset: Dataset,
    page_of: address.PageOf = address.no_page,
    *,
    catalogue: str | None = None,
    elsewhere: Iterable[str] = (),
) -> dict[str, Any]:
    """The record of `dataset`; what is not known is left out.

    catalogue: public address of the catalogue. elsewhere: ids of the same dataset in other
    repositories, as far as the catalogue has pages of them.
    """
    page = address.uri(page_of(dataset.id))
    own = address.of_dataset(dataset, page_of)
    named = [address.doi_url(dataset.doi), address.uri(dataset.landing_url)]
    others = [address.uri(page_of(other)) for other in elsewhere]
    words = subjects(dataset)
    record = {
        "@context": CONTEXT,
        "@type": "Dataset",
        "@id": own,
        "name": dataset.title,
        "description": dataset.description,
        "url": address.uri(dataset.landing_url) or page,
        "mainEntityOfPage": page,
        "sameAs": [same for same in dict.fromkeys([*named, *others]) if same and same != own],
        "identifier": list(_identifiers(dataset)),
        "version": dataset.version,
        "license": [_licence(right) for right in rights(dataset)],
        "conditionsOfAccess": list(ACCESS[dataset.access]) if dataset.access else [],
        "isAccessibleForFree": True if dataset.access is Access.OPEN else None,
        "creator": [_creator(person) for person in dataset.creators],
        "publisher": _organisation(dataset.publisher),
        "funder": [_organisation(name) for name in dataset.funders],
        "datePublished": day(dataset.published) or year(dataset),
        "dateCreated": day(dataset.created),
        "dateModified": day(dataset.modified),
        "keywords": [word.label for word in words],
        "about": [_term(word) for word in words if word.code and word.kind in ABOUT],
        "measurementTechnique": [_term(word) for word in words if word.kind == "modality"],
        "distribution": [_download(part) for part in dataset.distributions[:_MOST_PARTS]],
        "isBasedOn": list(_based_on(dataset, page_of)),
        "citation": list(_cited(dataset, page_of)),
        "includedInDataCatalog": {"@type": "DataCatalog", "name": "fairscan", "url": catalogue}
        if catalogue
        else None,
        "sdDatePublished": day(dataset.retrieved),
    }
    return _known(record)


def _identifiers(dataset: Dataset) -> Iterator[Any]:
    if url := address.doi_url(dataset.doi):
        yield {"@type": "PropertyValue", "propertyID": "doi", "value": dataset.doi, "url": url}
    for identifier in dataset.identifiers:
        yield {
            "@type": "PropertyValue",
            "propertyID": identifier.scheme,
            "value": identifier.value,
        }
    yield {"@type": "PropertyValue", "propertyID": "fairscan", "value": dataset.id}


def _licence(right: Right) -> str | dict[str, str]:
    return right.url or {"@type": "CreativeWork", "name": right.name}


def _creator(person: Creator) -> dict[str, str]:
    """A creator; without an ORCID iD it may be a person or an organisation, and no type is said."""
    orcid = address.orcid(person.orcid)
    return {"@type": "Person", "@id": orcid, "name": person.name} if orcid else {
        "name": person.name
    }  # fmt: skip


def _organisation(name: str | None) -> dict[str, str] | None:
    return {"@type": "Organization", "name": name} if name else None


def _term(word: Subject) -> dict[str, Any]:
    return _known(
        {
            "@type": "DefinedTerm",
            "@id": word.value_uri,
            "name": word.label,
            "termCode": word.code,
            "inDefinedTermSet": word.scheme_uri,
        }
    )


def _download(part: Distribution) -> dict[str, Any]:
    """One way to obtain the data; only the address of bytes is a `contentUrl`."""
    where = address.uri(part.url, address.FETCHED)
    algorithm, _, digest = (part.checksum or "").partition(":")
    return _known(
        {
            "@type": "DataDownload",
            "name": part.title,
            "contentUrl": where if part.route in address.FETCHED else None,
            "url": where if part.route not in address.FETCHED else None,
            "encodingFormat": part.format,
            "contentSize": f"{part.bytes} B" if part.bytes is not None else None,
            "identifier": address.doi_url(part.doi),
            "license": [_licence(right) for right in rights(part)],
            "conditionsOfAccess": list(ACCESS[part.access]) if part.access else [],
            "sha256": digest if algorithm == "sha256" else None,
        }
    )


def _based_on(dataset: Dataset, page_of: address.PageOf) -> Iterator[str]:
    told = [address.of_related(r, page_of) for r in dataset.related if r.relation in BASED_ON]
    ours = [address.uri(page_of(other)) for other in dataset.derived_from]
    yield from dict.fromkeys(where for where in [*told, *ours] if where)


def _cited(dataset: Dataset, page_of: address.PageOf) -> Iterator[dict[str, str]]:
    told = [address.of_related(r, page_of) for r in dataset.related if r.relation in CITED]
    for where in dict.fromkeys(filter(None, told)):
        yield {"@type": "CreativeWork", "@id": where, "url": where}


def _known(record: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in record.items() if value not in (None, [], "")}
