"""One real release for all tests, private copies of it, and the command as a user runs it."""

from __future__ import annotations

import shutil
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.commands import Fairscan
from tests.nursery import Nursery
from tests.shared import once
from tests.small import cut_index, hard_linked, snapshot


@pytest.fixture(scope="session")
def nursery() -> Iterator[Nursery]:
    """The process whose forks run most commands."""
    opened = Nursery()
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def fairscan(tmp_path_factory: pytest.TempPathFactory, nursery: Nursery) -> Fairscan:
    """Runs the installed console script: `fairscan("status", "--json", home=release_home)`."""
    script = Path(sysconfig.get_path("scripts")) / "fairscan"
    assert script.is_file(), f"fairscan is not installed beside this Python: {script}"
    return Fairscan(script, tmp_path_factory.mktemp("elsewhere"), nursery)


@pytest.fixture(scope="session")
def release_home(tmp_path_factory: pytest.TempPathFactory, fairscan: Fairscan) -> Iterator[Path]:
    """A home with one release of the whole installed IDC index. Nobody may write to it."""
    yield from _untouched(_refreshed(tmp_path_factory, fairscan, "release", "idc"))


@pytest.fixture(scope="session")
def demo_home(tmp_path_factory: pytest.TempPathFactory, fairscan: Fairscan) -> Iterator[Path]:
    """A home with the release that `fairscan demo` makes: the index and every packaged snapshot."""
    yield from _untouched(_refreshed(tmp_path_factory, fairscan, "demo"))


@pytest.fixture
def copied_demo(demo_home: Path, tmp_path: Path) -> Path:
    """A private copy of the demo's home. Its files are hard links: replace them, never edit."""
    return hard_linked(demo_home, tmp_path / "demo")


@pytest.fixture
def copied_home(release_home: Path, tmp_path: Path) -> Path:
    """A private copy of the whole release. Its files are hard links: replace them, never edit."""
    return hard_linked(release_home, tmp_path / "copied")


@pytest.fixture(scope="session")
def _cut_index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return once(tmp_path_factory, "index", lambda folder: cut_index(folder) and None)


@pytest.fixture
def small_index(_cut_index: Path, tmp_path: Path) -> Path:
    """A private folder with the IDC index of five collections, for `--set idc.base_url=FOLDER`."""
    return Path(shutil.copytree(_cut_index, tmp_path / "index"))


@pytest.fixture(scope="session")
def _small_release(
    tmp_path_factory: pytest.TempPathFactory, fairscan: Fairscan, _cut_index: Path
) -> Path:
    return _refreshed(
        tmp_path_factory, fairscan, "small", "idc", "--set", f"idc.base_url={_cut_index}"
    )


@pytest.fixture
def small_home(_small_release: Path, tmp_path: Path) -> Path:
    """A private home with a release of `small_index`. Its files are hard links, as above."""
    return hard_linked(_small_release, tmp_path / "home")


def _refreshed(
    factory: pytest.TempPathFactory, fairscan: Fairscan, name: str, *arguments: str
) -> Path:
    def make(folder: Path) -> None:
        done = fairscan("refresh", *arguments, home=folder / "home")
        assert done.returncode == 0, done.stderr

    return once(factory, name, make) / "home"


def _untouched(home: Path) -> Iterator[Path]:
    before = snapshot(home)
    yield home
    assert snapshot(home) == before, "a test changed the release that all tests share"
