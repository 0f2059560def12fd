"""What is known of a source without asking it: curated facts, under its packaged snapshot."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import partial

from harvesters import facts, snapshots
from harvesters.base import Harvester, RawRecord
from harvesters.record import overlaid
from harvesters.snapshots import Snapshot
from schemas.dataset import Dataset
from schemas.source import Source

PACKAGED = "snapshot:"
"""What the digest of such ground begins with."""


@dataclass(frozen=True, slots=True)
class Ground:
    """day: of its newest part. words: what it is. digest: equal means the same ground."""

    day: date
    words: str
    digest: str
    packaged: Snapshot | None


def ground(source: Source) -> Ground | None:
    """The ground of a source, None if nothing is packaged for it."""
    packaged = snapshots.load(source.key)
    told = [one.model_dump_json() for one in source.datasets]
    if packaged is None and not told:
        return None
    digest = hashlib.sha256("\n".join([str(source.curated), *told]).encode() if told else b"")
    days = [] if source.curated is None or not told else [source.curated]
    words = f"facts of {source.curated}"
    if packaged is not None:
        digest.update(packaged.path.read_bytes())
        days.append(packaged.day)
        words = f"snapshot of {packaged.day}"
    return Ground(max(days), words, PACKAGED + digest.hexdigest(), packaged)


def records(harvester: Harvester, known: Ground) -> list[RawRecord]:
    """A record for each dataset of the ground; a snapshot's lies over the curated facts of it."""
    curated = {one.local_id: one for one in facts.curated(harvester.source)}
    if known.packaged is None:
        return list(curated.values())
    packed = {
        str(row["_id"]): RawRecord(
            str(row["_id"]), row, partial(harvester.from_snapshot, row, known.packaged.day)
        )
        for row in known.packaged.rows()
    }
    both = {
        name: RawRecord(name, packed[name].raw, partial(_over, one.build, packed[name].build))
        for name, one in curated.items()
        if name in packed
    }
    return list({**curated, **packed, **both}.values())


def _over(below: Callable[[], Dataset], above: Callable[[], Dataset]) -> Dataset:
    return overlaid(below(), above())
