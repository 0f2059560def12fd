"""The records of every source made one catalogue: described, in one vocabulary, each thing once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from catalog import folding, identity, registries
from catalog.identity import Identity
from catalog.inherited import cited, inherited
from catalog.normalise import normalised
from schemas.dataset import Dataset
from schemas.source import Source

if TYPE_CHECKING:
    from harvesters.doi import Described

LISTS = "lists"
"""The kind of source that describes what others publish."""


class Assembled(NamedTuple):
    """datasets: as the release holds them. identity: what is one dataset, and how others relate."""

    datasets: list[Dataset]
    identity: Identity


def assembled(
    datasets: Iterable[Dataset], sources: Sequence[Source], described: dict[str, Described]
) -> Assembled:
    """Fill in what registries know, normalise, and say which records are one dataset.

    A list's record of what a repository publishes itself is laid under that repository's.
    """
    every = [normalised(one) for one in registries.enriched(datasets, described)]
    every = cited(inherited(every))
    lists = {source.key for source in sources if source.kind == LISTS}
    whole = folding.folded(every, identity.find(every), lists)
    clusters = whole.identity.clusters
    stands = [
        dataset.model_copy(update={"cluster": clusters[dataset.id]})
        if dataset.id in clusters
        else dataset
        for dataset in whole.datasets
    ]
    return Assembled(stands, whole.identity)
