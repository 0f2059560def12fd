"""What is known without asking lies under every harvest, and nothing that a host does loses it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from catalog import harvesting, records, standing
from catalog.harvesting import How, Run
from catalog.home import Home
from harvesters.registry import load_sources
from schemas.dataset import Dataset
from schemas.source import Source
from tests.emulators.xnat import Xnat
from tests.emulators.xnat_site import Project, Site

ASKED = How(live=lambda _: True, full=True, accept_shrink=True)
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


@pytest.mark.parametrize(
    ("landing", "status", "since"),
    [
        ("gone", "gone", "2026-11-20"),
        ("moved", "moved", "2026-11-20"),
        ("login", "moved", "2026-11-20"),
        ("alive", "moved", None),
        ("unreachable", "moved", None),
    ],
)
def test_a_look_at_its_page_changes_the_status_of_a_source_with_the_day(
    landing: str, status: str, since: str | None
) -> None:
    found = {
        "landing": landing,
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
