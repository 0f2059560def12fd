"""Every series of the installed IDC index, as harvested, against SQL on the index itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest

from schemas.series import SERIES
from tests.commands import Fairscan
from tests.small import INDEX, edit

Beside = duckdb.DuckDBPyConnection

_RAW = {
    "subject": "PatientID",
    "study": "StudyInstanceUID",
    "series": "SeriesInstanceUID",
    "modality_raw": "Modality",
    "body_part_raw": "BodyPartExamined",
    "manufacturer_raw": "Manufacturer",
    "model": "ManufacturerModelName",
    "study_description": "StudyDescription",
    "description": "SeriesDescription",
    "age_raw": "PatientAge",
    "sex_raw": "PatientSex",
    "sop_class": "SOPClassUID",
    "transfer_syntax": "TransferSyntaxUID",
    "instances": "instanceCount",
    "licence_raw": "license_short_name",
    "url": "series_aws_url",
    "first_version": "series_init_idc_version",
    "revised_version": "series_revised_idc_version",
}


def one(beside: Beside, sql: str) -> Any:
    row = beside.execute(sql).fetchone()
    assert row is not None
    return row[0] if len(row) == 1 else row


def test_every_series_of_the_index_is_read_once(beside: Beside) -> None:
    assert one(beside, "SELECT count(*), count(DISTINCT series) FROM series") == (
        1_044_191,
        1_044_191,
    )
    assert one(beside, "SELECT count(*) FROM idx") == 1_044_191


def test_what_the_index_says_is_kept_but_for_control_characters(beside: Beside) -> None:
    differs = " OR ".join(
        f"s.{ours} IS DISTINCT FROM regexp_replace(i.{its}, '[\\x00-\\x1f\\x7f]', ' ', 'g')"
        if ours in ("model", "study_description", "description")
        else f"s.{ours} IS DISTINCT FROM i.{its}"
        for ours, its in _RAW.items()
    )
    found = one(
        beside,
        f"SELECT count(*), count(*) FILTER (WHERE {differs}) "
        "FROM series s JOIN idx i ON i.SeriesInstanceUID = s.series",
    )
    assert found == (1_044_191, 0)


def test_each_series_stays_with_its_collection_result_and_doi(beside: Beside) -> None:
    wrong = one(
        beside,
        "SELECT count(*) FROM series s JOIN idx i ON i.SeriesInstanceUID = s.series WHERE "
        "s.dataset_id <> 'idc:' || i.collection_id OR s.doi IS DISTINCT FROM lower(i.source_DOI) "
        "OR s.derived_dataset_id IS DISTINCT FROM 'idc:' || i.analysis_result_id",
    )
    assert wrong == 0


def test_counts_of_every_collection_equal_the_index(beside: Beside) -> None:
    ours = (
        "SELECT dataset_id, count(*), count(DISTINCT study), count(DISTINCT subject), "
        "sum(instances), sum(bytes) FROM series GROUP BY 1"
    )
    theirs = (
        "SELECT 'idc:' || collection_id, count(*), count(DISTINCT StudyInstanceUID), "
        "count(DISTINCT PatientID), sum(instanceCount), "
        "sum(round(series_size_MB * 1e6)::BIGINT) FROM idx GROUP BY 1"
    )
    assert one(beside, f"SELECT count(*) FROM ({ours})") == 179
    assert one(beside, f"SELECT count(*) FROM ({ours} EXCEPT {theirs})") == 0
    assert one(beside, f"SELECT count(*) FROM ({theirs} EXCEPT {ours})") == 0


def test_bytes_are_the_megabytes_of_the_index_in_bytes(beside: Beside) -> None:
    wrong = one(
        beside,
        "SELECT count(*) FROM series s JOIN idx i ON i.SeriesInstanceUID = s.series "
        "WHERE s.bytes IS DISTINCT FROM round(i.series_size_MB * 1e6)::BIGINT",
    )
    assert wrong == 0
    assert one(beside, "SELECT sum(bytes) FROM series") > 99_000_000_000_000


def out_of_order(beside: Beside, series: Path) -> int:
    key = "[dataset_id, subject, study, series]"
    found: int = one(
        beside,
        f"SELECT count(*) FROM (SELECT {key} AS k, lag({key}) OVER (ORDER BY file_row_number) AS "
        f"before FROM read_parquet('{series}', file_row_number = true)) WHERE before > k",
    )
    return found


def test_rows_lie_sorted_by_dataset_subject_study_and_series(
    beside: Beside, harvested_series: Path
) -> None:
    assert out_of_order(beside, harvested_series) == 0


def test_an_index_in_another_order_is_sorted(
    beside: Beside, small_index: Path, tmp_path: Path, fairscan: Fairscan
) -> None:
    edit(small_index / INDEX, "SELECT * FROM {file} ORDER BY hash(SeriesInstanceUID)")
    home = tmp_path / "new"
    done = fairscan("refresh", "idc", "--set", f"idc.base_url={small_index}", home=home)
    assert done.returncode == 0, done.stderr
    harvested = home / "sources" / "idc" / "series.parquet"
    assert one(beside, f"SELECT count(*) FROM '{harvested}'") == 24_448
    assert out_of_order(beside, harvested) == 0


def test_the_file_has_the_columns_of_the_series_schema(harvested_series: Path) -> None:
    found = pq.read_schema(harvested_series)
    assert found.names == SERIES.names
    assert found.types == SERIES.types


@pytest.mark.parametrize(
    ("raw", "code"), [("MR", "MR"), ("CT", "CT"), ("SEG", "SEG"), ("PT", "PT"), ("SM", "SM")]
)
def test_a_modality_is_a_code_of_dicom(beside: Beside, raw: str, code: str) -> None:
    found = beside.execute(
        "SELECT DISTINCT modality FROM series WHERE modality_raw = ?", [raw]
    ).fetchall()
    assert found == [(code,)]


@pytest.mark.parametrize(
    ("raw", "label", "code"),
    [
        ("PROSTATE", "Prostate", "41216001"),
        ("CHEST", "Chest", "816094009"),
        ("BRAIN", "Brain", "12738006"),
        ("ABDOMEN", "Abdomen", "818981001"),
        ("LIVER", "Liver", "10200004"),
    ],
)
def test_a_body_part_is_a_concept_of_snomed(
    beside: Beside, raw: str, label: str, code: str
) -> None:
    found = beside.execute(
        "SELECT DISTINCT body_part, body_part_code FROM series WHERE body_part_raw = ?", [raw]
    ).fetchall()
    assert found == [(label, code)]


def test_a_body_part_that_names_no_anatomy_stays_unmapped(beside: Beside) -> None:
    found = beside.execute(
        "SELECT DISTINCT body_part, body_part_code FROM series WHERE body_part_raw = 'PHANTOM'"
    ).fetchall()
    assert found == [(None, None)]


@pytest.mark.parametrize(
    ("raw", "years", "band"),
    [("064Y", 64.0, "60-69"), ("018M", 1.5, "0-9"), ("000Y", None, None)],
)
def test_an_age_is_read_in_years_and_a_placeholder_is_unknown(
    beside: Beside, raw: str, years: float | None, band: str | None
) -> None:
    found = beside.execute(
        "SELECT DISTINCT age_years, age_band FROM series WHERE age_raw = ?", [raw]
    ).fetchall()
    assert len(found) == 1, f"no series of age {raw}"
    assert found[0][0] == pytest.approx(years) if years is not None else found[0] == (None, None)
    assert found[0][1] == band


def test_ages_above_89_are_one_band(beside: Beside) -> None:
    found = beside.execute("SELECT DISTINCT age_band FROM series WHERE age_years >= 90").fetchall()
    assert found == [("90+",)]


def test_a_series_says_in_which_idc_version_it_was_read(beside: Beside) -> None:
    newest = one(beside, "SELECT max(idc_version) FROM versions")
    assert one(beside, "SELECT min(version), max(version) FROM series") == (newest, newest)
    assert one(beside, "SELECT count(*) FROM series WHERE first_version > revised_version") == 0


def test_dates_are_those_of_the_index(beside: Beside) -> None:
    wrong = one(
        beside,
        "SELECT count(*) FROM series s JOIN idx i ON i.SeriesInstanceUID = s.series WHERE "
        "strftime(s.study_date, '%Y-%m-%d') IS DISTINCT FROM nullif(i.StudyDate, '') OR "
        "strftime(s.series_date, '%Y-%m-%d') IS DISTINCT FROM nullif(i.SeriesDate, '')",
    )
    assert wrong == 0
