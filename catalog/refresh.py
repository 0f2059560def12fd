"""Refresh: read the sources, keep what each last gave whole, and build a release from it."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from catalog import build, records
from catalog.duck import stopped
from catalog.home import (
    BUILDING,
    Home,
    current_release,
    locked,
    now,
    point_current,
    replace_folder,
    sync_folder,
)  # fmt: skip
from catalog.release import generator, read_info
from harvesters.base import chosen_sources, harvester_for, load_sources
from schemas.errors import FairscanError, ReleaseError
from schemas.source import Source

SHRINK = 0.9
"""A source that comes back with less than this share of its records is held."""

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Refreshed:
    """What a refresh did: one run a source, and the release it made, if anything changed."""

    runs: list[dict[str, Any]]
    release: str | None

    @property
    def state(self) -> str:
        """failed if every source failed, held if any failed or was held, else ok."""
        states = {run["state"] for run in self.runs}
        if states == {"failed"}:
            return "failed"
        return "held" if states & {"failed", "held"} else "ok"


def refresh(
    place: Home,
    keys: list[str],
    say: Say,
    *,
    overrides: dict[str, str] | None = None,
    full: bool = False,
    accept_shrink: bool = False,
) -> Refreshed:
    """Harvest the sources named by `keys` (all if none) and publish a release if they changed.

    Raises:
        UsageError: for a key that names no source.
        ReleaseError: if another process is at work, or the home cannot be written.
    """
    chosen = chosen_sources(keys, overrides or {})
    with locked(place, "refresh"):
        try:
            runs = [_run(place, source, say, full, accept_shrink) for source in chosen]
            _remember(place, runs)
            release = _release(place, say, full)
        except RuntimeError as error:
            raise stopped(error) from error
        except duckdb.Error as error:
            raise ReleaseError(
                f"the release could not be written: {str(error).splitlines()[0]}",
                where=str(place.releases),
                do="Free disk space or memory and run it again; nothing was changed",
            ) from error
    return Refreshed(runs, release)


def plan(place: Home, keys: list[str], overrides: dict[str, str]) -> list[dict[str, Any]]:
    """What a refresh would do now, without doing it: one row a source."""
    rows = []
    for source in chosen_sources(keys, overrides):
        last = last_good(place, source.key)
        row: dict[str, Any] = {"source": source.key, "kind": source.kind, "would": "harvest"}
        try:
            digest = harvester_for(source).digest()
            if last and _is_fresh(last, digest):
                row["would"] = "nothing: unchanged"
        except FairscanError as error:
            row["would"] = f"fail: {error}"
        rows.append({**row, "last": last["finished"] if last else None})
    return rows


def last_good(place: Home, key: str) -> dict[str, Any] | None:
    """The run of the last good harvest of a source, or None if there was none."""
    path = place.sources / key / "run.json"
    if not path.is_file():
        return None
    found: dict[str, Any] = _read_json(path.read_text(encoding="utf-8"), path)
    return found


def history(place: Home) -> list[dict[str, Any]]:
    """Every run, oldest first; a last line that a kill cut short is left out."""
    if not place.runs.is_file():
        return []
    lines = place.runs.read_text(encoding="utf-8").splitlines(keepends=True)
    return [_read_json(line, place.runs) for line in lines if line.endswith("\n")]


def _read_json(text: str, path: Path) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise ReleaseError(
            f"not what fairscan wrote: {text.strip()[:40]!r}", where=str(path), do="Remove it"
        ) from error


def newest(runs: Iterable[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The newest run of each source."""
    return {run["source"]: run for run in runs}


def _run(place: Home, source: Source, say: Say, full: bool, accept_shrink: bool) -> dict[str, Any]:
    """Harvest one source. Whatever goes wrong with it ends in its run, and harms no other."""
    started = now()
    folder = place.sources / f"{BUILDING}{source.key}"
    run: dict[str, Any] = {"source": source.key, "started": started.isoformat()}
    last = last_good(place, source.key)
    try:
        harvester = harvester_for(source)
        digest = harvester.digest()
        if last and not full and _is_fresh(last, digest):
            say(f"{source.key}: unchanged")
            return {
                **last,
                **run,
                "finished": now().isoformat(),
                "state": "unchanged",
                "message": None,
            }
        folder.mkdir()
        say(f"{source.key}: reading {source.name}")
        harvest = harvester.harvest(folder)
        written = records.write(folder, harvest.records, place.sources / source.key, started)
        run |= {
            "version": harvest.version,
            "dated": harvest.dated.isoformat() if harvest.dated else None,
            "datasets": written.valid,
            "series": harvest.series,
            "withdrawn": written.withdrawn,
            "quarantined": len(written.quarantine),
            "quarantine": written.quarantine,
            "digest": digest,
            "generator": generator(),
        }
        problem = None if accept_shrink else _shrunk(run, harvest.stated, last)
        run |= {
            "finished": now().isoformat(),
            "state": "held" if problem else "ok",
            "message": problem,
        }
        if problem is None:
            spill = folder / "spill"
            if spill.exists():
                spill.rmdir()
            (folder / "run.json").write_text(json.dumps(run), encoding="utf-8")
            replace_folder(folder, place.sources / source.key)
        brought = f"{written.valid:,} datasets, {harvest.series or 0:,} series"
        say(f"{source.key}: {problem or brought}")
    except (OSError, duckdb.Error):
        raise  # our own disk or memory: no source's fault
    except RuntimeError as error:
        if isinstance(stopped(error), KeyboardInterrupt):
            raise KeyboardInterrupt from error
        _failed(run, error, say)
    except Exception as error:  # a fault of one harvester must not stop the others
        _failed(run, error, say)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return run


def _failed(run: dict[str, Any], error: Exception, say: Say) -> None:
    known = isinstance(error, FairscanError)
    message = str(error) if known else f"a fault in its harvester: {error!r}"
    run |= {"finished": now().isoformat(), "state": "failed", "message": message}
    say(f"{run['source']}: failed: {message}")
    if not known and os.environ.get("FAIRSCAN_DEBUG"):
        raise error


def _shrunk(run: dict[str, Any], stated: int | None, last: dict[str, Any] | None) -> str | None:
    """Why the harvest is held, or None: fewer records than stated, or than last time."""
    came = run["datasets"] + run["quarantined"]
    if stated is not None and came < stated:
        return f"held: {came:,} records of {stated:,} that the repository states"
    for what in ("datasets", "series"):
        before = (last or {}).get(what) or 0
        if (run[what] or 0) < before * SHRINK:
            return (
                f"held: {run[what] or 0:,} {what}, {before:,} before; "
                "if this is right, run again with --accept-shrink"
            )
    return "held: the repository gave no record" if run["datasets"] == 0 else None


def _is_fresh(last: dict[str, Any], digest: str) -> bool:
    return bool(last["digest"] == digest and last["generator"] == generator())


def _remember(place: Home, runs: list[dict[str, Any]]) -> None:
    """Append the runs to the history; a line that a kill cut short is ended first."""
    text = "".join(json.dumps(run) + "\n" for run in runs)
    with place.runs.open("a+b") as file:
        if file.tell():
            file.seek(-1, 2)
            if file.read(1) != b"\n":
                file.write(b"\n")
        file.write(text.encode())
    sync_folder(place.runs)


def _release(place: Home, say: Say, full: bool) -> str | None:
    """Build and publish a release, unless the current one was made from the same harvests."""
    sources = list(load_sources().values())
    good = {s.key: run["digest"] for s in sources if (run := last_good(place, s.key))}
    if not good:
        return None
    previous = _usable(place, say)
    if previous and not full:
        info = read_info(previous)
        same = dict(info.sources) == good and info.policy == build.policy_digest()
        if same and info.generator == generator():
            return None
    runs = [_typed(run) for run in newest(history(place)).values()]
    began = time.monotonic()
    release = build.build(place, sources, runs, previous, say)
    point_current(place, release)
    say(f"published {release.name} in {time.monotonic() - began:.1f} s")
    return release.name


def _usable(place: Home, say: Say) -> Path | None:
    """The current release if it is whole, to compare with."""
    try:
        folder = current_release(place)
        read_info(folder)
    except ReleaseError as error:
        if place.current.is_symlink():
            say(f"the current release cannot be compared with: {error}")
        return None
    return folder


def _typed(run: dict[str, Any]) -> dict[str, Any]:
    times = {
        name: datetime.fromisoformat(run[name]).astimezone(UTC) for name in ("started", "finished")
    }
    return {**run, **times}
