"""Records to find identities among: labelled ones from a table, and small ones of a test."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path
from typing import Any

from harvesters.record import dataset, midnight
from schemas.dataset import Dataset, Identifier, RelatedIdentifier, date

FOLDER = Path(__file__).parents[1] / "recordings" / "identity"
DAY = midnight(date(2026, 11, 23))


def rows(name: str) -> list[dict[str, str]]:
    """The rows of a table of `recordings/identity`."""
    with (FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def record(id: str, title: str, kind: str = "dataset", **fields: Any) -> Dataset:
    """A record of the source that its id names. `related`: (relation, scheme, value) each."""
    related = [
        RelatedIdentifier(relation=relation, scheme=scheme, value=value)
        for relation, scheme, value in fields.pop("related", [])
    ]
    identifiers = [
        Identifier(scheme=scheme, value=value) for scheme, value in fields.pop("identifiers", [])
    ]
    said = {"id": id, "source": id.partition(":")[0], "kind": kind, "title": title}
    return dataset({**said, "related": related, "identifiers": identifiers, **fields}, DAY)


@cache
def cases() -> tuple[Dataset, ...]:
    """The labelled records."""
    return tuple(
        record(
            row["id"],
            row["title"],
            row["kind"],
            doi=row["doi"] or None,
            landing_url=row["landing_url"] or None,
            subjects=int(row["subjects"]) if row["subjects"] else None,
            images=int(row["images"]) if row["images"] else None,
            year=int(row["year"]) if row["year"] else None,
            modalities=row["modalities"].split(),
            identifiers=[("short_name", row["short_name"])] if row["short_name"] else [],
            related=[tuple(one.split(" ", 2)) for one in row["related"].split("; ") if one],
            derived_from=[one for one in row["derived_from"].split("; ") if one],
        )
        for row in rows("cases")
    )
