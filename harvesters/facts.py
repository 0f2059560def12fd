"""The datasets that a source file describes by itself: known whether or not anybody answers."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING

from harvesters import record
from harvesters.base import Harvest, RawRecord
from schemas.dataset import Dataset, Term
from schemas.facts import Facts
from schemas.source import Source
from schemas.vocabulary import anatomy

if TYPE_CHECKING:
    from harvesters.liveness import Landing


def curated(source: Source) -> list[RawRecord]:
    """A record for each dataset that the file of `source` describes."""
    return [
        RawRecord(facts.id, facts.model_dump(mode="json"), partial(described, facts, source))
        for facts in source.datasets
    ]


def looked_at(source: Source, landing: Landing, records: Iterable[RawRecord]) -> Harvest:
    """The harvest of a source of which no more is known live than what became of its page."""
    return Harvest(
        version=f"facts of {source.curated}",
        dated=source.curated,
        stated=len(source.datasets),
        series=None,
        records=iter(records),
        landing=landing,
    )


def described(facts: Facts, source: Source) -> Dataset:
    """Curated facts as a dataset of `source`; every value is marked as curated, with its day."""
    assert source.curated is not None, "the model of a source sees to it"
    fields = facts.model_dump(exclude={"id", "body_parts", "conditions", "confidence"}) | {
        "id": f"{source.key}:{facts.id}",
        "source": source.key,
        "body_parts": [_body_part(word) for word in facts.body_parts],
        "conditions": [Term(label=word, raw=word) for word in facts.conditions],
        "publisher": facts.publisher or source.publisher,
        "landing_url": facts.landing_url or source.landing_url,
    }
    return record.dataset(
        fields,
        record.midnight(source.curated),
        curated=fields.keys(),
        snapshot=source.curated,
        confidence=facts.confidence,
    )


def _body_part(word: str) -> Term:
    known = anatomy.normalise(word)
    if known is None:
        return Term(label=word, raw=word)
    return Term(label=known.label, code=known.code, system=known.system, raw=word)
