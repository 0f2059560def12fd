"""A search finds what means the same; what is written as it was asked for comes first."""

from __future__ import annotations

from pathlib import Path

import pytest

from catalog import matching, wording
from catalog import search as dataset_search
from tests.catalog import made
from tests.catalog.made import ids, search

RECORDS = (
    {"id": "x:mr", "title": "Prostate study", "modalities": ["MR"], "subjects": 9},
    {"id": "x:ct", "title": "Renal masses", "modalities": ["CT"]},
    {"id": "x:cxr", "title": "Lungs at admission", "modalities": ["DX"],
     "body_parts": [{"label": "Chest"}], "conditions": [{"label": "COVID-19"}]},
    {"id": "x:gbm", "title": "GBM after surgery", "modalities": ["MR"]},
    {"id": "x:tumour", "title": "Brain tumor progression", "modalities": ["MR"]},
    {"id": "x:slides", "title": "Biopsies", "modalities": ["SM"]},
    {"id": "x:kits", "title": "KiTS19", "modalities": ["CT"]},
    {"id": "x:echo", "title": "Gradient echo times", "description": "Read at 20 ms and 30 ms."},
    {"id": "x:ms", "title": "Multiple sclerosis: lesions", "modalities": ["MR"],
     "body_parts": [{"label": "Brain"}]},
    {"id": "x:ed", "title": "Cardiac cine ultrasound", "modalities": ["US"]},
    {"id": "x:all", "title": "Notes", "description": "Of stapes, larynx, osteoid, and much more."},
    {"id": "x:two", "title": "Osteoid larynx: larynx, osteoid"},
    {"id": "x:loss", "title": "Hearing loss", "description": "One had a glioblastoma."},
)  # fmt: skip


@pytest.fixture(scope="module")
def site_db(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made.site_db(tmp_path_factory.mktemp("site") / "site.db", RECORDS)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("magnetic resonance imaging of the prostate", ["x:mr"]),
        ("kidney CT", ["x:ct"]),
        ("computed tomography kidneys", ["x:ct"]),
        ("chest radiograph", ["x:cxr"]),
        ("CXR", ["x:cxr"]),
        ("SARS-CoV-2", ["x:cxr"]),
        ("whole slide images", ["x:slides"]),
        ("H&E", ["x:slides"]),
        ("kits", ["x:kits"]),
        ("MS brain lesions", ["x:ms"]),
        ("echocardiography", ["x:ed"]),
    ],
)
def test_other_words_for_it_find_it(site_db: Path, text: str, found: list[str]) -> None:
    assert ids(search(site_db, text))[: len(found)] == found


def test_the_wider_finds_the_narrower_and_not_the_reverse(site_db: Path) -> None:
    assert {"x:tumour", "x:gbm"} <= set(ids(search(site_db, "brain tumour")))
    assert {"x:gbm", "x:loss"} == set(ids(search(site_db, "glioblastoma")))


def test_the_words_as_written_come_before_what_means_the_same(site_db: Path) -> None:
    found = ids(search(site_db, "brain tumor"))
    assert found[0] == "x:tumour" and "x:gbm" in found


def test_what_means_it_only_in_a_query_is_not_taken_from_texts(site_db: Path) -> None:
    assert "x:echo" not in ids(search(site_db, "multiple sclerosis"))
    assert "x:echo" not in ids(search(site_db, "ultrasound"))
    assert {"x:echo", "x:ed"} == set(ids(search(site_db, "echo")))


def test_what_lacks_one_word_follows_what_has_all_and_the_note_says_so(site_db: Path) -> None:
    page = search(site_db, "brain tumour progression")
    assert ids(page)[0] == "x:tumour" and "x:gbm" in ids(page)
    assert page.note == (
        "Few datasets have every word; these are joined by those that lack one of them."
    )


def test_what_has_every_word_comes_first_however_loud_the_other(site_db: Path) -> None:
    assert ids(search(site_db, "osteoid larynx stapes")) == ["x:all", "x:two"]


def test_many_hits_have_the_same_order_whether_few_or_all_are_weighed(
    site_db: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    weighed = search(site_db, "mri")
    monkeypatch.setattr(matching, "_BROAD", 1)
    broad = search(site_db, "mri")
    assert set(ids(broad)) == set(ids(weighed)) and broad.total == weighed.total
    called = ids(search(site_db, "prostate"))
    assert called == ["x:mr"]
    assert ids(search(site_db, "tumour"))[0] == "x:tumour"


def test_a_name_is_found_by_the_word_before_its_number() -> None:
    assert wording.words("KiTS 19") == ["kits", "19"]


@pytest.mark.parametrize("words", [40, 1000])
def test_a_query_of_very_many_words_is_answered(site_db: Path, words: int) -> None:
    text = " ".join(f"word{number}" for number in range(words))
    assert search(site_db, text).total == 0
    assert len(wording.words(text)) == wording.MOST_WORDS


@pytest.mark.parametrize(
    "text",
    ['"', "NEAR(brain tumour)", "title:brain", "{title} : x", "^brain", "brain*", "(", "a\x00b",
     "conceptmri", "\u202ebrain", "-brain", "brain AND", "😀 brain", "x" * 4000, '" OR ""'],
)  # fmt: skip
def test_no_query_is_read_as_an_expression(site_db: Path, text: str) -> None:
    with dataset_search.connect(site_db) as connection:
        tables = connection.execute("SELECT count(*) FROM datasets").fetchone()
    assert tables == (len(RECORDS),)
    assert search(site_db, text).total <= len(RECORDS)
