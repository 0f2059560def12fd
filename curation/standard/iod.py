"""The Type of an attribute in an object: whether it must be there, may be empty, or may go."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from schemas.vocabulary.table import rows

_STRICTEST_FIRST = ("1", "1C", "2", "2C", "3")


@cache
def _types() -> dict[str, dict[int, dict[int, str]]]:
    """Types by module (empty in sequences), by the sequence that holds them, by tag."""
    found: dict[str, dict[int, dict[int, str]]] = {}
    path = Path(__file__).with_name("types.csv")
    for row in rows(path, ("module", "parent", "tag", "type")):
        parent = int(row["parent"] or "0", 16)
        holder = found.setdefault(row["module"], {}).setdefault(parent, {})
        holder[int(row["tag"], 16)] = row["type"]
    return found


@cache
def _modules() -> dict[str, tuple[str, ...]]:
    path = Path(__file__).with_name("sop_classes.csv")
    return {row["sop_class"]: tuple(row["modules"].split()) for row in rows(path, _SOP_COLUMNS)}


_SOP_COLUMNS = ("sop_class", "modules")


@cache
def _top_level() -> dict[str, dict[int, str]]:
    """Types at the top level by SOP Class, the strictest of its modules, and by tag."""
    types = _types()
    found: dict[str, dict[int, str]] = {}
    for sop_class, modules in _modules().items():
        told = found.setdefault(sop_class, {})
        for module in modules:
            for tag, type_ in types[module][0].items():
                told[tag] = min(told.get(tag, "3"), type_, key=_STRICTEST_FIRST.index)
    return found


@cache
def _in_sequences() -> dict[int, dict[int, str]]:
    return _types()[""]


_NO_TYPES: dict[int, str] = {}


def type_of(sop_class: str, tag: int, parent: int = 0) -> str | None:
    """The Type (1, 1C, 2, 2C or 3) of an attribute, or None if the tables do not tell.

    `parent` is the tag of the sequence that holds it, 0 at the top level. In sequences the Type
    is the strictest of all objects that have this sequence. The tables tell of the attributes of
    Table E.1-1 and of all others whose VR is a date, a name, an address or free text.
    """
    if parent:
        return _in_sequences().get(parent, _NO_TYPES).get(tag)
    told = _top_level().get(sop_class)
    return None if told is None else told.get(tag, "3")
