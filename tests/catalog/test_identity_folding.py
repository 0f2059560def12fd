"""What lists say lies under the repository's record: it fills, and it overrides nothing."""

from __future__ import annotations

from catalog.folding import Folded, folded
from catalog.identity import find
from schemas.dataset import Dataset, Identifier
from tests.catalog.records_of_identity import cases, record

LISTS = ("medical_dataset_sheets", "openchallenges")
PAGE = "https://knees.grand-challenge.org/"


def fold(*records: Dataset) -> Folded:
    return folded(records, find(records), LISTS)


def challenge(**fields: object) -> Dataset:
    return record("grand_challenge:knees", "Knees", "challenge", landing_url=PAGE, **fields)


def sheet(local: str = "knees", **fields: object) -> Dataset:
    return record(f"medical_dataset_sheets:{local}", "Knee sheet", landing_url=PAGE, **fields)


def test_an_entry_fills_what_the_publisher_does_not_say_with_where_it_comes_from() -> None:
    said = fold(challenge(modalities=["MR"]), sheet(tasks=["segmentation"], images=70))
    (one,) = said.datasets
    assert one.id == "grand_challenge:knees"
    assert (one.tasks, one.images) == (["segmentation"], 70)
    assert one.provenance["images"].source == "medical_dataset_sheets"
    assert one.provenance["modalities"].source == "grand_challenge"
    assert Identifier(scheme="medical_dataset_sheets", value="knees") in one.identifiers
    assert one.provenance["identifiers"].source == "medical_dataset_sheets"
    assert said.into == {"medical_dataset_sheets:knees": "grand_challenge:knees"}


def test_an_entry_never_overrides_the_publisher() -> None:
    mine = {"licence": "CC-BY-4.0", "images": 60, "modalities": ["MR"], "year": 2019}
    theirs = {
        "licence_raw": "public domain", "licence_url": "https://x.example", "images": 70,
        "modalities": ["CT"], "modalities_raw": ["CAT scan"], "year": 2021,
    }  # fmt: skip
    (one,) = fold(challenge(**mine), sheet(**theirs)).datasets
    assert {name: getattr(one, name) for name in mine} == mine
    assert (one.licence_raw, one.licence_url, one.modalities_raw) == (None, None, [])


def test_what_a_citation_says_of_a_dataset_with_a_doi_is_not_for_a_list_to_say() -> None:
    theirs = {"year": 2021, "licence": "CC0-1.0", "tasks": ["detection"]}
    (one,) = fold(challenge(doi="10.5281/zenodo.7"), sheet(**theirs)).datasets
    assert (one.year, one.licence, one.tasks) == (None, None, ["detection"])
    (one,) = fold(challenge(), sheet(**theirs)).datasets
    assert (one.year, one.licence) == (2021, "CC0-1.0")


def test_an_entry_that_nothing_else_is_stays_a_record() -> None:
    other = record("medical_dataset_sheets:hips", "Hip sheet", landing_url="https://hips.example")
    said = fold(challenge(), sheet(), other)
    assert [one.id for one in said.datasets] == [
        "grand_challenge:knees",
        "medical_dataset_sheets:hips",
    ]


def test_entries_of_two_lists_for_one_dataset_are_one_record() -> None:
    entry = record("openchallenges:knees", "Knee challenge", "challenge", landing_url=PAGE)
    said = fold(sheet(tasks=["detection"]), entry)
    (one,) = said.datasets
    schemes = {identifier.scheme for identifier in one.identifiers}
    assert schemes == set(LISTS) - {one.source}
    assert not said.identity.clusters
    assert not said.identity.links


def test_a_near_miss_is_not_folded() -> None:
    near = record("medical_dataset_sheets:knees", "Knees", modalities=["MR"])
    said = fold(challenge(modalities=["MR"], subjects=100), near)
    assert len(said.datasets) == 2


def test_mirrors_of_repositories_are_not_folded() -> None:
    doi = "10.7937/abc"
    said = fold(record("tcia:a", "A", doi=doi), record("idc:a", "A", doi=doi))
    assert len(said.datasets) == 2
    assert said.identity.clusters == {"idc:a": "tcia:a", "tcia:a": "tcia:a"}


def test_what_named_a_folded_entry_names_the_record_it_lies_under() -> None:
    entry = "medical_dataset_sheets:knees"
    part = record("x:part", "Part", related=[("IsPartOf", "fairscan", entry)])
    derived = record("x:derived", "Derived", derived_from=[entry, "grand_challenge:knees"])
    said = fold(challenge(), sheet(), part, derived)
    by_id = {one.id: one for one in said.datasets}
    assert by_id["x:part"].related[0].value == "grand_challenge:knees"
    assert by_id["x:derived"].derived_from == ["grand_challenge:knees"]
    ends = {(link.dataset_id, link.relation, link.other_id) for link in said.identity.links}
    assert ends == {
        ("x:part", "part_of", "grand_challenge:knees"),
        ("x:derived", "derived_from", "grand_challenge:knees"),
    }


def test_two_repositories_that_an_entry_ties_stay_one_dataset_when_it_is_folded() -> None:
    entry = sheet(doi="10.5281/zenodo.7")
    said = fold(challenge(), entry, record("x:1", "Copy", doi="10.5281/zenodo.7", year=2020))
    assert len(said.datasets) == 2
    assert set(said.identity.clusters) == {"grand_challenge:knees", "x:1"}


def test_folding_the_labelled_records_leaves_nothing_that_names_an_entry_that_is_gone() -> None:
    said = folded(cases(), find(cases()), LISTS)
    ids = {one.id for one in said.datasets}
    assert said.into
    assert not ids & said.into.keys()
    assert {end for link in said.identity.links for end in (link.dataset_id, link.other_id)} <= ids
    assert set(said.identity.clusters) | set(said.identity.clusters.values()) <= ids
    for near in said.identity.review:
        assert {near.dataset_id, near.other_id} <= ids
    again = folded(said.datasets, said.identity, LISTS)
    assert again.datasets == said.datasets
    assert not again.into
