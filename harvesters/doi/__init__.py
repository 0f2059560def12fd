"""What the registries of DOIs say of a dataset: DataCite first, Crossref for what it does not know.

This publishes no scans: it fills what a repository left unsaid (creators with ORCID, funders,
rights, related works) and tells how often a dataset is cited. DOIs are asked for by the fifty:
DataCite by a query, Crossref by a filter. What neither knows is unknown, which is no error.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from typing import Any, TypeVar
from urllib.parse import quote

from pydantic import BaseModel

from harvesters.doi import records as doi_records
from harvesters.http import Client, StatusError
from schemas.dataset import Creator, Dataset, Method, Provenance, RelatedIdentifier
from schemas.errors import RecordError, SourceError
from schemas.vocabulary import doi as vocabulary

T = TypeVar("T")

BATCH = 50
"""DOIs a request: the address stays under the 8 kB that servers take."""
FILLED = ("creators", "publisher", "year", "funders", "related")
"""Fields that a registry may fill; a licence and citations have rules of their own."""
_PARTS: dict[str, type[BaseModel]] = {"creators": Creator, "related": RelatedIdentifier}
_LICENCE = ("licence", "licence_raw", "licence_url")
_UNREADABLE = (400, 414, 422)
"""Statuses of a batch in which one odd DOI spoils the question."""


@dataclass(frozen=True, slots=True)
class Described:
    """What is known of one DOI.

    registry: "datacite" or "crossref", None if neither knows it.
    retrieved: when it was asked for (UTC).
    fields: fields of a Dataset by name, or what JSON keeps of them; `title` and `description` are
    there to compare, not to use.
    raw: what the registry said, without lists of citing works; `understood` reads it again.
    """

    doi: str
    registry: str | None
    retrieved: datetime
    fields: dict[str, Any] = field(default_factory=dict)
    raw: dict[str, Any] = field(default_factory=dict)


def describe(dois: Sequence[str], registries: Mapping[str, Client]) -> Iterator[Described]:
    """Every distinct DOI of `dois` described once, as the answers come; what is no DOI is left out.

    Raises:
        SourceError: if a registry cannot be read; what was yielded before stands.
    """
    wanted = list(dict.fromkeys(filter(None, map(vocabulary.normalise, dois))))
    missed: list[str] = []
    for batch in _batches(wanted):
        found = _datacite(registries["datacite"], batch)
        yield from _told("datacite", found)
        missed += [doi for doi in batch if doi not in found]
        while len(missed) >= BATCH:
            yield from _second(registries["crossref"], missed[:BATCH])
            missed = missed[BATCH:]
    if missed:
        yield from _second(registries["crossref"], missed)


def understood(
    doi: str, registry: str | None, retrieved: datetime, raw: dict[str, Any]
) -> Described:
    """A record that was kept, read again."""
    read: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
        "datacite": doi_records.datacite,
        "crossref": doi_records.crossref,
    }
    fields = read[registry](raw) if registry else {}
    return Described(doi, registry, retrieved, fields, raw)


def enrich(dataset: Dataset, found: Described) -> Dataset:
    """`dataset` with what it does not know filled in, and the registry's count of citations.

    Nothing that the repository said is replaced. A licence is taken only where the repository says
    none at all, of the dataset and of its parts alike, or where every part says the same one.

    Raises:
        RecordError: if `found` is about another DOI.
    """
    if dataset.doi != found.doi:
        raise RecordError(f"a description of {found.doi}", where=dataset.id)
    if found.registry is None:
        return dataset
    filled: dict[str, Any] = {
        name: _whole(name, found.fields[name])
        for name in FILLED
        if name in found.fields and name not in dataset.provenance and not getattr(dataset, name)
    }
    if _takes_licence(dataset, found.fields):
        filled |= {name: found.fields[name] for name in _LICENCE if name in found.fields}
    if "citations" in found.fields:
        filled["citations"] = found.fields["citations"]
    provenance = {
        name: Provenance(
            source=found.registry,
            retrieved_at=found.retrieved,
            method=Method.DERIVED if name == "licence" else Method.STATED,
        )
        for name in filled
    }
    return dataset.model_copy(update={**filled, "provenance": {**dataset.provenance, **provenance}})


def _whole(name: str, value: Any) -> Any:
    """A field's value, its parts made whole again if they were kept as JSON."""
    part = _PARTS.get(name)
    return [part.model_validate(one) for one in value] if part else value


def _takes_licence(dataset: Dataset, fields: Mapping[str, Any]) -> bool:
    if any(getattr(dataset, name) for name in _LICENCE):
        return False
    said = {part.licence for part in dataset.distributions if part.licence or part.licence_raw}
    return not said or said == {fields.get("licence")}


def _datacite(client: Client, batch: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Trimmed attributes by DOI, of those that DataCite knows."""
    address = f"{_base(client)}/dois"
    query = " OR ".join('"{}"'.format(d.replace("\\", r"\\").replace('"', r"\"")) for d in batch)
    try:
        told = client.get(
            address, params={"query": f"doi:({query})", "page[size]": 2 * BATCH}
        ).json()
    except StatusError as error:
        if error.status not in _UNREADABLE:
            raise
        records = [_single(client, f"{address}/{quote(doi, safe='')}", "data") for doi in batch]
    else:
        records = _listed(told, "data", address)
        meta = told.get("meta")
        total = meta.get("total") if isinstance(meta, dict) else None
        if type(total) is not int or total > len(records):
            raise SourceError(f"{len(records)} of {total} records came", where=address)
    attributes = [one.get("attributes") for one in records if isinstance(one, dict)]
    return _asked(batch, attributes, "doi", doi_records.trimmed_datacite)


def _crossref(client: Client, batch: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Trimmed works by DOI, of those that Crossref knows."""
    address = f"{_base(client)}/works"
    contact = os.environ.get("FAIRSCAN_CONTACT", "").strip()
    speakable = contact.isascii() and contact.isprintable()
    polite = {"mailto": contact} if contact and speakable else {}
    # A comma ends a filter, so a DOI that has one is asked for by itself.
    plain = [doi for doi in batch if "," not in doi]
    alone = [doi for doi in batch if "," in doi]
    works: list[Any] = []
    if plain:
        params = {
            "filter": ",".join(f"doi:{doi}" for doi in plain),
            "rows": len(plain),
            "select": ",".join(doi_records.CROSSREF_KEPT),
            **polite,
        }
        try:
            told = client.get(address, params=params).json()
        except StatusError as error:
            if error.status not in _UNREADABLE:
                raise
            alone = list(batch)
        else:
            message = told.get("message") if isinstance(told, dict) else None
            works = _listed(message, "items", address)
    for doi in alone:
        works.append(_single(client, f"{address}/{quote(doi, safe='')}", "message", polite))
    return _asked(batch, works, "DOI", doi_records.trimmed_crossref)


def _single(client: Client, address: str, key: str, params: Mapping[str, str] | None = None) -> Any:
    """One record by its own address, None if the registry does not know it."""
    try:
        told = client.get(address, params=params).json()
    except StatusError as error:
        if error.status == 404:
            return None
        raise
    if not isinstance(told, dict) or not isinstance(told.get(key), dict):
        raise SourceError(f"an answer without `{key}`", where=address)
    return told[key]


def _listed(told: Any, key: str, address: str) -> list[Any]:
    if not isinstance(told, dict) or not isinstance(told.get(key), list):
        raise SourceError(f"an answer without a list `{key}`", where=address)
    found: list[Any] = told[key]
    return found


def _asked(
    batch: Sequence[str],
    records: Iterable[Any],
    key: str,
    trimmed: Callable[[dict[str, Any]], dict[str, Any]],
) -> dict[str, dict[str, Any]]:
    """The records that were asked for, by DOI; others are none of ours."""
    wanted = set(batch)
    found = {}
    for one in records:
        told = one.get(key) if isinstance(one, dict) else None
        doi = vocabulary.normalise(told) if isinstance(told, str) else None
        if doi in wanted:
            found[doi] = trimmed(one)
    return found


def _second(crossref: Client, missed: Sequence[str]) -> Iterator[Described]:
    """What Crossref says of DOIs that DataCite does not know; the rest is unknown."""
    found = _crossref(crossref, missed)
    yield from _told("crossref", found)
    retrieved = datetime.now(UTC)
    yield from (Described(doi, None, retrieved) for doi in missed if doi not in found)


def _told(registry: str, found: Mapping[str, dict[str, Any]]) -> Iterator[Described]:
    retrieved = datetime.now(UTC)
    for doi, raw in found.items():
        yield understood(doi, registry, retrieved, raw)


def _base(client: Client) -> str:
    return (client.source.base_url or "").rstrip("/")


def _batches(items: Iterable[T]) -> Iterator[list[T]]:
    waiting = iter(items)
    while batch := list(islice(waiting, BATCH)):
        yield batch
