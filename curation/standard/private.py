"""Private attributes that are known to be safe, and how each is kept (PS3.15 section E.3.10)."""

from __future__ import annotations

from functools import cache, lru_cache
from pathlib import Path

from schemas.vocabulary.table import rows

_COLUMNS = ("group", "element", "creator", "vr", "action", "listed", "meaning")


@cache
def _known() -> dict[tuple[int, int, str], str]:
    path = Path(__file__).with_name("private.csv")
    return {
        (int(row["group"], 16), int(row["element"], 16), _normal(row["creator"])): row["action"]
        for row in rows(path, _COLUMNS)
        if row["action"] != "X"
    }


@cache
def _vrs() -> dict[tuple[int, int, str], str]:
    path = Path(__file__).with_name("private.csv")
    return {
        (int(row["group"], 16), int(row["element"], 16), _normal(row["creator"])): row["vr"]
        for row in rows(path, _COLUMNS)
    }


def private_vr(group: int, element: int, creator: str) -> str:
    """The VR of a private attribute that implicit VR does not tell; "" if nobody knows.

    `element` is its lower byte. Of a VR that differs between makers' software the first is given.
    """
    return _vrs().get((group, element, _normal(creator)), "")[:2]


@lru_cache(4096)
def _normal(creator: str) -> str:
    """The creator as it is compared: without case, padding and repeated spaces."""
    return " ".join(creator.replace("\0", " ").split()).casefold()


def private_action(group: int, element: int, creator: str) -> str:
    """What keeping safe private attributes does with this one: K, C (clean), U or X.

    `element` is its lower byte (the upper one is the block, which differs between files) and
    `creator` the Private Creator of its block. Sequences that are kept are gone through in turn.
    X: not known to be safe.
    """
    if not creator or len(creator) > 64:
        return "X"
    return _known().get((group, element, _normal(creator)), "X")


def private_is_safe(group: int, element: int, creator: str) -> bool:
    """Whether a private attribute is known to be safe, possibly after cleaning."""
    return private_action(group, element & 0xFF, creator) != "X"


@cache
def creators() -> frozenset[str]:
    """Every creator that has a safe attribute, as it is compared."""
    return frozenset(creator for _, _, creator in _known())


def creator_is_known(creator: str) -> bool:
    """Whether a Private Creator is one that the tables name: then it names a product, no person."""
    return len(creator) <= 64 and _normal(creator) in creators()
