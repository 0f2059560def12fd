"""How an emulated XNAT host pages: why a harvest never asks for a page."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

from harvesters.xnat import table as xnat_table
from tests.emulators.xnat import Xnat
from tests.harvesters.xnat_hosts import harvester


@pytest.fixture
def host() -> Iterator[Xnat]:
    with Xnat() as running:
        yield running


def result(host: Xnat, path: str) -> dict[str, Any]:
    with urllib.request.urlopen(f"{host.base}{path}") as answer:
        found: dict[str, Any] = json.loads(answer.read())["ResultSet"]
        return found


def test_a_page_says_no_total_and_may_be_short_or_empty_before_the_end(host: Xnat) -> None:
    pages = [
        result(host, f"/data/experiments?limit=2&offset={offset}&format=json")
        for offset in range(0, 8, 2)
    ]
    assert all("totalRecords" not in page for page in pages)
    sizes = [len(page["Result"]) for page in pages]
    assert sizes == [2, 2, 1, 1]
    host.site.sessions.sort(key=lambda session: session.id != "XNAT_E5")
    assert len(result(host, "/data/experiments?limit=1&offset=0&format=json")["Result"]) == 0


def test_rows_are_read_with_keys_in_lower_case_and_nothing_for_an_empty_text(host: Xnat) -> None:
    client = harvester(host).client
    rows = xnat_table.read(client, f"{host.base}/data/projects/OPEN/subjects", columns="ID,AGE")
    assert rows == [
        {"id": "XNAT_S1", "age": "31", "uri": "/data/subjects/XNAT_S1"},
        {"id": "XNAT_S2", "age": None, "uri": "/data/subjects/XNAT_S2"},
    ]


@pytest.mark.parametrize("path", ["/data/projects", "/data/archive/projects"])
def test_a_path_below_archive_is_the_same_list(host: Xnat, path: str) -> None:
    assert result(host, f"{path}?format=json")["totalRecords"] == "2"


@pytest.mark.parametrize(
    ("text", "number"), [("12", 12), ("0", 0), ("-1", None), ("1.5", None), ("", None), ("²", None)]
)
def test_a_number_is_a_whole_one_or_unknown(text: str, number: int | None) -> None:
    assert xnat_table.number(text) == number
