"""A harvest that shrank is held, a record that is no dataset is set aside; the rest goes on."""

from __future__ import annotations

import json
from pathlib import Path

from tests.commands import Fairscan
from tests.small import COLLECTIONS, INDEX, RESULTS, edit


def lose_half(index: Path) -> None:
    for name in (COLLECTIONS, INDEX):
        edit(index / name, "SELECT * FROM {file} WHERE collection_id <> 'prostatex'")


def source(index: Path) -> list[str]:
    return ["--set", f"idc.base_url={index}"]


def test_a_source_that_lost_much_is_held_until_it_is_accepted(
    fairscan: Fairscan, small_home: Path, small_index: Path
) -> None:
    lose_half(small_index)
    served = (small_home / "current").readlink()
    held = fairscan("refresh", "idc", "--json", *source(small_index), home=small_home)
    assert held.returncode == 3, held.stderr
    told = json.loads(held.stdout)
    assert (told["state"], told["release"]) == ("held", None)
    assert told["runs"][0]["state"] == "held"
    assert "--accept-shrink" in held.stderr
    assert (small_home / "current").readlink() == served
    status = fairscan("status", "--json", home=small_home)
    assert status.returncode == 3
    assert json.loads(status.stdout)["series"] == 24_448
    done = fairscan("refresh", "idc", "--accept-shrink", *source(small_index), home=small_home)
    assert done.returncode == 0, done.stderr
    assert fairscan.json("status", home=small_home)["series"] == 24_448 - 19_177


def test_a_source_that_lost_a_little_is_published(
    fairscan: Fairscan, small_home: Path, small_index: Path
) -> None:
    edit(
        small_index / INDEX,
        "SELECT * FROM {file} QUALIFY row_number() OVER "
        "(PARTITION BY collection_id ORDER BY SeriesInstanceUID) > 30",
    )
    done = fairscan("refresh", "idc", *source(small_index), home=small_home)
    assert done.returncode == 0, done.stderr
    assert fairscan.json("status", home=small_home)["series"] == 24_448 - 150


def test_a_held_source_is_read_again_and_let_go_when_it_is_whole_again(
    fairscan: Fairscan, small_home: Path, small_index: Path
) -> None:
    whole = {name: (small_index / name).read_bytes() for name in (COLLECTIONS, INDEX)}
    lose_half(small_index)
    assert fairscan("refresh", "idc", *source(small_index), home=small_home).returncode == 3
    for name, content in whole.items():
        (small_index / name).write_bytes(content)
    assert fairscan("refresh", "idc", *source(small_index), home=small_home).returncode == 0
    assert fairscan("status", home=small_home).returncode == 0


def test_a_record_that_is_no_dataset_is_set_aside_and_the_rest_is_published(
    fairscan: Fairscan, small_home: Path, small_index: Path
) -> None:
    edit(
        small_index / COLLECTIONS,
        "SELECT * REPLACE (CASE collection_id WHEN 'phantom_fda' THEN [] ELSE sources END "
        "AS sources) FROM {file}",
    )
    edit(
        small_index / RESULTS,
        "SELECT * REPLACE (CASE analysis_result_id WHEN 'qin_lungct_seg' THEN -1 ELSE subjects END "
        "AS subjects) FROM {file}",
    )
    done = fairscan("refresh", "idc", "--accept-shrink", *source(small_index), home=small_home)
    assert done.returncode == 0, done.stderr
    status = fairscan.json("status", home=small_home)
    assert status["datasets"] == 10
    aside = {entry["local_id"]: entry["reason"] for entry in status["quarantine"]}
    assert set(aside) == {"phantom_fda", "qin_lungct_seg"}
    assert aside["phantom_fda"] == "no original data among its sources"
    assert "subjects" in aside["qin_lungct_seg"]
    assert "quarantined" in fairscan("status", home=small_home).stdout
    kept = fairscan.json(
        "query", "SELECT local_id, raw FROM quarantine ORDER BY 1", home=small_home
    )
    assert json.loads(kept[0]["raw"])["description"].startswith("A series of CT sets")
    assert fairscan("show", "idc:prostatex", home=small_home).returncode == 0


def test_a_collection_without_series_is_set_aside(
    fairscan: Fairscan, tmp_path: Path, small_index: Path
) -> None:
    edit(small_index / INDEX, "SELECT * FROM {file} WHERE collection_id <> 'rider_phantom_mri'")
    home = tmp_path / "new"
    done = fairscan("refresh", "idc", *source(small_index), home=home)
    assert done.returncode == 0, done.stderr
    (entry,) = fairscan.json("status", home=home)["quarantine"]
    assert entry["reason"] == "no series in the index (idc:rider_phantom_mri)"


def test_a_second_record_of_one_id_is_set_aside(
    fairscan: Fairscan, tmp_path: Path, small_index: Path
) -> None:
    edit(
        small_index / COLLECTIONS,
        "SELECT * FROM {file} UNION ALL SELECT * FROM {file} WHERE program_id = 'fda'",
    )
    home = tmp_path / "new"
    done = fairscan("refresh", "idc", *source(small_index), home=home)
    assert done.returncode == 0, done.stderr
    (entry,) = fairscan.json("status", home=home)["quarantine"]
    assert entry["reason"] == "a second record with this id (idc:phantom_fda)"


def test_a_dataset_that_is_gone_leaves_a_tombstone(
    fairscan: Fairscan, small_home: Path, small_index: Path
) -> None:
    before = fairscan.json("status", home=small_home)["datasets"]
    lose_half(small_index)
    done = fairscan("refresh", "idc", "--accept-shrink", *source(small_index), home=small_home)
    assert done.returncode == 0, done.stderr
    assert fairscan.json("status", home=small_home)["datasets"] == before - 1
    shown = fairscan.json("show", "idc:prostatex", home=small_home)
    assert (shown["status"], shown["subjects"]) == ("withdrawn", 346)
    assert shown["withdrawn"] > shown["retrieved"]
    found = fairscan.json("search", "prostate", home=small_home)
    assert "idc:prostatex" not in {hit["id"] for hit in found["datasets"]}
    by_doi = fairscan.json("search", "10.7937/k9tcia.2017.murs5cl", home=small_home)
    assert [hit["status"] for hit in by_doi["datasets"]] == ["withdrawn"]
    changes = fairscan.json("changes", home=small_home)["changes"]
    assert ("withdrawn", "idc:prostatex") in {(c["change"], c["dataset_id"]) for c in changes}


def test_a_dataset_that_comes_back_is_a_tombstone_no_more(
    fairscan: Fairscan, small_home: Path, small_index: Path
) -> None:
    whole = {name: (small_index / name).read_bytes() for name in (COLLECTIONS, INDEX)}
    lose_half(small_index)
    fairscan("refresh", "idc", "--accept-shrink", *source(small_index), home=small_home)
    for name, content in whole.items():
        (small_index / name).write_bytes(content)
    assert fairscan("refresh", "idc", *source(small_index), home=small_home).returncode == 0
    shown = fairscan.json("show", "idc:prostatex", home=small_home)
    assert (shown["status"], shown["withdrawn"]) == ("active", None)
    changes = fairscan.json("changes", home=small_home)["changes"]
    assert ("added", "idc:prostatex") in {(c["change"], c["dataset_id"]) for c in changes}


def test_what_was_known_of_a_record_that_is_no_longer_valid_stays(
    fairscan: Fairscan, small_home: Path, small_index: Path
) -> None:
    edit(
        small_index / COLLECTIONS,
        "SELECT * REPLACE (CASE collection_id WHEN 'phantom_fda' THEN -1 ELSE subjects END "
        "AS subjects) FROM {file}",
    )
    done = fairscan("refresh", "idc", "--accept-shrink", *source(small_index), home=small_home)
    assert done.returncode == 0, done.stderr
    shown = fairscan.json("show", "idc:phantom_fda", home=small_home)
    assert (shown["status"], shown["series"]) == ("active", 4433)
    assert fairscan.json("status", home=small_home)["quarantine"][0]["local_id"] == "phantom_fda"


def test_the_series_of_a_record_that_never_was_valid_are_not_published(
    fairscan: Fairscan, tmp_path: Path, small_index: Path
) -> None:
    edit(
        small_index / COLLECTIONS,
        "SELECT * REPLACE (CASE collection_id WHEN 'phantom_fda' THEN -1 ELSE subjects END "
        "AS subjects) FROM {file}",
    )
    home = tmp_path / "new"
    assert fairscan("refresh", "idc", *source(small_index), home=home).returncode == 0
    assert fairscan.json("status", home=home)["series"] == 24_448 - 4_433
