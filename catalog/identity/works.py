"""Which well-known dataset a record is of, and how the well-known ones stand to one another."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import NamedTuple

from catalog.identity import names
from schemas.link import Relation
from schemas.vocabulary import table

HERE = Path(__file__).parent


class Related(NamedTuple):
    """One well-known dataset stands in `relation` to another."""

    work: str
    relation: Relation
    other: str


@cache
def _keys() -> dict[str, str]:
    rows = table.rows(HERE / "works.csv", ("work", "key"))
    return {_key(row["key"]): row["work"] for row in rows}


def _key(raw: str) -> str:
    scheme, _, rest = raw.partition(":")
    return f"name:{names.name(rest).key}" if scheme == "name" else raw.lower()


@cache
def related() -> tuple[Related, ...]:
    """Every relation between well-known datasets, in the order of the table."""
    rows = table.rows(HERE / "works_related.csv", ("work", "relation", "other", "why"))
    return tuple(Related(row["work"], Relation(row["relation"]), row["other"]) for row in rows)


def by_address(dataset_id: str, addresses: Iterable[str]) -> str | None:
    """The work that the record's id or addresses say it is; None if none, or more than one."""
    keys = _keys()
    found = {keys[key] for key in (f"id:{dataset_id.lower()}", *addresses) if key in keys}
    return found.pop() if len(found) == 1 else None


def by_name(found: Iterable[names.Name]) -> str | None:
    """The work whose name is among the names; None if none, or more than one."""
    keys = _keys()
    works = {keys[key] for name in found if (key := f"name:{name.key}") in keys}
    return works.pop() if len(works) == 1 else None
