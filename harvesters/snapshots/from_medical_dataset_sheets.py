"""The snapshot of Awesome Medical Dataset: its data sheets on medical images.

A sheet that describes a challenge of Grand Challenge lies under that challenge already, in its
snapshot, and is not packaged a second time. A DOI is the dataset's own only if a data repository
gave it and the sheet leads there; the other DOIs are of papers. A sheet's volume of data may be of
images, scans, people or files, which it seldom says, so no count is taken from it.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from harvesters.snapshots.judged import Entry, LeftOut, imaging, write
from schemas.errors import SourceError
from schemas.vocabulary import doi, table

KEY = "medical_dataset_sheets"
DAY = date(2026, 8, 31)
ORIGIN = "the data sheets of Awesome Medical Dataset, a list that openmedlab keeps on GitHub"
MENDED = Path(__file__).with_name("from_medical_dataset_sheets.csv")
DATA_DOIS = Path(__file__).with_name("data_dois.csv")
_SAID = {
    "modality": ("Modality",),
    "task": ("Task Type", "Task"),
    "anatomy": (
        "Anatomical Area", "Anatomical Areas", "Anatomical Structures", "Anatomical Structure",
        "Anatomical Region",
    ),
    "format": ("File Format", "Data Format", "Data Formats", "fMRI Format", "Format"),
}  # fmt: skip
"""Our names, and the fields of a sheet's table that say them."""


def facts(folder: Path) -> tuple[date, str, Iterator[dict[str, Any]]]:
    """Day, origin and one record a sheet on medical images."""
    sheets = _sheets(folder)
    taken, left_out = imaging(
        KEY, (_entry(sheet) for sheet in sheets if not sheet.get("grand_challenge_slugs"))
    )
    under = [
        LeftOut(_id(sheet["name"] or slug), sheet["name"] or slug, f"under grand_challenge:{slug}")
        for sheet in sheets
        for slug in sheet.get("grand_challenge_slugs", ())[:1]
    ]
    write(KEY, [*left_out, *under])
    return DAY, ORIGIN, map(_row, taken)


def _sheets(folder: Path) -> list[dict[str, Any]]:
    with (folder / "dataset_sheets.jsonl").open(encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def _entry(sheet: dict[str, Any]) -> Entry:
    """A sheet under an id of its own; its name, its words and the names of its fields judge it."""
    name = _right(_mended(), sheet["website"], "name", sheet["name"])
    said = [name, *_texts(sheet, "modality"), *_texts(sheet, "task")]
    fields = [field for one in sheet.get("meta", ()) for field in one]
    return Entry(_id(name), name, " ; ".join([*said, *fields]), sheet)


def _row(entry: Entry) -> dict[str, Any]:
    """A sheet as a record; what is ours in it is named under `known`."""
    sheet, mended = entry.facts, _mended()
    told: dict[str, Any] = {
        "_id": entry.id,
        "kind": "dataset",
        "name": entry.name,
        "date": sheet.get("date"),
        **{name: _texts(sheet, name) for name in _SAID},
        **{name: [sheet[name]] for name in ("website", "download", "article") if sheet.get(name)},
    }
    dois = sheet["doi"]
    known = []
    for (about, field), (wrong, right) in mended.items():
        if about != entry.id:
            continue
        if field == "doi":
            dois = [one for one in dois if one != wrong]
            continue
        if ([wrong] if wrong else []) != told.get(field, []):
            raise SourceError(f"{entry.id} does not say {wrong!r} as {field}", where=MENDED.name)
        place = f"our_{field}" if field in ("modality", "anatomy") else field
        told[place] = [right] if right else []
        if right:
            known.append(field)
    if entry.name != sheet["name"]:
        known.append("name")
    own = [one for one in dois if _names_data(one, sheet)]
    told |= {"doi": own[:1], "papers": [one for one in dois if one not in own[:1]], "known": known}
    return {name: value for name, value in told.items() if value not in (None, [])}


def _id(name: str) -> str:
    """The name in Latin letters and digits, e.g. "PH²" is ph2."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return "-".join(re.findall(r"[a-z0-9]+", plain.lower()))


def _texts(sheet: dict[str, Any], name: str) -> list[str]:
    texts = (one.get(field) for one in sheet.get("meta", ()) for field in _SAID[name])
    return list(dict.fromkeys(text for text in texts if text))


def _names_data(one: str, sheet: dict[str, Any]) -> bool:
    """Whether a DOI is of data: a data repository's, and where papers lie too, led to."""
    bare = doi.normalise(one) or ""
    for row in table.rows(DATA_DOIS, ("prefix", "repository", "papers")):
        if bare.startswith(row["prefix"]):
            led = f"{sheet.get('website')} {sheet.get('download')}".lower()
            return row["papers"] == "no" or re.split(r"[./]", bare)[-1] in led
    return False


def _right(
    mended: dict[tuple[str, str], tuple[str, str]], about: str, field: str, said: str
) -> str:
    return mended.get((about, field), ("", said))[1]


@cache
def _mended() -> dict[tuple[str, str], tuple[str, str]]:
    rows = table.rows(MENDED, ("id", "field", "wrong", "right", "reason"))
    return {(row["id"], row["field"]): (row["wrong"], row["right"]) for row in rows}
