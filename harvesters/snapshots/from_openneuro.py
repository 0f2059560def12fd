"""Takes from gathered facts what OpenNeuro's packaged snapshot holds: datasets, never subjects."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

DAY = date(2026, 8, 8)
ORIGIN = (
    "OpenNeuro's public registry of datasets and snapshots, its table of depositors' metadata, and "
    "Neurobagel's public annotations of its datasets, as of 8 August 2026"
)
_SEXES = {
    "snomed:248152002": "F",
    "snomed:248153007": "M",
    "snomed:32570681000036106": "O",
}
"""SNOMED CT as Neurobagel writes it: female, male, other."""
_LOST = {
    ("s3Version", "blocked"): "s3",
    ("s3Files", "export-missing"): "s3",
    ("github", "repo-empty"): "git",
    ("github", "repo-not-found"): "git",
}
"""Where a check of that day found nothing to download."""


def facts(folder: Path) -> tuple[date, str, Iterator[dict[str, Any]]]:
    """The day, the origin and the rows of `folder/openneuro.jsonl`."""
    return DAY, ORIGIN, _rows(folder / "openneuro.jsonl")


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as file:
        for line in file:
            yield _row(json.loads(line))


def _row(fact: dict[str, Any]) -> dict[str, Any]:
    snapshots = fact["snapshots"]
    newest = max(snapshots, key=lambda snapshot: snapshot["created"])
    tag = fact.get("latest_tag", newest["tag"])
    latest = next(snapshot for snapshot in snapshots if snapshot["tag"] == tag)
    title = fact.get("title_best")
    row = {
        "_id": fact["id"],
        "tag": tag,
        "modified": latest["created"],
        "published": fact.get("made_public"),
        "title": title,
        # Only the name of the oldest snapshot is known, and there are newer ones.
        "older_title": title != fact.get("title_neurobagel") and len(snapshots) > 1,
        # OpenNeuro's own table has another name, or none.
        "annotated_title": title is not None
        and title != fact.get("title")
        and title == fact.get("title_neurobagel"),
        "doi": fact.get("doi_in_description"),
        "modalities": fact.get("modalities"),
        "tasks": fact.get("tasks"),
        "species": fact.get("species"),
        "dx": fact.get("dx_status"),
        "subjects": fact.get("num_subjects"),
        "gib": fact.get("size_gib"),
        "sexes": _sexes(fact),
        "authors": fact.get("authors"),
        "own": fact.get("doi_of_papers_from_source_data_lab"),
        "using": fact.get("doi_of_paper_published_using_openneuro_dataset"),
        "missing": _missing(fact.get("dashboard_subtypes", {})),
    }
    return {name: value for name, value in row.items() if value not in (None, False, [], {})}


def _sexes(fact: dict[str, Any]) -> dict[str, int]:
    """Counts by sex, if they are about no more subjects than the dataset has."""
    told = fact.get("neurobagel", {}).get("sex", {})
    counts = {_SEXES[code]: count for code, count in sorted(told.items())}
    return counts if sum(counts.values()) <= fact.get("num_subjects", 0) else {}


def _missing(checked: dict[str, str]) -> list[str]:
    return sorted({_LOST[found] for found in checked.items() if found in _LOST})
