"""Values inside a row, by the paths that a source file says; no more of a language than that."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from typing import Any
from urllib.parse import quote

from schemas.api import PLACE, Keep

_ADDRESSABLE = re.compile(r"[\w~-][\w.~-]*(?:/[\w~-][\w.~-]*)?", re.ASCII)
"""What may stand in an address: an id, or an owner and a name."""
_LONGEST = 200
_WHOLE = ""
"""Marks where a path ends: no key is empty."""


def values(row: Any, told: str) -> list[Any]:
    """Every value at a path, or a text made of each if `told` has a path in braces; no nulls."""
    place = PLACE.search(told)
    if place is None:
        return _at(row, told)
    start, end = told[: place.start()], told[place.end() :]
    return [
        f"{start}{quote(str(value), safe='/')}{end}"
        for value in _at(row, place[1])
        if isinstance(value, str | int) and is_addressable(str(value))
    ]


def is_addressable(value: str) -> bool:
    """Whether a value may be put into an address: it leads nowhere else."""
    return len(value) <= _LONGEST and _ADDRESSABLE.fullmatch(value) is not None


def meets(row: Any, conditions: Iterable[Keep]) -> bool:
    """Whether a row meets all conditions."""
    return all(_meets(row, condition) for condition in conditions)


def projected(row: Any, paths: Iterable[str]) -> Any:
    """Of a row, only what lies at the paths: nothing else is kept of it."""
    tree: dict[str, Any] = {}
    for told in paths:
        branch = tree
        for name in bare(told).split("."):
            branch = branch.setdefault(name, {})
        branch[_WHOLE] = True
    return _cut(row, tree)


def within(paths: Iterable[str], name: str) -> list[str]:
    """The rest of the paths that begin with `name`."""
    told = [bare(path) for path in paths]
    return [path.removeprefix(f"{name}.") for path in told if path.startswith(f"{name}.")]


def bare(told: str) -> str:
    """A path as such, without the text around it."""
    place = PLACE.search(told)
    return place[1] if place else told


def _cut(value: Any, tree: dict[str, Any]) -> Any:
    if _WHOLE in tree:
        return value
    if isinstance(value, list):
        return [_cut(one, tree) for one in value]
    if isinstance(value, dict):
        return {name: _cut(value[name], tree[name]) for name in tree if name in value}
    return value


def _at(row: Any, path: str) -> list[Any]:
    found = [row]
    for name in path.split("."):
        inner = [one.get(name) for one in found if isinstance(one, dict)]
        found = [
            value
            for one in inner
            for value in (one if isinstance(one, list) else [one])
            if value is not None and value != ""
        ]
    return found


def _meets(row: Any, condition: Keep) -> bool:
    found = [value for path in condition.paths for value in _at(row, path)]
    if condition.equals:
        wanted = {_plain(value) for value in condition.equals}
        return any(_plain(value) in wanted for value in found)
    texts = [value for value in found if isinstance(value, str)]
    if condition.begins is not None:
        return any(text.startswith(condition.begins) for text in texts)
    pattern = _any_of(tuple(condition.words))
    return any(pattern.search(text) for text in texts)


def _plain(value: Any) -> str:
    return str(value).casefold()


@cache
def _any_of(words: tuple[str, ...]) -> re.Pattern[str]:
    told = "|".join(re.escape(word) for word in words)
    return re.compile(rf"(?<!\w)(?:{told})(?!\w)", re.IGNORECASE)
