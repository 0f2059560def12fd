"""Which record of a dataset stands for it: the publisher's own, then the one that says most.

In this order: a list's record never stands for a repository's own; a record that is withdrawn never
for one that is still offered; a mirror's never for the publisher's; then the one with a DOI, the
one with most known fields, and the first by id. So IDC's copies stand under TCIA's collections,
though IDC lists every series: TCIA issued the DOI that both carry, its page is what a citation
leads to, it holds the parts that are not DICOM or need permission, and the choice does not change
when a harvest learns more. What IDC adds is one step away, as "also at".
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence

from catalog.identity.clusters import Clusters
from catalog.identity.facts import LIST, MIRROR, Facts
from schemas.dataset import Status
from schemas.link import Link

Edges = Mapping[tuple[int, int], Link]


def stand(facts: Sequence[Facts], clusters: Clusters, edges: Edges) -> tuple[list[int], list[Link]]:
    """The place that stands for each place, and a link from every other member to it.

    A member that no direct evidence ties to it is tied by the chain of members between them, and
    such a link is as sure as the weakest of the chain.
    """
    standing = list(range(len(facts)))
    links = []
    for members in clusters.all():
        chosen = min(members, key=lambda place: order(facts[place]))
        ties = _ties(chosen, set(members), edges)
        for place in members:
            standing[place] = chosen
            if place != chosen:
                ends = {"dataset_id": facts[place].id, "other_id": facts[chosen].id}
                links.append(ties[place].model_copy(update=ends))
    return standing, links


def _ties(chosen: int, members: set[int], edges: Edges) -> dict[int, Link]:
    """Member to the weakest link of the shortest chain to the chosen one."""
    beside: dict[int, dict[int, Link]] = {place: {} for place in members}
    for one in members:
        for other in members:
            if link := edges.get((one, other)):
                beside[one][other] = beside[other][one] = link
    ties: dict[int, Link] = {}
    waiting = deque([chosen])
    while waiting:
        place = waiting.popleft()
        for other, link in sorted(beside[place].items()):
            if other != chosen and other not in ties:
                before = ties.get(place)
                ties[other] = before if before and before.score <= link.score else link
                waiting.append(other)
    return ties


def order(one: Facts) -> tuple[bool, bool, bool, bool, int, str]:
    """What records of one dataset are sorted by; the first stands for all."""
    dataset = one.dataset
    return (
        one.role == LIST,
        dataset.status in (Status.WITHDRAWN, Status.GONE),
        one.role == MIRROR,
        dataset.doi is None,
        -len(dataset.provenance),
        dataset.id,
    )
