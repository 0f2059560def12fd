"""Joins records into datasets: never two that are known to differ, nor two of one source, unless

the source itself says that they are one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from catalog.identity.facts import LIST, Facts

_OPPOSED = ({"analysis_result"}, {"collection", "challenge"})
"""Kinds of records that are never one dataset: what annotates, and what is annotated."""


class Clusters:
    """Disjoint sets of places in the list of facts; `join` refuses what would be inconsistent."""

    def __init__(
        self,
        facts: Sequence[Facts],
        apart: Iterable[tuple[int, int]],
        same: Iterable[tuple[int, int]],
    ) -> None:
        """apart: pairs that are said to differ. same: pairs that a repository says are one."""
        self._facts = facts
        self._members: dict[int, list[int]] = {}
        self._same = {frozenset(pair) for pair in same}
        self._root = list(range(len(facts)))
        self._apart: dict[int, set[int]] = {}
        for one, other in apart:
            self._apart.setdefault(one, set()).add(other)
            self._apart.setdefault(other, set()).add(one)

    def of(self, place: int) -> list[int]:
        """The places of everything that is one dataset with `place`, itself included."""
        return self._members.get(self._root[place], [place])

    def known_apart(self, one: int, other: int) -> bool:
        """Whether the two are said to differ, by a record or by the table of known datasets."""
        mine, theirs = self._facts[one].work, self._facts[other].work
        return other in self._apart.get(one, ()) or bool(mine and theirs and mine != theirs)

    def join(self, one: int, other: int) -> str | None:
        """Join the two clusters; None if that was done, otherwise why it would be wrong."""
        if self._root[one] == self._root[other]:
            return None
        mine, theirs = self.of(one), self.of(other)
        if reason := self._conflict(mine, theirs):
            return reason
        root = self._root[one]
        joined = sorted([*mine, *theirs])
        for place in theirs:
            self._root[place] = root
        self._members[root] = joined
        return None

    def all(self) -> list[list[int]]:
        """Every cluster of two or more, each in order, in the order of their first members."""
        roots = {self._root[place] for places in self._members.values() for place in places}
        return sorted(self._members[root] for root in roots)

    def _conflict(self, mine: list[int], theirs: list[int]) -> str | None:
        for a in mine:
            for b in theirs:
                one, other = self._facts[a], self._facts[b]
                if one.source == other.source and not (
                    frozenset((a, b)) in self._same or _listed_twice(one, other)
                ):
                    return f"{one.source} has both {one.id} and {other.id}"
                if self.known_apart(a, b):
                    return f"{one.id} and {other.id} are known to differ"
                kinds = {one.dataset.kind, other.dataset.kind}
                if all(kinds & opposed for opposed in _OPPOSED) and not _same_work(one, other):
                    return f"{one.id} is {one.dataset.kind}, {other.id} {other.dataset.kind}"
        return None


def _listed_twice(one: Facts, other: Facts) -> bool:
    """Whether a list describes one well-known dataset twice."""
    return one.role == LIST and one.work is not None and one.work == other.work


def _same_work(one: Facts, other: Facts) -> bool:
    return one.work is not None and one.work == other.work and "collection" not in (
        one.dataset.kind, other.dataset.kind
    )  # fmt: skip
