"""What the value of a standard attribute is, beyond its VR: an id, an address, a serial number."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path

MEANINGS = frozenset(
    "address age birth blob device id institution person private serial telephone uid".split()
)


@cache
def meanings() -> dict[int, str]:
    """Tag to meaning, one of MEANINGS; an attribute that is not here is as its VR says."""
    path = Path(__file__).with_name("meanings.csv")
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(line for line in file if not line.startswith("#"))
        found = {int(row["tag"], 16): row["meaning"] for row in rows}
    unknown = set(found.values()) - MEANINGS
    if unknown:
        raise ValueError(f"{path.name} has meanings that nothing understands: {unknown}")
    return found
