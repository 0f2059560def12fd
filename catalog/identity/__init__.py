"""Which records of several repositories are one dataset, and how datasets stand to one another.

Rules, in order: one DOI; one accession in one repository; one page; what a record states; what is
known of well-known datasets; a title with counts and modalities. What is near but not sure goes to
a list for a person to judge. Parts, derived data and other versions are linked, never joined.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from catalog.identity import facts as facts_of
from catalog.identity.canonical import stand
from catalog.identity.editions import between_works, editions
from catalog.identity.facts import Facts
from catalog.identity.joining import Joined, joined
from schemas.dataset import Dataset
from schemas.link import Link


@dataclass(frozen=True, slots=True)
class NearMiss:
    """Two records that may be one dataset, left to a person. score: 0 to 1, reasons: in words."""

    dataset_id: str
    other_id: str
    score: float
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Identity:
    """clusters: id of a record to the id of the one that stands for its dataset, itself included,

    for datasets with two records or more. links: how records and datasets stand to one another.
    review: what may be one dataset, most alike first.
    """

    clusters: dict[str, str]
    links: list[Link]
    review: list[NearMiss]


def find(datasets: Iterable[Dataset]) -> Identity:
    """The identity of every dataset among the records. The same records, in any order, give the

    same answer. Time grows with the number of records, not with the number of pairs.
    """
    facts = sorted((facts_of.of(dataset) for dataset in datasets), key=lambda one: one.id)
    found = joined(facts)
    standing, star = stand(facts, found.clusters, found.edges)
    for link in (*between_works(facts, standing), *editions(facts, standing)):
        found.link(link)
    return Identity(
        {facts[p].id: facts[standing[p]].id for places in found.clusters.all() for p in places},
        sorted([*star, *found.links.values()], key=_ends),
        _review(facts, found),
    )


def _review(facts: Sequence[Facts], found: Joined) -> list[NearMiss]:
    """The doubts that nothing has settled since, each pair once."""
    clusters = found.clusters
    sources = {
        place: {facts[p].source for p in places} for places in clusters.all() for place in places
    }
    review: dict[tuple[str, str], NearMiss] = {}
    for pair in found.doubts:
        one, other = facts[pair.one], facts[pair.other]
        settled = (
            pair.other in clusters.of(pair.one)
            or clusters.known_apart(pair.one, pair.other)
            or other.source in sources.get(pair.one, ())
            or one.source in sources.get(pair.other, ())
        )
        if settled and pair.evidence != "stated":
            continue
        ends = (one.id, other.id)
        if ends not in review or review[ends].score < pair.score:
            review[ends] = NearMiss(*ends, pair.score, pair.reasons)
    return sorted(review.values(), key=lambda near: (-near.score, near.dataset_id, near.other_id))


def _ends(link: Link) -> tuple[str, str, str]:
    return link.dataset_id, link.relation, link.other_id
