"""NBIA, version 4: the series of TCIA's open DICOM, for the datasets that IDC does not hold.

`GET {root}/getSeries?Collection=NAME&format=json` answers a JSON array, not paged. No rows are an
empty body with status 200, and so is an error inside the server: an empty answer for a collection
that `getCollectionValuesAndCounts` counts patients of is therefore no answer. A null is a key that
is absent; a row may be `{}`. Days are MM-DD-YYYY in version 4, YYYY-MM-DD HH:MM:SS.0 in version 1,
whose names of some columns differ too; both are read. What an unknown parameter, an unknown format
or a login page brings is not JSON. Rows stay text until DuckDB has made columns of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import duckdb
import pyarrow as pa

from harvesters.http import Client, StatusError
from harvesters.series import connect
from harvesters.tcia.rows import whole
from harvesters.tcia.words import text, web
from schemas.errors import SourceError
from schemas.vocabulary import doi, table

_ROW = (
    "SeriesInstanceUID StudyInstanceUID Modality BodyPartExamined "
    "Manufacturer ManufacturerModelName StudyDesc SeriesDescription PatientAge PatientSex "
    "StudyDate SeriesDate ImageCount FileSize LicenseName LicenseURI"
).split()
_DAY = (
    "CAST(coalesce(try_strptime({0}, '%m-%d-%Y'), try_strptime(left({0}, 10), '%Y-%m-%d')) AS DATE)"
)
# Columns of a table know no case, the keys of a row do.
_ROWS = f"""
CREATE TABLE rows AS
SELECT {", ".join(f"j->>'{name}' AS {name}" for name in _ROW)},
    coalesce(j->>'PatientID', j->>'PatientId') AS subject,
    coalesce(j->>'DataDescriptionURI', j->>'CollectionURI') AS about
FROM (SELECT unnest(from_json($1, '["JSON"]')) AS j) WHERE j->>'SeriesInstanceUID' IS NOT NULL
"""
_SELECT = f"""
SELECT 'tcia' AS source, m.dataset_id, r.subject, r.StudyInstanceUID AS study,
    r.SeriesInstanceUID AS series, r.Modality AS modality_raw,
    r.BodyPartExamined AS body_part_raw, r.Manufacturer AS manufacturer_raw,
    r.ManufacturerModelName AS model, r.StudyDesc AS study_description,
    r.SeriesDescription AS description,
    CASE WHEN NOT m.phantom THEN r.PatientAge END AS age_raw,
    CASE WHEN NOT m.phantom THEN r.PatientSex END AS sex_raw,
    {_DAY.format("r.StudyDate")} AS study_date, {_DAY.format("r.SeriesDate")} AS series_date,
    TRY_CAST(r.ImageCount AS BIGINT) AS instances, TRY_CAST(r.FileSize AS BIGINT) AS bytes,
    coalesce(r.LicenseName, r.LicenseURI) AS licence_raw, m.doi,
    $1 || '/getImage?SeriesInstanceUID=' || r.SeriesInstanceUID AS url
FROM rows r
JOIN meant m ON m.about IS NOT DISTINCT FROM r.about AND m.subject IS NOT DISTINCT FROM r.subject
ORDER BY series
"""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A dataset whose series are looked for.

    written_doi: its DOI as TCIA writes it, bare. names: collections that its downloads name.
    """

    dataset_id: str
    doi: str
    written_doi: str
    short_name: str
    names: tuple[str, ...]


def held_by_idc() -> frozenset[str]:
    """The DOIs, bare and in lower case, of all that the installed index of IDC lists.

    Raises:
        SourceError: if the index cannot be read.
    """
    import idc_index_data

    path = Path(idc_index_data.__file__).with_name("idc_index.parquet")
    try:
        with duckdb.connect() as connection:
            rows = connection.execute(
                "SELECT DISTINCT source_DOI FROM read_parquet(?)", [str(path)]
            ).fetchall()
    except duckdb.Error as error:
        raise SourceError(
            "the IDC index cannot be read", where=str(path), do="Reinstall idc-index-data"
        ) from error
    return frozenset(name for (raw,) in rows if (name := doi.normalise(raw)))


def names_in(search_url: Any) -> list[str]:
    """The collections that a link to NBIA's search page names."""
    query = parse_qs(urlsplit(web(search_url) or "").query)
    return [name for joined in query.get("CollectionCriteria", []) for name in joined.split(",")]


def tables(
    client: Client,
    root: str,
    wanted: Sequence[Wanted],
    folder: Path,
    had: Mapping[str, int] | None = None,
) -> Iterator[tuple[str, pa.Table]]:
    """The rows of each collection with series of `wanted`: its name, and a table of schema `RAW`.

    had: how many rows each dataset had at the last harvest.

    Raises:
        SourceError: if an answer cannot be had, or is empty where patients are counted or rows
            were had.
    """
    if not wanted:
        return
    counts = _collections(client, root)
    by_name: dict[str, list[Wanted]] = {}
    for one in wanted:
        for name in _named(client, root, one, counts):
            by_name.setdefault(name, []).append(one)
    before = {
        name: sum((had or {}).get(one.dataset_id, 0) for one in ones)
        for name, ones in by_name.items()
    }
    read = partial(_series, client, root, counts, before)
    for name, told in zip(by_name, client.many(read, by_name), strict=True):
        if told is not None:
            yield name, _table(client, root, name, told, by_name[name], folder)


def asks(root: str) -> list[str]:
    """What reading asks for."""
    return [
        f"GET {root}/getCollectionValuesAndCounts",
        f"POST {root}/getCollectionOrSeriesForDOI (a dataset of no known collection)",
        f"GET {root}/getSeries?Collection=…&format=json (a collection)",
        f"GET {root}/getPatient?Collection=…&format=json (a collection with ages or sexes)",
    ]


def _collections(client: Client, root: str) -> dict[str, int | None]:
    """Every collection, and how many patients are counted, None if that is not told (version 1)."""
    try:
        told = _array(client, f"{root}/getCollectionValuesAndCounts")
    except StatusError as error:
        if error.status not in (401, 404):  # version 1 does not count, or does not let us
            raise
        told = _array(client, f"{root}/getCollectionValues", format="json")
    counts: dict[str, int | None] = {}
    for row in told:
        if name := text(row.get("Collection") or row.get("criteria")):
            count = text(row.get("Count") or row.get("count"))
            counts[name] = int(count) if count and count.isdigit() else None
    if not counts:
        raise SourceError("NBIA lists no collection", where=root)
    return counts


def _named(client: Client, root: str, one: Wanted, counts: Mapping[str, int | None]) -> list[str]:
    """The collections that hold a dataset's series: by name, else as NBIA says of its DOI."""
    called = {table.squeeze(name) for name in (one.short_name, *one.names)}
    if found := [name for name in counts if table.squeeze(name) in called]:
        return found
    for written in dict.fromkeys((one.written_doi, one.doi)):
        answer = client.post(
            f"{root}/getCollectionOrSeriesForDOI",
            data={"DOI": f"https://doi.org/{written}", "CollectionOrSeries": "collection"},
        )
        rows = _rows_of(answer.body, answer.json, root)
        if names := {text(row.get("collection") or row.get("Collection")) for row in rows}:
            return sorted(name for name in names if name)
    return []


def _series(
    client: Client,
    root: str,
    counts: Mapping[str, int | None],
    before: Mapping[str, int],
    name: str,
) -> str | None:
    """The answer for a collection's series; None if there are none, which its count must bear out.

    Raises:
        SourceError: if there are none although patients are counted, or there were some `before`.
    """
    for _ in range(2):
        answer = client.get(f"{root}/getSeries", params={"Collection": name, "format": "json"})
        if answer.body.strip():
            return answer.text()
        if not counts.get(name) and not before.get(name):
            return None
    known = (
        f"counts {counts[name]} patients in {name} and gives none of their series"
        if counts.get(name)
        else f"gave {before[name]:,} series of {name} at the last harvest and gives none"
    )
    raise SourceError(f"NBIA {known}", where=f"{root}/getSeries")


def _table(
    client: Client, root: str, name: str, told: str, wanted: Sequence[Wanted], folder: Path
) -> pa.Table:
    """The rows of an answer that belong to `wanted`, by their DOI."""
    connection = connect(folder)
    try:
        kind = connection.execute("SELECT json_type($1)", [told]).fetchone()
        if kind != ("ARRAY",):
            raise SourceError("not an array of series", where=f"{root}/getSeries")
        connection.execute(_ROWS, [told])
        people = connection.execute(
            "SELECT count(*) FROM rows WHERE PatientAge IS NOT NULL OR PatientSex IS NOT NULL"
        ).fetchone()
        phantoms = _phantoms(client, root, name) if people != (0,) else set[str]()
        by_doi = {one.doi: one.dataset_id for one in wanted}
        # Rows that name no DOI belong to the collection of that name.
        own = [one for one in wanted if table.squeeze(one.short_name) == table.squeeze(name)]
        meant = []
        for about, subject in connection.execute(
            "SELECT DISTINCT about, subject FROM rows"
        ).fetchall():
            dataset_doi = doi.normalise(about) if about else (own[0].doi if own else None)
            if dataset_doi in by_doi:
                meant.append(
                    {
                        "about": about,
                        "subject": subject,
                        "phantom": subject in phantoms,
                        "dataset_id": by_doi[dataset_doi],
                        "doi": dataset_doi,
                    }
                )
        schema = pa.schema(
            [
                *((column, pa.string()) for column in ("about", "subject", "dataset_id", "doi")),
                ("phantom", pa.bool_()),
            ]
        )
        connection.register("meant", pa.Table.from_pylist(meant, schema=schema))
        found = connection.execute(_SELECT, [root]).to_arrow_table()
        return whole(found)
    except duckdb.InvalidInputException as error:
        raise SourceError("not JSON", where=f"{root}/getSeries") from error
    finally:
        connection.close()


def _phantoms(client: Client, root: str, name: str) -> set[str]:
    """The patients of a collection that are phantoms: what is said of their sex means nothing."""
    rows = _array(client, f"{root}/getPatient", Collection=name, format="json")
    found = (
        text(row.get("PatientId") or row.get("PatientID"))
        for row in rows
        if (text(row.get("Phantom")) or "").upper() in ("YES", "Y", "TRUE")
    )
    return {subject for subject in found if subject}


def _array(client: Client, url: str, **params: str) -> list[dict[str, Any]]:
    answer = client.get(url, params=params or None)
    return _rows_of(answer.body, answer.json, url)


def _rows_of(body: bytes, parse: Any, where: str) -> list[dict[str, Any]]:
    """The objects of an answer: none for an empty one, an error for what is no array."""
    if not body.strip():
        return []
    found = parse()
    if not isinstance(found, list):
        raise SourceError("not an array of rows", where=where)
    return [row for row in found if isinstance(row, dict)]
