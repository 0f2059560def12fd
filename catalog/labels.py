"""What coded values are called on a page: codes get words, ids get titles."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

from schemas.source import Source
from schemas.vocabulary import modality, sex


def labels(names: Mapping[str, str], sources: Iterable[Source]) -> list[dict[str, str]]:
    """Rows of (facet, value, label); `names` is what each dataset is called in a list."""
    found = {facet: dict(values) for facet, values in worded().items()}
    found["modality"] = {code: f"{code} · {modality.get(code).label}" for code in modality.codes()}
    found["sex"] = {code: sex.label(code) for code in ("M", "F", "O")}
    found["source"] = {source.key: source.name for source in sources}
    found["dataset_id"] = dict(names)
    found["derived_dataset_id"] = {"": "none: the collection's own", **names}
    return [
        {"facet": facet, "value": value, "label": label}
        for facet, values in found.items()
        for value, label in values.items()
    ]


@cache
def worded() -> Mapping[str, Mapping[str, str]]:
    """Facet to code to words, for the codes that mean the same in every release."""
    found: dict[str, dict[str, str]] = {}
    with Path(__file__).with_name("labels.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(line for line in file if not line.startswith("#")):
            found.setdefault(row["facet"], {})[row["value"]] = row["label"]
    return found
