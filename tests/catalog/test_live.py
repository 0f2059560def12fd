"""`fairscan refresh` against every repository at once, as a maintainer runs it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from harvesters.registry import load_sources
from tests.campaign import sample
from tests.commands import Fairscan, one_line
from tests.emulators import landing
from tests.emulators.server import Emulator
from tests.emulators.world import KAGGLE, World
from tests.small import hard_linked, snapshot

pytestmark = pytest.mark.xdist_group("live")  # one world for all of them
LIVE = {"FAIRSCAN_OFFLINE": "0"}
SOURCES = ("grand_challenge", "health_ri", "nitrc_ir", "openneuro", "tcia")


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with World() as running:
        yield running


@pytest.fixture(scope="module")
def first(
    world: World, fairscan: Fairscan, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Any]:
    """A home after a first refresh of every live source, and what that took."""
    home = tmp_path_factory.mktemp("live") / "home"
    world.write_settings(home)
    done = fairscan("refresh", "--json", *SOURCES, home=home, env=LIVE)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    found = {"home": home, "told": told, "requests": sum(world.requests.values()),
             "sent": world.sent, "by": world.requests}  # fmt: skip
    world.forget()
    return found


@pytest.fixture
def home(first: dict[str, Any], world: World, tmp_path: Path) -> Iterator[Path]:
    """A private copy of that home; afterwards every repository is well again."""
    copy = hard_linked(first["home"], tmp_path / "home")
    shutil.rmtree(copy / "cache")
    shutil.copytree(first["home"] / "cache", copy / "cache")
    yield copy
    world.forget()


def counted(fairscan: Fairscan, home: Path, sql: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = fairscan.json("query", sql, home=home)
    return found


def refreshed(
    fairscan: Fairscan, home: Path, *arguments: str, code: int = 0
) -> dict[str, dict[str, Any]]:
    """The report of a live refresh, by source."""
    done = fairscan("refresh", "--json", *arguments, home=home, env=LIVE)
    assert done.returncode == code, done.stderr
    return {entry["source"]: entry for entry in json.loads(done.stdout)["report"]}


def test_every_repository_gives_what_is_known_of_it(
    fairscan: Fairscan, first: dict[str, Any]
) -> None:
    rows = counted(
        fairscan, first["home"],
        "SELECT source, kind, count(*) AS n FROM datasets WHERE status <> 'gone' GROUP BY ALL",
    )  # fmt: skip
    found = {(row["source"], row["kind"]): row["n"] for row in rows}
    assert found["openneuro", "dataset"] == 1848
    assert found["tcia", "collection"] + found["tcia", "analysis_result"] == 299
    assert found["grand_challenge", "challenge"] == 217
    assert found["nitrc_ir", "project"] == 18
    assert found["health_ri", "project"] == 2
    assert {run["state"] for run in first["told"]["runs"]} == {"ok"}


def test_a_record_that_was_read_live_says_so_field_by_field(
    fairscan: Fairscan, first: dict[str, Any]
) -> None:
    shown = fairscan.json("show", "openneuro:ds000001", home=first["home"])
    assert shown["snapshot"] is None
    assert shown["provenance"]["title"]["snapshot"] is None
    rows = counted(
        fairscan, first["home"],
        "SELECT count(*) AS n FROM datasets WHERE source = 'grand_challenge' "
        "AND provenance['modalities'].snapshot IS NOT NULL AND snapshot IS NULL",
    )  # fmt: skip
    assert rows[0]["n"] > 100, "what the API lacks stays from the snapshot, and is dated"


def test_a_second_refresh_of_the_same_asks_little_and_writes_nothing(
    fairscan: Fairscan, first: dict[str, Any], world: World, home: Path
) -> None:
    kept = {
        name: facts
        for name, facts in snapshot(home).items()
        if name.startswith(("releases", "sources", "current"))
    }
    done = fairscan("refresh", *SOURCES, home=home, env=LIVE)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1].startswith("nothing changed")
    assert all(f"{key}: unchanged" in done.stdout for key in SOURCES)
    after = snapshot(home)
    assert {
        n: f for n, f in after.items() if n.startswith(("releases", "sources", "current"))
    } == kept
    assert sum(world.requests.values()) <= 0.05 * first["requests"]
    assert world.sent <= 0.02 * first["sent"]


def test_every_other_repository_is_read_live_and_then_found_unchanged(
    fairscan: Fairscan, home: Path
) -> None:
    others = [
        source.key
        for source in load_sources().values()
        if source.key not in (*SOURCES, "idc") and source.kind != "lists" and not source.alias_of
    ]
    assert len(others) == 33
    for again in (False, True):
        done = fairscan("refresh", "--json", *others, home=home, env={**LIVE, **KAGGLE})
        assert done.returncode == 0, done.stderr
        runs = {run["source"]: run for run in json.loads(done.stdout)["runs"]}
        expected = "unchanged" if again else "ok"
        assert {key: runs[key]["state"] for key in others} == dict.fromkeys(others, expected)
        assert all(runs[key]["requests"] for key in others)
    rows = counted(fairscan, home, "SELECT source, count(*) AS n FROM datasets GROUP BY ALL")
    held = {row["source"]: row["n"] for row in rows}
    for source in load_sources().values():
        if source.key in others:
            assert held[source.key] >= len(source.datasets), "a curated dataset was lost"
    images = counted(
        fairscan, home,
        "SELECT source, count(*) AS n, count(DISTINCT subject) AS subjects FROM series "
        "WHERE source IN ('covid_chestxray', 'figure1_covid') GROUP BY ALL ORDER BY ALL",
    )  # fmt: skip
    assert images == [
        {"source": "covid_chestxray", "n": 279, "subjects": 158},
        {"source": "figure1_covid", "n": 55, "subjects": 48},
    ]


def test_a_repository_that_moves_dies_or_locks_keeps_its_facts_and_changes_its_status(
    fairscan: Fairscan, world: World, home: Path
) -> None:
    pages = dict(world.pages.pages)
    try:
        world.pages.pages["/ida"] = landing.moved(f"{world.pages.url}/elsewhere")
        world.pages.pages["/elsewhere"] = landing.page("LONI")
        world.pages.pages["/fitbir"] = landing.refusal(410)
        world.pages.pages["/hrf"] = landing.refusal(403)
        done = fairscan("refresh", "ida", "fitbir", "hrf", home=home, env=LIVE)
        assert done.returncode == 0, done.stderr
    finally:
        world.pages.pages = pages
    told = {row["key"]: row for row in fairscan.json("sources", home=home)}
    assert [told[key]["status"] for key in ("ida", "fitbir", "hrf")] == ["moved", "gone", "alive"]
    assert "asks for a login" in told["hrf"]["status_note"]
    for key in ("ida", "fitbir", "hrf"):
        assert told[key]["status_since"] == date.today().isoformat()
        assert told[key]["datasets"] == 1
    gone = fairscan.json("show", "fitbir:fitbir", home=home)
    assert (gone["access"], gone["status"]) == ("gone", "active")
    assert gone["modalities"] == ["MR", "CT", "PT"]
    assert fairscan.json("show", "ida:ida", home=home)["landing_url"].endswith("/elsewhere")


def test_a_dry_run_tells_what_it_would_ask_of_the_real_hosts_and_asks_nothing(
    fairscan: Fairscan, tmp_path: Path
) -> None:
    rows = fairscan("refresh", "--dry-run", "--json", home=tmp_path / "new", env=LIVE)
    assert rows.returncode == 0, rows.stderr
    asks = {row["source"]: " ".join(row["asks"]) for row in json.loads(rows.stdout)}
    assert "https://openneuro.org/crn/graphql" in asks["openneuro"]
    assert "https://cancerimagingarchive.net/api/v2/" in asks["tcia"]
    assert "https://nbia.cancerimagingarchive.net/" in asks["tcia"]
    assert "https://www.nitrc.org/ir/data/" in asks["nitrc_ir"]
    assert asks["grand_challenge"] == "", "it is asked only by name"
    assert not (tmp_path / "new").exists()
    named = fairscan("refresh", "grand_challenge", "--dry-run", home=tmp_path, env=LIVE)
    assert "https://grand-challenge.org/api/v1/challenges/" in named.stdout


def test_what_changed_is_reported_by_source_and_by_name(
    fairscan: Fairscan, world: World, home: Path
) -> None:
    challenges = world.grand_challenge.challenges
    before = list(challenges)
    try:
        changed, gone = challenges[0], challenges[-1]
        challenges[0] = {**changed, "title": "Another title", "modified": "2026-11-20T00:00:00Z"}
        challenges[-1] = {**gone, "slug": "brand-new", "url": "https://brand-new.grand-challenge.org/",
                          "title": "Brand new", "modified": "2026-11-20T00:00:00Z"}  # fmt: skip
        entry = refreshed(fairscan, home, "grand_challenge")["grand_challenge"]
    finally:
        challenges[:] = before
    assert entry["new"] == [{"id": "grand_challenge:brand-new", "title": "Brand new"}]
    assert entry["changed"][f"grand_challenge:{changed['slug'].lower()}"]["title"]["new"] == (
        "Another title"
    )
    assert [row["id"] for row in entry["withdrawn"]] == [f"grand_challenge:{gone['slug'].lower()}"]


def server(world: World, key: str) -> Emulator:
    """The server whose failure a source cannot do without."""
    return world.tcia.wordpress if key == "tcia" else world.all[key]


@pytest.mark.parametrize("key", sample(SOURCES, 2))
def test_a_repository_that_fails_for_good_is_held_and_the_others_finish(
    fairscan: Fairscan, world: World, home: Path, key: str
) -> None:
    before = counted(fairscan, home, "SELECT source, count(*) AS n FROM datasets GROUP BY ALL")
    server(world, key).fail("html")
    other = "health_ri" if key != "health_ri" else "nitrc_ir"
    told = refreshed(fairscan, home, "--full", key, other, code=3)
    assert told[key]["state"] == "held"
    assert "HTML" in told[key]["message"] and "stays" in told[key]["message"]
    assert told[other]["state"] == "ok"
    status = fairscan("status", "--json", home=home)
    assert status.returncode == 3
    (run,) = [run for run in json.loads(status.stdout)["runs"] if run["source"] == key]
    assert run["state"] == "held" and "HTML" in run["message"]
    after = counted(fairscan, home, "SELECT source, count(*) AS n FROM datasets GROUP BY ALL")
    assert sorted(map(str, after)) == sorted(map(str, before)), "nothing shrank"


@pytest.mark.parametrize("key", ["openneuro", "tcia", "grand_challenge"])
def test_a_repository_that_lists_nothing_is_held(
    fairscan: Fairscan, world: World, home: Path, key: str
) -> None:
    emptied: list[tuple[list[Any], list[Any]]] = []
    lists = {
        "openneuro": [world.openneuro.datasets],
        "tcia": list(world.tcia.wordpress.records.values()),
        "grand_challenge": [world.grand_challenge.challenges],
    }[key]
    for rows in lists:
        emptied.append((rows, list(rows)))
        rows.clear()
    try:
        told = refreshed(fairscan, home, key, code=3)
    finally:
        for rows, content in emptied:
            rows[:] = content
    assert told[key]["state"] == "held"


def test_a_first_refresh_that_fails_shows_the_packaged_snapshot(
    fairscan: Fairscan, world: World, tmp_path: Path
) -> None:
    new = tmp_path / "new"
    world.write_settings(new)
    world.openneuro.fail("status", value=403)
    try:
        told = refreshed(fairscan, new, "openneuro", code=3)
    finally:
        world.forget()
    assert told["openneuro"]["state"] == "held"
    assert "packaged snapshot of" in told["openneuro"]["message"]
    assert fairscan("status", "--json", home=new).returncode == 3
    assert fairscan.json("show", "openneuro:ds000001", home=new)["snapshot"] is not None


def test_a_live_refresh_replaces_a_snapshot_field_by_field(
    fairscan: Fairscan, world: World, tmp_path: Path
) -> None:
    new = tmp_path / "new"
    world.write_settings(new)
    assert fairscan("refresh", "nitrc_ir", home=new).returncode == 0
    before = fairscan.json("show", "nitrc_ir:ixi", home=new)
    assert before["snapshot"] is not None
    refreshed(fairscan, new, "nitrc_ir")
    after = fairscan.json("show", "nitrc_ir:ixi", home=new)
    assert after["snapshot"] is None
    assert after["series"] == 20, "what the host counted"
    world.forget()


def test_offline_a_live_harvest_stays(fairscan: Fairscan, home: Path, world: World) -> None:
    done = fairscan("refresh", *SOURCES, home=home)
    assert done.returncode == 0, done.stderr
    assert sum(world.requests.values()) == 0
    assert fairscan.json("show", "openneuro:ds000001", home=home)["snapshot"] is None


def test_a_private_repository_of_ones_own_is_read_and_stays_after_its_settings_go(
    fairscan: Fairscan, world: World, tmp_path: Path
) -> None:
    new = tmp_path / "new"
    new.mkdir()
    (new / "fairscan.toml").write_text(
        f'[sources.ours]\nkind = "xnat"\nname = "Our XNAT"\nbase_url = "{world.health_ri.base}"\n'
        "requests_per_second = 1000.0\n"
        f'[sources.datacite]\nbase_url = "{world.datacite.url}"\n'
        f'[sources.crossref]\nbase_url = "{world.crossref.url}"\n'
    )
    assert refreshed(fairscan, new, "ours")["ours"]["state"] == "ok"
    assert fairscan.json("show", "ours:worc", home=new)["source"] == "ours"
    (new / "fairscan.toml").unlink()
    assert fairscan("refresh", "health_ri", home=new).returncode == 0
    assert fairscan.json("show", "ours:worc", home=new)["title"]
    line = one_line(fairscan("refresh", "ours", home=new).stderr)
    assert line.startswith("no source 'ours'")
    world.forget()
