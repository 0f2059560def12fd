"""The words of scan protocols: what stands in a description where a name could stand."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path


@cache
def protocol() -> frozenset[str]:
    """Lower-case words of anatomy, technique and hospital routine; none is used as a surname."""
    path = Path(__file__).with_name("protocol_words.csv")
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(line for line in file if not line.startswith("#"))
        return frozenset(row["word"] for row in rows)
