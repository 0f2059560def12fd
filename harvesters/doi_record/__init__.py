"""Datasets that are known by their DOI: what DataCite says of it, and where its files lie.

For each dataset of the source that has a DOI, `GET dois/<doi>` of DataCite's REST API (`base_url`)
answers its metadata. figshare and Zenodo tell more of a DOI of theirs: files with size and MD5.
What the registry says of a licence is taken as it is said; other copies are never asked.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cached_property, partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

from harvesters import base, facts, record
from harvesters.doi import records as doi_records
from harvesters.doi_record import figshare
from harvesters.grand_challenge import zenodo
from harvesters.http import StatusError
from harvesters.text import plain_text
from schemas.dataset import Access, Dataset
from schemas.errors import SourceError
from schemas.facts import Facts
from schemas.source import Source

ADDRESS = "https://api.datacite.org"
FIGSHARE = "https://api.figshare.com/v2"
ZENODO = "https://zenodo.org/api"
_JOINED = ("identifiers", "related", "distributions")
"""Lists to which the facts and the answers each contribute."""
_VOLATILE = ("citationCount",)


class Harvester(base.Harvester):
    """Reads every DOI of the source's datasets."""

    @property
    def _registered(self) -> list[tuple[Facts, str]]:
        return [(one, one.doi) for one in self.source.datasets if one.doi]

    @cached_property
    def _answers(self) -> dict[str, dict[str, Any]]:
        """What is said of each dataset, by its local id."""
        return {one.id: self._ask(doi) for one, doi in self._registered}

    def digest(self) -> str:
        """SHA-256 over every answer but counts of citations, and over the facts."""
        told: list[Any] = [
            {**answer, "datacite": _without(answer["datacite"], _VOLATILE)}
            for answer in self._answers.values()
        ]
        told += [one.model_dump(mode="json") for one in self.source.datasets]
        return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()

    def harvest(self, folder: Path, last: Path | None = None) -> base.Harvest:  # noqa: ARG002
        """What is said of each DOI, over the curated facts."""
        answers = self._answers
        retrieved = datetime.now(UTC)
        self.say(f"{self.source.key}: {len(answers)} DOIs")
        return base.Harvest(
            version=f"{len(answers)} DOIs",
            dated=None,
            stated=len(answers),
            series=None,
            records=iter(
                base.RawRecord(
                    one.id,
                    answers[one.id],
                    partial(described, one, self.source, answers[one.id], retrieved),
                )
                for one, _ in self._registered
            ),
        )

    def asks(self) -> list[str]:
        """A record of DataCite for each DOI, and one of the repository whose DOI it is."""
        lines = []
        for _, doi in self._registered:
            lines.append(f"GET {self._at('datacite')}/dois/{doi}")
            if article := figshare.article(doi):
                lines.append(f"GET {self._at('figshare')}/articles/{article[0]}")
            if number := zenodo.number(doi):
                lines.append(f"GET {self._at('zenodo')}/records/{number}")
        return lines

    def _at(self, name: str) -> str:
        own = {"datacite": self.source.base_url or ADDRESS, "figshare": FIGSHARE, "zenodo": ZENODO}
        return self.source.services.get(name, own[name]).rstrip("/")

    def _ask(self, doi: str) -> dict[str, Any]:
        answer: dict[str, Any] = {"doi": doi, "datacite": self._registry(doi)}
        if article := figshare.article(doi):
            answer["figshare"] = figshare.read(self.client, self._at("figshare"), *article)
        if number := zenodo.number(doi):
            answer["zenodo"] = zenodo.read(self.client, self._at("zenodo"), number)
        return answer

    def _registry(self, doi: str) -> dict[str, Any]:
        """DataCite's attributes of a DOI, trimmed.

        Raises:
            SourceError: if DataCite cannot be read or does not know the DOI.
        """
        address = f"{self._at('datacite')}/dois/{quote(doi, safe='')}"
        try:
            told = self.client.get(address).json()
        except StatusError as error:
            if error.status != 404:
                raise
            raise SourceError(
                f"DataCite does not know {doi}", where=address, do="Correct it in the source's file"
            ) from error
        data = told.get("data") if isinstance(told, dict) else None
        attributes = data.get("attributes") if isinstance(data, dict) else None
        if not isinstance(attributes, dict):
            raise SourceError("an answer without `data.attributes`", where=address)
        return doi_records.trimmed_datacite(attributes)


def described(
    one: Facts, source: Source, answer: Mapping[str, Any], retrieved: datetime
) -> Dataset:
    """A dataset as its repository says, else as DataCite says, else as its facts say.

    Raises:
        RecordError: if an answer has another shape than its service's.
        pydantic.ValidationError: if what was said makes no dataset.
    """
    known = facts.described(one, source)
    registered = doi_records.datacite(dict(answer["datacite"]))
    version = answer["datacite"].get("version")
    if isinstance(version, str):
        registered["version"] = plain_text(version)
    layered = _over(known, registered, retrieved, "datacite", derived={"licence"})
    if "figshare" in answer:
        told = figshare.fields(answer["figshare"], str(one.doi))
        layered = _over(layered, told, retrieved, source.key, derived={"licence", "access"})
    if "zenodo" in answer:
        told = _at_zenodo(answer["zenodo"])
        layered = _over(layered, told, retrieved, source.key, derived={"licence", "bytes"})
    return layered


def _at_zenodo(told: dict[str, Any]) -> dict[str, Any]:
    if "absent" in told:
        return {"access": Access.GONE} if told["absent"] != 403 else {}
    parts = zenodo.distributions(told)
    sizes = [part.bytes for part in parts]
    return {
        "access": zenodo.access(told),
        "distributions": parts,
        "bytes": sum(filter(None, sizes)) if None not in sizes else None,
        **{name: getattr(parts[0], name) for name in ("licence", "licence_raw")},
    }


def _over(
    known: Dataset, said: dict[str, Any], retrieved: datetime, by: str, *, derived: set[str]
) -> Dataset:
    """`known`, and over it what was said now; lists of ways and names are put together."""
    fields = {name: value for name, value in said.items() if value not in (None, [], "")}
    made = derived & fields.keys()
    for name in _JOINED:
        before, now = getattr(known, name), fields.get(name)
        if before and now:
            fields[name] = [*now, *(one for one in before if one not in now)]
            made.add(name)
    live = record.dataset(
        {
            "id": known.id,
            "source": known.source,
            "kind": known.kind,
            "title": known.title,
            **fields,
        },
        retrieved,
        derived=made,
        source=by,
    )
    if "title" not in fields:
        told = {name: one for name, one in live.provenance.items() if name != "title"}
        live = live.model_copy(update={"provenance": told})
    return record.overlaid(known, live)


def _without(told: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: value for name, value in told.items() if name not in names}
