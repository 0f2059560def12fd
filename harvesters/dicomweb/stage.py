"""Studies and series of an archive while they are read: tables that spill to disk, not objects."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from harvesters import series
from harvesters.dicomweb import model as dicom
from harvesters.series_facts import rows as rows_as_dicts

BATCH = 20_000
MEMORY = "200MB"
"""What the tables may take before they spill."""
_TEXT = pa.string()
STUDY = pa.schema(
    [
        ("uid", _TEXT), ("subject", _TEXT), ("sex", _TEXT), ("age", _TEXT),
        ("date", pa.date32()), ("description", _TEXT), ("protocol", _TEXT),
        ("protocol_name", _TEXT), ("series", pa.int64()), ("instances", pa.int64()),
    ]
)  # fmt: skip
SCAN = pa.schema(
    [
        ("study", _TEXT), ("series", _TEXT), ("subject", _TEXT), ("sex", _TEXT), ("age", _TEXT),
        ("study_date", pa.date32()), ("study_description", _TEXT), ("protocol", _TEXT),
        ("modality", _TEXT), ("body_part", _TEXT), ("manufacturer", _TEXT), ("model", _TEXT),
        ("description", _TEXT), ("series_date", pa.date32()), ("sop_class", _TEXT),
        ("transfer_syntax", _TEXT), ("instances", pa.int64()),
    ]
)  # fmt: skip
_LAST = {
    "study": "study", "series": "series", "subject": "subject", "sex": "sex_raw", "age": "age_raw",
    "study_date": "study_date", "study_description": "study_description", "protocol": "NULL",
    "modality": "modality_raw", "body_part": "body_part_raw", "manufacturer": "manufacturer_raw",
    "model": "model", "description": "description", "series_date": "series_date",
    "sop_class": "sop_class", "transfer_syntax": "transfer_syntax", "instances": "instances",
}  # fmt: skip
"""Columns of SCAN, each with the column of an earlier harvest that holds it."""

_ROWS = """
SELECT ? AS source, named.id AS dataset_id, t.subject, s.study, s.series,
    s.modality AS modality_raw, s.body_part AS body_part_raw, s.manufacturer AS manufacturer_raw,
    s.model, t.description AS study_description, s.description,
    coalesce(t.age, s.age) AS age_raw, coalesce(t.sex, s.sex) AS sex_raw,
    t.date AS study_date, s.series_date, s.sop_class, s.transfer_syntax, s.instances,
    ? AS licence_raw, concat(?, '/studies/', s.study, '/series/', s.series) AS url
FROM scan s JOIN study t ON t.uid = s.study
JOIN named ON named.protocol IS NOT DISTINCT FROM t.protocol
"""


class Stage:
    """Holds what an archive has said so far. `odd`: rows that name no study or series, hashed."""

    def __init__(self, folder: Path) -> None:
        self._connection = series.connect(folder)
        self._connection.execute(f"SET memory_limit = '{MEMORY}'")
        for name, schema in (("study", STUDY), ("scan", SCAN)):
            self._connection.register("_none", schema.empty_table())
            self._connection.execute(f"CREATE TABLE {name} AS FROM _none")
            self._connection.unregister("_none")
        self.odd: dict[str, set[bytes]] = {"study": set(), "series": set()}

    def close(self) -> None:
        """Forget everything."""
        self._connection.close()

    def keep_studies(self, rows: Iterable[Any]) -> int:
        """Keep the studies of a page; returns how many were new."""
        return self._insert("study", "uid", STUDY, self._read(rows, "study", study))

    def keep_scans(self, rows: Iterable[Any], of: str | None = None) -> int:
        """Keep the series of a page (of one study, if it is known); returns how many were new."""
        found = self._read(rows, "series", lambda row: scan(row, of))
        return self._insert("scan", "study, series", SCAN, found)

    def keep_last(self, path: Path) -> int:
        """Take over from an earlier harvest what cannot have changed: studies with the number of

        series and of instances that the archive states now. Returns how many series that were.
        """
        if not _has_columns(path):
            return 0
        columns = ", ".join(f"{old} AS {name}" for name, old in _LAST.items())
        return self._count(
            f"""INSERT INTO scan SELECT {columns} FROM read_parquet(?) SEMI JOIN (
                SELECT uid AS study FROM study t JOIN (
                    SELECT study, count(*) AS n, count(instances) AS known, sum(instances) AS sum
                    FROM read_parquet(?) GROUP BY 1
                ) o ON o.study = t.uid AND o.n = t.series AND o.known = o.n
                    AND o.sum = t.instances) USING (study)""",
            str(path),
            str(path),
        )

    def digest(self) -> str:
        """SHA-256 over every study and what is stated of it, in order of UID."""
        digest = hashlib.sha256()
        cursor = self._connection.execute("SELECT * FROM study ORDER BY uid")
        while rows := cursor.fetchmany(BATCH):
            for row in rows:
                digest.update(repr(row).encode())
        return digest.hexdigest()

    def wanting(self) -> list[tuple[str, int | None]]:
        """Studies that have fewer series here than they state, or none though they state nothing.

        Each with the number stated.
        """
        return self._connection.execute(
            """SELECT uid, t.series FROM study t
            LEFT JOIN (SELECT study, count(*) AS n FROM scan GROUP BY 1) o ON o.study = t.uid
            WHERE coalesce(n, 0) < coalesce(t.series, 1) ORDER BY uid"""
        ).fetchall()

    def strangers(self) -> list[str]:
        """Studies that have series here but were not listed."""
        return [
            uid
            for (uid,) in self._connection.execute(
                "SELECT DISTINCT study FROM scan ANTI JOIN study ON study.uid = scan.study "
                "ORDER BY study"
            ).fetchall()
        ]

    def drop_scans(self) -> None:
        """Forget the series, so that what is new in a listing of all of them can be told."""
        self._connection.execute("DELETE FROM scan")

    def counts(self) -> tuple[int, int | None, int]:
        """Studies, the series that they state together (None if one states none), series here."""
        row = self._connection.execute(
            "SELECT count(*), CASE WHEN count(series) = count(*) THEN sum(series)::BIGINT END, "
            "(SELECT count(*) FROM scan) FROM study"
        ).fetchone()
        assert row is not None
        return row

    def complete(self) -> None:
        """Let series say of their study what its own row does not."""
        said = """SELECT study AS uid, min(subject) AS subject, min(sex) AS sex, NULL AS age,
            min(study_date) AS date, min(study_description) AS description,
            min(protocol) AS protocol, NULL AS protocol_name, NULL AS series, NULL AS instances
            FROM scan GROUP BY 1"""
        self._connection.execute(
            f"INSERT INTO study SELECT s.* FROM ({said}) s ANTI JOIN study USING (uid)"
        )
        self._connection.execute(
            f"""UPDATE study t SET subject = coalesce(t.subject, s.subject),
                date = coalesce(t.date, s.date), protocol = coalesce(t.protocol, s.protocol),
                description = coalesce(t.description, s.description)
            FROM ({said}) s WHERE s.uid = t.uid"""
        )

    def protocols(self) -> list[dict[str, Any]]:
        """What the studies of each protocol (null: of none) state together."""
        return rows_as_dicts(
            self._connection,
            """SELECT protocol, min(protocol_name) AS protocol_name, count(*) AS studies,
                CASE WHEN count(subject) = count(*) THEN count(DISTINCT subject) END AS subjects,
                CASE WHEN count(instances) = count(*) THEN sum(instances)::BIGINT END AS instances
            FROM study GROUP BY 1 ORDER BY 1 NULLS FIRST""",
        )

    def rows(
        self, source: str, licence: str | None, root: str, named: dict[str | None, str]
    ) -> Iterator[pa.Table]:
        """Every series as a table of `harvesters.series.RAW`; `named`: protocol to dataset id."""
        names = pa.table(
            {"protocol": pa.array(named, _TEXT), "id": pa.array(named.values(), _TEXT)}
        )
        self._connection.register("named", names)
        reader = self._connection.execute(_ROWS, [source, licence, root]).to_arrow_reader(BATCH)
        for batch in reader:
            table = pa.Table.from_batches([batch])
            for column in series.RAW:
                if column.name not in table.column_names:
                    table = table.append_column(column, pa.nulls(len(table), column.type))
            yield table
        self._connection.unregister("named")

    def _read(
        self, rows: Iterable[Any], level: str, read: Callable[[dicom.Row], dict[str, Any] | None]
    ) -> list[dict[str, Any]]:
        found = []
        for row in rows:
            told = read(dicom.reduced(row))
            if told is None:
                self.odd[level].add(dicom.fingerprint(dicom.reduced(row)))
            else:
                found.append(told)
        return found

    def _insert(self, name: str, key: str, schema: pa.Schema, found: list[dict[str, Any]]) -> int:
        self._connection.register("_page", pa.Table.from_pylist(found, schema=schema))
        new = self._count(
            f"INSERT INTO {name} SELECT p.* FROM _page p ANTI JOIN {name} USING ({key}) "
            f"QUALIFY row_number() OVER (PARTITION BY {key}) = 1"
        )
        self._connection.unregister("_page")
        return new

    def _count(self, sql: str, *values: str) -> int:
        row = self._connection.execute(sql, values).fetchone()
        assert row is not None
        return int(row[0])


def _has_columns(path: Path) -> bool:
    """Whether an earlier harvest is there, whole, and has the columns that are taken over."""
    try:
        names = pq.read_schema(path).names
    except (OSError, pa.ArrowInvalid):
        return False
    return set(_LAST.values()) - {"NULL"} <= set(names)


def study(row: dicom.Row) -> dict[str, Any] | None:
    """A row of STUDY; None if it names no study."""
    uid = dicom.uid(row, "StudyInstanceUID")
    return uid and {
        "uid": uid,
        "protocol_name": dicom.text(row, "ClinicalTrialProtocolName"),
        "date": dicom.day(row, "StudyDate"),
        "description": dicom.text(row, "StudyDescription"),
        "series": dicom.count(row, "NumberOfStudyRelatedSeries"),
        "instances": dicom.count(row, "NumberOfStudyRelatedInstances"),
        **_person(row),
    }  # type: ignore[return-value]


def scan(row: dicom.Row, of: str | None = None) -> dict[str, Any] | None:
    """A row of SCAN; None if it names no series, or no study and none is known."""
    uid = dicom.uid(row, "SeriesInstanceUID")
    # An archive that leaves out the study still says where the series is retrieved.
    place = (dicom.text(row, "RetrieveURL") or "").partition("/studies/")[2].partition("/")[0]
    parent = of or dicom.uid(row, "StudyInstanceUID") or dicom.uid({"uid": [place]}, "uid")
    if uid is None or parent is None:
        return None
    return {
        "study": parent,
        "series": uid,
        "study_date": dicom.day(row, "StudyDate"),
        "study_description": dicom.text(row, "StudyDescription"),
        "modality": dicom.text(row, "Modality"),
        "body_part": dicom.text(row, "BodyPartExamined"),
        "manufacturer": dicom.text(row, "Manufacturer"),
        "model": dicom.text(row, "ManufacturerModelName"),
        "description": dicom.text(row, "SeriesDescription"),
        "series_date": dicom.day(row, "SeriesDate"),
        "sop_class": dicom.texts(row, "SOPClassUID"),
        "transfer_syntax": dicom.texts(row, "AvailableTransferSyntaxUID"),
        "instances": dicom.count(row, "NumberOfSeriesRelatedInstances"),
        **_person(row),
    }


def _person(row: dicom.Row) -> dict[str, Any]:
    return {
        "subject": dicom.text(row, "PatientID"),
        "sex": dicom.text(row, "PatientSex"),
        "age": dicom.text(row, "PatientAge"),
        "protocol": dicom.text(row, "ClinicalTrialProtocolID"),
    }
