"""Identity is right on datasets that people know: their copies, parts, sources and editions."""

from __future__ import annotations

import random
from functools import cache
from itertools import combinations
from pathlib import Path

import pytest

from catalog import records
from catalog.identity import Identity, find
from schemas.dataset import Dataset
from tests.catalog.records_of_identity import cases, rows


@cache
def _found() -> Identity:
    return find(cases())


@pytest.fixture(scope="module")
def packaged(demo_home: Path) -> list[Dataset]:
    """Every record of every packaged source, as harvested."""
    folders = sorted((demo_home / "sources").iterdir())
    return [one for folder in folders for one in records.read(folder / records.FILE)]


def _stands(identity: Identity, one: str) -> str:
    return identity.clusters.get(one, one)


def _ids(row: dict[str, str]) -> str:
    return f"{row['one']} {row['relation']} {row['other']}"


@pytest.mark.parametrize("row", rows("expected"), ids=_ids)
def test_well_known_datasets_stand_to_one_another_as_people_know(row: dict[str, str]) -> None:
    found, one, relation, other = _found(), row["one"], row["relation"], row["other"]
    one_dataset = _stands(found, one) == _stands(found, other)
    if relation in ("same", "apart"):
        assert one_dataset == (relation == "same")
        return
    linked = {
        (_stands(found, link.dataset_id), link.relation, _stands(found, link.other_id))
        for link in found.links
    }
    assert (_stands(found, one), relation, _stands(found, other)) in linked
    assert not one_dataset


def test_nothing_is_joined_that_is_not_labelled_as_one_dataset() -> None:
    same = [{row["one"], row["other"]} for row in rows("expected") if row["relation"] == "same"]
    for members in _members(_found()).values():
        tied = {members[0]}
        for _ in members:
            tied |= {one for pair in same if pair & tied for one in pair}
        assert set(members) <= tied


def test_every_labelled_record_is_there() -> None:
    ids = {one.id for one in cases()}
    assert {end for row in rows("expected") for end in (row["one"], row["other"])} <= ids
    assert len(ids) == len(rows("cases"))


def test_each_of_the_153_pairs_of_tcia_and_idc_is_one_dataset_by_its_doi(
    packaged: list[Dataset],
) -> None:
    found = find(packaged)
    by_ends = {(link.dataset_id, link.other_id): link for link in found.links}
    pairs = rows("tcia_idc")
    assert len(pairs) == 153
    for pair in pairs:
        link = by_ends[pair["idc"], pair["tcia"]]
        assert (link.relation, link.evidence, link.score) == ("same_as", "doi", 1.0)
        assert _stands(found, pair["idc"]) == _stands(found, pair["tcia"]) == pair["tcia"]


def test_the_packaged_records_make_consistent_datasets(packaged: list[Dataset]) -> None:
    found = find(packaged)
    by_id = {one.id: one for one in packaged}
    lists = {"medical_dataset_sheets", "openchallenges"}
    for stands, members in _members(found).items():
        assert stands in members
        for one, other in combinations(members, 2):
            assert by_id[one].source != by_id[other].source or by_id[one].source in lists
            kinds = {by_id[one].kind, by_id[other].kind}
            assert kinds != {"analysis_result", "collection"}
    inside = {
        (link.dataset_id, link.other_id)
        for link in found.links
        if link.relation in ("same_as", "mirror_of")
    }
    for one, stands in found.clusters.items():
        assert one == stands or (one, stands) in inside
    ids = by_id.keys()
    assert all({link.dataset_id, link.other_id} <= ids for link in found.links)


def test_datasets_of_openneuro_with_one_title_stay_as_many_as_they_are() -> None:
    alike = [one.id for one in cases() if one.source == "openneuro"]
    assert len(alike) > 10
    assert not set(alike) & _found().clusters.keys()


def test_the_order_of_the_records_changes_nothing() -> None:
    shuffled = list(cases())
    random.Random(4).shuffle(shuffled)
    again = find(shuffled)
    assert again == _found()


def test_near_misses_are_listed_with_reasons_and_never_joined() -> None:
    found = _found()
    near = {(one.dataset_id, one.other_id): one for one in found.review}
    atlas = near["grand_challenge:atlas", "medical_dataset_sheets:atlas-miccai2023"]
    assert atlas.score < 0.85
    assert any("atlas" in reason for reason in atlas.reasons)
    for one in found.review:
        assert _stands(found, one.dataset_id) != _stands(found, one.other_id)
        assert one.reasons


def _members(identity: Identity) -> dict[str, list[str]]:
    members: dict[str, list[str]] = {}
    for one, stands in identity.clusters.items():
        members.setdefault(stands, []).append(one)
    return members
