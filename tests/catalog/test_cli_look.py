"""`status`, `sources` and `changes` tell how the catalogue stands."""

from __future__ import annotations

import json
import re
from pathlib import Path

from tests.commands import Fairscan


def test_status_shows_every_dataset_and_series(fairscan: Fairscan, release_home: Path) -> None:
    status = fairscan.json("status", home=release_home)
    assert status["datasets"] == 205
    assert status["series"] == 1_044_191
    assert status["quarantine"] == []
    (run,) = status["runs"]
    assert (run["source"], run["state"], run["datasets"]) == ("idc", "ok", 205)
    assert status["release"] == (release_home / "current").resolve().name
    assert sum(check["findings"] for check in status["findings_by_check"]) == status["findings"]


def test_status_in_words_names_the_release_and_its_totals(
    fairscan: Fairscan, release_home: Path
) -> None:
    done = fairscan("status", home=release_home)
    assert done.returncode == 0
    assert done.stdout.startswith(f"release {(release_home / 'current').resolve().name}: ")
    assert "205 datasets, 1,044,191 series, 99.9 TB" in done.stdout
    assert done.stderr == ""


def test_status_without_a_release_says_how_to_make_one(fairscan: Fairscan, tmp_path: Path) -> None:
    line = fairscan.refuses("status", home=tmp_path / "empty", code=1)
    assert line == f"there is no release yet ({tmp_path / 'empty'}). Run: fairscan refresh"


def test_sources_says_what_each_holds_here(fairscan: Fairscan, release_home: Path) -> None:
    idc, *others = fairscan.json("sources", home=release_home)
    assert (idc["key"], idc["datasets"], idc["series"]) == ("idc", 205, 1_044_191)
    assert (idc["state"], idc["basis"]) == ("ok", "installed")
    told = {(other["datasets"], other["words"]) for other in others if not other["alias_of"]}
    assert told == {(0, "never read")}
    done = fairscan("sources", home=release_home)
    assert "NCI Imaging Data Commons" in done.stdout


def test_sources_says_which_rest_on_a_snapshot(fairscan: Fairscan, demo_home: Path) -> None:
    rows = {row["key"]: row for row in fairscan.json("sources", home=demo_home)}
    assert rows["openneuro"]["basis"] == "snapshot"
    assert rows["openneuro"]["requests"] == 0
    assert rows["idc"]["basis"] == "installed"
    lines = fairscan("sources", home=demo_home).stdout.splitlines()
    for key, row in rows.items():
        (line,) = [line for line in lines if line.split()[:1] == [key]]
        assert {row["status"] or "unknown", row["kind"], row["access"]} <= set(line.split())
        assert (row["read"] or row["snapshot"] or "never")[:10] in line


def test_status_says_what_each_run_left_and_what_it_asked(
    fairscan: Fairscan, demo_home: Path
) -> None:
    status = fairscan.json("status", home=demo_home)
    runs = {run["source"]: run for run in status["runs"]}
    assert (runs["tcia"]["basis"], runs["idc"]["basis"]) == ("snapshot", "harvest")
    assert runs["tcia"]["requests"] == 0
    done = fairscan("status", home=demo_home)
    assert re.search(r"source +state +last run +version +datasets +series +requests", done.stdout)
    assert "snapshot of 20" in done.stdout


def test_the_first_release_has_nothing_to_compare_with(
    fairscan: Fairscan, release_home: Path
) -> None:
    found = fairscan.json("changes", home=release_home)
    assert found == {
        "release": (release_home / "current").resolve().name,
        "since": None,
        "changes": [],
    }
    assert "is the first one" in fairscan("changes", home=release_home).stdout


def test_changes_since_a_release_that_is_not_there_is_wrong_usage(
    fairscan: Fairscan, release_home: Path
) -> None:
    line = fairscan.refuses("changes", "--since", "19990101T000000Z", home=release_home, code=2)
    assert "no release '19990101T000000Z'" in line
    assert (release_home / "current").resolve().name in line


def test_what_is_printed_as_json_is_json_and_nothing_else(
    fairscan: Fairscan, release_home: Path
) -> None:
    for command in (["status"], ["sources"], ["changes"], ["releases", "list"]):
        done = fairscan(*command, "--json", home=release_home)
        json.loads(done.stdout)
        assert done.stderr == ""


def test_the_home_may_be_named_by_a_flag(
    fairscan: Fairscan, release_home: Path, tmp_path: Path
) -> None:
    done = fairscan("--home", release_home, "status", "--json", home=tmp_path / "other")
    assert json.loads(done.stdout)["datasets"] == 205


def test_debug_shows_the_traceback(fairscan: Fairscan, tmp_path: Path) -> None:
    done = fairscan("--debug", "status", home=tmp_path)
    assert done.returncode == 1
    assert "Traceback" in done.stderr and "there is no release yet" in done.stderr


def test_a_reader_that_stops_early_is_no_error(fairscan: Fairscan, release_home: Path) -> None:
    asked = "SELECT series FROM series LIMIT 20000"
    with fairscan.running("query", asked, "--limit", "20000", "--json", home=release_home) as query:
        query.stdout.close()
        assert query.stderr.read() == ""


def test_a_settings_file_that_is_not_toml_is_refused_by_name(
    fairscan: Fairscan, tmp_path: Path
) -> None:
    (tmp_path / "fairscan.toml").write_text("[sources\n")
    line = fairscan.refuses("refresh", "idc", "--dry-run", home=tmp_path, code=2)
    assert line.startswith("not TOML") and str(tmp_path / "fairscan.toml") in line
