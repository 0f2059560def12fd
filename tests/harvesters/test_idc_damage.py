"""An IDC index that is damaged is refused in one line, and what is served stays as it was."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from catalog.release import verify
from tests.commands import Fairscan
from tests.small import COLLECTIONS, INDEX, RESULTS, VERSIONS, edit


def truncate(index: Path) -> None:
    whole = (index / INDEX).read_bytes()
    (index / INDEX).write_bytes(whole[: len(whole) // 2])


def hollow(index: Path) -> None:
    """The footer is whole, the rows are not: what a sparse copy of a file looks like."""
    whole = (index / INDEX).read_bytes()
    (index / INDEX).write_bytes(whole[:4] + bytes(len(whole) // 2 - 4) + whole[len(whole) // 2 :])


def remove(index: Path) -> None:
    (index / COLLECTIONS).unlink()


def not_parquet(index: Path) -> None:
    (index / VERSIONS).write_text("idc_version,version_timestamp\n25,2026-09-26\n")


def lose_column(index: Path) -> None:
    edit(index / INDEX, "SELECT * EXCLUDE (StudyDate) FROM {file}")


def rename_column(index: Path) -> None:
    edit(index / RESULTS, "SELECT * RENAME (source_DOI AS doi) FROM {file}")


def empty(index: Path) -> None:
    edit(index / INDEX, "SELECT * FROM {file} WHERE false")


def no_bytes(index: Path) -> None:
    (index / INDEX).write_bytes(b"")


@pytest.mark.parametrize(
    ("damage", "file", "said"),
    [
        (truncate, INDEX, "cannot be read"),
        (hollow, INDEX, "cannot be read"),
        (remove, COLLECTIONS, "cannot be read"),
        (not_parquet, VERSIONS, "cannot be read"),
        (no_bytes, INDEX, "cannot be read"),
        (lose_column, INDEX, "lost or renamed StudyDate"),
        (rename_column, RESULTS, "lost or renamed source_DOI"),
        (empty, INDEX, "holds no rows"),
    ],
)
def test_a_damaged_index_fails_by_name_and_harms_nothing(
    fairscan: Fairscan,
    small_home: Path,
    small_index: Path,
    damage: Callable[[Path], None],
    file: str,
    said: str,
) -> None:
    damage(small_index)
    served = (small_home / "current").readlink()
    done = fairscan("refresh", "idc", "--set", f"idc.base_url={small_index}", home=small_home)
    assert done.returncode == 3, done.stderr
    told = [line for line in done.stderr.splitlines() if said in line]
    assert len(told) == 1, done.stderr
    assert str(small_index / file) in told[0]
    assert "nstall" in told[0], "the line says what to do"
    assert "Traceback" not in done.stderr
    assert (small_home / "current").readlink() == served
    verify(small_home / "current")
    assert list((small_home / "releases").iterdir()) == [(small_home / served)]


def test_after_a_damaged_index_status_says_so_and_the_old_harvest_is_there(
    fairscan: Fairscan, small_home: Path, small_index: Path
) -> None:
    remove(small_index)
    fairscan("refresh", "idc", "--set", f"idc.base_url={small_index}", home=small_home)
    status = fairscan("status", home=small_home)
    assert status.returncode == 3
    assert "held" in status.stdout and COLLECTIONS in status.stdout.replace("\n", "")
    assert (small_home / "sources" / "idc" / "run.json").is_file()


def test_a_damaged_index_leaves_an_empty_home_without_a_release(
    fairscan: Fairscan, tmp_path: Path, small_index: Path
) -> None:
    truncate(small_index)
    done = fairscan("refresh", "idc", "--set", f"idc.base_url={small_index}", home=tmp_path / "new")
    assert done.returncode == 1
    line = fairscan.refuses("sources", home=tmp_path / "new", code=1)
    assert line.startswith("there is no release yet") and line.endswith("Run: fairscan refresh")
    shown = fairscan("status", home=tmp_path / "new")
    assert shown.returncode == 3
    assert "there is no release yet" in shown.stdout and "cannot be read" in shown.stdout
