"""What goes wrong between an archive and us ends in a retry or an error, never in fewer series."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from harvesters.base import harvester_for
from harvesters.dicomweb import query as dicomweb_query
from schemas.errors import SourceError
from tests.emulators.qido import Qido, archive
from tests.emulators.server import Reply
from tests.harvesters.archives import read, source


@pytest.fixture(autouse=True)
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Five rows a page, so that small archives have several."""
    monkeypatch.setattr(dicomweb_query, "PAGE", 5)


PASSING: dict[str, dict[str, Any]] = {
    "an error of the server": {"kind": "status", "value": 503},
    "a wish to wait": {"kind": "retry_after", "value": 0},
    "a connection that is closed": {"kind": "reset"},
    "a body that is cut short": {"kind": "cut"},
    "a body that comes slowly": {"kind": "slow", "value": 0.0001},
    "a wrong content type": {"kind": "wrong_type", "times": None},
}


@pytest.mark.parametrize("fault", PASSING.values(), ids=PASSING)
def test_every_series_is_read_in_spite_of(fault: dict[str, Any], tmp_path: Path) -> None:
    with Qido(nothing=200) as repo:
        repo.fail(**{"at": "/series", "times": 1, "skip": 1, **fault})
        found = read(repo.root, tmp_path)
    assert len(found.rows) == 21 and len(found.datasets) == 2


LASTING: dict[str, tuple[dict[str, Any], str]] = {
    "a login page": ({"kind": "html"}, "an HTML page"),
    "an empty body": ({"kind": "empty"}, "not JSON but nothing"),
    "a huge body": ({"kind": "huge", "value": 80 << 20}, "more than 64 MiB"),
    "a way into our own network": (
        {"kind": "redirect", "value": "http://127.0.0.2:1/series"},
        "private address",
    ),
    "an object for a list": (
        {"kind": "replace", "value": Reply(json.dumps({"error": "no"}).encode())},
        "not a list",
    ),
    "a refusal on a later page": ({"kind": "status", "value": 403}, "403"),
}


@pytest.mark.parametrize(("fault", "told"), LASTING.values(), ids=LASTING)
def test_a_page_of_studies_that_does_not_come_is_an_error(
    fault: dict[str, Any], told: str, tmp_path: Path
) -> None:
    with Qido() as repo:
        repo.fail(**{"at": "/studies?", "skip": 1, **fault})
        with pytest.raises(SourceError, match=told) as error:
            read(repo.root, tmp_path)
        assert error.value.where is not None and "127.0.0." in error.value.where


def test_a_page_of_series_that_fails_for_good_is_mended_study_by_study(tmp_path: Path) -> None:
    with Qido() as repo:
        repo.fail("status", "web/series", 500, skip=2)
        found = read(repo.root, tmp_path)
        assert repo.asked("/studies/1.2.6/series")
    assert len(found.rows) == 21
    assert any("study by study" in line for line in found.said)


def test_an_archive_that_is_too_busy_is_left_alone(tmp_path: Path) -> None:
    with Qido() as repo:
        repo.fail("status", "web/series", 503)
        with pytest.raises(SourceError, match="answered 503"):
            read(repo.root, tmp_path)
        assert not repo.asked("/studies/")


def test_a_study_whose_series_fail_for_good_is_an_error(tmp_path: Path) -> None:
    with Qido(top=404) as repo:
        repo.fail("html", "/studies/1.2.3/")
        with pytest.raises(SourceError, match="an HTML page"):
            read(repo.root, tmp_path)


def test_rows_of_any_shape_are_set_aside(tmp_path: Path) -> None:
    older = Qido(archive(2))

    def spoiled(request: Any) -> Reply:
        rows = json.loads(older.answer(request).body or b"[]")
        return Reply(json.dumps([*rows, None, 7, "x", [], {"0020000D": 3.5}]).encode())

    with Qido(archive(2)) as repo:
        repo.fail("replace", "/studies?", spoiled, times=1)
        found = read(repo.root, tmp_path)
    assert len(found.rows) == 6
    assert len(found.quarantine) == 1 and "study" in found.quarantine[0]


def test_a_digest_of_an_archive_that_does_not_answer_is_an_error() -> None:
    with Qido() as repo:
        repo.fail("html")
        harvester = harvester_for(source(repo.root))
        with pytest.raises(SourceError, match="an HTML page"):
            harvester.digest()
        repo.forget()
        assert harvester.digest()
