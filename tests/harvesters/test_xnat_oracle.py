"""xnatpy, another client written by others, walks the emulated host and meets what we do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests import oracles
from tests.emulators.xnat import Xnat
from tests.emulators.xnat_site import large
from tests.harvesters.xnat_hosts import Brought, read

USER = ("ada", "lovelace")


def walked(host: Xnat, folder: Path, *user: str) -> dict[str, Any]:
    """What xnatpy met, in a home without a netrc file."""
    found: dict[str, Any] = oracles.run("xnat_walk", host.base, str(folder / "none"), *user)
    return found


def scans(projects: dict[str, Any]) -> dict[str, str]:
    """Every scan that xnatpy met, once for each session, with its type."""
    return {
        f"{session}/{scan}": kind
        for project in projects.values()
        for session, found in project["sessions"].items()
        for scan, kind in found.items()
    }


def agrees(projects: dict[str, Any], brought: Brought) -> None:
    """Ours has the same projects, subjects, sessions and scans as `projects`."""
    ours = {name: found for name, found in brought.datasets.items() if found.access == "open"}
    assert set(projects) == set(ours)
    assert {name: found["name"] for name, found in projects.items()} == {
        name: found.title for name, found in ours.items()
    }
    assert {name: len(found["subjects"]) for name, found in projects.items()} == {
        name: found.subjects for name, found in ours.items()
    }
    assert set(scans(projects)) == {row["series"] for row in brought.rows}
    sessions = {session for found in projects.values() for session in found["sessions"]}
    assert len(sessions) == sum(found.studies or 0 for found in ours.values())


def test_xnatpy_as_a_guest_meets_the_projects_subjects_sessions_and_scans_that_we_do(
    tmp_path: Path,
) -> None:
    with Xnat() as host:
        met = walked(host, tmp_path)
        assert met["user"] == "guest"
        agrees(met["projects"], read(host, tmp_path))
        assert any(request.method == "DELETE" for request in host.log), "it closed its session"


def test_xnatpy_as_a_user_meets_more_which_we_leave_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Xnat() as host:
        met = walked(host, tmp_path, *USER)
        assert met["user"] == "ada"
        assert set(met["projects"]) == {"OPEN", "SHARE", "GUARDED", "SECRET"}
        monkeypatch.setenv("FAIRSCAN_NITRC_IR_USER", USER[0])
        monkeypatch.setenv("FAIRSCAN_NITRC_IR_PASSWORD", USER[1])
        shown = {name: met["projects"][name] for name in ("OPEN", "SHARE")}
        agrees(shown, read(host, tmp_path))


def test_xnatpy_is_refused_with_a_wrong_password(tmp_path: Path) -> None:
    with Xnat() as host, pytest.raises(AssertionError, match="Login attempt failed"):
        walked(host, tmp_path, "ada", "wrong")


def test_xnatpy_meets_the_same_scans_on_a_host_below_a_path(tmp_path: Path) -> None:
    with Xnat(large(3, 40), root="/ir") as host:
        agrees(walked(host, tmp_path)["projects"], read(host, tmp_path))


def test_xnatpy_downloads_the_files_that_a_row_counts(tmp_path: Path) -> None:
    with Xnat() as host:
        row = read(host, tmp_path).row("XNAT_E4/1")
        project = row["dataset_id"].partition(":")[2]
        got = oracles.run(
            "xnat_fetch", host.base, str(tmp_path / "none"), project, row["study"], "1"
        )
    assert got == {"files": row["instances"], "modality": "MR", "rows": 16}
