"""A list of what others publish is read from its package; every value says it is second-hand."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from harvesters import lists
from harvesters.base import harvester_for
from harvesters.lists.records import addresses, described, year
from harvesters.registry import load_sources
from schemas.dataset import Access, Confidence, Dataset, Method
from schemas.errors import RecordError, SourceError

DAY = date(2026, 8, 31)
LISTS = ("openchallenges", "medical_dataset_sheets")


def entry(**said: Any) -> Dataset:
    """A data sheet of a list that says these things."""
    row = {"_id": "mine", "kind": "dataset", "name": "Mine"}
    return described({**row, **said}, "medical_dataset_sheets", DAY)


@cache
def packaged(key: str) -> dict[str, Dataset]:
    harvester = harvester_for(load_sources()[key])
    records = [record.build() for record in harvester.harvest(Path("unused")).records]
    return {record.id: record for record in records}


def test_a_list_is_read_from_its_package_and_asks_nobody() -> None:
    for key, count in zip(LISTS, (53, 259), strict=True):
        harvester = harvester_for(load_sources()[key])
        assert harvester.local and harvester.asks() == []
        harvest = harvester.harvest(Path("unused"))
        assert (harvest.stated, harvest.dated, harvest.series) == (count, DAY, None)
        assert len(packaged(key)) == count
        assert harvester.traffic["requests"] == 0
        assert harvester.digest() == harvester.digest()


def test_a_list_that_is_not_packaged_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lists, "load", lambda _: None)
    harvester = harvester_for(load_sources()["openchallenges"])
    for read in (harvester.digest, lambda: harvester.harvest(Path("unused"))):
        with pytest.raises(SourceError, match="no packaged list") as refused:
            read()
        assert refused.value.where == "source openchallenges"


@pytest.mark.parametrize(
    ("key", "field", "known"),
    [
        ("openchallenges", "landing_url", 53),
        ("openchallenges", "year", 50),
        ("openchallenges", "modalities", 47),
        ("openchallenges", "body_parts", 43),
        ("medical_dataset_sheets", "landing_url", 257),
        ("medical_dataset_sheets", "year", 257),
        ("medical_dataset_sheets", "modalities", 225),
        ("medical_dataset_sheets", "tasks", 244),
        ("medical_dataset_sheets", "body_parts", 227),
        ("medical_dataset_sheets", "formats", 248),
        ("medical_dataset_sheets", "distributions", 251),
        ("medical_dataset_sheets", "doi", 13),
        ("medical_dataset_sheets", "access", 4),
    ],
)
def test_the_packaged_lists_know_what_they_knew(key: str, field: str, known: int) -> None:
    assert sum(bool(getattr(one, field)) for one in packaged(key).values()) == known


def test_no_licence_and_no_count_is_taken_from_a_list() -> None:
    for key in LISTS:
        for one in packaged(key).values():
            assert one.licence is one.licence_raw is None
            assert one.subjects is one.studies is one.series is one.images is one.bytes is None


def test_every_value_says_who_said_it_and_how_sure_it_is() -> None:
    told = [
        (value.source == one.source, value.snapshot, value.method, value.confidence)
        for key in LISTS
        for one in packaged(key).values()
        for value in one.provenance.values()
    ]
    assert set(told) == {
        (True, DAY, Method.CURATED, Confidence.SECONDARY),
        (True, DAY, Method.CURATED, Confidence.UNVERIFIED),
        (True, DAY, Method.DERIVED, None),
    }


def test_what_a_list_gets_wrong_is_mended_beside_what_it_says() -> None:
    prostate = packaged("medical_dataset_sheets")["medical_dataset_sheets:msd-prostate"]
    assert (prostate.modalities, prostate.modalities_raw) == (["MR"], ["CT"])
    assert prostate.provenance["modalities"].confidence is Confidence.UNVERIFIED
    assert prostate.provenance["modalities_raw"].confidence is Confidence.SECONDARY


def test_what_a_name_says_is_derived_and_what_we_know_is_unverified() -> None:
    mario = packaged("openchallenges")["openchallenges:mario"]
    assert (mario.modalities, [part.label for part in mario.body_parts]) == (["OCT"], ["Retina"])
    assert mario.provenance["modalities"].method is Method.DERIVED
    assert mario.provenance["body_parts"].confidence is Confidence.UNVERIFIED


def test_a_doi_is_the_datasets_own_only_if_it_names_data() -> None:
    sheets = packaged("medical_dataset_sheets")
    whole = sheets["medical_dataset_sheets:nct-crc-he-100k"]
    assert whole.doi == "10.5281/zenodo.1214456"
    paper = sheets["medical_dataset_sheets:pitvis"]  # a paper, though at Zenodo
    assert paper.doi is None
    assert [(one.relation, one.value) for one in paper.related] == [
        ("IsDescribedBy", "10.5281/zenodo.8315050")
    ]
    assert not [one for one in sheets.values() if one.doi and one.doi.startswith("10.1109/")]


def test_a_word_is_read_beside_what_the_list_wrote() -> None:
    told = entry(
        modality=["CT, MR (T1)"],
        anatomy=["Chest", "Lung, Glioma"],
        task=["Segmentation/Detection"],
        format=[".nii.gz, .dcm"],
    )
    assert (told.modalities, told.modalities_raw) == (["CT", "MR"], ["CT, MR (T1)"])
    assert [(one.label, one.raw) for one in told.body_parts] == [
        ("Chest", "Chest"),
        ("Lung", "Lung"),
        ("Brain", "Glioma"),
    ]
    assert [one.label for one in told.conditions] == ["Glioma"]
    assert told.tasks == ["segmentation", "detection"]
    assert told.formats == ["application/x-nifti", "application/dicom"]


def test_a_word_that_may_mean_several_things_stays_as_it_was_written() -> None:
    told = entry(modality=["X-Ray"])
    assert (told.modalities, told.modalities_raw) == ([], ["X-Ray"])


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("https://a.org/x, https://b.org/y", ["https://a.org/x", "https://b.org/y"]),
        ("https://a.org/x，https://b.org/y、", ["https://a.org/x", "https://b.org/y"]),
        ("https://a.org/x; https://b.org/y;", ["https://a.org/x", "https://b.org/y"]),
        ("(label): https://a.org/x (pw=3iqf)", ["https://a.org/x"]),
        ("[Link](https://a.org/x)", ["https://a.org/x"]),
        ("https://a.org/S0009(20)30-9/", ["https://a.org/S0009(20)30-9/"]),
        ("~~https://a.org/x~~ (expired)", []),
        ("https://a.org/x?_gl=1*12&id=7#top", ["https://a.org/x?id=7#top"]),
        ("https://a.org/x?utm_source=me", ["https://a.org/x"]),
        ("Visualization.</em></p>", []),
        ("<a href='https://a.org/x'>here</a>", ["https://a.org/x"]),
        ("TBD", []),
        ("javascript:alert(1)", []),
        ("ftp://a.org/x data:text/html,x //a.org/x", []),
        ("https://me:secret@a.org/x", []),
        ("https://localhost/x http://[::1]/ https://a.org:port/", []),
        ("https://a.org/" + "x" * 3000, []),
    ],
)
def test_only_whole_addresses_of_the_web_are_kept(text: str, found: list[str]) -> None:
    assert addresses([text]) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("2019-03", 2019),
        ("06.19.2018.", 2018),
        ("March 8th, 2017.", 2017),
        ("2010-07 till now.", 2010),
        ("- Chexprt: 2019-01", 2019),
        ("TBD", None),
        ("20180101", None),
        (None, None),
    ],
)
def test_a_date_in_any_words_has_a_year_or_none(text: str | None, found: int | None) -> None:
    assert year(text) == found


def test_a_page_where_data_are_had_is_told_from_a_file() -> None:
    told = entry(download=["https://a.org/data.zip, https://a.org/dataset"])
    assert [(one.route, one.url) for one in told.distributions] == [
        ("https", "https://a.org/data.zip"),
        ("web", "https://a.org/dataset"),
    ]
    assert told.access is None


def test_data_that_are_asked_for_are_on_request() -> None:
    told = entry(download=["Fill in the Data Access Agreement form and send it."])
    assert (told.access, told.distributions) == (Access.REQUEST, [])


def test_hostile_text_is_plain_in_every_place() -> None:
    bad = "<script>alert(1)</script><b>CT</b>\x00\u202e me@example.org"
    told = entry(name=bad, modality=[bad], anatomy=[bad], task=[bad], website=[bad], article=[bad])
    shown = told.model_dump_json()
    for part in ("<script", "alert", "<b>", "\\u0000", "\u202e", "me@example.org"):
        assert part not in shown
    assert told.title == "CT [e-mail removed]"


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"website": "https://a.org"}, "website is no list of texts"),
        ({"modality": [7]}, "modality is no list of texts"),
        ({"date": 2019}, "date is no text"),
        ({"known": ["licence"]}, "known names"),
    ],
)
def test_an_entry_of_another_shape_is_no_record(changes: dict[str, Any], why: str) -> None:
    with pytest.raises(RecordError, match=why) as refused:
        entry(**changes)
    assert refused.value.where == "mine"


def test_an_entry_without_a_name_or_an_id_is_no_record() -> None:
    for changes in ({"name": "<p></p>"}, {"_id": "two words"}, {"_id": None}):
        with pytest.raises(ValidationError):
            entry(**changes)


def test_long_hostile_cells_are_read_in_passing() -> None:
    flood = "~~" * 20_000 + "https://a.org/" + ")" * 50_000 + "," * 50_000 + "(" * 50_000
    told = entry(website=[flood], modality=[flood], anatomy=[flood], date=flood)
    assert told.landing_url is None
    assert len(json.dumps(told.modalities)) < 100


def test_no_two_entries_share_an_address_of_their_own_unless_they_say_so() -> None:
    """A page that several sheets lead to is known: parts of one thing, or halves of one page."""
    pages = Counter(one.landing_url for one in packaged(LISTS[1]).values() if one.landing_url)
    shared = {page: count for page, count in pages.items() if count > 1}
    assert shared == {
        "http://medicaldecathlon.com/": 9,
        "https://github.com/wasserth/TotalSegmentator": 3,
        "https://github.com/haifangong/TRFE-Net-for-thyroid-nodule-segmentation": 2,
        "https://lhncbc.nlm.nih.gov/LHC-downloads/downloads.html#tuberculosis-image-data-sets": 2,
        "https://www5.cs.fau.de/research/data/fundus-images/": 2,
    }
