"""Long campaigns of faults: the suite runs a sample of each, `make faults` runs all of it."""

from __future__ import annotations

import os
import random
from collections.abc import Sequence
from typing import TypeVar

Item = TypeVar("Item")
WHOLE = os.environ.get("FAIRSCAN_FAULTS") == "all"
SEED = int(os.environ.get("FAIRSCAN_SEED", "20261123"))
"""What the sample is drawn by; another one is tried by setting it."""


def sample(items: Sequence[Item], most: int) -> list[Item]:
    """At most `most` of `items` in their order, or all of them in a whole campaign."""
    if WHOLE or len(items) <= most:
        return list(items)
    chosen = set(random.Random(SEED).sample(range(len(items)), most))
    return [item for place, item in enumerate(items) if place in chosen]
