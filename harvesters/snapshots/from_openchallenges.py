"""OpenChallenges' snapshot: its challenges on medical images that are not on Grand Challenge."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

from harvesters.snapshots.judged import Entry, imaging, write
from schemas.vocabulary import table

KEY = "openchallenges"
DAY = date(2026, 8, 31)
ORIGIN = "OpenChallenges, the registry of biomedical challenges of Sage Bionetworks"
KINDS = Path(__file__).with_suffix(".csv")
_COLUMNS = ("id", "modality", "modality_from", "anatomy", "anatomy_from")


def facts(folder: Path) -> tuple[date, str, Iterator[dict[str, Any]]]:
    """Day, origin and one record a challenge on medical images."""
    kinds = {row["id"]: row for row in table.rows(KINDS, _COLUMNS)}
    taken, left_out = imaging(KEY, _entries(folder))
    write(KEY, left_out)
    return DAY, ORIGIN, (_row(entry, kinds[entry.id]) for entry in taken)


def _entries(folder: Path) -> Iterator[Entry]:
    with (folder / "challenges_other_platforms.jsonl").open(encoding="utf-8") as file:
        for facts in map(json.loads, file):
            yield Entry(facts["slug"], facts["name"], facts["name"], facts)


def _row(entry: Entry, kind: dict[str, str]) -> dict[str, Any]:
    """A challenge as a record; what its name says stands under `named`, what is ours, `known`."""
    facts = entry.facts
    said = [field for field in ("modality", "anatomy") if kind[field]]
    told = {
        "_id": entry.id,
        "kind": "challenge",
        "name": entry.name,
        "date": facts["start_date"],
        "website": [facts["website_url"]] if facts["website_url"] else [],
        "papers": [facts["doi"]] if facts["doi"] else [],
        **{f"our_{field}": [kind[field]] for field in said},
        "named": [field for field in said if kind[f"{field}_from"] == "name"],
        "known": [field for field in said if kind[f"{field}_from"] == "known"],
    }
    return {name: value for name, value in told.items() if value not in (None, [])}
