"""What is gone keeps its page and its names, and nothing else finds it."""

from __future__ import annotations

from pathlib import Path

import pytest

from catalog import matching
from catalog import search as dataset_search
from tests.catalog import made
from tests.catalog.made import ids, search

RECORDS = (
    {"id": "x:ds1", "title": "Faces", "status": "active", "subjects": 3,
     "licence": "CC0-1.0", "species": ["mouse"]},
    {"id": "x:ds2", "title": "Faces, first try", "status": "gone",
     "related": [{"relation": "IsObsoletedBy", "scheme": "URL", "value": "https://x.org/ds1"}]},
    {"id": "x:ds3", "title": "Faces, lost", "status": "withdrawn"},
    {"id": "x:ds4", "title": "Faces and more", "status": "deprecated", "species": ["Mouse"]},
)  # fmt: skip


@pytest.fixture(scope="module")
def site_db(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The search database of four made-up datasets."""
    return made.site_db(tmp_path_factory.mktemp("site") / "site.db", RECORDS)


@pytest.mark.parametrize("text", ["", "faces", "first", "lost"])
def test_no_words_find_what_is_gone_or_withdrawn(site_db: Path, text: str) -> None:
    assert not {"x:ds2", "x:ds3"} & set(ids(search(site_db, text)))


@pytest.mark.parametrize("local", ["ds2", "ds3"])
@pytest.mark.parametrize("form", ["{}", "x:{}", "https://x.org/datasets/{}"])
def test_its_exact_name_still_does(site_db: Path, local: str, form: str) -> None:
    assert ids(search(site_db, form.format(local))) == [f"x:{local}"]
    assert f"x:{local}" not in ids(search(site_db, form.format(local), source=("x",)))


def test_facets_and_totals_leave_it_out_and_what_is_deprecated_comes_last(site_db: Path) -> None:
    page = search(site_db)
    assert ids(page) == ["x:ds1", "x:ds4"]
    assert [(v.value, v.count) for v in page.facets[0].values] == [("x", 2)]


def test_the_spelling_with_a_capital_stands_for_all(site_db: Path) -> None:
    assert ids(search(site_db, species=("mouse",))) == ["x:ds1", "x:ds4"]
    (species,) = [f for f in search(site_db).facets if f.name == "species"]
    assert [(v.value, v.count) for v in species.values] == [("Mouse", 2)]


def test_numbers_and_truth_values_stay_what_they_are(site_db: Path) -> None:
    with dataset_search.connect(site_db) as connection:
        assert connection.execute("SELECT opt_in, rate FROM sources").fetchone() == (0, 0.5)


def test_what_replaces_it_is_found_by_the_address_that_its_record_gives(site_db: Path) -> None:
    with dataset_search.connect(site_db) as connection:
        assert list(matching.by_name(connection, "https://x.org/ds1")) == [1]
        assert matching.by_name(connection, "https://x.org/ds9") == {}
