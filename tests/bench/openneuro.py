"""OpenNeuro over its emulator at 50 ms: seconds, what a second refresh costs, and memory.

The server and each reader run in a process of their own. The server remembers its answers after a
first pass, so that what is measured is the reader and the latency, not the making of answers.
"""

from __future__ import annotations

import json
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.bench.figures import MB, Bar, Figure, Measured
from tests.bench.measure import ROOT, Run, finish, median, module, start
from tests.bench.place import Place, say

LATENCY = 0.05
CONCURRENCY = 4
COPIES = 3
RUNS = 3


def measure(place: Place) -> Measured:
    """The packaged datasets once, then three times as many."""
    folder = place.folder / "openneuro"
    folder.mkdir()
    with _serving(1) as url:
        say("openneuro: 1,848 datasets")
        _reads(url, folder, "cold")
        first = _reads(url, folder, "first", keep=True)
        runs = [first, *(_reads(url, folder, f"run{n}") for n in range(1, place.times(RUNS)))]
        second = _reads(url, folder, "second", last="first", keep=True)
    with _serving(COPIES) as url:
        say(f"openneuro: {COPIES} times as many")
        large, more = _reads(url, folder, "large")
    run, told = first
    seconds = median(cost["seconds"] for _, cost in runs)
    _, again = second
    ideal = told["requests"] * LATENCY / CONCURRENCY
    share = "of the first"
    return Measured(
        (
            Figure("OpenNeuro, 1,848 datasets at 50 ms, 4 at once", seconds, "s", ideal,
                   "requests × latency ÷ 4", Bar(1.3, "ratio")),
            Figure("OpenNeuro again, unchanged: requests", again["requests"], "requests",
                   told["requests"], share, Bar(0.05, "ratio")),
            Figure("OpenNeuro again, unchanged: bytes", again["bytes"] / MB, "MB",
                   told["bytes"] / MB, share, Bar(0.02, "ratio")),
            Figure(f"OpenNeuro, {more['datasets']:,} datasets: peak memory", large.peak / MB, "MB",
                   run.peak / MB, f"{told['datasets']:,}", Bar(1.2, "ratio")),
        ),
        (f"{told['datasets']:,} datasets in {told['requests']:,} requests and "
         f"{told['bytes']:,} bytes, {seconds:.1f} s",),
    )  # fmt: skip


def _reads(
    url: str, folder: Path, name: str, last: str = "", keep: bool = False
) -> tuple[Run, dict[str, Any]]:
    """One refresh in a process of its own; `keep` keeps the HTTP cache for the next."""
    cache = folder / ("cache" if keep else f"cache-{name}")
    run = module("openneuro", "read", url, folder / name, folder / last if last else "-", cache)
    return run, json.loads(run.stdout)


@contextmanager
def _serving(copies: int) -> Iterator[str]:
    words = [sys.executable, "-m", "tests.bench.openneuro", "serve", str(copies)]
    process = start(words, cwd=ROOT)
    try:
        assert process.stderr is not None
        yield process.stderr.readline().strip()
    finally:
        process.send_signal(signal.SIGTERM)
        finish(process)


def serve(copies: int) -> None:
    """Serve until ended; says the address on stderr."""
    from tests.emulators.openneuro import OpenNeuro, packaged
    from tests.emulators.server import Reply, Request

    class Remembering(OpenNeuro):
        """Answers a question that it knows from memory."""

        def __init__(self) -> None:
            super().__init__(packaged(copies))
            self.answers: dict[tuple[str, bytes], Reply] = {}

        def answer(self, request: Request) -> Reply:
            asked = (request.path, request.body)
            if asked not in self.answers:
                self.answers[asked] = super().answer(request)
            self.log.clear()
            return self.answers[asked]

    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with Remembering() as repo:
        repo.latency = LATENCY
        say(repo.url)
        signal.pause()


def read(url: str, folder: Path, last: Path | None, cache: Path) -> None:
    """Refresh once as the catalogue does, unless nothing changed; prints what it cost as JSON."""
    import pyarrow as pa

    from harvesters.base import harvester_for
    from harvesters.registry import load_sources

    more = {"base_url": url, "requests_per_second": 10000.0, "concurrency": CONCURRENCY}
    reader = harvester_for(load_sources()["openneuro"].model_copy(update=more), cache)
    folder.mkdir()
    begun = time.perf_counter()
    digest, datasets = reader.digest(), 0
    known = (last / "digest").read_text(encoding="utf-8") if last else None
    if digest != known:
        with pa.CompressedOutputStream(str(folder / "raw.jsonl.zst"), "zstd") as raw:
            for record in reader.harvest(folder, last).records:
                record.build()
                raw.write(json.dumps(record.raw, ensure_ascii=False).encode() + b"\n")
                datasets += 1
    seconds = time.perf_counter() - begun
    (folder / "digest").write_text(digest, encoding="utf-8")
    print(json.dumps({"seconds": seconds, "datasets": datasets, **reader.traffic}))


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        serve(int(sys.argv[2]))
    else:
        address, to, before, store = sys.argv[2:]
        read(address, Path(to), None if before == "-" else Path(before), Path(store))
