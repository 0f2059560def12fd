"""What the policy masks is nowhere in a release: not in a table, and not in the bytes of a file."""

from __future__ import annotations

from pathlib import Path

import duckdb

from catalog.duck import connect
from tests.commands import Fairscan

SEEN = ("DR_ZIMMERMAN", "S.KOZAK", "for 8155012288", "RIDER-2016662734_20190220_TEST")
"""Texts of the installed index that a check finds and the policy masks."""


def tables(release: Path) -> list[tuple[str, str]]:
    with connect(release / "catalogue.duckdb") as connection:
        return [
            (table, column)
            for table, column in connection.execute(
                "SELECT table_name, column_name FROM duckdb_columns() WHERE data_type = 'VARCHAR' "
                "AND NOT internal"
            ).fetchall()
        ]


def test_a_masked_value_is_in_no_table(release_home: Path) -> None:
    release = release_home / "current"
    harvest = release_home / "sources" / "idc" / "series.parquet"
    harvested = duckdb.sql(
        f"SELECT count(*) FROM '{harvest}' WHERE description LIKE '%ZIMMERMAN%' "
        "OR study_description LIKE '%ZIMMERMAN%'"
    ).fetchone()
    assert harvested is not None and harvested[0] > 0
    with connect(release / "catalogue.duckdb") as connection:
        for table, column in tables(release):
            found = connection.execute(
                f'SELECT count(*) FROM "{table}" WHERE contains("{column}", $1)', ["ZIMMERMAN"]
            ).fetchone()
            assert found == (0,), (table, column)


def test_a_masked_value_is_in_the_bytes_of_no_file(release_home: Path) -> None:
    for path in (release_home / "current").resolve().rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            for text in SEEN:
                assert text.encode() not in content, (path.name, text)


def test_an_age_above_89_is_masked_with_the_number_that_tells_it(
    release_home: Path, fairscan: Fairscan
) -> None:
    (row,) = fairscan.json(
        "query",
        "SELECT count(*) AS n, count(age_raw) AS raws, count(age_years) AS years FROM series "
        "WHERE dataset_id = 'idc:ct_colonography' AND age_band = '90+'",
        home=release_home,
    )
    assert row["n"] >= 132
    assert row["n"] - row["raws"] == row["n"] - row["years"] == 132


def test_a_masked_age_still_counts_as_ninety_or_more(
    release_home: Path, fairscan: Fairscan
) -> None:
    bands = fairscan.json("cohort", "--age-band", "80-89", "--age-band", "90+", home=release_home)
    assert (
        fairscan.json("cohort", "--age-min", "80", home=release_home)["series"] == bands["series"]
    )
