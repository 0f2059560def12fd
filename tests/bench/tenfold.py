"""Ten times the series: how much longer a release takes, and how much longer a cohort page."""

from __future__ import annotations

import shutil
from dataclasses import dataclass

from tests.bench.figures import MB, Bar, Figure, Measured, Unit
from tests.bench.measure import BenchError, Run, median, module
from tests.bench.pages import CLIENTS, PASSES, WARM, asked, p95
from tests.bench.place import Place, say
from tests.bench.server import Answers, serving

FACTOR = 10
RUNS = 3
"""Refreshes of the index as it is; the long one is refreshed once."""
DISK = 12e9
"""Bytes that the long index, its release and what is spilled may need."""


@dataclass(frozen=True, slots=True)
class Size:
    """One size of the index: refreshes from it, pages asked of its release, the server's peak."""

    refreshes: list[Run]
    cohort: list[Answers]
    text: list[Answers]
    server: int


def measure(place: Place) -> Measured:
    """Both sizes are written by the same hand, so that only the number of series differs."""
    free = shutil.disk_usage(place.folder).free
    if free < DISK:
        raise BenchError(
            f"{free / 1e9:.0f} GB free, {DISK / 1e9:.0f} GB needed",
            where=str(place.folder),
            do="Set TMPDIR to a larger disk",
        )
    one, many = _size(place, 1, place.times(RUNS)), _size(place, FACTOR, 1)
    (wall, cpu, peak), (wall1, cpu1, peak1) = _refresh(many), _refresh(one)
    return Measured(
        (
            _figure("refresh to a release", wall, wall1, "s", 12),
            _figure("refresh, CPU", cpu, cpu1, "s"),
            _figure("refresh, peak memory", peak / MB, peak1 / MB, "MB"),
            _figure("cohort page: p95", p95(many.cohort), p95(one.cohort), "ms", 4),
            _figure("cohort page, text: p95", p95(many.text), p95(one.text), "ms"),
            _figure("server, peak memory", many.server / MB, one.server / MB, "MB"),
        ),
        (
            "every subject, study and series is there ten times under names of its own; "
            "the texts are not ten times as many",
        ),
    )


def _figure(what: str, many: float, one: float, unit: Unit, limit: float | None = None) -> Figure:
    bar = None if limit is None else Bar(limit, "ratio")
    return Figure(f"{FACTOR}× series: {what}", many, unit, one, "1×", bar)


def _refresh(size: Size) -> tuple[float, float, float]:
    """Medians: wall and CPU seconds, and peak in bytes."""
    runs = size.refreshes
    return (
        median(run.wall for run in runs),
        median(run.cpu for run in runs),
        median(run.peak for run in runs),
    )


def _size(place: Place, copies: int, runs: int) -> Size:
    index, name = place.folder / f"index-{copies}", f"home-{copies}"
    say(f"tenfold: writing an index of {copies}× the series")
    module("stock", "multiply", index, str(copies))
    say("tenfold: refreshing from it")
    setting = f"idc.base_url={index}"
    refreshes = [place.refresh("idc", "--set", setting, name=name) for _ in range(runs)]
    shutil.rmtree(index)
    say("tenfold: asking its release")
    home = place.folder / name
    passes = asked(home, place.times(PASSES))
    with serving(home, place.folder) as server:
        server.ask(WARM * 4, CLIENTS)
        cohort = [server.ask(questions["cohort"]) for questions in passes]
        text = [server.ask(questions["text"]) for questions in passes]
    shutil.rmtree(home)
    return Size(refreshes, cohort, text, server.peak)
