"""One source, one run: read it, keep what it gave if it is whole, and say how it went.

A run ends as `ok` (a new harvest is kept), `unchanged` (nothing new), `held` (what came is not
to be trusted or did not come whole: what was known before stays), `failed` (nothing came, and
nothing is known of the source), or `skipped` (it was not asked, and nothing is known of it).
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
from pydantic import ValidationError

from catalog import ground, records
from catalog.duck import stopped
from catalog.ground import PACKAGED, Ground
from catalog.home import BUILDING, Home, now, replace_folder
from catalog.release import generator
from harvesters.base import Harvest, Harvester, harvester_for
from schemas.dataset import Dataset
from schemas.errors import FairscanError, ReleaseError
from schemas.source import Source

SHRINK = 0.9
"""A source that comes back with less than this share of its records is held."""
REREAD = timedelta(days=28)
"""A live source is read whole again after this time, even if its digest says "unchanged"."""

Say = Callable[[str], None]
Run = dict[str, Any]


@dataclass(frozen=True, slots=True)
class How:
    """How a refresh was asked for. live: by key, whether the source may be asked."""

    live: Callable[[Source], bool]
    full: bool = False
    accept_shrink: bool = False


def run(place: Home, source: Source, how: How, say: Say) -> Run:
    """Harvest one source. Whatever goes wrong with it ends in its run, and harms no other."""
    started = now()
    told: Run = {"source": source.key, "started": started.isoformat(), "message": None}
    last = last_good(place, source.key)
    packaged = ground.ground(source)
    told["ground"] = packaged and packaged.digest
    harvester: Harvester | None = None
    try:
        store = None if how.full else place.cache / f"{source.key}.db"
        harvester = harvester_for(source, store)
        harvester.say = say
        if harvester.local or how.live(source):
            _live(place, harvester, packaged, last, how, told, say)
        elif packaged is None:
            told |= _unasked(last)
        else:
            _offline(place, harvester, packaged, last, how, told, say)
    except (OSError, duckdb.Error):
        raise  # our own disk or memory: no source's fault
    except RuntimeError as error:
        if isinstance(stopped(error), KeyboardInterrupt):
            raise KeyboardInterrupt from error
        _stays(place, harvester, packaged, last, how, told, error, say)
    except Exception as error:  # a fault of one harvester must not stop the others
        _stays(place, harvester, packaged, last, how, told, error, say)
    finally:
        shutil.rmtree(place.sources / f"{BUILDING}{source.key}", ignore_errors=True)
    if harvester is not None:
        told |= harvester.traffic
        harvester.close()
    return {**told, "finished": now().isoformat()}


def last_good(place: Home, key: str) -> Run | None:
    """The run of the last good harvest of a source, or None if there was none."""
    path = place.sources / key / "run.json"
    if not path.is_file():
        return None
    found: Run = read_json(path.read_text(encoding="utf-8"), path)
    return found


def read_json(text: str, path: Path) -> Any:
    """What we wrote to `path`. Raises ReleaseError if it is not that."""
    try:
        return json.loads(text)
    except ValueError as error:
        raise ReleaseError(
            f"not what fairscan wrote: {text.strip()[:40]!r}", where=str(path), do="Remove it"
        ) from error


def is_fresh(last: Run, digest: str) -> bool:
    """Whether the last good harvest is of the same content, by the same fairscan."""
    return bool(last["digest"] == digest and last["generator"] == generator())


def _live(
    place: Home,
    harvester: Harvester,
    packaged: Ground | None,
    last: Run | None,
    how: How,
    told: Run,
    say: Say,
) -> None:
    """Ask the repository itself, and lay what it says over the packaged snapshot."""
    key = harvester.source.key
    digest = harvester.digest()
    anew = how.full or (last is not None and _stale(harvester, last))
    same_ground = last is not None and last.get("ground") == _digest(packaged)
    if last and same_ground and not anew and is_fresh(last, digest):
        say(f"{key}: unchanged")
        told |= _kept(last) | {"state": "unchanged"}
        return
    folder = place.sources / f"{BUILDING}{key}"
    folder.mkdir()
    say(f"{key}: reading {harvester.source.name}")
    mine = place.sources / key
    was_live = last is not None and not last["digest"].startswith(PACKAGED)
    useful = was_live and (harvester.remembers or not anew)
    harvest = harvester.harvest(folder, mine if useful else None)
    if harvest.partial:
        digest = f"partial, read {told['started']}"
    base = _base(harvester, packaged) if packaged else {}
    _keep(place, folder, harvest, base, harvester.source, last, how, digest, told, say)


def _offline(
    place: Home,
    harvester: Harvester,
    packaged: Ground,
    last: Run | None,
    how: How,
    told: Run,
    say: Say,
) -> None:
    """Take what is packaged, unless more is known already."""
    digest = packaged.digest
    if last and not last["digest"].startswith(PACKAGED):
        last = _relaid(place, harvester, packaged, last, say)
    if last and (not last["digest"].startswith(PACKAGED) or is_fresh(last, digest)):
        say(f"{harvester.source.key}: unchanged")
        told |= _kept(last) | {"state": "unchanged"}
        return
    folder = place.sources / f"{BUILDING}{harvester.source.key}"
    folder.mkdir()
    found = ground.records(harvester, packaged)
    harvest = Harvest(packaged.words, packaged.day, None, None, iter(found))
    accepting = How(how.live, how.full, accept_shrink=True)  # it is ours: nothing to guard against
    _keep(place, folder, harvest, {}, harvester.source, last, accepting, digest, told, say)


def _keep(
    place: Home,
    folder: Path,
    harvest: Harvest,
    base: dict[str, Dataset],
    source: Source,
    last: Run | None,
    how: How,
    digest: str,
    told: Run,
    say: Say,
) -> None:
    """Write what came to `folder`, and put it in the place of the last harvest if it is whole."""
    written = records.write(
        folder, harvest.records, place.sources / source.key,
        datetime.fromisoformat(told["started"]), base,
        kept={f"{source.key}:{one.id}" for one in source.datasets},
    )  # fmt: skip
    came = {
        "version": harvest.version,
        "dated": harvest.dated.isoformat() if harvest.dated else None,
        "datasets": written.valid + written.known,
        "series": harvest.series,
        "withdrawn": written.withdrawn,
        "quarantined": len(written.quarantine),
        "quarantine": written.quarantine,
        "digest": digest,
        "generator": generator(),
        "read": told["started"],
        **_landing(harvest, last),
    }
    problem = _unwhole(written, harvest.stated)
    if problem is None and not how.accept_shrink:
        problem = _shrunk(came, last)
    told |= came | {"state": "held" if problem else "ok", "message": problem}
    brought = f"{came['datasets']:,} datasets, {harvest.series or 0:,} series"
    say(f"{source.key}: {problem or brought}")
    if problem is None:
        spill = folder / "spill"
        if spill.exists():
            spill.rmdir()
        _replace(place, folder, source, {**told, "finished": now().isoformat()})


def _replace(place: Home, folder: Path, source: Source, good: Run) -> None:
    """Put `folder` in the place of the last good harvest, with the run that made it."""
    described = {**good, "described": source.model_dump(mode="json")}
    (folder / "run.json").write_text(json.dumps(described), encoding="utf-8")
    replace_folder(folder, place.sources / source.key)


def _relaid(place: Home, harvester: Harvester, packaged: Ground | None, last: Run, say: Say) -> Run:
    """A live harvest that stays, laid over what is packaged now if that has changed since."""
    source = harvester.source
    if harvester.local or packaged is None or last.get("ground") == packaged.digest:
        return last
    mine, folder = place.sources / source.key, place.sources / f"{BUILDING}{source.key}"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(mine, folder, copy_function=_linked)
    for name in (records.FILE, "run.json"):
        (folder / name).unlink()
    records.relay(mine, folder, _base(harvester, packaged))
    good = {**last, "ground": packaged.digest}
    _replace(place, folder, source, good)
    say(f"{source.key}: its harvest is laid over the {packaged.words}")
    return good


def _linked(path: str, target: str) -> None:
    """A second name for a file, where the disk knows such; else a copy."""
    try:
        os.link(path, target)
    except OSError:
        shutil.copy2(path, target)


def _stays(
    place: Home,
    harvester: Harvester | None,
    packaged: Ground | None,
    last: Run | None,
    how: How,
    told: Run,
    error: Exception,
    say: Say,
) -> None:
    """After a failure: what was known stays; if nothing was, the packaged snapshot is taken."""
    known = isinstance(error, FairscanError)
    why = str(error) if known else f"a fault in its harvester ({type(error).__name__})"
    if not known and os.environ.get("FAIRSCAN_DEBUG"):
        raise error
    key = told["source"]
    shutil.rmtree(place.sources / f"{BUILDING}{key}", ignore_errors=True)
    if last is None and packaged is not None and harvester is not None:
        _offline(place, harvester, packaged, None, how, told, say)
        last = last_good(place, key)
    if last is None:
        told |= {"state": "failed", "message": why}
        say(f"{key}: failed: {why}")
        return
    if harvester is not None and not str(last["digest"]).startswith(PACKAGED):
        try:
            last = _relaid(place, harvester, packaged, last, say)
        except (FairscanError, ValidationError) as fault:
            why = f"{why}; nor can it be laid over what is packaged now ({type(fault).__name__})"
    problem = f"held: {why}; {_stay(last)}"
    told |= _kept(last) | {"state": "held", "message": problem}
    say(f"{key}: {problem}")


def _unwhole(written: records.Written, stated: int | None) -> str | None:
    """Why what came is not all there is, or None: that cannot be accepted."""
    came = written.valid + written.gone + len(written.quarantine)
    if stated is not None and came < stated:
        return f"held: {came:,} records of {stated:,} that the repository states"
    return "held: the repository gave no record" if written.valid == 0 else None


def _shrunk(came: Run, last: Run | None) -> str | None:
    """Why the harvest is held, or None: it is much smaller than the last one."""
    for what in ("datasets", "series"):
        before = (last or {}).get(what) or 0
        if (came[what] or 0) < before * SHRINK:
            return (
                f"held: {came[what] or 0:,} {what}, {before:,} before; "
                "if this is right, run again with --accept-shrink"
            )
    return None


def _base(harvester: Harvester, packaged: Ground) -> dict[str, Dataset]:
    """The packaged records by id, to lie under the live ones."""
    return {(found := record.build()).id: found for record in ground.records(harvester, packaged)}


def _stale(harvester: Harvester, last: Run) -> bool:
    if harvester.local:
        return False
    return now() - datetime.fromisoformat(last.get("read") or last["finished"]) > REREAD


def _kept(last: Run) -> Run:
    """What is told of a harvest that stays: its counts, not the story of its run."""
    told = ("version", "dated", "datasets", "series", "withdrawn", "quarantined", "quarantine",
            "digest", "ground", "generator", "read", "landing", "landing_url",
            "landing_why", "landing_checked", "landing_since")  # fmt: skip
    return {name: last[name] for name in told if name in last}


def _landing(harvest: Harvest, last: Run | None) -> Run:
    """How the source's own page was found, as a run tells it; nothing if nobody looked."""
    found = harvest.landing
    if found is None:
        return {}
    told = {"landing": found.state, "landing_url": found.to or found.url}
    checked = found.checked.isoformat()
    before = last or {}
    same = all(before.get(name) == value for name, value in told.items())
    since = (before.get("landing_since") or before.get("landing_checked")) if same else None
    return {
        **told,
        "landing_why": found.why,
        "landing_checked": checked,
        "landing_since": since or checked,
    }


def _digest(packaged: Ground | None) -> str | None:
    return None if packaged is None else packaged.digest


def _unasked(last: Run | None) -> Run:
    if last is None:
        return {"state": "skipped", "message": "not asked: offline, and nothing is packaged"}
    return {**_kept(last), "state": "unchanged"}


def _stay(last: Run) -> str:
    if str(last["digest"]).startswith(PACKAGED):
        verb = "stay" if last["version"].startswith("facts") else "stays"
        return f"its packaged {last['version']} {verb}"
    return f"its harvest of {str(last.get('read') or last['finished'])[:10]} stays"
