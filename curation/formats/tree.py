"""A JSON document as a tree of pairs: how its places are named and its leaves are listed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from curation.formats.fields import UNKNOWN, Field, field_of


class Pairs(list[tuple[str, Any]]):
    """An object of JSON with every pair that was written, also those of one key."""


def key_path(where: str, key: str) -> str:
    """The place of a key below a place."""
    return f"{where}.{key}" if where else key


def only_scalars(node: list[Any]) -> bool:
    """Whether an array holds values and nothing that holds others."""
    return not any(isinstance(value, list) for value in node)


def depth(node: Any) -> int:
    """How deep a document is nested."""
    deepest = 0
    todo = [(node, 1)]
    while todo:
        here, level = todo.pop()
        deepest = max(deepest, level)
        if isinstance(here, Pairs):
            todo += [(value, level + 1) for _, value in here]
        elif isinstance(here, list):
            todo += [(value, level + 1) for value in here]
    return deepest


def leaves(node: Any, field: Field = UNKNOWN) -> Iterator[tuple[Field, str]]:
    """Every text and number with what its key says, in their order."""
    if isinstance(node, Pairs):
        for name, value in node:
            yield from leaves(value, field_of(name))
    elif isinstance(node, list):
        for value in node:
            yield from leaves(value, field)
    elif isinstance(node, str):
        yield field, node
    elif isinstance(node, int) and not isinstance(node, bool):
        yield field, str(node)
