"""An entry of the registry as a dataset, and each archive of its bucket as a part of it.

A part is described by the `dataset.json` inside it, in the form of the Medical Segmentation
Decathlon: modalities by channel, labels by value, and the cases for training and for testing.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from harvesters import record
from harvesters.open_data import registry
from harvesters.text import plain_text
from schemas.dataset import Access, Dataset, Distribution, RelatedIdentifier
from schemas.errors import RecordError
from schemas.facts import Facts
from schemas.vocabulary import doi, licence, modality

_TEXTS = ("name", "description", "reference", "licence", "release", "relase", "tensorImageSize")
"""`relase` is how some of the files spell it."""
_TABLES = ("modality", "labels")
_COUNTS = {"training": "numTraining", "test": "numTest"}
_MOST = 1_000
"""Channels or labels, at most."""
_BACKGROUND = "0"


def kept(said: Any) -> dict[str, Any]:
    """What is kept of a `dataset.json`: its texts and tables, and how many cases it lists.

    The lists are counted, as what they hold is what is there; the stated numbers are taken where
    there is no list.

    Raises:
        ValueError: if it is none.
    """
    if not isinstance(said, dict):
        raise ValueError("no description of a dataset")
    found: dict[str, Any] = {name: said[name] for name in _TEXTS if isinstance(said.get(name), str)}
    for name in _TABLES:
        table = said.get(name)
        if isinstance(table, dict):
            if len(table) > _MOST:
                raise ValueError(f"{len(table):,} values of {name}")
            found[name] = {str(key): str(value) for key, value in table.items()}
    for name, number in _COUNTS.items():
        listed = said.get(name)
        if isinstance(listed, list):
            found[name] = len(listed)
        elif type(said.get(number)) is int and said[number] >= 0:
            found[name] = said[number]
    return found


def whole(
    raw: dict[str, Any], identifier: str, curated: Facts | None, retrieved: datetime
) -> Dataset:
    """The dataset of an entry; `raw` has `entry` and, where the bucket was looked at, `parts`.

    Where the entry names one licence and links another, the curated one is taken if it is either;
    name and link stand beside it as they were stated.
    """
    said = raw["entry"]
    found = registry.buckets(said)
    spdx, contradicts = registry.licence_of(said.get("License"))
    name, link = registry.named(said.get("License"))
    if contradicts and curated and curated.licence in {*map(licence.normalise, (name, link))}:
        spdx = curated.licence
    stated = {"licence": spdx, "licence_raw": name, "licence_url": link}
    fields: dict[str, Any] = {
        "id": identifier,
        "source": identifier.partition(":")[0],
        "kind": curated.kind if curated else "collection" if raw["parts"] else "dataset",
        "title": plain_text(said["Name"]),
        "description": plain_text(said.get("Description")),
        "doi": doi.normalise(said.get("DOI")),
        "publisher": registry.named(said.get("ManagedBy"))[0],
        **stated,
        "access": Access.OPEN if found and found[0].open else None,
        "images": _sum([_cases(part["dataset"]) for part in raw["parts"]]),
        "bytes": _sum([part["size"] for part in raw["parts"]]),
        "distributions": [
            Distribution(
                title=f"Bucket {bucket.name} ({bucket.region})",
                route="s3",
                url=f"s3://{bucket.name}/",
                access=Access.OPEN if bucket.open else curated.access if curated else None,
                **stated,
            )
            for bucket in found
        ],
    }
    if curated is None:
        fields["landing_url"] = registry.named(said.get("Documentation"))[1]
    return record.dataset(
        fields,
        retrieved,
        derived={"access", "licence", "images", "bytes", "distributions"},
        curated={"licence"} if contradicts else (),
    )


def part(
    raw: dict[str, Any],
    identifier: str,
    collection: str,
    curated: Facts | None,
    retrieved: datetime,
) -> Dataset:
    """An archive of the bucket as a part of `collection`.

    Raises:
        RecordError: if its description could not be read.
    """
    if raw.get("problem"):
        raise RecordError(raw["problem"], where=identifier)
    said = raw["dataset"] or {}
    words = list(dict.fromkeys(filter(None, map(plain_text, said.get("modality", {}).values()))))
    mapped = [modality.normalise(word) for word in words]
    fields: dict[str, Any] = {
        "id": identifier,
        "source": identifier.partition(":")[0],
        "kind": "dataset",
        "title": curated.title if curated else plain_text(said.get("name")) or raw["name"],
        "description": plain_text(said.get("description")),
        "version": plain_text(said.get("release") or said.get("relase")),
        "access": Access.OPEN,
        "images": _cases(raw["dataset"]),
        "bytes": raw["size"],
        "modified": raw["modified"],
        "annotation_kinds": ["segmentation"] if set(said.get("labels", {})) - {_BACKGROUND} else [],
        "distributions": _archives(raw),
    }
    by_hand = {"title"} if curated else set()
    if words:
        # A word such as "T1gd" is a kind of MR: where one is not known, a person has looked.
        known = sorted({code for code in mapped if code})
        fields["modalities_raw"] = words
        fields["modalities"] = curated.modalities if curated and None in mapped else known
        by_hand |= {"modalities"} if curated and None in mapped else set()
    if "licence" in said:
        fields["licence_raw"] = plain_text(said["licence"])
        fields["licence"] = licence.normalise(fields["licence_raw"])
    if curated is None:
        fields["related"] = [
            RelatedIdentifier(relation="IsPartOf", scheme="fairscan", value=collection)
        ]
    derived = {"licence", "access", "images", "modalities", "annotation_kinds", "distributions"}
    return record.dataset(fields, retrieved, derived=derived, curated=by_hand)


def _archives(raw: dict[str, Any]) -> list[Distribution]:
    if raw["key"] is None:
        return []
    stated = plain_text((raw["dataset"] or {}).get("licence"))
    return [
        Distribution(
            title=raw["key"],
            route="s3",
            url=f"s3://{raw['bucket']}/{raw['key']}",
            access=Access.OPEN,
            licence=licence.normalise(stated),
            licence_raw=stated,
            format="application/x-tar",
            bytes=raw["size"],
        )
    ]


def _cases(said: dict[str, Any] | None) -> int | None:
    """How many cases a description lists; None unless it tells of training and of test."""
    counts = [(said or {}).get(name) for name in _COUNTS]
    return None if None in counts else sum(count for count in counts if count)


def _sum(counts: list[int | None]) -> int | None:
    """The sum, if there is something to add up and all of it is known."""
    return sum(count for count in counts if count) if counts and None not in counts else None
