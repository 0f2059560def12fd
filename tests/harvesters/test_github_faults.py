"""A table that is not whole, a list that is cut, and a limit that is used up stop a harvest."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from harvesters.github.api import Blob
from harvesters.github.table import rows
from harvesters.http import StatusError
from schemas.errors import SourceError
from schemas.github import Table
from tests.emulators.github import RECORDED, RESET, GitHub, covid_chestxray, figure1
from tests.emulators.server import Reply
from tests.harvesters.test_github import one, reading

TABLE = Table.model_validate(
    {
        "path": "metadata.csv",
        "columns": {"subject": "patientid", "file": "filename", "modality": "modality"},
        "folder": "images",
    }
)
HEADER = b"patientid,filename,modality\n"


@pytest.fixture
def hub() -> Iterator[GitHub]:
    with GitHub(covid_chestxray()) as running:
        yield running


def told(body: bytes, table: Table = TABLE, blobs: dict[str, Blob] | None = None) -> list[str]:
    found, _ = rows(body, table, "x:y", blobs or {}, lambda path: f"https://example.org/{path}")
    return [str(name) for name in found.column("series").to_pylist()]


def test_half_a_table_is_not_taken_for_a_whole_one(hub: GitHub, tmp_path: Path) -> None:
    half = (RECORDED / "covid_chestxray.csv").read_bytes()[:75_000]
    whole_lines = half[: half.rindex(b"\r\n") + 2]
    hub.fail("replace", at="/raw/", value=Reply(whole_lines, type="text/plain"))
    with pytest.raises(SourceError, match=r"not the file of the commit: \d+,\d+ bytes came"):
        reading(hub, "covid_chestxray").harvest(tmp_path)
    assert not (tmp_path / "series.parquet").exists()


def test_a_table_that_breaks_off_on_the_way_is_asked_for_again(hub: GitHub, tmp_path: Path) -> None:
    hub.fail("cut", at="/raw/", times=1)
    assert one(reading(hub, "covid_chestxray").harvest(tmp_path)).images == 279


def test_a_login_page_is_no_table(hub: GitHub, tmp_path: Path) -> None:
    hub.fail("html", at="/raw/")
    with pytest.raises(SourceError, match="not the file of the commit"):
        reading(hub, "covid_chestxray").harvest(tmp_path)


def test_a_list_of_files_that_is_cut_is_refused(tmp_path: Path) -> None:
    repository = covid_chestxray()
    repository.truncated = True
    with GitHub(repository) as hub, pytest.raises(SourceError, match="the list of files is cut"):
        reading(hub, "covid_chestxray").harvest(tmp_path)


def test_a_used_up_limit_is_told_with_its_end(hub: GitHub) -> None:
    hub.left = 0
    with pytest.raises(SourceError) as caught:
        reading(hub, "covid_chestxray").digest()
    assert "the 60 requests of this hour are used up until" in str(caught.value)
    assert "FAIRSCAN_COVID_CHESTXRAY_TOKEN" in str(caught.value)
    assert len(hub.log) == 2, "a limit that is used up is not asked against again"
    assert RESET > 0


def test_a_refusal_for_another_reason_is_told_as_it_is(hub: GitHub) -> None:
    hub.fail("status", at="/repos/", value=403)
    with pytest.raises(StatusError, match="403"):
        reading(hub, "covid_chestxray").digest()


def test_a_token_is_sent_to_the_api_alone_and_told_if_it_is_wrong(
    hub: GitHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAIRSCAN_COVID_CHESTXRAY_TOKEN", hub.secret)
    with GitHub(covid_chestxray()) as files:
        reader = reading(hub, "covid_chestxray", services=files.services)
        reader.harvest(tmp_path)
        assert "authorization" not in files.log[0].headers
    assert hub.log[0].headers["authorization"] == f"Bearer {hub.secret}"
    monkeypatch.setenv("FAIRSCAN_COVID_CHESTXRAY_TOKEN", "wrong")
    with pytest.raises(SourceError, match="the token was refused"):
        reading(hub, "covid_chestxray").digest()


def test_a_branch_may_have_any_name(tmp_path: Path) -> None:
    repository = figure1()
    repository.branch = "release/ü #1"
    with GitHub(repository) as hub:
        assert one(reading(hub, "figure1_covid").harvest(tmp_path)).images == 55


@pytest.mark.parametrize(
    ("body", "what", "where"),
    [
        (b"patientid,file,modality\n1,a,CT\n", "no single column filename", "line 1"),
        (b"patientid,filename,modality,Modality\n1,a,CT,CT\n", "single column modality", "line 1"),
        (b"<!DOCTYPE html>\n", "not the header", "line 1"),
        (b"", "not the header", "line 1"),
        (HEADER + b"1,a,CT\n2,b\n", "2 fields in place of 3", "line 3"),
        (HEADER + b'1,"a\nb",CT\n2,c,CT,CT\n', "4 fields in place of 3", "line 4"),
        (HEADER + b'1,"a,CT\n2,b,CT\n', "not CSV", "line 3"),
        (HEADER + b'1,"a"b,CT\n', "not CSV", "line 2"),
        (HEADER + b"1,a,CT\n2,\xe9,CT\n", "not UTF-8", "line 3"),
        (HEADER + b"1,,CT\n", "without an image", "metadata.csv"),
        (HEADER, "without an image", "metadata.csv"),
        (HEADER.decode().encode("utf-16"), "not UTF-8", "line 1"),
        (HEADER + b"1,%b,CT\n" % (b"a" * 200_000), "not CSV", "line 2"),
    ],
)  # fmt: skip
def test_what_is_no_table_is_refused_with_its_line(body: bytes, what: str, where: str) -> None:
    with pytest.raises(SourceError, match=re.escape(what)) as caught:
        told(body)
    assert where in str(caught.value)


def test_what_curators_do_to_tables_is_read() -> None:
    assert told(
        b"\xef\xbb\xbfPatientid, filename ,MODALITY,\r\n1,a,CT,\r\n,,,\r\n2,b ,CT,\r\n"
    ) == [
        "a",
        "b",
    ]
    assert told(HEADER + b'1,"a\n, ""b""",CT\n2,c,CT\n\n') == ['a\n, "b"', "c"]


def test_a_row_that_names_no_image_is_counted_and_left_out() -> None:
    found, nameless = rows(HEADER + b"1,a,CT\n2,,CT\n", TABLE, "x:y", {}, str)
    assert (found.num_rows, nameless) == (1, 1)


def test_an_image_that_is_named_twice_is_one_row() -> None:
    assert told(HEADER + b"1,a,CT\n2,a,CT\n") == ["a"]


def test_a_declared_encoding_is_tried_after_utf_8() -> None:
    table = TABLE.model_copy(update={"encoding": "cp1252"})
    assert told(HEADER + "1,é,CT\n".encode(), table) == ["é"]
    assert told(HEADER + "1,é,CT\n".encode("cp1252"), table) == ["é"]
    with pytest.raises(SourceError, match="not cp1252"):
        told(HEADER + b"1,\x81,CT\n", table)


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "..", ".", "a/../b", "a\\b"])
def test_a_hostile_name_of_a_file_leads_nowhere(name: str) -> None:
    blobs = {"images/a.png": Blob("0", 1), "b": Blob("0", 1)}
    found, _ = rows(
        f"patientid,filename,modality\n1,{name},CT\n".encode(), TABLE, "x:y", blobs, str
    )
    assert found.column("url").to_pylist() == [None]


@pytest.mark.parametrize(
    "changes",
    [
        {"columns": {"subject": "a", "file": "b"}},
        {"columns": {"subject": "a", "file": "b", "modality": "c", "notes": "d"}},
        {"encoding": "klingon"},
        {"subject": "("},
        {"folder": None},
        {"path": "/etc/passwd"},
        {"rows": 7},
    ],
)
def test_a_wrong_setting_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="Table"):
        Table.model_validate({**TABLE.model_dump(), **changes})
