"""What several repositories publish is one dataset: found by any copy, counted and shown once."""

from __future__ import annotations

from pathlib import Path

import pytest

from catalog.facets import Query
from catalog.search import FACETS, SearchPage
from tests.catalog import made
from tests.catalog.made import ids, search

RECORDS = (
    {"id": "a:one", "title": "Lung screening", "cluster": "a:one", "modalities": ["CT"],
     "subjects": 10, "licence": "CC-BY-4.0", "access": "open", "doi": "10.1000/one"},
    {"id": "b:uno", "title": "Screening of lungs with nodules", "cluster": "a:one",
     "modalities": ["CT", "SEG"], "subjects": 9, "licence": "CC-BY-3.0", "access": "open",
     "tasks": ["detection"]},
    {"id": "c:eins", "title": "Lungs", "cluster": "a:one", "access": "controlled", "subjects": 99},
    {"id": "b:alone", "title": "Lung phantom", "modalities": ["CT"], "subjects": 50,
     "access": "open"},
    {"id": "b:left", "title": "Heart cine", "cluster": "a:lost", "subjects": 3, "access": "open"},
    {"id": "c:left", "title": "Heart cine again", "cluster": "a:lost", "subjects": 4},
    {"id": "a:lost", "title": "Heart cine, withdrawn", "cluster": "a:lost",
     "status": "withdrawn", "modalities": ["MR"]},
)  # fmt: skip


@pytest.fixture(scope="module")
def site_db(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made.site_db(tmp_path_factory.mktemp("site") / "site.db", RECORDS)


def counts(page: SearchPage, name: str) -> dict[str, int]:
    (facet,) = [facet for facet in page.facets if facet.name == name]
    return {value.value: value.count for value in facet.values if value.count}


def test_a_list_shows_it_once_as_the_member_it_is_named_after(site_db: Path) -> None:
    page = search(site_db)
    assert sorted(ids(page)) == ["a:one", "b:alone", "c:left"]
    assert page.total == 3
    (one,) = [hit for hit in page.hits if hit.id == "a:one"]
    assert one.elsewhere == ("b:uno", "c:eins")


@pytest.mark.parametrize("text", ["screening", "nodules", "lungs", "b:uno", "eins", "10.1000/one"])
def test_the_words_and_names_of_any_member_find_it(site_db: Path, text: str) -> None:
    page = search(site_db, text)
    assert ids(page).count("a:one") == 1
    assert "b:uno" not in ids(page) and "c:eins" not in ids(page)


def test_it_carries_what_any_member_carries(site_db: Path) -> None:
    page = search(site_db, "screening")
    assert counts(page, "source") == {"a": 1, "b": 1, "c": 1}
    assert counts(page, "modality") == {"CT": 1, "SEG": 1}
    assert counts(page, "access") == {"open": 1, "controlled": 1}
    assert counts(page, "licence") == {"": 1, "CC-BY-3.0": 1, "CC-BY-4.0": 1}
    assert counts(page, "task") == {"detection": 1}


@pytest.mark.parametrize("name", [spec.name for spec in FACETS])
@pytest.mark.parametrize("text", ["", "lung"])
def test_every_count_is_what_choosing_the_value_finds(site_db: Path, name: str, text: str) -> None:
    for value, count in counts(search(site_db, text), name).items():
        assert search(site_db, text, **{name: (value,)}).total == count


@pytest.mark.parametrize(
    ("sources", "shown"),
    [(("b",), "b:uno"), (("c",), "c:eins"), (("a",), "a:one"), (("c", "b"), "c:eins"),
     (("b", "a"), "a:one")],
)  # fmt: skip
def test_who_asks_one_repository_is_shown_the_member_there(
    site_db: Path, sources: tuple[str, ...], shown: str
) -> None:
    for text in ("", "screening"):
        page = search(site_db, text, source=sources)
        (hit,) = [hit for hit in page.hits if hit.id in ("a:one", "b:uno", "c:eins")]
        assert hit.id == shown
        assert {hit.id, *hit.elsewhere} == {"a:one", "b:uno", "c:eins"}


def test_a_list_of_one_repository_is_in_the_order_of_what_it_shows(site_db: Path) -> None:
    by_size = made.ask(site_db, Query(filters=(("source", ("c",)),), sort="subjects"))
    assert [hit.subjects for hit in by_size.hits] == [99, 4]
    assert ids(search(site_db, source=("b",))) == ["b:alone", "b:uno", "b:left"]


def test_pages_follow_each_other_without_gap_or_repeat(site_db: Path) -> None:
    pages = [made.ask(site_db, Query(page=number, size=1)) for number in range(1, 5)]
    assert sorted(i for page in pages for i in ids(page)) == ["a:one", "b:alone", "c:left"]


def test_what_is_named_after_a_lost_member_stands_without_it(site_db: Path) -> None:
    page = search(site_db, "cine")
    assert ids(page) == ["c:left"], "the larger of the two that are left"
    assert page.hits[0].elsewhere == ("b:left",)
    assert counts(page, "modality") == {}, "what is lost lends nothing"


def test_a_lost_member_keeps_its_page_and_its_names(site_db: Path) -> None:
    page = search(site_db, "a:lost")
    assert ids(page) == ["a:lost"]
    assert page.hits[0].elsewhere == ("b:left", "c:left")
    assert "a:lost" not in ids(search(site_db, "withdrawn"))
