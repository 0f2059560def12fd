"""What data derived from other datasets is about, where it does not say so itself."""

from __future__ import annotations

from collections.abc import Sequence

from schemas.dataset import Dataset, Method, Provenance, Term

SOURCE = "fairscan"


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
