"""A second harvest of an archive: what its digest sees, and what is not asked again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest

from harvesters.base import harvester_for
from harvesters.dicomweb import query as dicomweb_query
from tests.emulators.qido import Qido, archive
from tests.harvesters.archives import Read, read, source


@pytest.fixture(autouse=True)
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten rows a page, so that small archives have several."""
    monkeypatch.setattr(dicomweb_query, "PAGE", 10)


def _digest(repo: Qido) -> str:
    harvester = harvester_for(source(repo.root))
    digest = harvester.digest()
    harvester.client.close()
    return digest


def test_the_digest_stays_while_the_archive_does_whatever_the_order_of_its_rows() -> None:
    with Qido(archive(25)) as repo:
        before = _digest(repo)
        repo.studies.reverse()
        repo.quirks.cap = 7
        assert _digest(repo) == before


def _adds_a_study(studies: list[dict[str, Any]]) -> None:
    studies += archive(1, first=99)


def _loses_a_study(studies: list[dict[str, Any]]) -> None:
    del studies[3]


def _adds_a_series(studies: list[dict[str, Any]]) -> None:
    studies[3]["series"].append({**studies[3]["series"][0], "SeriesInstanceUID": "1.2.3.99"})


def _adds_images(studies: list[dict[str, Any]]) -> None:
    studies[3]["series"][0]["NumberOfSeriesRelatedInstances"] += 1


def _corrects_a_patient(studies: list[dict[str, Any]]) -> None:
    studies[3]["PatientID"] = "corrected"


CHANGES = [_adds_a_study, _loses_a_study, _adds_a_series, _adds_images, _corrects_a_patient]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__.strip("_"))
def test_the_digest_sees_an_archive_that(change: Any) -> None:
    with Qido(archive(25)) as repo:
        before = _digest(repo)
        change(repo.studies)
        assert _digest(repo) != before


def test_the_digest_is_the_listing_of_studies_and_a_harvest_does_not_ask_for_it_again(
    tmp_path: Path,
) -> None:
    with Qido(archive(30, 8)) as repo:
        _digest(repo)
        listing = repo.asked()
        repo.forget()
        read(repo.root, tmp_path)
        assert repo.asked()[: len(listing)] == listing
        assert len(repo.asked("/studies?")) == len(listing) == 4
        assert len(repo.asked("/series?")) == 25


def _first(repo: Qido, folder: Path) -> Read:
    found = read(repo.root, folder)
    repo.forget()
    return found


def test_only_the_studies_that_changed_are_asked_for_again(tmp_path: Path) -> None:
    with Qido(archive(30)) as repo:
        first = _first(repo, tmp_path / "first")
        _adds_a_series(repo.studies)
        _adds_images(repo.studies[4:])
        del repo.studies[11]
        second = read(repo.root, tmp_path / "second", first.folder)
        asked = [target.split("/")[3] for target in repo.asked("/studies/")]
        assert sorted(asked) == ["1.2.3", "1.2.7"] and not repo.asked("web/series")
        whole = read(repo.root, tmp_path / "whole")
    assert second.rows == whole.rows
    assert len(second.rows) == 30 * 3 + 1 - 3


def test_what_is_kept_is_told_of_its_study_anew(tmp_path: Path) -> None:
    with Qido(archive(30)) as repo:
        first = _first(repo, tmp_path / "first")
        repo.studies[3] |= {"PatientID": "corrected", "PatientAge": "061Y", "PatientSex": "O"}
        repo.studies[3]["ClinicalTrialProtocolID"] = "Q"
        second = read(repo.root, tmp_path / "second", first.folder)
        assert not repo.asked("/series")
    row = second.rows["1.2.3.0"]
    assert (row["subject"], row["age_years"], row["sex"]) == ("corrected", 61.0, "O")
    assert row["dataset_id"] == "hospital:Q" and row["body_part"] == "Chest"


def test_an_archive_that_is_read_again_though_it_did_not_change_is_read_whole(
    tmp_path: Path,
) -> None:
    with Qido(archive(30)) as repo:
        first = _first(repo, tmp_path / "first")
        repo.studies[3]["series"][0]["SeriesDescription"] = "corrected"
        second = read(repo.root, tmp_path / "second", first.folder)
    assert second.rows["1.2.3.0"]["description"] == "corrected"


def test_studies_that_state_no_numbers_are_asked_for_again(tmp_path: Path) -> None:
    with Qido(archive(30), leaves_out={"NumberOfStudyRelatedInstances"}) as repo:
        first = _first(repo, tmp_path / "first")
        _adds_a_study(repo.studies)
        second = read(repo.root, tmp_path / "second", first.folder)
        assert repo.asked("web/series")
    assert len(second.rows) == 93


def test_what_is_kept_does_not_end_a_listing_of_all_series_early(tmp_path: Path) -> None:
    with Qido(archive(30)) as repo:
        first = _first(repo, tmp_path / "first")
        repo.studies += archive(60, first=100)
        second = read(repo.root, tmp_path / "second", first.folder)
        assert repo.asked("web/series") and not repo.asked("/studies/")
    assert len(second.rows) == 270


def test_a_damaged_earlier_harvest_is_left_alone(tmp_path: Path) -> None:
    with Qido(archive(30)) as repo:
        first = _first(repo, tmp_path / "first")
        (first.folder / "series.parquet").write_bytes(b"PAR1")
        _adds_a_study(repo.studies)
        second = read(repo.root, tmp_path / "second", first.folder)
    assert len(second.rows) == 93


def test_an_earlier_harvest_of_another_shape_is_left_alone(tmp_path: Path) -> None:
    with Qido(archive(30)) as repo:
        first = _first(repo, tmp_path / "first")
        path = first.folder / "series.parquet"
        with duckdb.connect() as connection:
            connection.execute(
                f"COPY (SELECT * EXCLUDE (sop_class) FROM '{path}') "
                f"TO '{path}.new' (FORMAT parquet)"
            )
        Path(f"{path}.new").replace(path)
        _adds_a_study(repo.studies)
        second = read(repo.root, tmp_path / "second", first.folder)
        assert repo.asked("web/series")
    assert len(second.rows) == 93
