"""Refresh: read the sources, keep what each last gave whole, and build a release from it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import duckdb

from catalog import build, checked, harvesting, registries
from catalog import ground as grounds
from catalog.duck import stopped
from catalog.ground import PACKAGED, Ground
from catalog.harvesting import How, is_fresh, last_good, read_json
from catalog.home import Home, current_release, locked, point_current, sync_folder
from catalog.release import generator, read_info
from catalog.settings import Settings
from harvesters.base import harvester_for
from schemas.errors import FairscanError, ReleaseError
from schemas.source import Source

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Refreshed:
    """What a refresh did: one run a source, and the release it made, if anything changed."""

    runs: list[dict[str, Any]]
    release: str | None

    @property
    def state(self) -> str:
        """failed if every source failed, held if any failed or was held, else ok."""
        states = {run["state"] for run in self.runs} - {"skipped"}
        if states == {"failed"}:
            return "failed"
        return "held" if states & {"failed", "held"} else "ok"


def refresh(
    place: Home,
    keys: list[str],
    say: Say,
    *,
    settings: Settings,
    full: bool = False,
    accept_shrink: bool = False,
    offline: bool = False,
) -> Refreshed:
    """Harvest the sources named by `keys` (all if none) and publish a release if they changed.

    offline: no repository is asked; packaged snapshots and installed indexes are read.

    Raises:
        UsageError: for a key that names no source.
        ReleaseError: if another process is at work, or the home cannot be written.
    """
    chosen = settings.chosen(keys)
    how = How(partial(_may_ask, settings, keys, offline), full, accept_shrink)
    with locked(place, "refresh"):
        try:
            runs = [harvesting.run(place, source, how, say) for source in chosen]
            if not offline:
                told = registries.ask(place, settings, [source.key for source in chosen], say)
                runs += [told] if told else []
            _remember(place, runs)
            release = _release(place, settings, say, full)
        except RuntimeError as error:
            raise stopped(error) from error
        except duckdb.Error as error:
            raise ReleaseError(
                f"the release could not be written: {str(error).splitlines()[0]}",
                where=str(place.releases),
                do="Free disk space or memory and run it again; nothing was changed",
            ) from error
    return Refreshed(runs, release)


def plan(
    place: Home, keys: list[str], settings: Settings, *, offline: bool = False
) -> list[dict[str, Any]]:
    """What a refresh would do now, one row a source. Nobody is asked anything: `asks` tells."""
    rows = []
    for source in settings.chosen(keys):
        last = last_good(place, source.key)
        row: dict[str, Any] = {"source": source.key, "kind": source.kind, "asks": []}
        try:
            harvester = harvester_for(source)
            if harvester.local:
                same = last and is_fresh(last, harvester.digest())
                row["would"] = "nothing: unchanged" if same else "harvest"
            elif _may_ask(settings, keys, offline, source):
                row |= {"would": "ask what changed, then harvest that", "asks": harvester.asks()}
            else:
                row["would"] = _without_asking(last, grounds.ground(source), offline)
        except FairscanError as error:
            row["would"] = f"fail: {error}"
        rows.append({**row, "last": last["finished"] if last else None})
    asks = [] if offline else registries.asks(place, settings, [row["source"] for row in rows])
    if asks:
        would = "ask for DOIs that are new or due"
        rows.append({"source": "doi", "kind": "doi", "would": would, "asks": asks, "last": None})
    return rows


def _may_ask(settings: Settings, keys: list[str], offline: bool, source: Source) -> bool:
    """Whether a repository may be asked: one that wishes so only if it is named or enabled."""
    if offline:
        return False
    return not source.opt_in or source.key in keys or source.key in settings.enabled


def _without_asking(last: dict[str, Any] | None, packaged: Ground | None, offline: bool) -> str:
    why = "offline" if offline else "read live only if named or enabled"
    if packaged is None:
        return f"nothing: {why}"
    was_live = last is not None and not last["digest"].startswith(PACKAGED)
    if last and was_live and last.get("ground") != packaged.digest:
        return f"lay its harvest over the packaged {packaged.words} ({why})"
    if last and (was_live or is_fresh(last, packaged.digest)):
        return f"nothing: unchanged ({why})"
    return f"take the packaged {packaged.words} ({why})"


def history(place: Home) -> list[dict[str, Any]]:
    """Every run, oldest first; a last line that a kill cut short is left out."""
    if not place.runs.is_file():
        return []
    lines = place.runs.read_text(encoding="utf-8").splitlines(keepends=True)
    return [read_json(line, place.runs) for line in lines if line.endswith("\n")]


def newest(runs: Iterable[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The newest run of each source."""
    return {run["source"]: run for run in runs}


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


def _release(place: Home, settings: Settings, say: Say, full: bool) -> str | None:
    """Build and publish a release, unless the current one was made from the same harvests."""
    sources = _described(place, settings)
    good = {s.key: _content(run) for s in sources if (run := last_good(place, s.key))}
    if not good:
        return None
    if (described := registries.kept(place).digest) is not None:
        good["doi"] = described
    if (sampled := checked.digest(checked.kept(place))) is not None:
        good["checked"] = sampled
    previous = _usable(place, say)
    if previous and not full:
        info = read_info(previous)
        same = dict(info.sources) == good and info.policy == build.policy_digest()
        if same and info.generator == generator():
            return None
    runs = [_typed(run) for run in newest(history(place)).values()]
    began = time.monotonic()
    release = build.build(place, sources, runs, good, previous, say)
    point_current(place, release)
    say(f"published {release.name} in {time.monotonic() - began:.1f} s")
    return release.name


def _content(run: dict[str, Any]) -> str:
    """What a harvest on disk is made of: what was read, and what is packaged below it."""
    return " over ".join(filter(None, (run["digest"], run.get("ground"))))


def _described(place: Home, settings: Settings) -> list[Source]:
    """Every source there is, and those that are no longer described but were harvested once."""
    known = dict(settings.sources)
    for folder in sorted(place.sources.iterdir()):
        told = (last_good(place, folder.name) or {}).get("described")
        if folder.name not in known and told:
            known[folder.name] = Source.model_validate(told)
    return [known[key] for key in sorted(known)]


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
