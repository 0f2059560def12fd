"""Series from NBIA and slides from PathDB: every row once, none invented, none lost in silence."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from harvesters.http import Client, StatusError
from harvesters.tcia import nbia as tcia_nbia
from harvesters.tcia import pathdb as tcia_pathdb
from harvesters.tcia.nbia import Wanted
from schemas.errors import SourceError
from schemas.source import Source
from tests.emulators.nbia import Nbia, recorded_series
from tests.emulators.pathdb import Pathdb
from tests.emulators.server import Reply, Request, as_json

SARCOMA = "10.7937/k9/tcia.2015.7go2gsks"
WRITTEN = "10.7937/K9/TCIA.2015.7GO2GSKS"
NAME = "Soft-tissue-Sarcoma"


@pytest.fixture
def nbia() -> Iterator[Nbia]:
    with Nbia() as server:
        yield server


@pytest.fixture
def pathdb() -> Iterator[Pathdb]:
    with Pathdb(["One Lung", "Two-Livers"]) as server:
        yield server


def client(address: str) -> Client:
    source = {
        "key": "tcia",
        "name": "TCIA",
        "kind": "tcia",
        "landing_url": "https://example.org/",
        "publisher": "P",
        "description": "D",
        "status": "alive",
        "access": "open",
        "schedule": "0 0 * * *",
        "base_url": address,
        "requests_per_second": 1000.0,
        "concurrency": 3,
    }
    return Client(Source.model_validate(source))


def wanted(
    short_name: str = NAME, doi: str = SARCOMA, written: str = WRITTEN, *names: str
) -> Wanted:
    return Wanted(f"tcia:{short_name.lower()}", doi, written, short_name, names)


def read(root: str, folder: Path, *datasets: Wanted) -> list[dict[str, Any]]:
    asked = datasets or (wanted(),)
    tables = tcia_nbia.tables(client(root), root, asked, folder)
    return [row for _, table in tables for row in table.to_pylist()]


def test_every_recorded_series_is_a_row_and_says_what_was_written(
    nbia: Nbia, tmp_path: Path
) -> None:
    rows = read(nbia.root, tmp_path)
    written = {row["SeriesInstanceUID"]: row for row in recorded_series()}
    assert len(rows) == len({row["series"] for row in rows}) == 612
    for row in rows:
        then = written[row["series"]]
        assert row["subject"] == then["PatientID"]
        assert row["study_date"] == date.fromisoformat(then["StudyDate"][:10])
        assert row["series_date"] == date.fromisoformat(then["SeriesDate"][:10])
        assert (row["instances"], row["bytes"]) == (then["ImageCount"], then["FileSize"])
        assert row["doi"] == SARCOMA
        assert row["url"].startswith(f"{nbia.root}/getImage?SeriesInstanceUID=1.3.6.1")
        assert (row["age_raw"], row["sex_raw"], row["sop_class"]) == (None, None, None)


def test_versions_1_and_4_give_the_same_rows(nbia: Nbia, tmp_path: Path) -> None:
    first = read(nbia.root.replace("v4", "v1"), tmp_path)
    fourth = read(nbia.root, tmp_path)
    assert [{**row, "url": ""} for row in first] == [{**row, "url": ""} for row in fourth]
    assert len(first) == 612
    assert nbia.asked("v1/getCollectionValues?")


def test_absent_keys_empty_rows_and_wrong_numbers_are_unknown(nbia: Nbia, tmp_path: Path) -> None:
    bare = {"SeriesInstanceUID": "1.2", "Collection": NAME, "PatientID": "P"}
    nbia.series = [
        {},
        bare,
        {**nbia.series[0], "FileSize": "much", "ImageCount": None, "StudyDesc": "Früh 肺"},
    ]
    empty, odd = sorted(read(nbia.root, tmp_path), key=lambda row: len(row["series"]))
    known = {"source", "dataset_id", "series", "subject", "doi", "url"}
    assert {name for name, value in empty.items() if value is not None} == known
    assert (odd["bytes"], odd["study_description"]) == (None, "Früh 肺")


def test_days_of_both_calendars_are_read_and_others_are_unknown(nbia: Nbia, tmp_path: Path) -> None:
    row = nbia.series[0]
    days = ["2003-12-12 00:00:00.0", "12-13-2003", "2003-12-14", "13/14/2003", ""]
    body = [{**row, "SeriesInstanceUID": f"1.{n}", "StudyDate": day} for n, day in enumerate(days)]
    nbia.fail("replace", "getSeries", as_json(body))
    found = [row["study_date"] for row in read(nbia.root, tmp_path)]
    assert found == [date(2003, 12, 12), date(2003, 12, 13), date(2003, 12, 14), None, None]


def test_age_and_sex_are_those_of_people_and_not_of_phantoms(nbia: Nbia, tmp_path: Path) -> None:
    nbia.only_in_v4 = {
        "STS_010": {"PatientAge": "063Y", "PatientSex": "M"},
        "STS_012": {"PatientAge": "060Y", "PatientSex": "F"},
    }
    nbia.patients = [{"Collection": NAME, "PatientId": "STS_012", "Phantom": "YES"}]
    rows = read(nbia.root, tmp_path)
    told = {(row["subject"], row["age_raw"], row["sex_raw"]) for row in rows if row["subject"]}
    assert ("STS_010", "063Y", "M") in told
    assert ("STS_012", None, None) in told


def test_a_patient_may_be_written_in_either_case(nbia: Nbia, tmp_path: Path) -> None:
    row = {**nbia.series[0], "PatientId": "STS_010"}
    del row["PatientID"]
    nbia.fail("replace", "getSeries", as_json([row]))
    assert [row["subject"] for row in read(nbia.root, tmp_path)] == ["STS_010"]


def test_rows_of_another_doi_are_not_taken_and_rows_of_none_are_the_collections_own(
    nbia: Nbia, tmp_path: Path
) -> None:
    nbia.series[0]["CollectionURI"] = "https://doi.org/10.7937/another"
    del nbia.series[1]["CollectionURI"]
    assert len(read(nbia.root, tmp_path)) == 611
    derived = wanted("Other", "10.7937/another", "10.7937/another", NAME)
    assert [row["dataset_id"] for row in read(nbia.root, tmp_path, derived)] == ["tcia:other"]


def test_a_collection_that_two_datasets_share_is_asked_for_once(nbia: Nbia, tmp_path: Path) -> None:
    nbia.series[0]["CollectionURI"] = "https://doi.org/10.7937/another"
    derived = wanted("Other", "10.7937/another", "10.7937/another", NAME)
    rows = read(nbia.root, tmp_path, wanted(), derived)
    assert len(rows) == 612
    assert len(nbia.asked("getSeries?")) == 1


def test_a_result_without_a_collection_of_its_name_is_found_by_its_doi(
    nbia: Nbia, tmp_path: Path
) -> None:
    nbia.series[0]["CollectionURI"] = "https://doi.org/10.7937/ANNO"
    upper = wanted("Annotations", "10.7937/anno", "10.7937/ANNO")
    assert len(read(nbia.root, tmp_path, upper)) == 1
    nbia.series[0]["CollectionURI"] = "https://doi.org/10.7937/anno"
    assert len(read(nbia.root, tmp_path, upper)) == 1


def test_a_dataset_that_nbia_does_not_know_has_no_rows(nbia: Nbia, tmp_path: Path) -> None:
    unknown = wanted("No-such", "10.7937/none", "10.7937/NONE")
    assert read(nbia.root, tmp_path, unknown) == []
    assert nbia.asked("getSeries?") == []


def test_an_empty_answer_where_patients_are_counted_is_no_answer(
    nbia: Nbia, tmp_path: Path
) -> None:
    nbia.fail("empty", "getSeries?")
    with pytest.raises(
        SourceError, match="counts 51 patients in Soft-tissue-Sarcoma and gives none"
    ):
        read(nbia.root, tmp_path)


def test_an_empty_answer_that_comes_once_is_asked_for_again(nbia: Nbia, tmp_path: Path) -> None:
    nbia.fail("empty", "getSeries?", times=1)
    assert len(read(nbia.root, tmp_path)) == 612


def test_an_empty_answer_where_nobody_is_counted_is_no_series(nbia: Nbia, tmp_path: Path) -> None:
    nbia.series.clear()
    nbia.counts = {NAME: 0}
    assert read(nbia.root, tmp_path) == []


@pytest.mark.parametrize(
    ("at", "reply", "told"),
    [
        ("getSeries?", Reply(b"<html>Log in</html>", type="text/html"), "not JSON"),
        ("getSeries?", Reply(b"Server was not able to process your request"), "not JSON"),
        ("getSeries?", as_json({"error": "none"}), "not an array"),
        ("getCollectionValuesAndCounts", as_json({"a": 1}), "not an array"),
        ("getCollectionValuesAndCounts", Reply(), "lists no collection"),
        ("getCollectionValuesAndCounts", Reply(b"<html>"), "not JSON"),
    ],
)
def test_what_is_no_list_of_rows_fails_the_run(
    nbia: Nbia, tmp_path: Path, at: str, reply: Reply, told: str
) -> None:
    nbia.fail("replace", at, reply)
    with pytest.raises(SourceError, match=told):
        read(nbia.root, tmp_path)


@pytest.mark.parametrize(("kind", "value"), [("cut", None), ("status", 503), ("retry_after", 0.1)])
def test_an_answer_that_breaks_off_is_asked_for_again(
    nbia: Nbia, tmp_path: Path, kind: str, value: Any
) -> None:
    nbia.fail(kind, "getSeries?", value, times=1)
    assert len(read(nbia.root, tmp_path)) == 612


@pytest.mark.parametrize(
    ("asked", "status"), [({"collection": NAME}, 400), ({"format": "yaml"}, 500)]
)
def test_what_nbia_does_not_understand_is_an_error_and_no_empty_answer(
    nbia: Nbia, asked: dict[str, str], status: int
) -> None:
    query = {name: [value] for name, value in asked.items()}
    reply = nbia.answer(Request("GET", "", "/nbia-api/services/v4/getSeries", query, {}, b""))
    told = "Invalid query parameter" if status == 400 else "Server was not able to process"
    assert (reply.status, reply.body.decode().startswith(told)) == (status, True)
    nbia.fail("replace", "getSeries?", replace(reply, status=400))
    with pytest.raises(StatusError, match="answered 400"):
        tcia_nbia._series(client(nbia.root), nbia.root, {}, {}, NAME)


def test_links_to_the_search_page_name_collections() -> None:
    link = "https://nbia.x.net/nbia-search/?MinNumberOfStudiesCriteria=1&CollectionCriteria=A,B%20C"
    assert tcia_nbia.names_in(link) == ["A", "B C"]
    assert tcia_nbia.names_in(False) == []


def test_idc_holds_the_collection_that_was_recorded() -> None:
    held = tcia_nbia.held_by_idc()
    assert SARCOMA in held
    assert all(name == name.lower() for name in held)


def slides(pathdb: Pathdb, folder: Path, name: str = "One Lung") -> list[dict[str, Any]] | None:
    found = tcia_pathdb.slides(
        client(pathdb.url),
        pathdb.url,
        str(pathdb.tid(name)),
        folder,
        dataset_id="tcia:one",
        doi="10.7937/one",
        licence="CC BY 4.0",
    )
    return None if found is None else found.to_pylist()


def test_pages_of_slides_are_read_until_one_is_empty(pathdb: Pathdb, tmp_path: Path) -> None:
    rows = slides(pathdb, tmp_path)
    assert rows is not None
    assert [row["description"] for row in rows] == [f"ONE LUNG-000{n}" for n in range(3)]
    assert [row["series"] for row in rows] == ["100000", "100001", "100002"]
    assert {(row["modality_raw"], row["study"], row["bytes"]) for row in rows} == {
        ("SM", None, None)
    }
    assert len(pathdb.asked("listofimages")) == 3


def test_collections_of_slides_are_found_by_the_letters_of_their_name(pathdb: Pathdb) -> None:
    found = tcia_pathdb.collections(client(pathdb.url), pathdb.url)
    assert {name: one["tid"] for name, one in found.items()} == {
        "onelung": "100",
        "twolivers": "101",
    }


def test_a_slide_without_subject_or_address_is_still_a_row(pathdb: Pathdb, tmp_path: Path) -> None:
    pathdb.bare = True
    rows = slides(pathdb, tmp_path)
    assert rows is not None
    assert {(row["subject"], row["url"]) for row in rows} == {(None, None)}
    assert len(rows) == 3


def test_a_collection_that_is_listed_and_gone_has_no_slides(pathdb: Pathdb, tmp_path: Path) -> None:
    pathdb.gone.add("100")
    assert slides(pathdb, tmp_path) is None


def test_a_server_that_gives_the_same_page_for_ever_fails_the_run(
    pathdb: Pathdb, tmp_path: Path
) -> None:
    pathdb.stuck = True
    with pytest.raises(SourceError, match="same page of images came twice"):
        slides(pathdb, tmp_path)


@pytest.mark.parametrize(
    ("kind", "value", "told"),
    [
        ("html", None, "HTML page"),
        ("replace", as_json({"message": "?"}), "not a list of images"),
        ("status", 403, "answered 403"),
    ],
)
def test_a_page_of_slides_that_is_none_fails_the_run(
    pathdb: Pathdb, tmp_path: Path, kind: str, value: Any, told: str
) -> None:
    pathdb.fail(kind, "page=1", value)
    with pytest.raises(SourceError, match=told):
        slides(pathdb, tmp_path)


def test_nothing_is_left_behind_in_the_folder(nbia: Nbia, tmp_path: Path) -> None:
    assert len(read(nbia.root, tmp_path)) == 612
    assert list(tmp_path.iterdir()) == []
