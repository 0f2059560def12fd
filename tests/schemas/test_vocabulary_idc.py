"""The vocabularies cover what NCI Imaging Data Commons really says, over all its series.

Counted from the index that the package idc-index-data installs.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import duckdb
import idc_index_data
import pytest

from schemas.vocabulary import age, anatomy, doi, licence, manufacturer, modality

INDEX = Path(str(idc_index_data.IDC_INDEX_PARQUET_FILEPATH))
SOURCES = "SELECT unnest(sources) AS source FROM collections"


def counted(column: str, table: str = "series") -> dict[str, int]:
    """The series, or rows, of each value of `column`, nulls left out."""
    with duckdb.connect() as database:
        for view, name in {
            "series": INDEX.name,
            "collections": "collections_index.parquet",
            "results": "analysis_results_index.parquet",
        }.items():
            path = INDEX.with_name(name)
            database.execute(f"CREATE VIEW {view} AS SELECT * FROM read_parquet('{path}')")
        query = f"SELECT {column}, count(*) FROM {table} WHERE {column} IS NOT NULL GROUP BY 1"
        return dict(database.execute(query).fetchall())


def unread(values: dict[str, int], normalise: Callable[[str], object]) -> dict[str, int]:
    return {raw: count for raw, count in values.items() if normalise(raw) is None}


def test_every_modality_is_read() -> None:
    values = counted("Modality")
    assert len(values) >= 25
    assert unread(values, modality.normalise) == {}


def test_nearly_every_body_part_is_read_and_the_rest_is_decided() -> None:
    values = counted("BodyPartExamined")
    left = unread(values, anatomy.normalise)
    assert sum(left.values()) < 0.005 * sum(values.values())
    undecided = {raw for raw in left if not anatomy.is_not_anatomy(raw)}
    assert undecided <= {"BODY"}


def test_every_tumour_site_is_read_or_decided() -> None:
    named = counted("tumor_locations", "collections")
    sites = {word.strip() for words in named for word in words.split(",")}
    left = {site for site in sites if anatomy.normalise(site) is None}
    assert {site for site in left if not anatomy.is_not_anatomy(site)} <= {"genitourinary system"}


def test_every_manufacturer_is_decided() -> None:
    values = counted("Manufacturer")
    left = unread(values, manufacturer.normalise)
    assert len(values) >= 128
    assert [raw for raw in left if not manufacturer.is_placeholder(raw)] == []


@pytest.mark.parametrize("field", ["license_short_name", "license_long_name", "license_url"])
def test_every_licence_is_read_by_name_and_by_address(field: str) -> None:
    values = counted(f"source.license.{field}", f"({SOURCES})") | counted(field, "results")
    assert len(values) >= 5
    assert unread(values, licence.normalise) == {}


def test_every_licence_of_a_series_is_read() -> None:
    assert unread(counted("license_short_name"), licence.normalise) == {}


def test_every_doi_is_read() -> None:
    values = counted("source_DOI")
    assert unread(values, doi.normalise) == {}
    assert all(doi.normalise(raw) == raw for raw in values)


def test_the_ages_have_the_defects_that_were_counted() -> None:
    problems: dict[str, int] = {}
    for raw, count in counted("PatientAge").items():
        if problem := age.parse(raw).problem:
            problems[problem] = problems.get(problem, 0) + count
    assert set(problems) == {"placeholder", "malformed", "implausible"}
    assert problems["placeholder"] >= counted("PatientAge")["000Y"]
