"""TCIA's datasets and downloads as its Collection Manager gave them on one day in 2026.

The rows have the shape of the harvester's own envelopes: `post`, and a `record` with the names of
version 2 of the API. Downloads are whole, as they came; of the records themselves the long texts
are not among the facts.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

DAY = date(2026, 8, 21)
ORIGIN = "TCIA Collection Manager, version 2: collections, analysis results and their downloads"
_POSTS = {
    "Collection": ("collections", "collection"),
    "Analysis Result": ("analysis-results", "result"),
}
_SAME = (
    "cancer_types",
    "cancer_locations",
    "data_types",
    "supporting_data",
    "program",
    "date_updated",
)


def facts(folder: Path) -> tuple[date, str, Iterator[dict[str, Any]]]:
    """The day, the origin and the rows, from the folder of facts and the recordings beside it."""
    return DAY, ORIGIN, _rows(folder)


def _rows(folder: Path) -> Iterator[dict[str, Any]]:
    downloads, hidden = _downloads(folder)
    for fact in _lines(folder / "tcia_datasets.jsonl"):
        post, prefix = _POSTS[fact["dataset_type"]]
        slug = fact["link"].rstrip("/").rpartition("/")[2]
        yield {
            "_id": slug,
            "post": post,
            "record": {
                "id": fact["id"],
                "slug": slug,
                "link": fact["link"],
                "hide_from_browse_table": "1" if fact["id"] in hidden else "0",
                "subjects": fact["number_of_subjects"],
                **{name: fact[name] for name in _SAME},
                f"{prefix}_title": fact["title"],
                f"{prefix}_short_title": fact["short_title"],
                f"{prefix}_doi": fact["doi"],
                f"{prefix}_downloads": downloads[fact["id"]],
            },
        }


def _downloads(folder: Path) -> tuple[dict[int, list[dict[str, Any]]], set[int]]:
    """The download objects by their dataset's id, each with its title, and who is hidden."""
    titles, hidden = {}, set()
    for fact in _lines(folder / "tcia_downloads.jsonl"):
        titles[fact["parent_id"], int(fact["download_id"] or 0)] = fact["download_title"]
        if fact["hidden"]:
            hidden.add(fact["parent_id"])
    (path,) = (folder.parent / "recordings" / "wordpress").glob("v2_download_objects.*.json")
    found = defaultdict(list)
    for row in json.loads(path.read_text(encoding="utf-8")):
        title = titles[row["parent_id"], row["download"]["id"]]
        found[row["parent_id"]].append({**row["download"], "download title": title})
    return found, hidden


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as file:
        yield from map(json.loads, file)
