"""Who made the device, or the software, that wrote a series: many spellings, one name."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from schemas.vocabulary import table


class Manufacturer(NamedTuple):
    """`kind` is "vendor" (of devices), "software" (that derives objects) or "institution"."""

    name: str
    kind: str


def normalise(raw: str | None) -> Manufacturer | None:
    """The maker that Manufacturer (0008,0070) means; None if unknown or a placeholder.

    "X / MIM Software" is X: software that passes a series on appends its name.
    """
    if raw is None:
        return None
    maker, _, passed_on_by = raw.partition(" / ")
    whole = _makers().get(table.squeeze(raw))
    if whole is None and passed_on_by and _is_software(passed_on_by):
        return _makers().get(table.squeeze(maker))
    return whole


def is_placeholder(raw: str | None) -> bool:
    """Whether `raw` is known to name nobody ("NA", "Unknown manufacturer")."""
    return raw is not None and table.squeeze(raw) in _placeholders()


def _is_software(raw: str) -> bool:
    maker = _makers().get(table.squeeze(raw))
    return maker is not None and maker.kind == "software"


@cache
def _makers() -> dict[str, Manufacturer]:
    return {
        table.squeeze(row["spelling"]): Manufacturer(row["name"], row["kind"])
        for row in table.read("manufacturers")
        if row["name"]
    }


@cache
def _placeholders() -> frozenset[str]:
    rows = table.read("manufacturers")
    return frozenset(table.squeeze(row["spelling"]) for row in rows if not row["name"])
