"""One process at a time changes a home; another is told who holds it."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import pytest

from catalog.home import Home, locked
from schemas.errors import ReleaseError
from tests.commands import Fairscan


def test_a_second_refresh_names_the_first_and_the_first_finishes(
    fairscan: Fairscan, tmp_path: Path, small_index: Path
) -> None:
    home = tmp_path / "home"
    with fairscan.running(
        "refresh", "idc", "--set", f"idc.base_url={small_index}", home=home
    ) as first:
        first.until("idc: reading")
        first.process.send_signal(signal.SIGSTOP)
        try:
            line = fairscan.refuses("refresh", home=home, code=1)
        finally:
            first.process.send_signal(signal.SIGCONT)
        first.stderr.read()
    assert f"process {first.process.pid} (refresh) since " in line
    assert line.startswith("another fairscan is at work: ") and str(home) in line
    assert first.process.returncode == 0
    assert fairscan.json("status", home=home)["datasets"] == 10


@pytest.mark.parametrize("command", [["publish"], ["releases", "prune"], ["refresh"]])
def test_every_command_that_changes_the_home_waits_for_nobody(
    fairscan: Fairscan, small_home: Path, command: list[str]
) -> None:
    with locked(Home(small_home), "test of the lock"):
        line = fairscan.refuses(*command, home=small_home, code=1)
        assert f"process {os.getpid()} (test of the lock)" in line
        assert fairscan("status", home=small_home).returncode == 0
    assert fairscan("publish", home=small_home).returncode == 0


def test_the_lock_of_a_killed_process_is_free(small_home: Path) -> None:
    (small_home / "lock.json").write_text(json.dumps({"pid": 1, "doing": "x", "since": "y"}))
    with locked(Home(small_home), "test"):
        assert json.loads((small_home / "lock.json").read_text())["pid"] == os.getpid()
    assert not (small_home / "lock.json").exists()


def test_a_holder_that_left_no_name_is_said_to_be_unknown(small_home: Path) -> None:
    with locked(Home(small_home), "test"):
        (small_home / "lock.json").unlink()
        with (
            pytest.raises(ReleaseError, match="its name is not known"),
            locked(Home(small_home), "another"),
        ):
            pass
