"""Search over datasets, 5,000 of them and 100,000: in one process, and as pages over loopback."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from urllib.parse import urlencode

from tests.bench.figures import MB, Bar, Figure, Measured
from tests.bench.measure import median, module, percentile
from tests.bench.place import Place, say
from tests.bench.server import serving

SIZES = {5_000: 30.0, 100_000: 100.0}
"""How many datasets, and the limit of the p95 in milliseconds."""
PASSES = 3

Asked = dict[str, tuple[float, float]]
"""Query to the wall and CPU seconds of its answer."""


def measure(place: Place) -> Measured:
    """Each query is asked once a pass; a pass in one process is a new process."""
    say("search: building the packaged catalogue")
    place.refresh("--offline", name="packaged")
    packaged = (place.folder / "packaged" / "current").resolve()
    sizes = [_size(place, packaged, datasets, limit) for datasets, limit in SIZES.items()]
    return Measured(
        tuple(figure for figures, _ in sizes for figure in figures),
        tuple(note for _, note in sizes),
    )


def _size(place: Place, packaged: Path, datasets: int, limit: float) -> tuple[list[Figure], str]:
    say(f"search: {datasets:,} datasets")
    home = place.folder / f"tiled-{datasets}"
    release = home / "releases" / "tiled"
    module("tiled", packaged, release, str(datasets))
    (home / "current").symlink_to(release)
    passes = range(place.times(PASSES))
    asked: list[Asked] = [json.loads(module("tiled", "ask", release).stdout) for _ in passes]
    addresses = [f"/?{urlencode({'q': text})}" for text in asked[0]]
    with serving(home, place.folder) as server:
        server.ask(["/", "/?q=warm"] * 4)
        pages = [server.ask(addresses).seconds for _ in passes]
    name = f"search, {datasets:,} datasets"
    wall = [[wall for wall, _ in one.values()] for one in asked]
    cpu = [[cpu for _, cpu in one.values()] for one in asked]
    figures = [
        *_figures(name, wall, limit),
        *_figures(f"{name}: page", pages, limit),
        Figure(f"{name}: peak memory of the server", server.peak / MB, "MB"),
    ]
    slowest = max(asked[0], key=lambda text: asked[0][text][1])
    return figures, (
        f"{datasets:,} datasets: CPU p95 {_share(cpu, 0.95):.0f} ms; "
        f"most CPU: {slowest!r}, {asked[0][slowest][1] * 1000:.0f} ms"
    )


def _figures(name: str, passes: Sequence[Iterable[float]], limit: float) -> Iterator[Figure]:
    yield Figure(f"{name}: p50", _share(passes, 0.5), "ms")
    yield Figure(f"{name}: p95", _share(passes, 0.95), "ms", bar=Bar(limit))


def _share(passes: Sequence[Iterable[float]], share: float) -> float:
    """Median over the passes of a percentile, in milliseconds."""
    return median(percentile(seconds, share) for seconds in passes) * 1000
