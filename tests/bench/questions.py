"""The questions that the pages are asked: distinct addresses, drawn with a seed from a release.

Each is drawn from what the release holds, so that none is empty: facet values of a group of series,
words of a description. Frequent ones come more often, rare ones too, and so does "not stated".
Run in a process of its own: `python -m tests.bench.questions RELEASE PASSES`.
"""

from __future__ import annotations

import json
import random
import re
import sys
from collections.abc import Callable
from dataclasses import replace
from itertools import accumulate
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from catalog.cohort import FACET_NAMES
from catalog.facets import UNKNOWN, Query
from catalog.reader import Reader

SEED = 20261123
HOW_MANY = {
    "cohort": 200, "cohort crowd": 200, "text": 60, "text crowd": 60, "age": 40,
    "search": 100, "dataset": 50, "twice": 20,
}  # fmt: skip
"""Addresses of each kind in a pass. A crowd is asked by many clients at once; `twice` are cohorts

that are asked twice, to see whether the server keeps answers."""

_DEEPEST = 10_000
_WORD = re.compile(r"[a-z0-9]{2,}")

Row = tuple[Any, ...]


class Questions:
    """Draws addresses; none comes twice."""

    def __init__(self, release: Path) -> None:
        self._chance = random.Random(SEED)
        self._reader = Reader(release)
        self._seen: set[str] = set()
        self._weights: dict[int, list[int]] = {}
        with self._reader.cursor(120) as cursor:
            self._groups = cursor.execute(
                f"SELECT {', '.join(FACET_NAMES)}, count(*) FROM series GROUP BY ALL ORDER BY ALL"
            ).fetchall()
            self._texts = cursor.execute(
                "SELECT modality, lower(concat_ws(' ', study_description, description)), count(*) "
                "FROM series GROUP BY ALL ORDER BY ALL"
            ).fetchall()
        columns = range(len(FACET_NAMES))
        self._offered = [i for i in columns if len({group[i] for group in self._groups}) > 1]
        datasets = self._reader.search(Query(size=500)).hits
        self._ids = [hit.id for hit in datasets]
        self._titles = [hit.title for hit in datasets]
        self._kinds: dict[str, Callable[[], str]] = {
            "cohort": self._cohort,
            "text": self._text,
            "age": self._age,
            "search": self._search,
            "dataset": self._dataset,
            "twice": self._cohort,
        }

    def one_pass(self) -> dict[str, list[str]]:
        """Kind to addresses."""
        return {kind: self._distinct(kind, count) for kind, count in HOW_MANY.items()}

    def _distinct(self, kind: str, count: int) -> list[str]:
        draw = self._kinds[kind.removesuffix(" crowd")]
        found: list[str] = []
        for _ in range(50 * count):
            address = draw()
            if address not in self._seen:
                self._seen.add(address)
                found.append(address)
            if len(found) == count:
                return found
        raise RuntimeError(f"the release has no {count} more questions of kind {kind!r}")

    def _cohort(self) -> str:
        query = self._filtered(self._chance.choices((0, 1, 2, 3), (1, 4, 8, 7))[0])
        return _address("/cohort", self._paged(query))

    def _text(self) -> str:
        modality, text, _ = self._one(self._texts)
        words = list(dict.fromkeys(_WORD.findall(text))) or ["series"]
        some = self._chance.sample(words, min(len(words), self._chance.choice((1, 1, 2))))
        narrowed = self._chance.random() < 0.3
        filters = (("modality", (modality or UNKNOWN,)),) if narrowed else ()
        return _address("/cohort", Query(text=" ".join(some), filters=filters))

    def _age(self) -> str:
        youngest = self._chance.randrange(0, 85)
        oldest = youngest + self._chance.randrange(1, 40)
        low, high = self._chance.choice(((youngest, oldest), (youngest, None), (None, oldest)))
        query = self._filtered(self._chance.choice((0, 1, 2)))
        return _address("/cohort", replace(query, age_min=low, age_max=high))

    def _search(self) -> str:
        words = self._chance.choice(self._titles).split()
        count = min(len(words), self._chance.choice((0, 1, 1, 2)))
        query = Query(text=" ".join(self._chance.sample(words, count)))
        for _ in range(self._chance.choice((0, 1, 1, 2))):
            facets = [
                facet
                for facet in self._reader.search(query).facets
                if not query.chosen(facet.name) and len(facet.values) > 1
            ]
            if facets:
                facet = self._chance.choice(facets)
                chosen = (facet.name, (self._chance.choice(facet.values[:20]).value,))
                query = replace(query, filters=(*query.filters, chosen))
        return _address("/", query)

    def _dataset(self) -> str:
        return f"/dataset/{quote(self._chance.choice(self._ids), safe=':')}"

    def _filtered(self, steps: int) -> Query:
        """Values of as many facets; now and then a second value in one, as a person would add."""
        group, other = self._one(self._groups), self._one(self._groups)
        filters = []
        for column in sorted(self._chance.sample(self._offered, steps)):
            values = [group[column] or UNKNOWN]
            if self._chance.random() < 0.15:
                values.append(other[column] or UNKNOWN)
            filters.append((FACET_NAMES[column], tuple(dict.fromkeys(values))))
        return Query(filters=tuple(filters))

    def _paged(self, query: Query) -> Query:
        """Most people see the first page, some the second; a crawler goes to the end."""
        chosen = [(FACET_NAMES.index(name), values) for name, values in query.filters]
        series = sum(
            group[-1]
            for group in self._groups
            if all((group[column] or UNKNOWN) in values for column, values in chosen)
        )
        last = min(-(-series // query.size), _DEEPEST)
        deep = self._chance.randint(1, last)
        return replace(query, page=self._chance.choices((1, min(2, last), deep), (6, 2, 2))[0])

    def _one(self, rows: list[Row]) -> Row:
        """A row that ends with its count: every other time any, else by how many series it is."""
        if self._chance.random() < 0.5:
            return self._chance.choice(rows)
        weights = self._weights.setdefault(id(rows), list(accumulate(row[-1] for row in rows)))
        return self._chance.choices(rows, cum_weights=weights)[0]


def _address(path: str, query: Query) -> str:
    pairs = query.params()
    return f"{path}?{urlencode(pairs)}" if pairs else path


if __name__ == "__main__":
    asked = Questions(Path(sys.argv[1]))
    json.dump([asked.one_pass() for _ in range(int(sys.argv[2]))], sys.stdout)
