"""Which datasets carry which facet value, as sets of bits: a facet is counted by one AND a value.

A set is an integer whose bit N stands for the dataset of row N in `site.db`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from catalog.facets import FacetSpec, Query
from schemas.vocabulary import table

ORDERS = {
    "title": "title COLLATE NOCASE",
    "subjects": "subjects DESC",
    "series": "series DESC",
    "bytes": "bytes DESC",
    "modified": "modified DESC",
}
"""How a list can be sorted, as SQL; what is not known comes last."""


@dataclass(frozen=True, slots=True)
class Postings:
    """Every dataset that a search may find, those of each facet value, and each way to sort them.

    spellings: facet and letters of a value to the value as it is written here.
    """

    everything: int
    sets: Mapping[str, Mapping[str, int]]
    spellings: Mapping[tuple[str, str], str]
    orders: Mapping[str, Sequence[int]]

    def spelt(self, query: Query) -> Query:
        """The query with chosen values as they are written here, if only case or dashes differ."""
        filters = tuple(
            (facet, tuple(dict.fromkeys(self._spelt(facet, value) for value in values)))
            for facet, values in query.filters
        )
        return query if filters == query.filters else replace(query, filters=filters)

    def chosen(self, query: Query, spec: FacetSpec) -> int | None:
        """The datasets that `query` allows by one facet; None if nothing is chosen in it."""
        values = [self.sets.get(spec.name, {}).get(value, 0) for value in query.chosen(spec.name)]
        if not values:
            return None
        allowed = values[0]
        for value in values[1:]:
            allowed = allowed & value if spec.match == "all" else allowed | value
        return allowed

    def counts(self, facet: str, rows: int) -> Iterator[tuple[str, str, int]]:
        """(facet, value, how many of `rows` carry it)."""
        for value, carriers in self.sets.get(facet, {}).items():
            yield facet, value, (carriers & rows).bit_count()

    def _spelt(self, facet: str, value: str) -> str:
        if value in self.sets.get(facet, {}):
            return value
        return self.spellings.get((facet, table.squeeze(value)), value)


def read(connection: sqlite3.Connection) -> Postings:
    """The postings of a release, from its `site.db`."""
    sets: dict[str, dict[str, int]] = {}
    for facet, value, row in connection.execute("SELECT facet, value, dataset FROM facets"):
        values = sets.setdefault(facet, {})
        values[value] = values.get(value, 0) | 1 << row
    spellings = {
        (facet, letters): value
        for facet, values in sets.items()
        for value in values
        if (letters := table.squeeze(value))
    }
    found = connection.execute("SELECT DISTINCT dataset FROM facets")
    orders = {
        name: [row for (row,) in connection.execute(f"SELECT rowid FROM datasets ORDER BY {by}, 1")]
        for name, by in ORDERS.items()
    }
    return Postings(bits(row for (row,) in found), sets, spellings, orders)


def bits(rows: Iterable[int]) -> int:
    """The set of `rows`."""
    collected = 0
    for row in rows:
        collected |= 1 << row
    return collected


def rows(collected: int) -> Iterator[int]:
    """The rows of a set, in ascending order."""
    for row, bit in enumerate(reversed(f"{collected:b}")):
        if bit == "1":
            yield row
