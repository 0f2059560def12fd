"""Pairs of records worth a look, from blocks of records that share an address, a work or a name.

Nothing is compared with everything: a block that is larger than `LARGEST` says nothing about
identity (a portal's home page, a title such as "test") and is passed over.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

from catalog.identity import addresses, likeness, names
from catalog.identity.clusters import Clusters
from catalog.identity.facts import LIST, Facts, is_part
from schemas.link import Evidence, Relation

LARGEST = 40
SCORES: dict[Evidence, float] = {"doi": 1.0, "accession": 0.98, "url": 0.9, "curated": 0.95}
"""How sure each kind of evidence is, where nothing speaks against it."""
DOUBTED = 0.6
"""How sure it is where something does."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two places in the list of facts, what they may be to one another, and why."""

    one: int
    other: int
    relation: Relation
    evidence: Evidence
    score: float
    sure: bool
    reasons: tuple[str, ...] = ()

    def because(self, reason: str) -> Pair:
        """The same pair with one more reason."""
        return replace(self, reasons=(*self.reasons, reason))


def blocks(facts: Sequence[Facts]) -> dict[str, list[int]]:
    """Address to the places of the records that have it."""
    return _grouped(
        (address, place) for place, one in enumerate(facts) for address in one.addresses
    )


def by_address(facts: Sequence[Facts], places: dict[str, list[int]]) -> Iterator[Pair]:
    """Pairs that share a DOI, then an accession, then a page."""
    called = {(one.source, name.key) for one in facts for name in one.names if name.weight >= 0.5}
    order: dict[Evidence, list[str]] = {"doi": [], "accession": [], "url": []}
    for address, members in places.items():
        if 1 < len(members) <= LARGEST:
            scheme = address.partition(":")[0]
            order["doi" if scheme == "doi" else "url" if scheme == "url" else "accession"].append(
                address
            )
    for evidence, shared in order.items():
        for address in sorted(shared):
            yield from _of_block(facts, places[address], evidence, f"both are at {address}", called)


def by_work(facts: Sequence[Facts]) -> Iterator[Pair]:
    """Pairs that are known to be the same well-known dataset."""
    works = _grouped((one.work, place) for place, one in enumerate(facts) if one.work)
    for work, members in sorted(works.items()):
        for one, other in combinations(members, 2):
            if facts[one].source == facts[other].source and facts[one].role != LIST:
                continue
            alike = not likeness.contradicted(facts[one], facts[other])
            score = SCORES["curated"] if alike else DOUBTED
            pair = Pair(one, other, Relation.SAME_AS, "curated", score, alike)
            pair = pair.because(f"both are known as {work}")
            yield pair if alike else pair.because("but what they say differs")


def by_title(facts: Sequence[Facts], clusters: Clusters) -> list[Pair]:
    """Pairs that share a name and are not joined yet, most alike first."""
    named = _grouped(
        (name.key, place) for place, one in enumerate(facts) for name in one.names if name.weight
    )
    scored: dict[tuple[int, int], tuple[float, list[str]]] = {}
    for members in named.values():
        if not 1 < len(members) <= LARGEST:
            continue
        for pair in _across(facts, members):
            if pair not in scored and pair[1] not in clusters.of(pair[0]):
                scored[pair] = likeness.score(facts[pair[0]], facts[pair[1]])
    rivals = Counter(
        (place, facts[across].source)
        for (one, other), (score, _) in scored.items()
        if score >= likeness.SAME
        for place, across in ((one, other), (other, one))
    )
    found = []
    for (one, other), (score, reasons) in scored.items():
        if score < likeness.NEAR:
            continue
        alone = rivals[one, facts[other].source] <= 1 and rivals[other, facts[one].source] <= 1
        sure = score >= likeness.SAME and alone
        if score >= likeness.SAME and not alone:
            reasons = [*reasons, "but several of one source are as alike"]
        found.append(
            Pair(one, other, Relation.SAME_AS, "title+counts", score, sure, tuple(reasons))
        )
    return sorted(found, key=lambda pair: (-pair.score, pair.one, pair.other))


def _of_block(
    facts: Sequence[Facts],
    members: list[int],
    evidence: Evidence,
    why: str,
    called: set[tuple[str, str]],
) -> Iterator[Pair]:
    """Pairs of one address. Where one source has several records at it, only names can tell which

    is meant; a record that is called a part is part of the one that is not.
    """
    sources = Counter(facts[place].source for place in members)
    score = SCORES[evidence]
    for one, other in sorted(_across(facts, members), key=lambda pair: _rank(facts, *pair)):
        a, b = facts[one], facts[other]
        if not (a.work and b.work) and is_part(a) != is_part(b):
            part, whole = (one, other) if is_part(a) else (other, one)
            if sources[facts[whole].source] == 1:
                yield Pair(part, whole, Relation.PART_OF, evidence, 0.8, True, (why,))
            continue
        versions = addresses.version(a.dataset), addresses.version(b.dataset)
        if all(versions) and versions[0] != versions[1]:
            newer, older = (one, other) if _later(*versions) else (other, one)
            yield Pair(newer, older, Relation.VERSION_OF, evidence, score, True, (why,))
        elif doubt := _doubt(a, b, evidence, sources, called):
            yield Pair(one, other, Relation.SAME_AS, evidence, DOUBTED, False, (why, doubt))
        else:
            yield Pair(one, other, Relation.SAME_AS, evidence, score, True, (why,))


def _rank(facts: Sequence[Facts], one: int, other: int) -> tuple[bool, int, int]:
    """Order within a block: records with one name first."""
    mine = {name.key for name in facts[one].names if name.whole}
    return mine.isdisjoint(n.key for n in facts[other].names if n.whole), one, other


def _doubt(
    one: Facts,
    other: Facts,
    evidence: Evidence,
    sources: Counter[str],
    called: set[tuple[str, str]],
) -> str | None:
    """Why an address in common is not enough for these two; None if it is."""
    if names.shared(one.names, other.names) is None:
        for crowd in (one, other):
            if sources[crowd.source] > 1:
                return f"but {sources[crowd.source]} records of {crowd.source} are there"
        if _called_elsewhere(one, other, called):
            return "but the repository has another record of the list's name"
    if evidence != "doi" and _other_data(one, other):
        return "but each has a DOI of its own, and no count agrees"
    if evidence == "url" and LIST in (one.role, other.role):
        return "but what they say differs" if likeness.contradicted(one, other) else None
    return None


def _called_elsewhere(one: Facts, other: Facts, called: set[tuple[str, str]]) -> bool:
    """Whether one is of a list, and the other's source has a record of its name: lists copy pages

    from line to line.
    """
    return any(
        a.role == LIST and any((b.source, name.key) in called for name in a.names if name.whole)
        for a, b in ((one, other), (other, one))
    )


def _other_data(one: Facts, other: Facts) -> bool:
    """Whether two DOIs, and counts that do not agree, say that the data are not the same.

    So an archive that holds only slides of a project is not the one that holds its scans.
    """
    mine, theirs = (addresses.of_doi(facts.dataset.doi) for facts in (one, other))
    if not mine or not theirs or set(mine) & set(theirs):
        return False
    return not likeness.counts_agree(one, other) or likeness.contradicted(one, other)


def _later(one: str | None, other: str | None) -> bool:
    return [_ordered(part) for part in (one or "").split(".")] > [
        _ordered(part) for part in (other or "").split(".")
    ]


def _ordered(part: str) -> tuple[int, str]:
    return (int(part), "") if part.isdecimal() else (-1, part)


def _across(facts: Sequence[Facts], members: list[int]) -> Iterator[tuple[int, int]]:
    """Pairs of records of two sources, the smaller place first."""
    for one, other in combinations(members, 2):
        if facts[one].source != facts[other].source:
            yield one, other


def _grouped(entries: Iterable[tuple[str, int]]) -> dict[str, list[int]]:
    groups: dict[str, list[int]] = defaultdict(list)
    for key, place in entries:
        groups[key].append(place)
    return dict(groups)
