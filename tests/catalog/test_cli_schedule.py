"""`fairscan schedule` as a user runs it."""

from __future__ import annotations

import signal
from datetime import datetime
from pathlib import Path

import pytest

from tests.commands import Fairscan

INSTALLED = {"idc", "medical_dataset_sheets", "openchallenges"}
"""What is read without asking anybody, so that it is read offline too."""


def test_run_once_refreshes_what_is_due_and_the_next_one_has_nothing_to_do(
    fairscan: Fairscan, tmp_path: Path, small_index: Path
) -> None:
    home = tmp_path / "home"
    command = ("schedule", "run", "--once", "--no-jitter", "--set", f"idc.base_url={small_index}")
    done = fairscan(*command, home=home)
    assert done.returncode == 0, done.stderr
    assert "idc: ok; next at " in done.stderr
    assert fairscan.json("status", home=home)["series"] == 24_448
    release = (home / "current").readlink()
    again = fairscan(*command, home=home)
    assert (again.returncode, again.stdout, again.stderr) == (0, "", "")
    assert (home / "current").readlink() == release
    assert len((home / "runs.jsonl").read_text().splitlines()) == len(INSTALLED)


def test_run_once_of_a_source_that_fails_says_so(fairscan: Fairscan, tmp_path: Path) -> None:
    done = fairscan(
        "schedule", "run", "--once", "--no-jitter", "--set", f"idc.base_url={tmp_path}",
        home=tmp_path / "home",
    )  # fmt: skip
    assert done.returncode == 3, "the packaged lists were read"
    assert "idc: failed; next at " in done.stderr and "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("sign", "code", "words"),
    [(signal.SIGTERM, 0, "ended; the current release is as it was"),
     (signal.SIGINT, 130, "fairscan: stopped; the current release is as it was")],
)  # fmt: skip
def test_the_loop_ends_cleanly_when_it_is_told_to(
    fairscan: Fairscan, small_home: Path, sign: signal.Signals, code: int, words: str
) -> None:
    with fairscan.running("schedule", "run", home=small_home) as loop:
        loop.until("next: idc at ")
        loop.process.send_signal(sign)
        rest = loop.stderr.read()
    assert loop.process.returncode == code, rest
    assert rest.strip() == words


def test_the_loop_can_be_ended_in_the_middle_of_a_refresh(
    fairscan: Fairscan, small_home: Path, small_index: Path
) -> None:
    release = (small_home / "current").readlink()
    (small_home / "runs.jsonl").unlink()
    place = f"idc.base_url={small_index}"
    with fairscan.running(
        "schedule", "run", "--no-jitter", "--set", place, home=small_home
    ) as loop:
        loop.until("watching ")
        loop.process.send_signal(signal.SIGTERM)
        rest = loop.stderr.read()
    assert loop.process.returncode == 0, rest
    assert (small_home / "current").readlink() == release
    assert fairscan("releases", "verify", home=small_home).returncode == 0


def test_list_tells_when_each_source_starts(fairscan: Fairscan, small_home: Path) -> None:
    rows = {row["source"]: row for row in fairscan.json("schedule", "list", home=small_home)}
    idc = rows["idc"]
    assert (idc["schedule"], idc["state"], idc["overdue"]) == ("0 4 * * 1", "ok", False)
    assert datetime.fromisoformat(idc["last"]) < datetime.fromisoformat(idc["due"])
    assert datetime.fromisoformat(idc["due"]) <= datetime.fromisoformat(idc["start"])
    assert all(row["why"] and not row["start"] for key, row in rows.items() if key not in INSTALLED)
    done = fairscan("schedule", "list", home=small_home)
    assert done.returncode == 0
    assert all(key in done.stdout for key in rows)


def test_list_of_an_empty_home_says_what_is_overdue(fairscan: Fairscan, tmp_path: Path) -> None:
    rows = fairscan.json("schedule", "list", "--no-jitter", home=tmp_path / "home")
    assert {row["source"] for row in rows if row["overdue"]} == INSTALLED
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize("kind", ["--systemd", "--cron", "--github-actions"])
def test_install_prints_a_unit_or_writes_it(fairscan: Fairscan, tmp_path: Path, kind: str) -> None:
    home = tmp_path / "home"
    printed = fairscan("schedule", "install", kind, home=home)
    assert printed.returncode == 0 and "then: " in printed.stderr
    told = fairscan.json("schedule", "install", kind, home=home)
    assert told["text"] == printed.stdout and told["path"] is None
    written = fairscan("schedule", "install", kind, "--to", tmp_path, home=home)
    assert written.stdout.strip() == str(tmp_path / told["name"])
    assert (tmp_path / told["name"]).read_text() == printed.stdout
    if kind != "--github-actions":
        assert str(home) in printed.stdout and str(fairscan.script) in printed.stdout


def test_install_of_nothing_of_two_things_or_to_nowhere_is_wrong_usage(
    fairscan: Fairscan, tmp_path: Path
) -> None:
    for kinds in ([], ["--cron", "--systemd"]):
        line = fairscan.refuses("schedule", "install", *kinds, home=tmp_path, code=2)
        assert line == "name one of --systemd, --cron, --github-actions"
    line = fairscan.refuses(
        "schedule", "install", "--cron", "--to", tmp_path / "no" / "x", home=tmp_path, code=2
    )
    assert line.startswith("no such folder")


def test_a_schedule_that_is_none_is_wrong_usage(fairscan: Fairscan, tmp_path: Path) -> None:
    line = fairscan.refuses(
        "schedule", "list", "--set", "idc.schedule=often", home=tmp_path, code=2
    )
    assert "cron" in line and "'often'" in line
