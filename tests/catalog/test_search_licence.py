"""A licence that nobody stated is never counted, nor found, with those that were stated."""

from __future__ import annotations

from pathlib import Path

import pytest

from catalog.search import SearchPage
from tests.catalog import made

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


@pytest.fixture(scope="module")
def site_db(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The search database of a few made-up datasets, whose licences are all that differs."""
    return made.site_db(tmp_path_factory.mktemp("site") / "site.db", RECORDS)


def search(site_db: Path, *licences: str) -> SearchPage:
    return made.search(site_db, licence=licences) if licences else made.search(site_db)


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
