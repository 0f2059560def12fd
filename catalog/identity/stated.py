"""What records themselves say of other records: the same, a part, a version, derived."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from catalog.identity import addresses
from catalog.identity.facts import Facts
from schemas.link import Relation

OURS = "fairscan"
"""The scheme of related identifiers that are ids of this catalogue."""


class Said(NamedTuple):
    """`one` says that it stands in `relation` to `other`; both are places in the list of facts."""

    one: int
    relation: Relation
    other: int


_FORWARD = {
    "IsIdenticalTo": Relation.SAME_AS,
    "IsVariantFormOf": Relation.MIRROR_OF,
    "IsPartOf": Relation.PART_OF,
    "IsDerivedFrom": Relation.DERIVED_FROM,
    "IsVersionOf": Relation.VERSION_OF,
    "IsNewVersionOf": Relation.VERSION_OF,
    "Obsoletes": Relation.VERSION_OF,
}
_BACKWARD = {
    "IsOriginalFormOf": Relation.MIRROR_OF,
    "HasPart": Relation.PART_OF,
    "IsSourceOf": Relation.DERIVED_FROM,
    "HasVersion": Relation.VERSION_OF,
    "IsPreviousVersionOf": Relation.VERSION_OF,
    "IsObsoletedBy": Relation.VERSION_OF,
}
"""DataCite relation types that speak of the other dataset as the later or smaller one."""


def relations(facts: Sequence[Facts], places: Mapping[str, Sequence[int]]) -> Iterator[Said]:
    """Every stated relation between records that are both here. places: address to places.

    A name that several records answer to says nothing certain and is passed over.
    """
    ids = {one.id: place for place, one in enumerate(facts)}
    for place, one in enumerate(facts):
        for other_id in one.dataset.derived_from:
            if (other := ids.get(other_id, place)) != place:
                yield Said(place, Relation.DERIVED_FROM, other)
        for related in one.dataset.related:
            forward = _FORWARD.get(related.relation)
            relation = forward or _BACKWARD.get(related.relation)
            if relation is None:
                continue
            for other in _named(related.scheme, related.value, one, facts, ids, places):
                if other != place:
                    yield Said(*((place, relation, other) if forward else (other, relation, place)))


def _named(
    scheme: str,
    value: str,
    one: Facts,
    facts: Sequence[Facts],
    ids: Mapping[str, int],
    places: Mapping[str, Sequence[int]],
) -> list[int]:
    """The records that a related identifier names: of one dataset, at most one a source."""
    if scheme.lower() == OURS:
        return [ids[value]] if value in ids else []
    known = {"doi": addresses.of_doi, "url": addresses.of_url}.get(scheme.lower())
    named = known(value) if known else []
    # The version is what a DOI names; its accession would be every version, the record's own too.
    found = list(places.get(named[0], ())) if named else []
    sources = [facts[place].source for place in found]
    if len(set(sources)) < len(sources):
        return []
    # A record points first to its own repository's: its copies elsewhere follow from that.
    same = [place for place in found if facts[place].source == one.source]
    return same or found
