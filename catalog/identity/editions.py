"""Links between datasets that are known or named as parts, sources or editions of one another."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise

from catalog.identity import likeness, names, works
from catalog.identity.canonical import order
from catalog.identity.facts import LIST, Facts
from catalog.identity.pairs import LARGEST, SCORES
from schemas.link import Link, Relation

BY_NAME = 0.7
"""How sure it is that "ABC 2021" is the edition after "ABC 2020"."""


def between_works(facts: Sequence[Facts], standing: Sequence[int]) -> Iterator[Link]:
    """Links between well-known datasets that are here.

    Where the edition before is not here, the link goes to the one before that.
    """
    here: dict[str, list[int]] = defaultdict(list)
    for place, record in enumerate(facts):
        if record.work and standing[place] not in here[record.work]:
            here[record.work].append(standing[place])
    before = {row.work: row.other for row in works.related() if row.relation is Relation.VERSION_OF}
    for work, relation, other in works.related():
        while relation is Relation.VERSION_OF and other not in here and other in before:
            other = before[other]
        for one in here.get(work, ()):
            # Records that are not sure to be one dataset: the publisher's is what was meant.
            target = min(here.get(other, ()), key=lambda place: order(facts[place]), default=one)
            if one != target:
                yield _link(facts[one], relation, facts[target], SCORES["curated"], True)


def editions(facts: Sequence[Facts], standing: Sequence[int]) -> Iterator[Link]:
    """Links from a challenge or a list's record to the one of an earlier year with its name."""
    series: dict[str, dict[int, set[int]]] = defaultdict(lambda: defaultdict(set))
    for place, record in enumerate(facts):
        if record.dataset.kind != "challenge" and record.role != LIST:
            continue
        for name in record.names:
            if (year := names.year(name)) is not None and name.weight and len(name.base) >= 3:
                series[name.base][year].add(standing[place])
    for years in series.values():
        if sum(map(len, years.values())) > LARGEST:
            continue
        ordered = sorted(years)
        for earlier, later in pairwise(ordered):
            target = min(years[earlier])
            for one in sorted(years[later] - years[earlier]):
                a, b = facts[one], facts[target]
                if not (a.work and b.work) and not likeness.contradicted(a, b):
                    yield _link(a, Relation.VERSION_OF, b, BY_NAME, False)


def _link(one: Facts, relation: Relation, other: Facts, score: float, known: bool) -> Link:
    return Link(
        dataset_id=one.id,
        relation=relation,
        other_id=other.id,
        evidence="curated" if known else "title",
        score=score,
    )
