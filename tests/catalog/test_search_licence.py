"""A licence that nobody stated is never counted, nor found, with those that were stated."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from catalog import postings, sitedb
from catalog import search as dataset_search
from catalog.facets import Query
from catalog.search import SearchPage
from schemas.arrow import schema_of
from schemas.dataset import Dataset
from schemas.link import Link

ASSUMED = {"licence": "CC0-1.0", "licence_assumed": True}
RECORDS = (
    {"id": "x:stated", "licence": "CC0-1.0"},
    {"id": "x:part", "licence": "CC0-1.0",
     "distributions": [{"route": "s3", "licence": "CC0-1.0"}]},
    {"id": "x:assumed", **ASSUMED},
    {"id": "x:parts", **ASSUMED, "distributions": [{"route": "s3"}, {"route": "git"}]},
    {"id": "x:mixed", **ASSUMED,
     "distributions": [{"route": "s3", "licence": "CC-BY-4.0"}, {"route": "git"}]},
    {"id": "x:unknown"},
    {"id": "x:silent", "distributions": [{"route": "s3"}]},
)  # fmt: skip
EMPTY = {
    "findings": "dataset_id VARCHAR, check_id VARCHAR, severity VARCHAR, action VARCHAR",
    "labels": "facet VARCHAR, value VARCHAR, label VARCHAR",
    "sources": "key VARCHAR, opt_in BOOLEAN, rate DOUBLE",
    **dict.fromkeys(("runs", "changes", "quarantine", "checks", "withheld"), "source VARCHAR"),
}


@pytest.fixture(scope="module")
def site_db(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The search database of a few made-up datasets, whose licences are all that differs."""
    path = tmp_path_factory.mktemp("site") / "site.db"
    common = {
        "source": "x", "kind": "dataset", "title": "Faces",
        "retrieved": datetime(2026, 1, 1, tzinfo=UTC),
    }  # fmt: skip
    rows = [Dataset.model_validate({**common, **record}).model_dump() for record in RECORDS]
    with duckdb.connect() as connection:
        connection.register("made", pa.Table.from_pylist(rows, schema=schema_of(Dataset)))
        connection.execute("CREATE TABLE datasets AS FROM made")
        connection.register("no_links", schema_of(Link).empty_table())
        connection.execute("CREATE TABLE links AS FROM no_links")
        for name, columns in EMPTY.items():
            connection.execute(f"CREATE TABLE {name} ({columns})")
        sitedb.build(connection, path)
    return path


def search(site_db: Path, *licences: str) -> SearchPage:
    with dataset_search.connect(site_db) as connection:
        query = Query(filters=(("licence", licences),) if licences else ())
        return dataset_search.search(connection, postings.read(connection), {}, query)


@pytest.mark.parametrize(
    ("licence", "found"),
    [
        ("CC0-1.0", {"x:stated", "x:part"}),
        ("CC0-1.0 (assumed)", {"x:assumed", "x:parts", "x:mixed"}),
        ("CC-BY-4.0", {"x:mixed"}),
        ("", {"x:unknown", "x:silent"}),
    ],
)
def test_a_licence_finds_what_states_it_and_its_assumption_the_rest(
    site_db: Path, licence: str, found: set[str]
) -> None:
    assert {hit.id for hit in search(site_db, licence).hits} == found


def test_the_counts_beside_a_search_tell_assumed_licences_apart(site_db: Path) -> None:
    (facet,) = [facet for facet in search(site_db).facets if facet.name == "licence"]
    assert {value.value: value.count for value in facet.values} == {
        "CC0-1.0": 2,
        "CC0-1.0 (assumed)": 3,
        "CC-BY-4.0": 1,
        "": 2,
    }
