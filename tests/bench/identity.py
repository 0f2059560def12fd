"""Identity: seconds for the packaged records, and how time grows at ten and thirty-three times.

`python -m tests.bench.identity HOME COPIES…` prints what it took, as JSON.
"""

from __future__ import annotations

import json
import re
import statistics
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from tests.bench.figures import Bar, Figure, Measured
from tests.bench.measure import module
from tests.bench.place import Place, say

if TYPE_CHECKING:
    from schemas.dataset import Dataset

COPIES = (1, 10, 33)
RUNS = 3
"""How often the records as they are, are looked at; copies are looked at once."""


def measure(place: Place) -> Measured:
    """Seconds at 1×, and CPU seconds at 10× and 33× beside as many times those at 1×."""
    say("identity: harvesting what is packaged")
    place.refresh("--offline", name="home-identity")
    say("identity: looking at copies")
    home = place.folder / "home-identity"
    told = json.loads(module("identity", home, *map(str, COPIES)).stdout)
    one = told[0]
    figures = [Figure(f"identity of {one['records']:,} records", one["seconds"], "s", bar=Bar(2))]
    figures += [
        Figure(
            f"identity at {many['copies']}×: {many['records']:,} records, CPU",
            many["cpu"],
            "s",
            one["cpu"] * many["copies"],
            f"{many['copies']} × 1×",
            Bar(2, "ratio"),
        )
        for many in told[1:]
    ]
    return Measured(
        tuple(figures),
        (
            f"{one['clusters']:,} datasets have several records, {one['links']:,} links, "
            f"{one['review']:,} near-misses",
            "a copy has names, words, DOIs and addresses of its own, and links like the original's",
        ),
    )


def copied(dataset: Dataset, copy: int) -> Dataset:
    """The dataset under names of its own, which stand to the other copies' as the originals do."""
    if copy == 0:
        return dataset
    tag = "q" + "".join(chr(ord("a") + int(digit)) for digit in str(copy))

    def named(text: str) -> str:
        text = re.sub(r"ds(\d{6})", lambda m: f"ds{int(m[1]) + 20_000 * copy:06}", text)
        return re.sub(r"(?<![a-z/:.])([A-Za-z]{2,})(?![:.])", rf"\g<1>{tag}", text)

    def placed(text: str | None) -> str | None:
        if text is None or "openneuro" in text:
            return text and named(text)
        return re.sub(r"^(https?://[^./]+)(.*?)/?$", rf"\1{tag}\2-{tag}", text)

    return dataset.model_copy(
        update={
            "id": f"{dataset.id}-{tag}",
            "title": re.sub(r"([A-Za-z]{2,})", rf"\1{tag}", dataset.title),
            "doi": dataset.doi and named(dataset.doi) + tag,
            "landing_url": placed(dataset.landing_url),
            "identifiers": [
                one.model_copy(update={"value": f"{one.value}-{tag}"})
                for one in dataset.identifiers
            ],
            "derived_from": [f"{one}-{tag}" for one in dataset.derived_from],
            "related": [
                one.model_copy(update={"value": named(one.value) + tag}) for one in dataset.related
            ],
        }
    )


def main(home: Path, sizes: list[int]) -> None:
    """Print seconds, and what was found, at each size."""
    from catalog import records
    from catalog.identity import find

    folders = sorted((home / "sources").iterdir())
    originals = [one for folder in folders for one in records.read(folder / records.FILE)]
    told = []
    for copies in sizes:
        many = [copied(one, copy) for copy in range(copies) for one in originals]
        spent, busy = [], []
        for _ in range(RUNS if copies == 1 else 1):
            started, began = time.perf_counter(), time.process_time()
            found = find(many)
            spent.append(time.perf_counter() - started)
            busy.append(time.process_time() - began)
        told.append(
            {
                "copies": copies,
                "records": len(many),
                "seconds": statistics.median(spent),
                "cpu": statistics.median(busy),
                "clusters": len(set(found.clusters.values())),
                "links": len(found.links),
                "review": len(found.review),
            }
        )
    print(json.dumps(told))


if __name__ == "__main__":
    main(Path(sys.argv[1]), [int(size) for size in sys.argv[2:]])
