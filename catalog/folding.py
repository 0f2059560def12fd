"""Lays what lists say of a dataset under the record of the repository that publishes it.

A list only describes what others publish. Where identity is sure which dataset an entry is about,
the entry is no dataset of its own: what it knows fills what the publisher does not say, field by
field and with its provenance, and its id becomes one more identifier. It overrides nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

from catalog.identity import Identity, NearMiss
from harvesters.record import overlaid
from schemas.dataset import Dataset, Identifier, Method, Provenance, RelatedIdentifier
from schemas.link import Link, Relation

_CITED = frozenset(
    {"creators", "licence", "licence_raw", "licence_url", "published", "publisher", "version",
     "year"}
)  # fmt: skip


class Folded(NamedTuple):
    """datasets: without the entries that were folded. identity: of what is left, in their names.

    into: id of a folded entry to the id of the record that it lies under.
    """

    datasets: list[Dataset]
    identity: Identity
    into: dict[str, str]


def folded(datasets: Iterable[Dataset], identity: Identity, lists: Collection[str]) -> Folded:
    """Fold the entries of the sources in `lists` whose dataset has another record.

    An entry folds into the record that stands for its dataset, which is another entry where only
    lists know the dataset. An entry that nothing else is known to be stays as it is.
    """
    known = {dataset.id: dataset for dataset in datasets}
    into = {
        member: stands
        for member, stands in sorted(identity.clusters.items())
        if member != stands and known[member].source in lists
    }
    result = {key: dataset for key, dataset in known.items() if key not in into}
    for entry, survivor in into.items():
        result[survivor] = _under(known[entry], result[survivor])
    return Folded(
        [_renamed(dataset, into) for dataset in result.values()], _identity(identity, into), into
    )


def _under(entry: Dataset, survivor: Dataset) -> Dataset:
    """The survivor over the entry, with the entry's id among its identifiers."""
    laid = overlaid(entry.model_copy(update={"provenance": _fillings(entry, survivor)}), survivor)
    name = Identifier(scheme=entry.source, value=entry.id.partition(":")[2])
    identifiers = [one for one in laid.identifiers if one != name]
    told = Provenance(
        source=entry.source,
        retrieved_at=entry.retrieved,
        method=Method.DERIVED,
        snapshot=entry.snapshot,
    )
    return laid.model_copy(
        update={
            "identifiers": [*identifiers, name],
            "provenance": {"identifiers": told, **laid.provenance},
        }
    )


def _fillings(entry: Dataset, survivor: Dataset) -> dict[str, Provenance]:
    """What an entry may fill: not its identifiers, which are names in its own list, and of what

    has a DOI nothing that a citation says, because that is for who registered the DOI to say.
    """
    kept = {"identifiers", *(_CITED if survivor.doi else ())}
    return {field: told for field, told in entry.provenance.items() if field not in kept}


def _renamed(dataset: Dataset, into: Mapping[str, str]) -> Dataset:
    """The dataset, naming records that are left where it named entries that were folded."""
    derived = [into.get(one, one) for one in dataset.derived_from]
    related = [
        RelatedIdentifier(relation=one.relation, scheme=one.scheme, value=into[one.value])
        if one.scheme == "fairscan" and one.value in into
        else one
        for one in dataset.related
    ]
    if derived == dataset.derived_from and related == dataset.related:
        return dataset
    named = [one for one in dict.fromkeys(derived) if one != dataset.id]
    return dataset.model_copy(update={"derived_from": named, "related": related})


def _identity(identity: Identity, into: Mapping[str, str]) -> Identity:
    left = {one: stands for one, stands in identity.clusters.items() if one not in into}
    sizes: dict[str, int] = {}
    for stands in left.values():
        sizes[stands] = sizes.get(stands, 0) + 1
    clusters = {one: stands for one, stands in left.items() if sizes[stands] > 1}
    links: dict[tuple[str, Relation, str], Link] = {}
    for link in identity.links:
        one, other = (
            into.get(link.dataset_id, link.dataset_id),
            into.get(link.other_id, link.other_id),
        )
        key = (one, link.relation, other)
        if one != other and (key not in links or links[key].score < link.score):
            links[key] = link.model_copy(update={"dataset_id": one, "other_id": other})
    review: dict[tuple[str, str], NearMiss] = {}
    for near in identity.review:
        one, other = sorted(into.get(end, end) for end in (near.dataset_id, near.other_id))
        same = clusters.get(one, one) == clusters.get(other, other)
        if not same:
            review.setdefault((one, other), NearMiss(one, other, near.score, near.reasons))
    return Identity(clusters, [links[key] for key in sorted(links)], list(review.values()))
