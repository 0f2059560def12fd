"""What a refresh brought, by source and by name: new, changed, withdrawn, held, quarantined."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import pyarrow.parquet as pq

from catalog.home import Home
from catalog.refresh import Refreshed

NAMES = 10
"""How many names a report in words gives of each kind; `fairscan changes` gives all."""


def report(place: Home, result: Refreshed) -> list[dict[str, Any]]:
    """What a refresh of `place` brought: see `entries`."""
    if result.release is None:
        return entries(result.runs, [])
    changes = pq.read_table(place.releases / result.release / "changes.parquet").to_pylist()
    return entries(result.runs, changes)


def entries(
    runs: Iterable[dict[str, Any]], changes: Iterable[dict[str, Any]]
) -> list[dict[str, Any]]:
    """One entry a run: its state and traffic, and what became of which dataset.

    changes: rows of the release's table, empty if no release was made. `changed` maps a dataset
    to its fields, each with the old and the new value.
    """
    by_source: dict[str, list[dict[str, Any]]] = {}
    for row in changes:
        by_source.setdefault(row["dataset_id"].partition(":")[0], []).append(row)
    return [_entry(run, by_source.get(run["source"], [])) for run in runs]


def in_words(report: Iterable[dict[str, Any]]) -> Iterator[str]:
    """The report as lines for people."""
    for entry in report:
        told = [f"{entry['source']}: {entry['state']}"]
        told += [
            f"{len(entry[kind]):,} {kind}"
            for kind in ("new", "changed", "withdrawn", "quarantined")
            if entry[kind]
        ]
        told += [f"{entry['requests']:,} requests"] if entry["requests"] else []
        yield ", ".join(told)
        if entry["message"]:
            yield f"  {entry['message']}"
        yield from _names("new", [f"{e['id']}  {e['title']}" for e in entry["new"]])
        yield from _names(
            "changed",
            [f"{name}  {', '.join(fields)}" for name, fields in entry["changed"].items()],
        )
        yield from _names("withdrawn", [f"{e['id']}  {e['title']}" for e in entry["withdrawn"]])
        yield from _names(
            "quarantined", [f"{e['local_id']}  {e['reason']}" for e in entry["quarantined"]]
        )


def _entry(run: dict[str, Any], rows: list[dict[str, Any]]) -> dict[str, Any]:
    changed: dict[str, dict[str, Any]] = {}
    for row in rows:
        if row["change"] == "changed":
            fields = changed.setdefault(row["dataset_id"], {})
            fields[row["field"]] = {"old": row["old"], "new": row["new"]}
        elif row["change"].startswith("series_"):
            fields = changed.setdefault(row["dataset_id"], {})
            fields[row["change"].replace("_", " ")] = {"old": None, "new": row["new"]}
    new = [r for r in rows if r["change"] == "added"]
    for row in new:
        changed.pop(row["dataset_id"], None)
    gone = [r for r in rows if r["change"] == "withdrawn"]
    for row in gone:
        changed.pop(row["dataset_id"], None)
    quarantine = run.get("quarantine", []) if run["state"] != "unchanged" else []
    return {
        "source": run["source"],
        "state": run["state"],
        "message": run.get("message"),
        "requests": run.get("requests", 0),
        "bytes": run.get("bytes", 0),
        "new": [{"id": r["dataset_id"], "title": r["new"]} for r in new],
        "changed": changed,
        "withdrawn": [{"id": r["dataset_id"], "title": r["old"]} for r in gone],
        "quarantined": [{"local_id": q["local_id"], "reason": q["reason"]} for q in quarantine],
    }


def _names(kind: str, names: list[str]) -> Iterator[str]:
    for name in names[:NAMES]:
        yield f"  {kind}: {name}"[:180]
    if len(names) > NAMES:
        yield f"  {kind}: and {len(names) - NAMES:,} more"
