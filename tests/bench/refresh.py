"""A refresh, from the installed index to a published release, beside one sorted rewrite of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tests.bench.figures import MB, Bar, Figure, Measured
from tests.bench.measure import Run, median, module
from tests.bench.place import Place, say

RUNS = 3


def measure(place: Place) -> Measured:
    """Alternate the two, so that a busy minute falls on both."""
    ours: list[Run] = []
    stock: dict[str, list[Run]] = {"zstd": [], "snappy": []}
    module("stock", "sort", place.folder / "warm.parquet", "zstd")
    for number in range(place.times(RUNS)):
        say(f"refresh: run {number + 1} of {place.times(RUNS)}")
        for codec, runs in stock.items():
            runs.append(module("stock", "sort", place.folder / "sorted.parquet", codec))
        ours.append(place.refresh("idc"))
    wall, cpu = median(r.wall for r in ours), median(r.cpu for r in ours)
    zstd, snappy = (median(r.wall for r in runs) for runs in stock.values())
    return Measured(
        (
            Figure("refresh of IDC to a release", wall, "s", zstd, "DuckDB sorts it once, zstd",
                   Bar(4, "ratio")),
            Figure("refresh of IDC to a release", wall, "s", snappy, "snappy"),
            Figure("refresh: CPU", cpu, "s", median(r.cpu for r in stock["zstd"]), "zstd"),
            Figure("refresh: peak memory", max(r.peak for r in ours) / MB, "MB",
                   median(r.peak for r in stock["zstd"]) / MB, "zstd", Bar(1500)),
        ),
        ("where a refresh spends its time (medians):", *where_time_goes(ours)),
    )  # fmt: skip


def where_time_goes(runs: Sequence[Run]) -> Iterable[str]:
    """One line a step: its seconds, from when it was said to when the next one was."""
    said = [("start, reading settings", 0.0), *((text, at) for at, text in runs[0].said)]
    for step, (text, _) in enumerate(said):
        seconds = median(_ends(run)[step + 1] - _ends(run)[step] for run in runs)
        yield f"  {seconds:6.2f} s  {text}"


def _ends(run: Run) -> list[float]:
    return [0.0, *(at for at, _ in run.said), run.wall]
