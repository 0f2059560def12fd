"""XNAT's scans as image-level rows, and what is counted of a project on the way.

What XNAT says of a subject is counted at once. Its sex, as published, and its age go into the rows
of its scans; nothing else of it is kept.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable
from datetime import date
from functools import lru_cache
from typing import Any

import pyarrow as pa

from harvesters import series
from harvesters.text import plain_text
from harvesters.xnat.sweep import AGE, FILE, SCAN, SCAN_TYPE, Swept, address
from harvesters.xnat.table import Row, number
from schemas.vocabulary import age, modality, sex

_PLAIN = re.compile(r"[\w.,:;()/+*-]+(?: [\w.,:;()/+*-]+)*", re.ASCII)
_YEARS = re.compile(r"[0-9]{1,3}(?:\.[0-9]+)?")
_ROUNDING = 1e-6
_PREVIEWS = "snapshots"
"""The resource in which XNAT keeps thumbnails of its own making."""


class Tally:
    """Counts of one project, and what it says of its subjects and sessions, both by ID."""

    def __init__(self, swept: Swept) -> None:
        self.subjects = swept.subjects
        self.sessions = swept.sessions
        self._newest = swept.newest
        self._rows = 0
        self._images: int | None = 0
        self._bytes: int | None = 0
        self._modalities: Counter[str] = Counter()
        self._raw: set[str] = set()
        self._resources: set[str] = set()

    def rows(self, found: Iterable[Row], source: str, project: str, base: str) -> pa.Table:
        """Image-level rows of the schema `harvesters.series.RAW`, one a scan, counted.

        `found` has a row for each resource of a scan; one of a session that the project does not
        list came in between two questions, and is left for the next harvest.
        """
        scans: dict[tuple[str, str], list[Row]] = {}
        for row in found:
            session, scan = row.get("id"), row.get(f"{SCAN}id")
            if session in self.sessions and scan:
                scans.setdefault((session, scan), []).append(row)
        made: list[dict[str, Any]] = [
            {"source": source, "dataset_id": f"{source}:{project}", "study": session}
            | {"url": address(base, "experiments", session, "scans", scan)}
            | self._image_row(session, scan, parts)
            for (session, scan), parts in scans.items()
        ]
        self._rows += len(made)
        for scan_row in made:
            self._images = _plus(self._images, scan_row["instances"])
            self._bytes = _plus(self._bytes, scan_row["bytes"])
            if raw := scan_row["modality_raw"]:
                self._raw.add(raw)
                self._modalities[modality.normalise(raw) or ""] += 1
        self._resources |= {
            label
            for parts in scans.values()
            for part in parts
            if (label := part.get(f"{FILE}label"))
        }
        return pa.Table.from_pylist(made, schema=series.RAW)

    def counts(self, studies: int, shared_from: Collection[str]) -> dict[str, Any]:
        """What was counted, as JSON: `studies` sessions are its own, others come from elsewhere."""
        people = self.subjects.values()
        sexes = Counter(filter(None, (sex.normalise(row.get("gender")) for row in people)))
        bands = Counter(filter(None, (age.band(_years(row.get("age"))) for row in people)))
        codes = sorted(self._modalities.items(), key=lambda item: (-item[1], item[0]))
        return {
            "subjects": len(self.subjects),
            "studies": studies,
            "series": self._rows,
            "images": self._images,
            "bytes": self._bytes,
            "sexes": dict(sorted(sexes.items())),
            "age_bands": dict(sorted(bands.items())),
            "modalities": [code for code, _ in codes if code],
            "modalities_raw": sorted(self._raw),
            "resources": sorted(self._resources),
            "newest": self._newest,
            "shared_from": sorted(shared_from),
        }

    def _image_row(self, session: str, scan: str, parts: list[Row]) -> dict[str, Any]:
        row, visit = parts[0], self.sessions[session]
        person = self.subjects.get(visit.get("subject_id") or "", {})
        files, size = _files(parts)
        return {
            "subject": visit.get("subject_id"),
            "series": f"{session}/{scan}",
            "modality_raw": _modality(row, visit.get("xsitype")),
            "manufacturer_raw": row.get(f"{SCAN}scanner/manufacturer"),
            "model": _text(row.get(f"{SCAN}scanner/model")),
            "study_description": _text(visit.get("label")),
            "description": _text(row.get(f"{SCAN}series_description") or row.get(f"{SCAN}type")),
            "age_raw": age_string(row.get(AGE) or person.get("age")),
            "sex_raw": person.get("gender"),
            "study_date": _day(visit.get("date")),
            "instances": number(row.get(f"{SCAN}frames")) if files is None else files,
            "bytes": size,
        }


@lru_cache(maxsize=10_000)
def _text(raw: str | None) -> str | None:
    """`raw` as plain text; a name of plain letters, as nearly all are, need not be parsed."""
    return raw if raw is not None and _PLAIN.fullmatch(raw) else plain_text(raw)


def _modality(row: Row, session: str | None) -> str | None:
    """What the scan says of itself, else the kind of scan as which XNAT filed it.

    A kind such as xnat:mrScanData is cut to "MR"; one that names no DICOM modality
    (xnat:otherDicomScanData) says nothing. The kind of session is looked at last, and only if the
    scan has none: it may be of several.
    """
    if said := row.get(f"{SCAN}modality"):
        return said
    for kind, end in ((row.get(SCAN_TYPE), "scandata"), (session, "sessiondata")):
        word = (kind or "").rpartition(":")[2].casefold()
        if word.endswith(end):
            word = word.removesuffix(end).upper()
            return word if modality.normalise(word) else None
    return None


def _files(parts: list[Row]) -> tuple[int | None, int | None]:
    """Files and bytes in a scan's resources, XNAT's own previews left out; None is unknown."""
    resources = {
        label: row
        for row in parts
        if (label := row.get(f"{FILE}label")) and label.casefold() != _PREVIEWS
    }
    if not resources:
        return None, None
    files: int | None = 0
    size: int | None = 0
    for row in resources.values():
        files = _plus(files, number(row.get(f"{FILE}file_count")))
        size = _plus(size, number(row.get(f"{FILE}file_size")))
    return files, size


def _plus(total: int | None, more: int | None) -> int | None:
    """The sum; unknown once a part of it is unknown."""
    return None if total is None or more is None else total + more


def age_string(raw: str | None) -> str | None:
    """XNAT's age, a number of years, as a DICOM Age String (PS3.5 section 6.2), which rows hold.

    In whole years, below two in whole months; what is no number stays as it is.
    """
    if raw is None or not _YEARS.fullmatch(raw):
        return raw
    years = float(raw)
    if years < 2 and not years.is_integer():
        return f"{int(years * 12 + _ROUNDING):03}M"
    return f"{int(years):03}Y"


def _years(raw: str | None) -> float | None:
    years, problem = age.parse(age_string(raw))
    return None if problem == "implausible" else years


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat((text or "")[:10])
    except ValueError:
        return None
