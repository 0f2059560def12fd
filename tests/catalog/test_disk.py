"""A home that cannot be written, or is full, is one clear line; what is served stays as it was."""

from __future__ import annotations

import ctypes
import os
import resource
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from catalog.release import verify
from tests.commands import Fairscan

_DROP_CAPABILITY = 24
"""PR_CAPBSET_DROP of prctl(2): without capabilities, root is held to permissions as anyone is."""


def as_anyone() -> None:
    prctl = ctypes.CDLL(None).prctl
    for capability in range(64):
        prctl(_DROP_CAPABILITY, capability, 0, 0, 0)


def no_file_over(size: int) -> Callable[[], None]:
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


@pytest.fixture
def read_only_home(small_home: Path) -> Iterator[Path]:
    folders = [small_home, *(path for path in small_home.rglob("*") if path.is_dir())]
    for folder in folders:
        folder.chmod(0o500)
    yield small_home
    for folder in folders:
        folder.chmod(0o700)


@pytest.mark.parametrize("command", [["refresh"], ["publish"], ["releases", "prune"]])
def test_a_read_only_home_is_refused_in_one_line(
    fairscan: Fairscan, read_only_home: Path, command: list[str]
) -> None:
    served = (read_only_home / "current").readlink()
    line = fairscan.refuses(*command, home=read_only_home, code=1, preexec_fn=as_anyone)
    assert line.startswith("the folder may not be written")
    assert str(read_only_home) in line and "FAIRSCAN_HOME" in line
    assert (read_only_home / "current").readlink() == served
    verify(read_only_home / "current")


def test_a_read_only_home_answers_every_question(fairscan: Fairscan, read_only_home: Path) -> None:
    for command in (["status"], ["search", "lung"], ["cohort"], ["releases", "verify"]):
        done = fairscan(*command, home=read_only_home, preexec_fn=as_anyone)
        assert done.returncode == 0, done.stderr


def test_a_home_that_is_a_file_is_refused_in_one_line(fairscan: Fairscan, tmp_path: Path) -> None:
    (tmp_path / "home").write_text("a file")
    line = fairscan.refuses("refresh", home=tmp_path / "home", code=1)
    assert str(tmp_path / "home") in line


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Callable[[int], tuple[Path, dict[str, Any]]]]:
    """Makes a place where so many bytes fit, and says how to run a command there.

    A small file system where one may be mounted; elsewhere a limit on the size of each file,
    which fails in the same calls.
    """
    mounted: list[Path] = []

    def make(size: int) -> tuple[Path, dict[str, Any]]:
        place = tmp_path / f"disk-{size}"
        place.mkdir()
        mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(place)]
        try:
            subprocess.run(mount, check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError):
            return place, {"preexec_fn": no_file_over(size // 4)}
        mounted.append(place)
        return place, {}

    yield make
    for place in mounted:
        subprocess.run(["umount", str(place)], check=True)


FULL = [0, 300_000, 3_000_000, 5_500_000]
"""Room left: none; a part of the harvest; the harvest; the harvest and a part of the release."""


@pytest.mark.parametrize("room", FULL)
def test_a_full_disk_is_one_line_and_the_served_release_stays(
    fairscan: Fairscan,
    small_home: Path,
    small_index: Path,
    small_disk: Callable[[int], tuple[Path, dict[str, Any]]],
    room: int,
) -> None:
    used = sum(os.lstat(p).st_blocks * 512 for p in small_home.rglob("*"))
    disk, how = small_disk(used + 200_000 + room)
    home = disk / "home"
    subprocess.run(["cp", "-a", small_home, home], check=True)
    served = (home / "current").readlink()
    done = fairscan(
        "refresh", "idc", "--full", "--set", f"idc.base_url={small_index}", home=home, **how
    )
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr
    (line,) = [x for x in done.stderr.splitlines() if x.startswith(("fairscan: ", "idc: failed"))]
    assert "disk is full" in line or "disk" in line, line
    assert str(home) in line
    assert "einstall" not in line, "the index is not what is wrong"
    assert (home / "current").readlink() == served
    verify(home / "current")
    assert fairscan("status", home=home).returncode in (0, 3)


@pytest.mark.parametrize("size", [10_000, 400_000, 2_000_000])
def test_a_file_that_may_not_grow_is_one_line_and_the_served_release_stays(
    fairscan: Fairscan, small_home: Path, small_index: Path, size: int
) -> None:
    served = (small_home / "current").readlink()
    done = fairscan(
        "refresh", "idc", "--full", "--set", f"idc.base_url={small_index}", home=small_home,
        preexec_fn=no_file_over(size),
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr
    assert (
        len([x for x in done.stderr.splitlines() if x.startswith(("fairscan: ", "idc: failed"))])
        == 1
    )
    assert (small_home / "current").readlink() == served
    verify(small_home / "current")


def test_a_manifest_for_which_there_is_no_room_is_one_line_and_leaves_nothing(
    fairscan: Fairscan, release_home: Path, tmp_path: Path
) -> None:
    line = fairscan.refuses(
        "select", "--dataset", "idc:phantom_fda", "-o", tmp_path / "subset.json",
        home=release_home, code=1, preexec_fn=no_file_over(100_000),
    )  # fmt: skip
    assert str(tmp_path / "subset.json") in line
    assert list(tmp_path.iterdir()) == []
