"""Who mistypes a word is told what the catalogue calls nearly so; who does not is left alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from catalog import search as dataset_search
from catalog import suggest
from catalog.search import SORTS
from tests.catalog import made
from tests.catalog.made import search
from tests.site.rendered import render

RECORDS = (
    *({"id": f"x:p{number}", "title": f"Prostate study {number}", "modalities": ["MR"]}
      for number in range(30)),
    {"id": "x:camelyon16", "title": "CAMELYON16", "modalities": ["SM"]},
    {"id": "x:glioma", "title": "Diffuse glioma", "doi": "10.1000/glima"},
    {"id": "x:typo", "title": "A protsate of old"},
    {"id": "x:glima", "title": "Called so"},
    {"id": "x:larvae", "title": "Growth of larvae"},
    {"id": "x:larval", "title": "Larval stages"},
    {"id": "x:ds000117", "title": "Faces"},
    {"id": "x:segm", "title": "Segmentation of vertebrae", "species": ["Mouse"]},
)  # fmt: skip


@pytest.fixture(scope="module")
def site_db(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made.site_db(tmp_path_factory.mktemp("site") / "site.db", RECORDS)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("prostrate", "prostate"),
        ("protate mri", "prostate mri"),
        ("gliomma", "glioma"),
        ("segmentatoin", "segmentation"),
        ("vertabrea", "vertebrae"),
        ("protsate", "prostate"),
        ("camleyon16", "camelyon16"),
        ("mamography", "mammography"),
    ],
)
def test_a_misspelt_word_is_mended(site_db: Path, text: str, meant: str) -> None:
    with dataset_search.connect(site_db) as connection:
        assert suggest.spelt(connection, text) == meant


def test_the_suggestion_keeps_what_else_was_asked_and_finds_it(site_db: Path) -> None:
    page = search(site_db, "prostrate", modality=("MR",))
    assert page.suggestion is not None
    assert page.suggestion.text == page.suggestion.query.text == "prostate"
    assert page.suggestion.query.chosen("modality") == ("MR",)
    assert search(site_db, "prostate", modality=("MR",)).total == 30


@pytest.mark.parametrize(
    "text",
    [
        "prostate", "prostat", "studies", "glima", "larvae", "10.1000/gliomma", "10.1000/glima",
        "https://x.org/gliomma", "ds000118", "zzzzqqqq", "camelyon17", "xy", "", "the of",
        "radiograph", "12345", "a" * 4000,
    ],
)  # fmt: skip
def test_what_is_no_mistake_is_left_alone(site_db: Path, text: str) -> None:
    assert search(site_db, text).suggestion is None


def test_a_word_is_mended_beside_one_that_cannot_be(site_db: Path) -> None:
    page = search(site_db, "qwertzuiop gliomma")
    assert page.suggestion is not None and page.suggestion.text == "qwertzuiop glioma"


def test_a_rare_word_is_not_mended_to_another_rare_one(site_db: Path) -> None:
    with dataset_search.connect(site_db) as connection:
        assert suggest.spelt(connection, "larvae") is None


def test_only_so_many_words_of_a_query_are_mended(site_db: Path) -> None:
    with dataset_search.connect(site_db) as connection:
        meant = suggest.spelt(connection, " ".join(["prostrate"] * 100))
    assert meant is not None
    assert 0 < meant.split().count("prostate") < 10


def test_the_page_links_to_the_suggestion(site_db: Path) -> None:
    page = search(site_db, "<prostrate> study")
    assert page.suggestion is not None and page.suggestion.text == "<prostate> study"
    html = render("home.html", page=page, sorts=SORTS, labels={})
    assert 'Did you mean <a href="/?q=%3Cprostate%3E+study">&lt;prostate&gt; study</a>?' in html
