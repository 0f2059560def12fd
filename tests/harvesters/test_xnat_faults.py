"""An XNAT host that fails: a question asked again, a project set aside, or a held source."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from schemas.errors import SourceError
from tests.emulators.server import Emulator, Reply, Request
from tests.emulators.xnat import Xnat
from tests.harvesters.xnat_hosts import harvester, read

SCANS = "/data/experiments?"
SUBJECTS = "/OPEN/subjects"
LISTS = ["accessible=true", "columns=ID%2Csecondary_ID", SUBJECTS, "/OPEN/experiments", SCANS]


@pytest.fixture
def host() -> Iterator[Xnat]:
    with Xnat() as running:
        yield running


def refused(host: Xnat, folder: Path, **more: Any) -> str:
    """Why a harvest ends."""
    with pytest.raises(SourceError) as raised:
        read(host, folder, **more)
    return str(raised.value)


# What passes by itself.


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("status", 500),
        ("status", 503),
        ("retry_after", 0),
        ("cut", None),
        ("reset", None),
        ("html", None),
        ("empty", None),
        ("replace", Reply(b"<cat:DCMCatalog xmlns:cat='x'/>", 200, "text/xml")),
        ("replace", Reply(b'{"ResultSet": {"Result": null}}')),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_fault_that_passes_is_asked_past(
    host: Xnat, tmp_path: Path, kind: str, value: Any
) -> None:
    host.fail(kind, SCANS, value, times=1)
    brought = read(host, tmp_path)
    assert (len(brought.datasets), brought.harvest.series) == (3, 7)
    assert host.faults[0].met > 1


def test_a_slow_answer_is_waited_for(host: Xnat, tmp_path: Path) -> None:
    host.fail("slow", SUBJECTS, 0.0005)
    assert read(host, tmp_path).datasets["OPEN"].subjects == 2


def test_json_called_something_else_is_read_all_the_same(host: Xnat, tmp_path: Path) -> None:
    host.fail("wrong_type")
    assert read(host, tmp_path).harvest.series == 7


@pytest.mark.parametrize("totals", ["number", "absent"])
def test_a_total_may_be_a_number_or_missing(host: Xnat, tmp_path: Path, totals: str) -> None:
    host.totals = totals
    assert read(host, tmp_path).harvest.series == 7


def test_a_list_that_changes_while_it_is_read_is_read_again(host: Xnat, tmp_path: Path) -> None:
    host.fail("replace", SUBJECTS, lambda request: shortened(host, request), times=1)
    assert read(host, tmp_path).datasets["OPEN"].subjects == 2
    assert len(host.asked(SUBJECTS)) == 2


# What stays.


@pytest.mark.parametrize("at", LISTS)
def test_a_list_shorter_than_it_states_holds_the_source(
    host: Xnat, tmp_path: Path, at: str
) -> None:
    host.fail("replace", at, lambda request: shortened(host, request))
    why = refused(host, tmp_path)
    assert "rows came of" in why and "that it states" in why
    assert len(host.asked(at)) >= 2, "it was asked for once more"


@pytest.mark.parametrize("at", LISTS)
def test_a_login_page_with_status_200_holds_the_source_and_says_what_to_do(
    host: Xnat, tmp_path: Path, at: str
) -> None:
    host.fail("html", at)
    why = refused(host, tmp_path)
    assert "an HTML page (a login page or a proxy?)" in why
    assert "Set FAIRSCAN_NITRC_IR_USER and FAIRSCAN_NITRC_IR_PASSWORD" in why


def test_a_login_page_instead_of_an_accessibility_holds_the_source(
    host: Xnat, tmp_path: Path
) -> None:
    host.tells = False
    host.fail("html", "/OPEN/accessibility")
    assert "not a word but a page" in refused(host, tmp_path)


@pytest.mark.parametrize("mode", ["401", "302", "html"])
def test_a_host_that_wants_a_login_says_so_and_an_account_opens_it(
    host: Xnat, tmp_path: Path, mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    host.login = mode
    with pytest.raises(SourceError, match="login") as raised:
        harvester(host).digest()
    assert "FAIRSCAN_NITRC_IR_USER" in str(raised.value)
    assert "login" in refused(host, tmp_path)
    monkeypatch.setenv("FAIRSCAN_NITRC_IR_USER", "ada")
    monkeypatch.setenv("FAIRSCAN_NITRC_IR_PASSWORD", "lovelace")
    assert read(host, tmp_path).harvest.series == 7


def test_a_wrong_password_is_not_taken_for_an_empty_host_and_is_not_shown(
    host: Xnat, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAIRSCAN_NITRC_IR_USER", "ada")
    monkeypatch.setenv("FAIRSCAN_NITRC_IR_PASSWORD", "s3cret")
    why = refused(host, tmp_path)
    assert "the host answers only after a login" in why
    assert "s3cret" not in why


@pytest.mark.parametrize(
    "body",
    [
        b"[]",
        b'{"ResultSet": []}',
        b'{"ResultSet": {"Result": {"ID": "OPEN"}}}',
        b'{"ResultSet": {"Result": ["OPEN"]}}',
        b'{"items": []}',
        b"null",
        b"",
        b"<cat:DCMCatalog xmlns:cat='x'/>",
    ],
)
def test_what_is_no_table_holds_the_source(host: Xnat, tmp_path: Path, body: bytes) -> None:
    host.fail("replace", SUBJECTS, Reply(body))
    why = refused(host, tmp_path)
    assert "not a table of XNAT's" in why or "not JSON but" in why
    assert why.endswith(f"({host.base}/data/projects/OPEN/subjects)")


def test_a_list_that_fails_for_good_holds_the_source(host: Xnat, tmp_path: Path) -> None:
    host.fail("status", "/SHARE/experiments", 502)
    assert "the server answered 502" in refused(host, tmp_path)


def test_a_body_without_end_is_cut_off(host: Xnat, tmp_path: Path) -> None:
    host.fail("huge", SCANS, 2 << 30)
    assert "an answer of more than" in refused(host, tmp_path)


def test_a_redirect_to_a_private_address_is_refused(host: Xnat, tmp_path: Path) -> None:
    with Elsewhere() as elsewhere:
        host.fail("redirect", SCANS, elsewhere.url)
        assert "refused: a private address" in refused(host, tmp_path)
        assert elsewhere.log == []


def test_a_host_that_shows_nothing_states_nothing(host: Xnat, tmp_path: Path) -> None:
    host.site.projects.clear()
    brought = read(host, tmp_path)
    assert (brought.harvest.stated, brought.harvest.series, brought.raw) == (0, 0, {})


# Rows that are not as they should be.


def test_a_row_that_comes_twice_is_one_scan(host: Xnat, tmp_path: Path) -> None:
    host.fail("replace", SCANS, lambda request: doubled(host, request))
    brought = read(host, tmp_path)
    assert brought.harvest.series == 7
    assert brought.row("XNAT_E1/1")["instances"] == 2
    assert brought.datasets["OPEN"].series == 5


def test_a_scan_of_a_session_that_the_project_does_not_list_waits_for_the_next_time(
    host: Xnat, tmp_path: Path
) -> None:
    def late(request: Request) -> Reply:
        reply = host.answer(request)
        told = json.loads(reply.body)["ResultSet"]["Result"]
        return table([row for row in told if row["ID"] != "XNAT_E1"])

    host.fail("replace", "/OPEN/experiments", late)
    brought = read(host, tmp_path)
    assert {row["study"] for row in brought.rows} == {"XNAT_E2", "XNAT_E4", "XNAT_E6"}
    assert (brought.datasets["OPEN"].studies, brought.datasets["OPEN"].series) == (2, 2)


def test_a_host_that_filters_nothing_gives_no_project_anothers_scans(
    host: Xnat, tmp_path: Path
) -> None:
    def unfiltered(request: Request) -> Reply:
        query = {name: told for name, told in request.query.items() if name != "project"}
        return host.answer(Request(request.method, request.target, request.path, query,
                                   request.headers, request.body))  # fmt: skip

    host.fail("replace", SCANS, unfiltered)
    brought = read(host, tmp_path)
    assert (brought.datasets["OPEN"].series, brought.harvest.series) == (5, 7)
    assert (brought.datasets["OPEN"].studies, brought.datasets["SHARE"].studies) == (3, 2)


def test_a_column_that_the_host_does_not_know_is_unknown(host: Xnat, tmp_path: Path) -> None:
    def poorer(request: Request) -> Reply:
        told = json.loads(host.answer(request).body)["ResultSet"]["Result"]
        kept = ("ID", "project", "xnat:imagescandata/id", "xnat:imagescandata/type")
        return table([{name: row[name] for name in kept} for row in told])

    host.fail("replace", SCANS, poorer)
    row = read(host, tmp_path).row("XNAT_E4/1")
    assert (row["description"], row["modality"]) == ("CT", "CT")
    assert (row["instances"], row["bytes"], row["model"]) == (None, None, None)


def test_keys_are_read_in_either_case(host: Xnat, tmp_path: Path) -> None:
    def shouted(request: Request) -> Reply:
        told = json.loads(host.answer(request).body)["ResultSet"]["Result"]
        return table([{name.upper(): value for name, value in row.items()} for row in told])

    host.fail("replace", "/data/", shouted)
    brought = read(host, tmp_path)
    assert (set(brought.datasets), brought.harvest.series) == ({"GUARDED", "OPEN", "SHARE"}, 7)


class Elsewhere(Emulator):
    """Another server, at an address that no setting names."""

    def answer(self, request: Request) -> Reply:  # noqa: ARG002
        return Reply(b"{}")


def table(rows: list[dict[str, Any]]) -> Reply:
    """Rows as XNAT answers them."""
    result = {"Result": rows, "totalRecords": str(len(rows))}
    return Reply(json.dumps({"ResultSet": result}).encode())


def shortened(host: Xnat, request: Request) -> Reply:
    """The true list without its last row, and with the true total."""
    told = json.loads(host.answer(request).body)
    told["ResultSet"]["Result"].pop()
    return Reply(json.dumps(told).encode())


def doubled(host: Xnat, request: Request) -> Reply:
    """The true list with every row twice, and a total that says so."""
    told = json.loads(host.answer(request).body)["ResultSet"]["Result"]
    return table([row for row in told for _ in range(2)])
