"""Which datasets carry which facet value, as sets of bits: a facet is counted by one AND a value.

A set is an integer whose bit N stands for what row N of `site.db` stands for: a dataset with all
its copies in other repositories, which carries what any of them carries and is counted once.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from operator import itemgetter

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

_BITS = tuple(tuple(bit for bit in range(8) if byte >> bit & 1) for byte in range(256))


@dataclass(frozen=True, slots=True)
class Postings:
    """Every dataset that a search may find, those of each facet value, and each way to sort them.

    spellings: facet and letters of a value to the value as it is written here. turns: the datasets
    with the repositories taking turns. copies: the row of a copy to the row that stands for it.
    published: such a row to the row in each repository.
    """

    everything: int
    sets: Mapping[str, Mapping[str, int]]
    spellings: Mapping[tuple[str, str], str]
    orders: Mapping[str, Sequence[int]]
    turns: Sequence[int]
    copies: Mapping[int, int]
    published: Mapping[int, Mapping[str, int]]

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

    def together(self, scores: dict[int, float]) -> dict[int, float]:
        """Rows with their scores, as the rows that stand for them, each with its best score."""
        for row in self.copies.keys() & scores.keys():
            stands, score = self.copies[row], scores.pop(row)
            scores[stands] = min(score, scores.get(stands, score))
        return scores

    def standing(self, rows: Iterable[int]) -> int:
        """The set of the rows that stand for `rows`."""
        found = marks(bits(rows))
        for row, stands in self.copies.items():
            if row >> 3 < len(found) and found[row >> 3] >> (row & 7) & 1:
                found[row >> 3] ^= 1 << (row & 7)
                found += bytes(max(0, (stands >> 3) + 1 - len(found)))
                found[stands >> 3] |= 1 << (stands & 7)
        return int.from_bytes(found, "little")

    def elsewhere(self, sources: Sequence[str]) -> dict[int, int]:
        """The rows to show in place of those that stand for them, if only `sources` are asked."""
        if not sources:
            return {}
        return {
            row: next(places[source] for source in sources if source in places)
            for row, places in self.published.items()
            if not any(places.get(source) == row for source in sources)
            and any(source in places for source in sources)
        }

    def _spelt(self, facet: str, value: str) -> str:
        if value in self.sets.get(facet, {}):
            return value
        return self.spellings.get((facet, table.squeeze(value)), value)


def read(connection: sqlite3.Connection) -> Postings:
    """The postings of a release, from its `site.db`."""
    copies = dict(connection.execute("SELECT rowid, stands FROM datasets WHERE stands <> rowid"))
    sets: dict[str, dict[str, int]] = {}
    carried = connection.execute("SELECT facet, value, dataset FROM facets ORDER BY 1, 2")
    for (facet, value), rows in groupby(carried, itemgetter(0, 1)):
        sets.setdefault(facet, {})[value] = bits(copies.get(row, row) for _, _, row in rows)
    spellings = {
        (facet, letters): value
        for facet, values in sets.items()
        for value in values
        if (letters := table.squeeze(value))
    }
    orders = {
        name: [row for (row,) in connection.execute(f"SELECT rowid FROM datasets ORDER BY {by}, 1")]
        for name, by in ORDERS.items()
    }
    everything = 0
    for carriers in sets.get("source", {}).values():
        everything |= carriers
    return Postings(
        everything,
        sets,
        spellings,
        orders,
        _turns(connection),
        copies,
        _published(connection, set(copies.values())),
    )


def bits(rows: Iterable[int]) -> int:
    """The set of `rows`."""
    listed = list(rows)
    marks = bytearray(max(listed, default=0) // 8 + 1)
    for row in listed:
        marks[row >> 3] |= 1 << (row & 7)
    return int.from_bytes(marks, "little")


def rows(collected: int) -> Iterator[int]:
    """The rows of a set, in ascending order."""
    for place, byte in enumerate(marks(collected)):
        if byte:
            for bit in _BITS[byte]:
                yield place * 8 + bit


def marks(collected: int) -> bytearray:
    """A set as bytes: row N is bit N % 8 of byte N // 8."""
    return bytearray(collected.to_bytes(collected.bit_length() // 8 + 1, "little"))


def _turns(connection: sqlite3.Connection) -> list[int]:
    """The rows that stand for a dataset, so that repositories take turns; inactive ones last."""
    counted: Counter[tuple[str, bool]] = Counter()
    turns = []
    for row, source, inactive in connection.execute(
        "SELECT stands, source, status <> 'active' FROM datasets WHERE stands = rowid ORDER BY 1"
    ):
        counted[source, inactive] += 1
        turns.append((inactive, counted[source, inactive], row))
    return [row for _, _, row in sorted(turns)]


def _published(connection: sqlite3.Connection, several: set[int]) -> dict[int, dict[str, int]]:
    """Of those that have copies: the row in each repository."""
    found: dict[int, dict[str, int]] = {}
    for row, stands, source in connection.execute(
        "SELECT rowid, stands, source FROM datasets ORDER BY rowid <> stands, 1"
    ):
        if stands in several:
            found.setdefault(stands, {}).setdefault(source, row)
    return found
