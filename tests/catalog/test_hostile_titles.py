"""A title that would command the terminal or turn the text around is shown without doing so."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from catalog.cli import output
from catalog.search import SORTS
from tests.catalog import made
from tests.site.rendered import assert_harmless, render

TITLE = (
    "Red \x1b[31malert\x1b]0;owned\x07\x9b2J \u202etxt.exe\u2066 <script>alert(1)</script> [bold]x"
)


@pytest.fixture(scope="module")
def site_db(tmp_path_factory: pytest.TempPathFactory) -> Path:
    copies = [{"id": f"{source}:1", "title": TITLE, "cluster": "x:1"} for source in "xy"]
    return made.site_db(tmp_path_factory.mktemp("site") / "site.db", copies)


def test_the_terminal_is_told_nothing(site_db: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (hit,) = made.search(site_db, "alert").hits
    output.table([[hit.id, hit.title]], ["id", "title"])
    shown = capsys.readouterr().out
    assert "alert" in shown and "[bold]x" in shown
    assert not set("\x1b\x07\x9b\u202e\u2066") & set(shown)


def test_json_says_what_it_is_in_escapes(site_db: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output.as_json(made.search(site_db, "alert").hits)
    shown = capsys.readouterr().out
    assert not set("\x1b\x07\x9b\u202e\u2066") & set(shown)
    assert json.loads(shown)[0]["title"] == TITLE


def test_the_page_shows_it_as_text(site_db: Path) -> None:
    page = made.search(site_db, "alert")
    assert_harmless(render("home.html", page=page, sorts=SORTS, labels={}))
