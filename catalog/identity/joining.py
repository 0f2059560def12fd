"""Goes through the pairs, surest first, and joins, links or doubts each of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from catalog.identity import pairs
from catalog.identity.clusters import Clusters
from catalog.identity.facts import Facts
from catalog.identity.near import by_words
from catalog.identity.pairs import Pair
from catalog.identity.stated import Said, relations
from schemas.link import Link, Relation

SAMENESS = (Relation.SAME_AS, Relation.MIRROR_OF)
"""What makes records one dataset; every other relation keeps them apart."""


@dataclass(slots=True)
class Joined:
    """edges: the evidence that joined two places. links: every other relation, by its ends.

    doubts: pairs that may be one dataset, with why they were not joined.
    """

    clusters: Clusters
    edges: dict[tuple[int, int], Link] = field(default_factory=dict)
    links: dict[tuple[str, Relation, str], Link] = field(default_factory=dict)
    doubts: list[Pair] = field(default_factory=list)

    def link(self, link: Link) -> None:
        """Keep a link, if none of its kind and ends is kept already."""
        self.links.setdefault((link.dataset_id, link.relation, link.other_id), link)


def joined(facts: Sequence[Facts]) -> Joined:
    """What the records are to one another. facts: in order of their ids."""
    places = pairs.blocks(facts)
    said = list(relations(facts, places))
    apart = [(s.one, s.other) for s in said if s.relation not in SAMENESS]
    same = [(s.one, s.other) for s in said if s.relation is Relation.SAME_AS]
    result = Joined(Clusters(facts, apart, same))
    for s in said:
        if s.relation not in SAMENESS:
            result.link(to_link(facts, _stated(s)))
    stated = [_stated(s) for s in said if s.relation in SAMENESS]
    _consider(result, facts, pairs.by_address(facts, places))
    _consider(result, facts, stated)
    _consider(result, facts, pairs.by_work(facts))
    _consider(result, facts, pairs.by_title(facts, result.clusters))
    result.doubts += by_words(facts)
    return result


def to_link(facts: Sequence[Facts], pair: Pair) -> Link:
    """A pair as a link between the records' ids."""
    return Link(
        dataset_id=facts[pair.one].id,
        relation=pair.relation,
        other_id=facts[pair.other].id,
        evidence=pair.evidence,
        score=pair.score,
    )


def _consider(result: Joined, facts: Sequence[Facts], found: Iterable[Pair]) -> None:
    for pair in found:
        apart = result.clusters.known_apart(pair.one, pair.other)
        if pair.relation not in SAMENESS:
            if not apart:
                result.link(to_link(facts, pair))
        elif apart:
            if pair.evidence == "stated":
                result.doubts.append(pair.because("but they are known to differ"))
        elif not pair.sure:
            result.doubts.append(pair)
        elif conflict := result.clusters.join(pair.one, pair.other):
            result.doubts.append(pair.because(f"but {conflict}"))
        else:
            result.edges.setdefault((pair.one, pair.other), to_link(facts, pair))


def _stated(said: Said) -> Pair:
    why = ("a record says so",)
    return Pair(said.one, said.other, said.relation, "stated", 1.0, True, why)
