"""A dataset from the fields that a harvester read, each with where it came from."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, date, datetime, time
from typing import Any

from schemas.dataset import Confidence, Dataset, Method, Provenance

UNTRACED = frozenset(
    {"id", "source", "kind", "cluster", "retrieved", "snapshot", "status", "provenance"}
)
"""Fields that are ours, or say only how the record was made."""
TOGETHER = (
    frozenset({"licence", "licence_raw", "licence_url", "licence_assumed"}),
    frozenset({"modalities", "modalities_raw"}),
)
"""Fields that say one thing: they are taken from one layer, all of them or none."""


def dataset(
    fields: Mapping[str, Any],
    retrieved: datetime,
    *,
    derived: Collection[str] = (),
    assumed: Collection[str] = (),
    curated: Collection[str] = (),
    source: str | None = None,
    snapshot: date | None = None,
    confidence: Mapping[str, Confidence] | None = None,
) -> Dataset:
    """The dataset of `fields`, which hold at least `id`, `source`, `kind` and `title`.

    Every field with a value is marked as stated by the source, unless it is named in `derived`,
    `assumed` or `curated`. Fields that are None or empty are unknown and left out. `confidence` is
    that of the field of that name, or of `all` that have none of their own.

    Raises:
        pydantic.ValidationError: if the fields make no dataset.
    """
    known = {name: value for name, value in fields.items() if value not in (None, [], "")}
    methods = {
        **dict.fromkeys(known, Method.STATED),
        **dict.fromkeys(derived, Method.DERIVED),
        **dict.fromkeys(assumed, Method.ASSUMED),
        **dict.fromkeys(curated, Method.CURATED),
    }
    said_by = source or fields["source"]
    graded = confidence or {}
    provenance = {
        name: Provenance(
            source=said_by,
            retrieved_at=retrieved,
            method=methods[name],
            snapshot=snapshot,
            confidence=graded.get(name, graded.get("all")),
        )
        for name in known
        if name not in UNTRACED and known[name] is not False
    }
    return Dataset.model_validate(
        {**known, "retrieved": retrieved, "snapshot": snapshot, "provenance": provenance}
    )


def overlaid(base: Dataset | None, live: Dataset) -> Dataset:
    """`live` over `base`: what it does not know is taken from `base`, with its provenance.

    A licence that the repository states, and that no vocabulary knows, stays unknown: it is not
    filled with an older one.
    """
    if base is None:
        return live
    filled: dict[str, Any] = {}
    said = set(live.provenance)
    said |= {name for group in TOGETHER if group & said for name in group}
    provenance = dict(live.provenance)
    for name, told in base.provenance.items():
        if name not in said:
            filled[name] = getattr(base, name)
            provenance[name] = told
    return live.model_copy(update={**filled, "provenance": provenance}) if filled else live


def midnight(day: date) -> datetime:
    """The first moment of `day` (UTC)."""
    return datetime.combine(day, time(), UTC)
