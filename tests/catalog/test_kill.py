"""A refresh that is killed, at any moment, loses nothing: the next one carries on."""

from __future__ import annotations

import itertools
import random
import signal
import time
from pathlib import Path

import pytest

from catalog.home import BUILDING, REPLACED, Home, current_release
from catalog.reader import Reader
from catalog.refresh import history
from catalog.release import releases, verify
from tests.campaign import SEED, WHOLE, sample
from tests.commands import Fairscan
from tests.nursery import Child, Nursery
from tests.small import COLLECTIONS, edit, hard_linked

PROGRESS = (
    "idc: reading",
    "idc: 10 datasets",
    "checking records",
    "writing series",
    "building cohort",
    "writing tables",
    "writing Parquet",
    "building the search",
    "published",
)
FEWEST_MOVES = 7
"""A refresh moves a lock, a harvest (twice), a release and a link at least."""
NEVER = 10_000
NEW = "A description of the next release."


@pytest.fixture
def changed_index(small_index: Path) -> Path:
    """The small index one release later: the home that was made from it has something to do."""
    edit(small_index / COLLECTIONS, f"SELECT * REPLACE ('{NEW}' AS description) FROM {{file}}")
    return small_index


@pytest.fixture(params=["an empty home", "a home with a release"])
def home(request: pytest.FixtureRequest, tmp_path: Path, small_home: Path) -> Path:
    return small_home if request.param == "a home with a release" else tmp_path / "new"


def served(home: Path) -> str | None:
    return str((home / "current").readlink()) if (home / "current").is_symlink() else None


def assert_whole(home: Path, before: str | None) -> None:
    """What is served is the old release or the whole new one; every question is answered."""
    after = served(home)
    if after is None:
        assert before is None
        return
    verify(current_release(Home(home)))
    reader = Reader(current_release(Home(home)))
    assert reader.status().release.counts["datasets"] == 10
    assert reader.status().release.counts["series"] == 24_448
    reader.close()
    if after != before:
        assert before is None or reader.info.previous == Path(before).name
    history(Home(home))


def assert_recovers(home: Path, index: Path, nursery: Nursery) -> None:
    """The next refresh ends well, cleans up, and serves what the index says."""
    code, log = nursery.start(home, "refresh", "idc", "--set", f"idc.base_url={index}").end()
    assert code == 0, log
    reader = Reader(current_release(Home(home)))
    page = reader.dataset("idc:phantom_fda")
    reader.close()
    assert page is not None and page.record["description"] == NEW
    for folder in (home, home / "releases", home / "sources"):
        left = [p.name for p in folder.iterdir() if p.name.startswith((BUILDING, REPLACED))]
        assert left == []
    for folder, _ in releases(Home(home)):
        verify(folder)


def started(nursery: Nursery, home: Path, index: Path, **more: int) -> Child:
    return nursery.start(home, "refresh", "idc", "--full", "--set", f"idc.base_url={index}", **more)


def test_a_refresh_killed_at_every_line_of_its_progress_loses_nothing(
    home: Path, changed_index: Path, nursery: Nursery
) -> None:
    """Each run gets past the line at which the one before it was killed."""
    for line in sample(PROGRESS, 3):
        before = served(home)
        child = started(nursery, home, changed_index)
        assert any(text.startswith(line) for text in child.lines), f"never said {line!r}"
        child.kill()
        child.end()
        assert_whole(home, before)
    assert_recovers(home, changed_index, nursery)


def test_a_refresh_killed_at_random_moments_loses_nothing(
    home: Path, changed_index: Path, nursery: Nursery
) -> None:
    moments = random.Random(SEED)
    for _ in sample(range(6), 2):
        before = served(home)
        child = started(nursery, home, changed_index)
        next(child.lines)
        time.sleep(moments.random() * 1.5)
        child.kill()
        child.end()
        assert_whole(home, before)
    assert_recovers(home, changed_index, nursery)


def test_a_refresh_killed_before_any_rename_on_disk_loses_nothing(
    small_home: Path, changed_index: Path, nursery: Nursery
) -> None:
    """Every move, link and removal of a folder is once the first that did not happen."""
    steps = itertools.count(1) if WHOLE else iter([*sample(range(1, FEWEST_MOVES + 1), 2), NEVER])
    for step in steps:
        home = hard_linked(small_home, small_home.with_name(f"step-{step}"))
        before = served(home)
        code, log = started(nursery, home, changed_index, die_at=step).end()
        assert_whole(home, before)
        assert_recovers(home, changed_index, nursery)
        if code != -signal.SIGKILL:
            break
    assert code == 0, log
    assert step > FEWEST_MOVES, "it was not killed where it should have been"


def test_status_answers_after_a_kill(
    fairscan: Fairscan, small_home: Path, changed_index: Path
) -> None:
    before = fairscan.json("status", home=small_home)
    source = f"idc.base_url={changed_index}"
    with fairscan.running("refresh", "idc", "--set", source, home=small_home) as refresh:
        refresh.until("writing series")
        refresh.process.kill()
    assert refresh.process.returncode == -signal.SIGKILL
    after = fairscan.json("status", home=small_home)
    assert {**after, "runs": []} == {**before, "runs": []}
    assert fairscan("releases", "verify", home=small_home).returncode == 0


def test_ctrl_c_ends_a_refresh_in_one_line_and_leaves_the_release(
    fairscan: Fairscan, small_home: Path, changed_index: Path
) -> None:
    before = served(small_home)
    source = f"idc.base_url={changed_index}"
    with fairscan.running("refresh", "idc", "--set", source, home=small_home) as refresh:
        refresh.until("checking records")
        refresh.process.send_signal(signal.SIGINT)
        rest = refresh.stderr.read()
    assert refresh.process.returncode == 130
    assert rest.splitlines()[-1] == "fairscan: stopped; the current release is as it was"
    assert "Traceback" not in rest
    assert served(small_home) == before
    assert fairscan("refresh", "idc", "--set", source, home=small_home).returncode == 0
