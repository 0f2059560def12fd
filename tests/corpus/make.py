"""Makes the whole corpus in one folder."""

from __future__ import annotations

import warnings
from pathlib import Path

from tests.corpus import hostile, key, raw, residual
from tests.corpus.key import Entry

SIZES = {"tiny": (4, 3), "small": (8, 4), "full": (55, 22)}
"""Patients, and slices of each patient's first volume."""


def make(out: Path, seed: int, size: str) -> list[Entry]:
    """Write raw, residual and hostile below a new folder, and key.jsonl beside them."""
    out.mkdir(parents=True)
    patients, slices = SIZES[size]
    with warnings.catch_warnings():
        # pydicom says of planted values what any reader would: they are not as they should be.
        warnings.simplefilter("ignore")
        entries = raw.make(out / "raw", seed, patients, slices)
        entries += residual.make(out / "residual", seed, patients, slices)
        entries += hostile.make(out / "hostile", seed)
    key.write(out / "key.jsonl", entries)
    return entries
