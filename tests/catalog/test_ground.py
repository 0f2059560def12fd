"""What is known without asking lies under every harvest, and nothing that a host does loses it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from functools import partial
from pathlib import Path

import pytest

from catalog import ground, harvesting, records, standing
from catalog.harvesting import How, Run
from catalog.home import Home
from catalog.refresh import plan, refresh
from catalog.settings import Settings
from harvesters import snapshots
from harvesters.registry import load_sources
from schemas.dataset import Dataset
from schemas.source import Source, SourceStatus
from tests.emulators import landing
from tests.emulators.xnat import Xnat
from tests.emulators.xnat_site import Project, Site

ASKED = How(live=lambda _: True, full=True, accept_shrink=True)
WHAT_CHANGED = How(live=lambda _: True)
OFFLINE = How(live=lambda _: False)


@pytest.fixture
def place(tmp_path: Path) -> Home:
    home = Home(tmp_path / "home")
    for folder in (home.sources, home.cache):
        folder.mkdir(parents=True)
    return home


@pytest.fixture
def host() -> Iterator[Xnat]:
    """A host with two of OASIS's projects, and one that is not OASIS's."""
    named = [("OASIS3", "OASIS-3, as the host calls it"), ("OASIS4", ""), ("ixi", "IXI")]
    projects = [Project(id=one, name=name, access="protected") for one, name in named]
    with Xnat(Site(projects=projects), root="/ir") as running:
        yield running


def oasis(host: Xnat) -> Source:
    hurry = {"base_url": host.base, "requests_per_second": 1000.0}
    return load_sources()["oasis"].model_copy(update=hurry)


def run(place: Home, source: Source, how: How = ASKED) -> tuple[Run, dict[str, Dataset]]:
    told = harvesting.run(place, source, how, lambda _: None)
    found = records.read(place.sources / source.key / records.FILE)
    return told, {dataset.id.partition(":")[2]: dataset for dataset in found}


def test_curated_facts_are_there_before_anybody_is_asked(place: Home, host: Xnat) -> None:
    told, known = run(place, oasis(host), OFFLINE)
    assert (told["state"], told["version"]) == ("ok", "facts of 2026-11-23")
    assert set(known) >= {"OASIS-1", "OASIS3"}
    assert host.log == []


def test_a_snapshot_lies_over_the_facts_and_hides_no_dataset_that_only_they_have(
    place: Home, host: Xnat, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = {"_id": "OASIS3", "ID": "OASIS3", "name": "As it was called then", "access": "protected"}
    snapshots.write("oasis", date(2026, 8, 21), "an earlier look", [row], tmp_path)
    monkeypatch.setattr(ground.snapshots, "load", partial(snapshots.load, folder=tmp_path))
    _, known = run(place, oasis(host), OFFLINE)
    assert set(known) == {one.id for one in oasis(host).datasets}
    assert known["OASIS3"].title == "As it was called then"
    assert known["OASIS3"].licence_raw == "OASIS Data Use Terms"


def test_what_the_host_says_is_laid_over_the_facts_and_the_rest_of_them_stays(
    place: Home, host: Xnat
) -> None:
    told, known = run(place, oasis(host))
    assert told["state"] == "ok"
    live = known["OASIS3"]
    assert live.title == "OASIS-3, as the host calls it"
    assert live.provenance["title"].snapshot is None
    assert live.subjects == 1378 and live.provenance["subjects"].method == "curated"
    assert known["OASIS-1"].status == "active" and known["OASIS-1"].withdrawn is None
    assert "ixi" not in known


def test_a_project_that_the_host_no_longer_shows_keeps_what_was_read(
    place: Home, host: Xnat
) -> None:
    run(place, oasis(host))
    host.site.projects = host.site.projects[1:]
    told, known = run(place, oasis(host))
    assert (told["state"], told["withdrawn"]) == ("ok", 0)
    assert known["OASIS3"].title == "OASIS-3, as the host calls it"
    assert known["OASIS3"].status == "active"


def test_a_host_that_fails_from_the_first_leaves_the_facts_and_says_why(
    place: Home, host: Xnat
) -> None:
    host.fail("status", value=403)
    told, known = run(place, oasis(host))
    assert told["state"] == "held" and "its packaged facts of 2026-11-23 stay" in told["message"]
    assert "OASIS-1" in known


def test_changed_facts_replace_those_that_were_never_read_live(place: Home, host: Xnat) -> None:
    run(place, oasis(host))
    better = [
        one.model_copy(update={"subjects": 417}) if one.id == "OASIS-1" else one
        for one in oasis(host).datasets
    ]
    _, known = run(place, oasis(host).model_copy(update={"datasets": better}))
    assert known["OASIS-1"].subjects == 417


def corrected(source: Source, **facts: object) -> Source:
    """The source with other facts of OASIS-3."""
    better = [
        one.model_copy(update=facts) if one.id == "OASIS3" else one for one in source.datasets
    ]
    return source.model_copy(update={"datasets": better})


def test_a_host_that_shows_but_some_of_what_is_known_is_not_held_for_it(
    place: Home, host: Xnat
) -> None:
    before, _ = run(place, oasis(host), OFFLINE)
    told, known = run(place, oasis(host), WHAT_CHANGED)
    assert (told["state"], told["datasets"]) == ("ok", before["datasets"])
    assert known["OASIS3"].title == "OASIS-3, as the host calls it"


@pytest.mark.parametrize("how", ["asked", "offline", "refused"])
def test_a_corrected_fact_shows_below_what_was_read_live(place: Home, host: Xnat, how: str) -> None:
    run(place, oasis(host), WHAT_CHANGED)
    if how == "refused":
        host.fail("status", value=403)
    better = corrected(oasis(host), subjects=1379, licence_raw=None, funders=["Somebody"])
    _, known = run(place, better, OFFLINE if how == "offline" else WHAT_CHANGED)
    found = known["OASIS3"]
    assert (found.subjects, found.licence_raw, found.funders) == (1379, None, ["Somebody"])
    assert found.title == "OASIS-3, as the host calls it"
    assert found.provenance["title"].snapshot is None
    assert not {"licence_raw"} & found.provenance.keys()


def test_a_corrected_fact_shows_though_the_host_no_longer_shows_its_project(
    place: Home, host: Xnat
) -> None:
    run(place, oasis(host))
    host.site.projects = host.site.projects[1:]
    _, known = run(place, corrected(oasis(host), subjects=1379))
    assert known["OASIS3"].title == "OASIS-3, as the host calls it"
    assert known["OASIS3"].subjects == 1379


def test_a_corrected_fact_makes_a_new_release_though_nobody_is_asked(
    place: Home, host: Xnat
) -> None:
    place.releases.mkdir()

    def refreshed(source: Source, *, offline: bool) -> str | None:
        settings = Settings({source.key: source})
        return refresh(place, [], lambda _: None, settings=settings, offline=offline).release

    assert refreshed(oasis(host), offline=False)
    assert refreshed(oasis(host), offline=True) is None
    asked = len(host.log)
    better = Settings({"oasis": corrected(oasis(host), subjects=1379)})
    (row,) = plan(place, [], better, offline=True)
    assert row["would"] == "lay its harvest over the packaged facts of 2026-11-23 (offline)"
    assert refreshed(corrected(oasis(host), subjects=1379), offline=True)
    assert refreshed(corrected(oasis(host), subjects=1379), offline=True) is None
    assert len(host.log) == asked


@pytest.mark.parametrize("how", ["again", "full"])
def test_what_a_page_said_before_it_went_is_not_forgotten_by_reading_all_anew(
    place: Home, how: str
) -> None:
    node = landing.dataset(url="https://example.org/chase", version="7")
    with landing.Site(page=landing.page("Scans", node)) as site:
        chase = load_sources()["chase_db1"]
        facts = chase.datasets[0].model_copy(update={"landing_url": "https://example.org/chase"})
        source = chase.model_copy(
            update={
                "base_url": f"{site.url}/page",
                "landing_url": "https://example.org/chase",
                "datasets": [facts],
                "requests_per_second": 1000.0,
            }
        )
        _, known = run(place, source, WHAT_CHANGED)
        assert known["chase_db1"].version == "7"
        site.pages["/page"] = landing.refusal(410)
        told, known = run(place, source, ASKED if how == "full" else WHAT_CHANGED)
    assert (told["state"], told["landing"]) == ("ok", "gone")
    assert known["chase_db1"].version == "7"


def test_the_day_since_a_page_is_gone_does_not_move_with_every_look(place: Home) -> None:
    with landing.Site() as site:
        source = load_sources()["chase_db1"].model_copy(
            update={"base_url": f"{site.url}/page", "requests_per_second": 1000.0}
        )
        first, _ = run(place, source)
        again, _ = run(place, source)
    assert again["landing_checked"] > first["landing_checked"]
    assert again["landing_since"] == first["landing_checked"]
    since = again | {"landing_since": "2026-11-20T08:00:00+00:00"}
    assert standing.as_found(source, since)["status_since"].isoformat() == "2026-11-20"


@pytest.mark.parametrize("status", ["merged", "superseded", "ended", "frozen", "gone"])
def test_a_page_that_sends_elsewhere_does_not_undo_what_people_found_out(status: str) -> None:
    source = load_sources()["oasis"].model_copy(
        update={"status": SourceStatus(status), "status_note": "Its host closed in 2023."}
    )
    moved = {
        "landing": "moved",
        "landing_url": "https://casino.example",
        "landing_checked": "2026-11-20T08:00:00+00:00",
    }
    row = standing.as_found(source, moved)
    assert (row["status"], row["status_since"]) == (status, None)
    assert row["status_note"].startswith("Its host closed in 2023. Its page has moved")


@pytest.mark.parametrize(
    ("found_so", "status", "since"),
    [
        ("gone", "gone", "2026-11-20"),
        ("moved", "moved", "2026-11-20"),
        ("login", "moved", "2026-11-20"),
        ("alive", "moved", None),
        ("unreachable", "moved", None),
    ],
)
def test_a_look_at_its_page_changes_the_status_of_a_source_with_the_day(
    found_so: str, status: str, since: str | None
) -> None:
    found = {
        "landing": found_so,
        "landing_url": "https://example.org/new",
        "landing_checked": "2026-11-20T08:00:00+00:00",
        "landing_why": "the server answered 404",
    }
    row = standing.as_found(load_sources()["oasis"], found)
    assert row["status"] == status
    assert (row["status_since"] and row["status_since"].isoformat()) == since
    if since:
        assert "the server answered 404" in row["status_note"]


def test_a_page_that_answers_ends_not_knowing_whether_a_source_is_alive() -> None:
    unknown = load_sources()["oasis"].model_copy(update={"status": None})
    found = {"landing": "alive", "landing_checked": "2026-11-20T08:00:00+00:00"}
    assert standing.as_found(unknown, found)["status"] == "alive"
    assert standing.as_found(unknown, None)["status"] is None


def test_a_source_whose_page_was_looked_at_says_when() -> None:
    row = {"datasets": 1, "on_snapshot": 1, "curated": "2026-11-23", "oldest": "2026-11-23",
           "snapshot": "2026-11-23", "landing_checked": "2026-11-24T08:00:00+00:00"}  # fmt: skip
    assert standing.standing(row).words == (
        "curated facts of 23 November 2026; its page was looked at on 24 November 2026"
    )
