"""What facet values are called on a page: codes get words, ids get titles."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from schemas.source import Source
from schemas.vocabulary import modality, sex

_FIXED = {
    "access": {
        "open": "Open",
        "registered": "Registration",
        "controlled": "Controlled",
        "request": "On request",
        "closed": "Closed",
        "gone": "Gone",
    },
    "derived_dataset_id": {"": "none: the collection's own"},
    "kind": {"collection": "Collection", "analysis_result": "Analysis result"},
}


def labels(names: Mapping[str, str], sources: Iterable[Source]) -> list[dict[str, str]]:
    """Rows of (facet, value, label); `names` is what each dataset is called in a list."""
    found = {facet: dict(values) for facet, values in _FIXED.items()}
    found["modality"] = {code: f"{code} · {modality.get(code).label}" for code in modality.codes()}
    found["sex"] = {code: sex.label(code) for code in ("M", "F", "O")}
    found["source"] = {source.key: source.name for source in sources}
    found["dataset_id"] = dict(names)
    found["derived_dataset_id"] |= names
    return [
        {"facet": facet, "value": value, "label": label}
        for facet, values in found.items()
        for value, label in values.items()
    ]
