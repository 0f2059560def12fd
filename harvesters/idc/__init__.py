"""NCI Imaging Data Commons, read from the index that its `idc-index-data` package carries.

The index is Parquet, and stays columnar: DuckDB normalises, sorts and aggregates it. Vocabularies
run over distinct values only and come back as small mapping tables. `base_url` may name another
folder that holds the same four files.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import Any

import duckdb

from harvesters import base, series
from harvesters.idc.records import analysis_result, collection
from harvesters.series_facts import facts, parts, rows
from schemas.errors import SourceError

INDEX, COLLECTIONS, RESULTS, VERSIONS = (
    "idc_index.parquet",
    "collections_index.parquet",
    "analysis_results_index.parquet",
    "version_metadata_index.parquet",
)

_NEEDED = {
    INDEX: "collection_id analysis_result_id PatientID SeriesInstanceUID StudyInstanceUID "
    "source_DOI PatientAge PatientSex StudyDate StudyDescription BodyPartExamined Modality "
    "SOPClassUID TransferSyntaxUID Manufacturer ManufacturerModelName SeriesDate "
    "SeriesDescription instanceCount license_short_name series_init_idc_version "
    "series_revised_idc_version series_aws_url series_size_MB",
    COLLECTIONS: "collection_id collection_name cancer_types tumor_locations subjects species "
    "sources supporting_data program_id status updated description",
    RESULTS: "analysis_result_id analysis_result_title source_DOI source_url subjects "
    "collections modalities updated license_url license_long_name license_short_name "
    "description citation",
    VERSIONS: "idc_version version_timestamp",
}

_NORMALISED = """
SELECT
    'idc' AS source,
    'idc:' || i.collection_id AS dataset_id,
    'idc:' || i.analysis_result_id AS derived_dataset_id,
    i.PatientID AS subject,
    i.StudyInstanceUID AS study,
    i.SeriesInstanceUID AS series,
    modality_map.code AS modality,
    i.Modality AS modality_raw,
    anatomy_map.label AS body_part,
    anatomy_map.code AS body_part_code,
    anatomy_map.laterality AS laterality,
    i.BodyPartExamined AS body_part_raw,
    manufacturer_map.name AS manufacturer,
    i.Manufacturer AS manufacturer_raw,
    regexp_replace(i.ManufacturerModelName, '[[:cntrl:]]', ' ', 'g') AS model,
    regexp_replace(i.StudyDescription, '[[:cntrl:]]', ' ', 'g') AS study_description,
    regexp_replace(i.SeriesDescription, '[[:cntrl:]]', ' ', 'g') AS description,
    age_map.years AS age_years,
    age_map.band AS age_band,
    i.PatientAge AS age_raw,
    sex_map.code AS sex,
    i.PatientSex AS sex_raw,
    TRY_CAST(i.StudyDate AS DATE) AS study_date,
    TRY_CAST(i.SeriesDate AS DATE) AS series_date,
    i.SOPClassUID AS sop_class,
    i.TransferSyntaxUID AS transfer_syntax,
    i.instanceCount AS instances,
    CAST(round(i.series_size_MB * 1000000) AS BIGINT) AS bytes,
    licence_map.spdx AS licence,
    i.license_short_name AS licence_raw,
    lower(i.source_DOI) AS doi,
    i.series_aws_url AS url,
    CAST(? AS INTEGER) AS version,
    CAST(i.series_init_idc_version AS INTEGER) AS first_version,
    CAST(i.series_revised_idc_version AS INTEGER) AS revised_version
FROM read_parquet(?) i
JOIN modality_map ON modality_map.raw IS NOT DISTINCT FROM i.Modality
JOIN anatomy_map ON anatomy_map.raw IS NOT DISTINCT FROM i.BodyPartExamined
JOIN manufacturer_map ON manufacturer_map.raw IS NOT DISTINCT FROM i.Manufacturer
JOIN age_map ON age_map.raw IS NOT DISTINCT FROM i.PatientAge
JOIN sex_map ON sex_map.raw IS NOT DISTINCT FROM i.PatientSex
JOIN licence_map ON licence_map.raw IS NOT DISTINCT FROM i.license_short_name
"""
_MAPPED = {
    "modality": "Modality",
    "anatomy": "BodyPartExamined",
    "manufacturer": "Manufacturer",
    "age": "PatientAge",
    "sex": "PatientSex",
    "licence": "license_short_name",
}


class Harvester(base.Harvester):
    """Reads the IDC index: every collection, analysis result and series."""

    local = True

    def digest(self) -> str:
        """SHA-256 over the index files."""
        digest = hashlib.sha256()
        for name in _NEEDED:
            path = self._path(name)
            try:
                with path.open("rb") as file:
                    digest.update(hashlib.file_digest(file, "sha256").digest())
            except OSError as error:
                raise _unreadable(path, error) from error
        return digest.hexdigest()

    def harvest(self, folder: Path, last: Path | None = None) -> base.Harvest:  # noqa: ARG002
        """Normalise and sort every series into `folder/series.parquet`; yield 205-odd records."""
        connection = series.connect(folder)
        for name, columns in _NEEDED.items():
            with _reading(self._path(name), folder):
                self._check(connection, name, columns.split())
        with _reading(self._path(VERSIONS), folder):
            version, dated = self._version(connection)
        path = folder / series.FILE
        with _reading(self._path(INDEX), folder):
            index = f"read_parquet('{series.quoted(self._path(INDEX))}')"
            series.map_vocabularies(connection, index, _MAPPED)
            series.copy(connection, _NORMALISED, path, [int(version), str(self._path(INDEX))])
        _put_in_order(connection, path)
        connection.execute(f"CREATE VIEW series AS FROM read_parquet('{series.quoted(path)}')")
        total = connection.execute("SELECT count(*) FROM series").fetchone()
        stated = connection.execute(
            "SELECT (SELECT count(*) FROM read_parquet(?)) + "
            "(SELECT count(*) FROM read_parquet(?))",
            [str(self._path(COLLECTIONS)), str(self._path(RESULTS))],
        ).fetchone()
        assert total is not None and stated is not None
        records = self._records(connection, version, folder)
        return base.Harvest(version, dated, stated[0], total[0], records)

    def _records(
        self, connection: duckdb.DuckDBPyConnection, version: str, folder: Path
    ) -> Iterator[base.RawRecord]:
        retrieved = datetime.now(UTC)
        kinds: tuple[tuple[str, str, str, Callable[..., Any]], ...] = (
            (COLLECTIONS, "collection_id", "dataset_id", collection),
            (RESULTS, "analysis_result_id", "derived_dataset_id", analysis_result),
        )
        for name, key, column, build in kinds:
            known = facts(connection, column)
            published = parts(connection, column)
            with _reading(self._path(name), folder):
                found = rows(
                    connection,
                    f"SELECT * FROM read_parquet(?) ORDER BY {key}",
                    str(self._path(name)),
                )
            for raw in found:
                identifier = f"idc:{raw[key]}"
                yield base.RawRecord(
                    raw[key],
                    raw,
                    partial(
                        build,
                        raw,
                        known.get(identifier),
                        published.get(identifier, []),
                        version,
                        retrieved,
                    ),
                )

    def _path(self, name: str) -> Path:
        if self.source.base_url is not None:
            if self.source.base_url.startswith(("http://", "https://")):
                raise SourceError(
                    "the IDC index is read from a folder, not from an address",
                    where=self.source.base_url,
                    do="Download the files of idc-index-data and name their folder",
                )
            return Path(self.source.base_url.removeprefix("file://")) / name
        import idc_index_data

        return Path(idc_index_data.__file__).parent / name

    def _check(self, connection: duckdb.DuckDBPyConnection, name: str, columns: list[str]) -> None:
        """Refuse a file that is missing, damaged, empty, or has lost a column that we read."""
        path = self._path(name)
        found = connection.execute("SELECT name FROM parquet_schema(?)", [str(path)]).fetchall()
        rows = connection.execute(
            "SELECT sum(num_rows) FROM parquet_file_metadata(?)", [str(path)]
        ).fetchone()
        lost = [column for column in columns if column not in {row[0] for row in found}]
        if lost:
            raise SourceError(
                f"the IDC index lost or renamed {', '.join(lost)}",
                where=str(path),
                do="Install the idc-index-data that fairscan is locked to, or update fairscan",
            )
        if rows is None or not rows[0]:
            raise SourceError(
                "the IDC index holds no rows", where=str(path), do="Reinstall idc-index-data"
            )

    def _version(self, connection: duckdb.DuckDBPyConnection) -> tuple[str, date]:
        row = connection.execute(
            "SELECT idc_version, version_timestamp FROM read_parquet(?) ORDER BY 1 DESC LIMIT 1",
            [str(self._path(VERSIONS))],
        ).fetchone()
        assert row is not None
        return str(row[0]), date.fromisoformat(row[1])


def _put_in_order(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Sort the series of `path` unless they are in order, as IDC's index has been so far."""
    keys = ", ".join(series.ORDER)
    row = connection.execute(
        f"SELECT count(*) FROM (SELECT ({keys}) < lag(({keys})) OVER (ORDER BY file_row_number) "
        "AS early FROM read_parquet(?, file_row_number = true)) WHERE early",
        [str(path)],
    ).fetchone()
    if row != (0,):
        new = path.with_suffix(".sorted")
        series.copy(
            connection, f"FROM read_parquet('{series.quoted(path)}') ORDER BY {keys}", new, []
        )
        new.replace(path)


@contextmanager
def _reading(path: Path, folder: Path) -> Iterator[None]:
    """An error in here means that `path` cannot be read, unless it tells of our own `folder`.

    Raises:
        SourceError: naming `path`; a failure to write or for want of memory passes as it is.
    """
    try:
        yield
    except duckdb.OutOfMemoryException:
        raise
    except (duckdb.Error, ValueError) as error:
        if str(folder) in str(error):
            raise
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: Exception) -> SourceError:
    told = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    reason = re.sub(r"\s+", " ", told.splitlines()[0])
    return SourceError(
        f"the IDC index cannot be read: {reason}",
        where=str(path),
        do="Reinstall idc-index-data, or name another folder with --set idc.base_url=FOLDER",
    )
