"""A search database of many datasets: those of a release again and again, with other names.

Run in a process of its own: `python -m tests.bench.tiled RELEASE TARGET DATASETS`, which writes a
search database; `python -m tests.bench.tiled ask RELEASE`, which asks it and prints seconds.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import duckdb

from catalog import postings, sitedb
from catalog import search as dataset_search
from catalog.facets import Query
from catalog.release import CATALOGUE, SITE

MANIFEST = "release.json"

# A copy keeps facts and words; its id, its title, its DOIs and its cluster are its own.
_TILED = """
CREATE TABLE datasets AS
SELECT * EXCLUDE (tail) REPLACE (
    id || tail AS id, title || replace(tail, '.', ' no. ') AS title, doi || tail AS doi,
    cluster || tail AS cluster,
    list_transform(identifiers, lambda one: struct_pack(
        scheme := one.scheme, value := one.value || tail)) AS identifiers)
FROM (SELECT * FROM released.datasets, (SELECT '.' || range AS tail FROM range(?))) LIMIT ?
"""
WORDS = (
    "mri", "ct", "brain", "fmri", "cancer", "lung", "segmentation", "eeg", "prostate", "breast",
    "x-ray", "chest", "glioma", "memory", "music", "kidney", "histopathology", "covid", "tumour",
    "resting state", "healthy", "children", "pet/ct", "phantom", "language", "alzheimer", "heart",
)  # fmt: skip
"""What is asked of the database: alone, by two and by three, common words and rare ones."""


def tile(release: Path, target: Path, datasets: int) -> None:
    """Write a search database of so many datasets beside links to all else of the release."""
    target.mkdir(parents=True)
    for path in release.iterdir():
        if path.name not in (SITE, MANIFEST):
            (target / path.name).symlink_to(path)
    connection = duckdb.connect()
    connection.execute(f"ATTACH '{release / CATALOGUE}' AS released (READ_ONLY)")
    for (name,) in connection.execute(
        "SELECT table_name FROM duckdb_tables() WHERE database_name = 'released' "
        "AND table_name NOT IN ('datasets', 'series')"
    ).fetchall():
        connection.execute(f"CREATE VIEW {name} AS FROM released.{name}")
    (held,) = connection.execute("SELECT count(*) FROM released.datasets").fetchall()[0]
    connection.execute(_TILED, [datasets // held + 1, datasets])
    sitedb.build(connection, target / SITE)
    told = json.loads((release / MANIFEST).read_text(encoding="utf-8"))
    told["files"][SITE]["bytes"] = (target / SITE).stat().st_size
    (target / MANIFEST).write_text(json.dumps(told), encoding="utf-8")


def questions() -> list[str]:
    """Every query once: an answer that was kept would help nobody."""
    pairs = [f"{one} {other}" for one, other in zip(WORDS, WORDS[3:], strict=False)]
    threes = [" ".join(three) for three in zip(WORDS, WORDS[5:], WORDS[9:], strict=False)]
    return ["", *WORDS, *pairs, *threes, "protsate", "glimoa mri", "schizofrenia eeg", "zzzz qqqq"]


def ask(release: Path) -> dict[str, tuple[float, float]]:
    """Wall and CPU seconds that each query takes in this process, after one that is not counted."""
    connection = dataset_search.connect(release / SITE)
    read = postings.read(connection)
    names = dataset_search.labels(connection)
    dataset_search.search(connection, read, names, Query(text="warm"))
    seconds = {}
    for text in questions():
        wall, cpu = time.perf_counter(), time.process_time()
        dataset_search.search(connection, read, names, Query(text=text))
        seconds[text] = (time.perf_counter() - wall, time.process_time() - cpu)
    return seconds


if __name__ == "__main__":
    if sys.argv[1] == "ask":
        print(json.dumps(ask(Path(sys.argv[2]))))
    else:
        tile(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
