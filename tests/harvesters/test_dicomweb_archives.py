"""Archives take liberties with QIDO-RS; whatever they do, every series is read, or it is said."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from harvesters.base import harvester_for
from harvesters.dicomweb import query as dicomweb_query
from schemas.dataset import Method
from schemas.errors import SourceError
from tests.emulators.qido import BORN, NAME, PHYSICIAN, Qido, archive
from tests.harvesters.archives import read, source


@pytest.fixture(autouse=True)
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Five rows a page, so that small archives have several."""
    monkeypatch.setattr(dicomweb_query, "PAGE", 5)
    monkeypatch.setattr(dicomweb_query, "SMALLEST", 2)


QUIRKS: dict[str, dict[str, Any]] = {
    "it does all as the standard says": {},
    "it answers 200 and an empty list beyond the end": {"nothing": 200},
    "it gives three rows at most and does not say so": {"cap": 3},
    "it gives the last page again beyond the end": {"clamps": True},
    "it ignores limit": {"ignores": {"limit"}},
    "it ignores limit and offset": {"ignores": {"limit", "offset"}},
    "it refuses limit and offset": {"refuses": {"limit", "offset"}},
    "it has no /series": {"top": 404},
    "it does not implement /series": {"top": 501},
    "it says that /series is a bad request": {"top": 400},
    "it finds a limit of five too large": {"too_large": 2},
    "it says application/json": {"answers_as": "application/json"},
    "it reads Accept as one media type": {"only": "application/dicom+json"},
    "it knows application/json alone": {"only": "application/json"},
    "it knows XML alone": {"only": "multipart/related; type=application/dicom+xml"},
    "it answers XML whatever is asked": {"answers_as": "application/dicom+xml"},
    "it writes numbers as text": {"numbers_as_text": True},
    "it writes null for no value": {"nulls": True},
    "it writes tags in lower case": {"keys": "lower"},
    "it writes keywords for tags": {"keys": "keyword"},
    "its series name no study but where they are": {"placeless": True},
    "it leaves series out of /series": {"hides": {"1.2.3", "1.2.4"}},
    "it warns": {"warning": '299 "archive": "fuzzymatching is not supported"'},
}


@pytest.mark.parametrize("quirk", QUIRKS.values(), ids=QUIRKS)
def test_every_series_is_read_although(quirk: dict[str, Any], tmp_path: Path) -> None:
    with Qido(**quirk) as repo:
        found = read(repo.root, tmp_path)
    every = [one["SeriesInstanceUID"] for study in archive() for one in study["series"]]
    assert sorted(found.rows) == sorted(every)
    row = found.rows["1.2.3.1"]
    assert (row["study"], row["subject"], row["modality"]) == ("1.2.3", "patient 1", "MR")
    assert (row["body_part"], row["instances"], row["age_years"]) == ("Chest", 11, 50.0)
    assert row["url"] == f"{repo.root}/studies/1.2.3/series/1.2.3.1"
    assert found.quarantine == []
    assert {name: d.series for name, d in found.datasets.items()} == {"P": 12, "archive": 9}


def test_an_archive_that_refuses_includefield_leaves_unknown_what_it_does_not_say(
    tmp_path: Path,
) -> None:
    with Qido(refuses={"includefield"}) as repo:
        found = read(repo.root, tmp_path)
        again = [target for target in repo.asked("includefield") if "offset=0" not in target]
    assert len(found.rows) == 21 and not again
    row = found.rows["1.2.3.1"]
    assert (row["body_part"], row["age_years"], row["manufacturer"]) == (None, None, None)
    assert (row["modality"], row["sex"], row["instances"]) == ("MR", "M", 11)


def test_an_archive_that_ignores_offset_and_has_more_than_a_page_is_not_taken_for_whole(
    tmp_path: Path,
) -> None:
    with Qido(ignores={"offset"}) as repo, pytest.raises(SourceError) as told:
        read(repo.root, tmp_path)
    assert "the first 5 rows whatever offset is asked" in str(told.value)
    assert f"{repo.root}/studies" in str(told.value)


def test_an_archive_that_ignores_offset_but_has_one_page_is_whole(tmp_path: Path) -> None:
    with Qido(archive(4, 1), ignores={"offset"}) as repo:
        found = read(repo.root, tmp_path)
    assert len(found.rows) == 4


def test_a_study_that_states_more_series_than_the_archive_gives_is_an_error(tmp_path: Path) -> None:
    with Qido(archive(2, 9), ignores={"offset"}) as repo, pytest.raises(SourceError) as told:
        read(repo.root, tmp_path)
    assert "/studies/1.2.0/series" in str(told.value)


def test_rows_that_the_archive_says_it_holds_back_make_a_listing_incomplete(tmp_path: Path) -> None:
    warning = '299 archive "There are 90 additional results that can be requested"'
    with (
        Qido(archive(3), refuses={"limit", "offset"}, warning=warning) as repo,
        pytest.raises(SourceError, match="whatever offset"),
    ):
        read(repo.root, tmp_path)


def test_a_warning_is_said_once(tmp_path: Path) -> None:
    with Qido(warning='299 archive "<b>fuzzymatching</b> is not supported"') as repo:
        found = read(repo.root, tmp_path)
    warnings = [line for line in found.said if "warns" in line]
    assert len(warnings) == 2, "once a kind of listing"
    assert "<b>" not in warnings[0] and "fuzzymatching is not supported" in warnings[0]


def test_the_series_that_all_at_once_left_out_are_asked_for_study_by_study(tmp_path: Path) -> None:
    with Qido(hides={"1.2.3"}) as repo:
        read(repo.root, tmp_path)
        asked = [target.partition("?")[0] for target in repo.asked("/studies/")]
    assert asked == ["/dicom-web/studies/1.2.3/series"]


def test_no_more_is_asked_at_once_than_the_source_allows(tmp_path: Path) -> None:
    with Qido(archive(30), top=404) as repo:
        repo.latency = 0.01
        read(repo.root, tmp_path, concurrency=3)
        assert 1 < repo.busiest <= 3


def test_a_study_that_arrives_while_series_are_listed_is_listed_as_well(tmp_path: Path) -> None:
    older = Qido(archive(6))
    with Qido() as repo:
        repo.fail("replace", "/studies?", older.answer, times=3)
        found = read(repo.root, tmp_path)
    assert len(found.rows) == 21
    assert found.rows["1.2.6.0"]["subject"] == "patient 3"
    assert found.datasets["P"].studies == 4


def test_a_series_of_a_study_that_is_never_listed_is_kept_with_what_it_says_itself(
    tmp_path: Path,
) -> None:
    older = Qido(archive(6))
    with Qido() as repo:
        repo.fail("replace", "/studies?", older.answer)
        found = read(repo.root, tmp_path)
    assert len(found.rows) == 21
    assert (found.rows["1.2.6.0"]["subject"], found.rows["1.2.6.0"]["sex"]) == ("patient 3", "M")


def test_a_study_that_vanishes_after_it_was_listed_harms_no_other(tmp_path: Path) -> None:
    with Qido(archive(20), top=404) as repo:
        repo.fail("status", "/studies/1.2.3/", 404)
        found = read(repo.root, tmp_path)
    assert len(found.rows) == 57
    assert "hospital: 57 series are listed, 60 are stated" in found.said


def test_an_archive_that_lists_studies_but_no_series_is_an_error(tmp_path: Path) -> None:
    with Qido(top=404) as repo:
        repo.fail("status", "/series", 404)
        with pytest.raises(SourceError, match="only 0 series could be read of 21 that 7 studies"):
            read(repo.root, tmp_path)


def test_an_archive_of_nothing_has_no_record(tmp_path: Path) -> None:
    with Qido([]) as repo:
        found = read(repo.root, tmp_path)
    assert found.datasets == {} and found.rows == {} and found.quarantine == []


def test_names_and_birth_dates_are_not_asked_for_and_kept_nowhere(tmp_path: Path) -> None:
    with Qido() as repo:
        found = read(repo.root, tmp_path)
        asked = " ".join(repo.asked())
    for tag in ("00100010", "00100030", "00080090", "00080050", "all"):
        assert f"includefield={tag}" not in asked
    kept = json.dumps(found.raw) + "".join(map(str, found.rows.values()))
    kept += "".join(dataset.model_dump_json() for dataset in found.datasets.values())
    for secret in (NAME, BORN, PHYSICIAN):
        assert secret not in kept
        assert all(secret.encode() not in path.read_bytes() for path in tmp_path.iterdir())


def test_what_the_archive_does_not_count_is_unknown(tmp_path: Path) -> None:
    counts = {"NumberOfStudyRelatedSeries", "NumberOfStudyRelatedInstances"}
    with Qido(leaves_out={*counts, "NumberOfSeriesRelatedInstances", "PatientID"}) as repo:
        found = read(repo.root, tmp_path)
    dataset = found.datasets["P"]
    assert (dataset.series, dataset.studies) == (12, 4)
    assert (dataset.images, dataset.subjects, dataset.bytes) == (None, None, None)
    assert dataset.sexes == [] and dataset.age_bands == []
    assert found.rows["1.2.0.0"]["instances"] is None


def test_rows_that_name_no_study_or_series_are_set_aside_and_counted(tmp_path: Path) -> None:
    studies = archive()
    studies[0]["series"][1]["SeriesInstanceUID"] = "../../../instances"
    studies[1]["StudyInstanceUID"] = None
    with Qido(studies) as repo:
        found = read(repo.root, tmp_path)
    assert sorted(found.quarantine) == [
        "rows of a listing that name no series one could ask for: 2",
        "rows of a listing that name no study one could ask for: 1",
    ]
    assert len(found.rows) == 20


def test_what_is_listed_twice_counts_once(tmp_path: Path) -> None:
    studies = archive()
    with Qido([studies[2], *studies, studies[3]]) as repo:
        found = read(repo.root, tmp_path)
    assert len(found.rows) == 21
    assert sum(dataset.studies or 0 for dataset in found.datasets.values()) == 7
    assert sum(dataset.series or 0 for dataset in found.datasets.values()) == 21


def test_a_protocol_is_a_dataset_and_the_archive_holds_the_rest(tmp_path: Path) -> None:
    studies = archive(5)
    names = ["archive", "A B", "A_B", None, "Ä/ö"]
    for study, name in zip(studies, names, strict=True):
        study["ClinicalTrialProtocolID"] = name
    studies[1]["ClinicalTrialProtocolName"] = "The <i>A</i> trial"
    with Qido(studies) as repo:
        found = read(repo.root, tmp_path)
    by_protocol = {
        next((i.value for i in d.identifiers), None): d.id for d in found.datasets.values()
    }
    assert by_protocol["A_B"] == "hospital:A_B" and by_protocol[None] == "hospital:archive"
    assert by_protocol["A B"].startswith("hospital:A_B-")
    assert by_protocol["archive"].startswith("hospital:archive-")
    assert len(set(by_protocol.values())) == 5 == len(found.datasets)
    assert {d.title for d in found.datasets.values()} >= {
        "Hospital archive", "Hospital archive: The A trial", "Hospital archive: Ä/ö",
    }  # fmt: skip


def test_a_record_says_what_is_known_and_how(tmp_path: Path) -> None:
    with Qido() as repo:
        found = read(repo.root, tmp_path, licence="CC-BY-4.0")
    dataset = found.datasets["archive"]
    assert (dataset.subjects, dataset.studies, dataset.series, dataset.images) == (3, 3, 9, 99)
    assert dataset.modalities == ["CT", "MR", "PT"]
    assert [term.label for term in dataset.body_parts] == ["Chest"]
    assert {c.value: c.count for c in dataset.sexes} == {"F": 2, "M": 1}
    assert {c.value: c.count for c in dataset.age_bands} == {"50-59": 3}
    assert (dataset.access, dataset.doi, dataset.bytes) == (None, None, None)
    assert (dataset.licence, dataset.licence_raw) == ("CC-BY-4.0", "CC-BY-4.0")
    assert dataset.provenance["series"].method is Method.DERIVED
    assert dataset.provenance["licence"].method is Method.CURATED
    assert dataset.distributions[0].url == repo.root


def test_a_source_without_an_address_says_what_to_set() -> None:
    with pytest.raises(SourceError, match=r"Set base_url in \[sources\.hospital\]"):
        harvester_for(source(None)).digest()


def test_a_dry_run_can_tell_what_would_be_asked() -> None:
    lines = harvester_for(source("https://archive.example/dicom-web/")).asks()
    assert len(lines) == 3
    assert all(line.startswith("GET https://archive.example/dicom-web/s") for line in lines)
    assert "includefield=00120020" in lines[0]
