"""What a dataset does not say itself and others here do: of the same DOI, or of its origins."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from schemas.dataset import Dataset, Method, Provenance, Term

SOURCE = "fairscan"
CITED = ("creators", "publisher", "year")
"""What a citation needs; it is the same for whoever publishes what the DOI names."""


def inherited(datasets: Sequence[Dataset]) -> list[Dataset]:
    """The datasets, each derived one that names no condition with those of all it derives from.

    Nothing is taken if any of the datasets that it derives from is not here, or names none.
    """
    known = {dataset.id: dataset for dataset in datasets}
    return [_with_conditions(dataset, known) for dataset in datasets]


def _with_conditions(dataset: Dataset, known: dict[str, Dataset]) -> Dataset:
    origins = [known.get(one) for one in dataset.derived_from]
    if not origins or dataset.conditions or "conditions" in dataset.provenance:
        return dataset
    if not all(origin is not None and origin.conditions for origin in origins):
        return dataset
    terms: dict[str, Term] = {}
    for origin in origins:
        for term in origin.conditions if origin else ():
            terms.setdefault(term.label, term.model_copy(update={"raw": None}))
    told = Provenance(
        source=SOURCE,
        retrieved_at=dataset.retrieved,
        method=Method.DERIVED,
        evidence=f"conditions of {', '.join(dataset.derived_from)}",
    )
    return dataset.model_copy(
        update={
            "conditions": list(terms.values()),
            "provenance": {**dataset.provenance, "conditions": told},
        }
    )


def cited(datasets: Sequence[Dataset]) -> list[Dataset]:
    """The datasets, each with what others of its DOI say of who made and published it, and when.

    A value keeps its provenance, which says whose it is; nothing that a dataset says is replaced.
    """
    known: dict[str, list[Dataset]] = {}
    for dataset in datasets:
        if dataset.doi:
            known.setdefault(dataset.doi, []).append(dataset)
    return [_as_cited(dataset, known.get(dataset.doi or "", [])) for dataset in datasets]


def _as_cited(dataset: Dataset, others: Sequence[Dataset]) -> Dataset:
    filled: dict[str, Any] = {}
    provenance = dict(dataset.provenance)
    for field in CITED:
        if getattr(dataset, field) or field in provenance:
            continue
        for other in others:
            if getattr(other, field) and field in other.provenance:
                filled[field] = getattr(other, field)
                provenance[field] = other.provenance[field]
                break
    return dataset.model_copy(update={**filled, "provenance": provenance}) if filled else dataset
