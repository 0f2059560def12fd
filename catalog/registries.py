"""What DOI registries say of the datasets: asked for in batches, kept, and laid under the records.

A registry fills only what a repository does not say of its own dataset. What it said is kept for
`KEPT`, also that it knows nothing, so that a refresh asks for new DOIs and old answers alone.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from catalog import records
from catalog.home import Home, now, sync_folder
from catalog.settings import Settings
from schemas.dataset import Dataset, Status
from schemas.errors import FairscanError

if TYPE_CHECKING:
    from harvesters.doi import Described

KEPT = timedelta(days=30)
"""How long an answer is good; citation counts are as old as that at most."""
FILE = "registries.parquet"
CHUNK = 500
"""DOIs asked for between two writes: what is lost if the run is killed."""
_SCHEMA = pa.schema(
    [
        ("doi", pa.string()),
        ("registry", pa.string()),
        ("retrieved", pa.timestamp("us", tz="UTC")),
        ("raw", pa.string()),
    ]
)

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Kept:
    """Every answer by DOI, and the fingerprint of them all."""

    answers: dict[str, Described]
    digest: str | None


def kept(place: Home) -> Kept:
    """What registries have said so far; nothing if the file is damaged: it can be asked anew."""
    path = place.root / FILE
    if not path.is_file():
        return Kept({}, None)
    from harvesters.doi import understood

    try:
        answers = {
            row["doi"]: understood(
                row["doi"], row["registry"], row["retrieved"], json.loads(row["raw"])
            )
            for row in pq.read_table(path).to_pylist()
        }
    except (pa.ArrowException, OSError, ValueError, KeyError):
        return Kept({}, None)
    return Kept(answers, hashlib.sha256(path.read_bytes()).hexdigest())


def ask(place: Home, settings: Settings, keys: Iterable[str], say: Say) -> dict[str, Any] | None:
    """Ask for the DOIs of the datasets of the sources `keys` that are new or due; their run.

    None if there is nothing to ask. A failure keeps what was known and what came before it.
    """
    known = kept(place).answers
    wanted = _wanted(place, keys, known)
    if not wanted or not settings.registries:
        return None
    from harvesters.doi import describe
    from harvesters.http import Client

    started = now()
    run: dict[str, Any] = {"source": "doi", "started": started.isoformat(), "message": None}
    say(f"doi: asking registries for {len(wanted):,} DOIs")
    clients: dict[str, Client] = {}
    came = 0
    try:
        for key, source in settings.registries.items():
            clients[key] = Client(source, place.cache / f"{key}.db")
        for some in _chunks(wanted, CHUNK):
            found = {answer.doi: answer for answer in describe(some, clients)}
            came += sum(answer.registry is not None for answer in found.values())
            known |= found
            _write(place.root / FILE, known)
            say(f"doi: {came:,} described")
        run |= {"state": "ok", "datasets": came}
    except Exception as error:  # no answer of a registry may stop a release
        why = str(error) if isinstance(error, FairscanError) else type(error).__name__
        run |= {
            "state": "held",
            "datasets": came,
            "message": f"held: {why}; what was known stays",
        }
        say(f"doi: {run['message']}")
    finally:
        for client in clients.values():
            client.close()
    told = [client.traffic for client in clients.values()]
    return {
        **run,
        "finished": now().isoformat(),
        "requests": sum(t.requests for t in told),
        "bytes": sum(t.bytes for t in told),
        "retries": sum(t.retries for t in told),
    }


def asks(place: Home, settings: Settings, keys: Iterable[str]) -> list[str]:
    """What `ask` would ask for after a refresh that brings the datasets known today."""
    count = len(_wanted(place, keys, kept(place).answers))
    if not count:
        return []
    batches = -(-count // 50)
    return [
        f"GET {source.base_url} ({count:,} DOIs in {batches:,} requests of up to 50"
        + (")" if key == "datacite" else ": those that DataCite does not know)")
        for key, source in sorted(settings.registries.items(), reverse=True)
    ]


def enriched(datasets: Iterable[Dataset], answers: dict[str, Described]) -> Iterator[Dataset]:
    """The datasets, each with what a registry adds to it."""
    if not answers:
        yield from datasets
        return
    from harvesters.doi import enrich

    for dataset in datasets:
        answer = answers.get(dataset.doi or "")
        yield dataset if answer is None else enrich(dataset, answer)


def _wanted(place: Home, keys: Iterable[str], known: dict[str, Described]) -> list[str]:
    """The DOIs of the sources' datasets that are new, or were asked for too long ago."""
    due = now() - KEPT
    there = {
        dataset.doi
        for key in keys
        for dataset in records.read(place.sources / key / records.FILE)
        if dataset.doi and dataset.status is not Status.WITHDRAWN
    }
    return sorted(doi for doi in there if doi not in known or known[doi].retrieved < due)


def _chunks(items: list[str], size: int) -> Iterator[list[str]]:
    rest = iter(items)
    while some := list(islice(rest, size)):
        yield some


def _write(path: Path, answers: dict[str, Described]) -> None:
    rows = [
        {
            "doi": answer.doi,
            "registry": answer.registry,
            "retrieved": answer.retrieved,
            "raw": json.dumps(answer.raw, ensure_ascii=False),
        }
        for _, answer in sorted(answers.items())
    ]
    new = path.with_name(f".{path.name}.new")
    pq.write_table(pa.Table.from_pylist(rows, schema=_SCHEMA), new, compression="zstd")
    sync_folder(new)
    new.replace(path)
