"""Records whose titles share rare words: never joined for that, only shown to a person."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import combinations

from catalog.identity import likeness, names
from catalog.identity.facts import Facts
from catalog.identity.pairs import Pair
from schemas.link import Relation

RARE = 12
"""A word that more records have than this brings no two together."""
LOOKED = 3
"""How many of a title's rare words are looked at."""
ALIKE = 0.6
"""The share of words that two titles have in common to be worth a look."""


def by_words(facts: Sequence[Facts]) -> Iterator[Pair]:
    """Pairs of two sources with most words in common and no name, if their facts agree."""
    words = [_words(one) for one in facts]
    holders: dict[str, list[int]] = defaultdict(list)
    for place, found in enumerate(words):
        for word in found:
            holders[word].append(place)
    blocks: dict[str, list[int]] = defaultdict(list)
    for place, found in enumerate(words):
        rare = sorted((len(holders[w]), w) for w in found if 2 <= len(holders[w]) <= RARE)
        for _, word in rare[:LOOKED]:
            blocks[word].append(place)
    pairs = {pair for members in blocks.values() for pair in combinations(members, 2)}
    for one, other in sorted(pairs):
        a, b = facts[one], facts[other]
        shared = words[one] & words[other]
        alike = len(shared) / len(words[one] | words[other])
        if (
            a.source == b.source
            or alike < ALIKE
            or len(shared) < 3
            or names.shared(a.names, b.names)
        ):
            continue
        why = [f"{len(shared)} words of their titles are the same"]
        score, reasons = likeness.facts_agree(a, b, 0.6 * alike, why)
        if score >= likeness.NEAR:
            capped = min(score, likeness.SAME - 0.01)
            yield Pair(one, other, Relation.SAME_AS, "title+counts", capped, False, tuple(reasons))


def _words(one: Facts) -> set[str]:
    """The words of the title, numbers included: an edition is another dataset."""
    return {word for name in one.names for word in name.words if name.whole and len(word) > 1}
