"""Grand Challenge's snapshot: its challenges, with what lists and data sheets know of their data.

Every value that the repository's API does not give stands beside who said it, under `from`:
`openchallenges` (title, year, paper), `challenge_list` (a table of modality, task and focus),
`awesome_medical_dataset` (data sheets) and `aws_open_data` (the registry's buckets).
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

from harvesters.grand_challenge import zenodo
from schemas.vocabulary import licence

DAY = date(2026, 8, 31)
ORIGIN = (
    "OpenChallenges (titles, years, dates, papers), a public table of challenges (modality, task, "
    "focus), the data sheets of Awesome Medical Dataset, the Registry of Open Data on AWS"
)
_SHEET, _LIST, _OPEN, _AWS = (
    "awesome_medical_dataset",
    "challenge_list",
    "openchallenges",
    "aws_open_data",
)
_KEPT = ("start_date", "end_date", "status", "submission_types", "incentives")


def facts(folder: Path) -> tuple[date, str, Iterator[dict[str, Any]]]:
    """Day, origin and one record a challenge, from `grand_challenge.jsonl` and its companions."""
    sheets: dict[str, list[dict[str, Any]]] = {}
    for sheet in _lines(folder / "dataset_sheets.jsonl"):
        for slug in sheet.get("grand_challenge_slugs", ()):
            sheets.setdefault(slug.lower(), []).append(sheet)
    buckets = _buckets(folder / "aws_open_data.jsonl")
    rows = (
        _row(row, sheets.get(row["slug"].lower(), []), buckets.get(row["slug"].lower(), []))
        for row in _lines(folder / "grand_challenge.jsonl")
    )
    return DAY, ORIGIN, rows


def _row(
    row: dict[str, Any], sheets: list[dict[str, Any]], buckets: list[dict[str, Any]]
) -> dict[str, Any]:
    tables = [(sheet, table) for sheet in sheets for table in sheet["meta"]]
    first = _OPEN if "status" in row else _SHEET if sheets else _LIST
    papers = _said(_OPEN, [row.get("doi")])
    # A sheet's Zenodo DOI may name data or a paper: Zenodo alone can say.
    papers += _said(
        _SHEET,
        [f"https://doi.org/{doi}" for s in sheets for doi in s["doi"] if not zenodo.number(doi)],
    )
    told = {
        "_id": row["slug"].lower(),
        "slug": row["slug"],
        "title": {"text": row["title"], "from": first},
        "url": row["url"],
        "year": _said(_LIST if row.get("year_source") else first, [row.get("year")]),
        "publications": papers,
        "modality": _said(_SHEET, (t.get("Modality") for _, t in tables))
        + _said(_LIST, [row.get("modality")]),
        "task": _said(_SHEET, (t.get("Task Type") for _, t in tables))
        + _said(_LIST, [row.get("task")]),
        "anatomy": _said(_SHEET, (t.get("Anatomical Area") for _, t in tables))
        + _said(_SHEET, (t.get("Anatomical Structures") for _, t in tables))
        + _said(_LIST, [row.get("focus")]),
        "format": _said(_SHEET, (t.get("File Format") for _, t in tables)),
        "licence": _said(_LIST, [row.get("data_license")]),
        "data": _data(row, sheets),
        "zenodo": _records(row, sheets),
        "buckets": buckets,
        **{name: row.get(name) for name in _KEPT},
    }
    return {name: value for name, value in told.items() if value not in (None, [])}


def _said(sayer: str, values: Iterable[Any]) -> list[dict[str, Any]]:
    return [{"text": value, "from": sayer} for value in dict.fromkeys(values) if value]


def _data(row: dict[str, Any], sheets: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Zenodo records from which data are downloaded, not those that a sheet only mentions."""
    links = [("challenge_list", link) for link in row.get("zenodo") or ()]
    links += [
        (_SHEET, link)
        for sheet in sheets
        for link in re.findall(r"https?://zenodo\.org/records?/\d+", sheet["download"] or "")
    ]
    found = {number: sayer for sayer, link in reversed(links) if (number := zenodo.number(link))}
    return [
        {"text": f"https://zenodo.org/records/{number}", "from": sayer}
        for number, sayer in sorted(found.items())
    ]


def _records(row: dict[str, Any], sheets: list[dict[str, Any]]) -> list[str]:
    """The number of every Zenodo record named anywhere, for Zenodo to say what it is."""
    texts = [row.get("doi"), *(row.get("zenodo") or ())]
    for sheet in sheets:
        texts += [sheet["download"], *sheet["doi"], *(sheet.get("zenodo") or ())]
    parts = [part for text in texts if text for part in re.split(r",\s*", text)]
    return sorted({number for part in parts if (number := zenodo.number(part))}, key=int)


def _buckets(path: Path) -> dict[str, list[dict[str, Any]]]:
    entries = {
        resource["ARN"].rpartition(":")[2]: entry
        for entry in _lines(path)
        for resource in entry["resources"]
        if resource["Type"] == "S3 Bucket"
    }
    found: dict[str, list[dict[str, Any]]] = {}
    with Path(__file__).with_name("aws_challenges.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(line for line in file if not line.startswith("#")):
            entry = entries[row["bucket"]]
            found.setdefault(row["slug"], []).append(
                {
                    "bucket": row["bucket"],
                    "name": entry["name"],
                    "licence": licence.normalise(entry["license"]),
                    "licence_raw": entry["license"],
                    "registry": entry["registry"],
                    "from": _AWS,
                }
            )
    return found


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as file:
        yield from map(json.loads, file)
