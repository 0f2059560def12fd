"""NBIA's REST API, versions 1 and 4, over recorded rows: empty answers, absent keys, two calendars.

No recording of version 4 exists: its rows are the recorded ones of version 1 with the names, types
and days that the server's source gives them there.
"""

from __future__ import annotations

import copy
import json
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pyarrow as pa

from tests.emulators.server import Emulator, Reply, Request, as_json

RECORDINGS = Path(__file__).parents[1] / "recordings" / "nbia"
_SERIES = (
    "Collection PatientID StudyInstanceUID SeriesInstanceUID Modality BodyPartExamined "
    "Manufacturer ManufacturerModelName format"
).split()
_ALLOWED = {
    "getCollectionValues": ["format"],
    "getCollectionValuesAndCounts": [],
    "getModalityValues": ["Collection", "BodyPartExamined", "format"],
    "getBodyPartValues": ["Collection", "Modality", "format"],
    "getManufacturerValues": ["Collection", "Modality", "BodyPartExamined", "format"],
    "getPatient": ["Collection", "PatientId", "format"],
    "getSeries": _SERIES,
    "getSeriesSize": ["SeriesInstanceUID", "format"],
}
_CASELESS_IN_V1 = {"Collection", "PatientID", "PatientId"}
_VALUES = {
    "getModalityValues": "Modality",
    "getBodyPartValues": "BodyPartExamined",
    "getManufacturerValues": "Manufacturer",
}
_TYPED = {"ImageCount", "FileSize"}


def recorded_series() -> list[dict[str, Any]]:
    """The 612 recorded rows, in the shape of version 1."""
    with pa.input_stream(str(RECORDINGS / "series.json.zst"), compression="zstd") as stream:
        rows: list[dict[str, Any]] = json.loads(stream.read())
    return rows


def _recorded(name: str) -> list[Any]:
    rows: list[Any] = json.loads((RECORDINGS / name).read_text(encoding="utf-8"))
    return rows


class Nbia(Emulator):
    """Serves `series` and `patients`, rows in the shape of version 1 which may be changed.

    counts: patients by collection, where they are not those of the rows.
    only_in_v4: columns that version 1 lacks, by patient.
    """

    def __init__(self, series: list[dict[str, Any]] | None = None) -> None:
        super().__init__()
        self.series = copy.deepcopy(recorded_series() if series is None else series)
        self.patients = _recorded("patients.json")
        self.collections = {str(name) for name in _recorded("collections.json")}
        self.counts: dict[str, int] = {}
        self.only_in_v4: dict[str, dict[str, str]] = {}

    @property
    def root(self) -> str:
        """The address of version 4."""
        return f"{self.url}/nbia-api/services/v4"

    def answer(self, request: Request) -> Reply:
        """One endpoint of one version."""
        *_, version, endpoint = ["", *request.path.strip("/").split("/")]
        if version not in ("v1", "v4"):
            return Reply(b"Not found", 404, "text/html")
        query = {name: values[0] for name, values in request.query.items()}
        if endpoint == "getCollectionOrSeriesForDOI" and request.method == "POST":
            return self._by_doi(request)
        if version == "v1" and endpoint.endswith("AndCounts"):
            return Reply(b"Unauthorized", 401, "text/plain")
        allowed = _ALLOWED.get(endpoint)
        if allowed is None:
            return Reply(b"Not found", 404, "text/html")
        if unknown := [name for name in query if name not in allowed]:
            told = f"Invalid query parameter: '{unknown[0]}'. Allowed parameters are: {allowed}"
            return Reply(told.encode(), 400)
        if query.pop("format", "json") not in ("json", "csv", "html", "xml"):
            return Reply(b"Server was not able to process your request", 500, "text/plain")
        rows = self._rows(endpoint, query, version)
        # No rows are no body, and no array.
        return as_json(rows) if rows else Reply(type="")

    def _rows(self, endpoint: str, query: dict[str, str], version: str) -> list[dict[str, Any]]:
        known = self.collections | {row["Collection"] for row in self.series if "Collection" in row}
        if endpoint == "getCollectionValues":
            return [{"Collection": name} for name in sorted(known)]
        if endpoint == "getCollectionValuesAndCounts":
            # Only what rows bear out: the recorded names have patients whose rows we lack.
            counts = self._patients_of_rows() | self.counts
            return [
                {"Collection": name, "Count": str(count), "Authorized": "1"}
                for name, count in sorted(counts.items())
            ]
        if endpoint == "getPatient":
            return self._chosen(self.patients, query, version)
        chosen = self._chosen(self.series, query, version)
        if endpoint == "getSeriesSize":
            return [
                {"TotalSizeInBytes": str(row["FileSize"]), "ObjectCount": str(row["ImageCount"])}
                for row in chosen
            ]
        if endpoint in _VALUES:
            column = _VALUES[endpoint]
            values = sorted({row.get(column) for row in chosen}, key=str)
            return [{} if value is None else {column: value} for value in values]
        return chosen if version == "v1" else [self._as_v4(row) for row in chosen]

    def _patients_of_rows(self) -> dict[str, int]:
        patients: dict[str, set[str]] = {}
        for row in self.series:
            if "Collection" in row:
                patients.setdefault(row["Collection"], set()).add(row["PatientID"])
        return {name: len(found) for name, found in patients.items()}

    def _chosen(
        self, rows: list[dict[str, Any]], query: dict[str, str], version: str
    ) -> list[dict[str, Any]]:
        def fits(row: dict[str, Any]) -> bool:
            for name, wanted in query.items():
                told = str(row.get(name, ""))
                if version == "v4" or name in _CASELESS_IN_V1:
                    told, wanted = told.lower(), wanted.lower()
                if told != wanted:
                    return False
            return True

        # A row of nothing but nulls is written without any key: such a row fits every question.
        return [row for row in rows if not row or fits(row)]

    def _as_v4(self, row: dict[str, Any]) -> dict[str, Any]:
        if not row:
            return row
        found = {
            {"CollectionURI": "DataDescriptionURI", "TimeStamp": "MaxSubmissionTimestamp"}.get(
                name, name
            ): value if name in _TYPED else str(value)
            for name, value in row.items()
        }
        for name in ("SeriesDate", "StudyDate", "DateReleased", "MaxSubmissionTimestamp"):
            if name in found:
                found[name] = datetime.fromisoformat(found[name]).strftime("%m-%d-%Y")
        return {**found, "Authorized": "1", **self.only_in_v4.get(row.get("PatientID", ""), {})}

    def _by_doi(self, request: Request) -> Reply:
        form = {name: values[0] for name, values in parse_qs(request.body.decode()).items()}
        if unknown := set(form) - {"DOI", "CollectionOrSeries"}:
            told = f"Invalid form parameter: '{unknown.pop()}'."
            return Reply(told.encode(), 400)
        found = [row for row in self.series if row.get("CollectionURI") == form.get("DOI")]
        each = form.get("CollectionOrSeries") == "series"
        rows = {
            (row["Collection"], row["SeriesInstanceUID"] if each else ""): {
                "collection": row["Collection"],
                "thirdPartyAnanlysis": row.get("ThirdPartyAnalysis", "NO"),
                **({"seriesInstanceUID": row["SeriesInstanceUID"]} if each else {}),
                "authorized": "1",
            }
            for row in found
        }
        return as_json(list(rows.values())) if rows else Reply(type="")
