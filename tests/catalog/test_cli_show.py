"""`search` and `show` look datasets up."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.commands import Fairscan


def test_search_finds_prostate_mri_with_segmentations(
    fairscan: Fairscan, release_home: Path
) -> None:
    found = fairscan.json("search", "prostate MRI with segmentations", home=release_home)
    ids = [hit["id"] for hit in found["datasets"]]
    assert found["total"] == len(ids) > 3
    assert "idc:prostatex" in ids or "idc:prostate_mri_us_biopsy" in ids
    assert found["note"] is None
    assert found["facets"]["modality"]["MR"] >= 3


def test_search_narrows_by_facets(fairscan: Fairscan, release_home: Path) -> None:
    found = fairscan.json(
        "search", "--modality", "MR", "--modality", "SEG", "--kind", "collection", home=release_home
    )
    assert found["datasets"]
    for hit in found["datasets"]:
        assert {"MR", "SEG"} <= set(hit["modalities"])
        assert hit["kind"] == "collection"


def test_search_sorts_and_pages(fairscan: Fairscan, release_home: Path) -> None:
    first = fairscan.json("search", "--sort", "bytes", "--limit", "5", home=release_home)
    second = fairscan.json(
        "search", "--sort", "bytes", "--limit", "5", "--page", "2", home=release_home
    )
    sizes = [hit["bytes"] for hit in first["datasets"] + second["datasets"]]
    assert len(sizes) == 10
    assert sizes == sorted(sizes, reverse=True)
    assert first["total"] == second["total"] == 205


def test_search_in_words_prints_a_line_a_dataset(fairscan: Fairscan, release_home: Path) -> None:
    done = fairscan("search", "phantom", "--limit", "3", home=release_home)
    assert done.returncode == 0
    assert re.match(r"\d+ datasets\n", done.stdout)
    assert done.stdout.count("idc:") == 3


def test_a_search_that_finds_nothing_says_so_and_is_no_error(
    fairscan: Fairscan, release_home: Path
) -> None:
    done = fairscan("search", "zzzzqqq", home=release_home)
    assert done.returncode == 0
    assert done.stdout == "no dataset matches; drop a word or a facet\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ["search", "--modallity", "MR"],
        ["search", "--limit", "0"],
        ["search", "--limit", "many"],
        ["cohort", "--colour", "red"],
        ["refresh", "idc", "--set"],
        ["nonsense"],
    ],
)
def test_an_option_that_does_not_exist_is_wrong_usage(
    fairscan: Fairscan, release_home: Path, arguments: list[str]
) -> None:
    done = fairscan(*arguments, home=release_home)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert "Error" in done.stderr


def test_a_sort_that_does_not_exist_is_refused_with_those_that_do(
    fairscan: Fairscan, release_home: Path
) -> None:
    line = fairscan.refuses("search", "lung", "--sort", "beauty", home=release_home, code=2)
    assert line.startswith("cannot sort by 'beauty'. Sort by one of: relevance, title")


def test_show_prints_facts_with_how_they_are_known(fairscan: Fairscan, release_home: Path) -> None:
    done = fairscan("show", "idc:prostatex", home=release_home)
    assert done.returncode == 0
    for text in ("idc:prostatex", "10.7937/k9tcia.2017.murs5cl", "19,177", "stated", "derived"):
        assert text in done.stdout


def test_show_as_json_is_the_whole_record_with_findings_and_links(
    fairscan: Fairscan, release_home: Path
) -> None:
    shown = fairscan.json("show", "idc:phantom_fda", home=release_home)
    assert shown["series"] == 4433
    assert shown["distributions"][0]["licence_raw"].startswith("CC BY-NC 3.0; ")
    assert "licence-conflict" in {finding["check_id"] for finding in shown["findings"]}
    linked = fairscan.json("show", "idc:prostatex", home=release_home)["links"]
    assert {link["relation"] for link in linked} == {"derived_from"}


def test_show_says_that_a_record_is_a_snapshot_how_to_get_it_and_where_else_it_is(
    fairscan: Fairscan, demo_home: Path
) -> None:
    done = fairscan("show", "tcia:prostatex", home=demo_home)
    day = fairscan.json("show", "tcia:prostatex", home=demo_home)["snapshot"]
    assert f"from the packaged snapshot of {day}, not read live" in done.stdout
    assert "the same dataset: idc:prostatex (doi)" in done.stdout
    assert f"stated, snapshot of {day}" in done.stdout
    assert "https://www.cancerimagingarchive.net/wp-content/uploads/" in done.stdout
    assert "\n series " not in done.stdout, "what is not known is not listed"


def test_search_names_the_snapshot_and_an_assumed_licence(
    fairscan: Fairscan, demo_home: Path
) -> None:
    done = fairscan("search", "ds000117", home=demo_home)
    assert done.stdout.startswith("1 dataset\n")
    (hit,) = fairscan.json("search", "ds000117", home=demo_home)["datasets"]
    assert hit["snapshot"] in done.stdout
    assert ("CC0-1.0 (assumed)" in done.stdout) == hit["licence_assumed"]


def test_search_in_one_repository(fairscan: Fairscan, demo_home: Path) -> None:
    found = fairscan.json("search", "--source", "grand_challenge", home=demo_home)
    assert found["total"] == found["facets"]["source"]["grand_challenge"] > 200
    assert {hit["source"] for hit in found["datasets"]} == {"grand_challenge"}


def test_show_of_an_unknown_id_is_wrong_usage(fairscan: Fairscan, release_home: Path) -> None:
    line = fairscan.refuses("show", "idc:prostate-x", home=release_home, code=2)
    assert line == "no dataset 'idc:prostate-x'. Look for it: fairscan search 'idc:prostate-x'"


def test_both_spellings_find_the_same(fairscan: Fairscan, release_home: Path) -> None:
    british = fairscan.json("search", "brain", "tumour", home=release_home)
    american = fairscan.json("search", "brain", "tumor", home=release_home)
    assert british["note"] is None
    assert british["total"] == american["total"] >= 8


def test_access_that_the_index_does_not_state_is_marked_assumed(
    fairscan: Fairscan, release_home: Path
) -> None:
    shown = fairscan.json("show", "idc:prostatex_seg_zones", home=release_home)
    assert (shown["access"], shown["provenance"]["access"]["method"]) == ("open", "assumed")


def test_a_phantom_has_no_age_and_no_sex(fairscan: Fairscan, release_home: Path) -> None:
    shown = fairscan.json("show", "idc:qiba_ct_liver_phantom", home=release_home)
    assert (shown["sexes"], shown["age_bands"]) == ([], [])
