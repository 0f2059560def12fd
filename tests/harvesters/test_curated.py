"""A repository that no program can read keeps its facts, whatever becomes of its page."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import stamina

from harvesters import facts
from harvesters.base import Harvest, Harvester, harvester_for
from harvesters.registry import load_sources
from schemas.dataset import Access, Dataset, Method
from schemas.errors import SourceError
from schemas.source import Source
from tests.emulators.landing import Site, moved, page, refusal

SOURCES = load_sources()


@pytest.fixture
def site() -> Iterator[Site]:
    with Site(hrf=page("Fundus images")) as running, stamina.set_testing(True, attempts=2):
        yield running


def at(site: Site, key: str = "hrf", **more: Any) -> Source:
    changes = {"base_url": f"{site.url}/hrf", "requests_per_second": 1000.0, **more}
    return SOURCES[key].model_copy(update=changes)


def read(site: Site, tmp_path: Path, key: str = "hrf", **more: Any) -> tuple[Harvest, Dataset]:
    harvest = harvester_for(at(site, key, **more)).harvest(tmp_path)
    return harvest, next(harvest.records).build()


def known(key: str = "hrf") -> Dataset:
    return facts.curated(SOURCES[key])[0].build()


def test_a_page_that_is_there_changes_nothing_of_the_facts(site: Site, tmp_path: Path) -> None:
    harvest, found = read(site, tmp_path)
    assert found == known()
    assert harvest.landing is not None
    assert harvest.landing.state == "alive"
    assert (harvest.stated, harvest.series, harvest.dated) == (1, None, date(2026, 11, 23))


def test_a_page_that_is_gone_takes_its_data_with_it_and_no_fact(site: Site, tmp_path: Path) -> None:
    site.pages["/hrf"] = refusal(404)
    harvest, found = read(site, tmp_path)
    assert harvest.landing is not None
    assert harvest.landing.state == "gone"
    assert found.access is Access.GONE
    told = found.provenance["access"]
    assert (told.method, told.snapshot, told.retrieved_at) == (
        Method.DERIVED, None, harvest.landing.checked
    )  # fmt: skip
    assert found.model_copy(update={"access": known().access, "provenance": {}}) == (
        known().model_copy(update={"provenance": {}})
    )


def test_a_page_that_moved_is_named_at_its_new_place(site: Site, tmp_path: Path) -> None:
    site.pages |= {"/hrf": moved("/data/hrf"), "/data/hrf": page("Fundus images")}
    harvest, found = read(site, tmp_path)
    assert found.landing_url == f"{site.url}/data/hrf"
    assert found.provenance["landing_url"].method is Method.STATED
    assert found.access is known().access
    assert harvest.landing is not None
    assert harvest.landing.url == f"{site.url}/hrf"


def test_a_page_behind_a_login_keeps_every_fact(site: Site, tmp_path: Path) -> None:
    site.pages["/hrf"] = refusal(401)
    harvest, found = read(site, tmp_path)
    assert harvest.landing is not None
    assert harvest.landing.state == "login"
    assert found == known()


def test_a_page_that_cannot_be_reached_stops_the_run(site: Site, tmp_path: Path) -> None:
    site.fail("status", value=503)
    harvester = harvester_for(at(site))
    with pytest.raises(SourceError, match="What is known stays"):
        harvester.digest()
    with pytest.raises(SourceError, match="cannot be reached"):
        harvester.harvest(tmp_path)


def test_a_dataset_with_a_page_of_its_own_is_not_judged_by_the_sources(
    site: Site, tmp_path: Path
) -> None:
    site.pages["/hrf"] = refusal(410)
    assert read(site, tmp_path, "ddsm")[1] == known("ddsm")


def test_data_that_were_gone_before_stay_gone_as_curated(site: Site, tmp_path: Path) -> None:
    site.pages["/hrf"] = refusal(410)
    assert read(site, tmp_path, "cq500")[1] == known("cq500")


def digest(site: Site, **more: Any) -> str:
    return harvester_for(at(site, **more)).digest()


def test_the_digest_changes_with_the_state_of_the_page_and_with_the_facts(site: Site) -> None:
    before = digest(site)
    site.pages["/hrf"] = page("Another title, other words")
    assert digest(site) == before
    fewer = SOURCES["hrf"].datasets[0].model_copy(update={"images": 44})
    assert digest(site, datasets=[fewer]) != before
    site.pages["/hrf"] = refusal(404)
    assert digest(site) != before


def test_a_whole_refresh_asks_once(site: Site, tmp_path: Path) -> None:
    harvester: Harvester = harvester_for(at(site))
    harvester.digest()
    list(harvester.harvest(tmp_path).records)
    assert len(site.log) == 1
    assert harvester.asks() == [f"GET {site.url}/hrf"]


def test_facts_carry_their_day_and_how_well_they_are_known() -> None:
    found = known("nih_chestxray14")
    told = found.provenance["subjects"]
    assert (told.method, told.confidence, told.snapshot) == (
        Method.CURATED, "verified", date(2026, 11, 23)
    )  # fmt: skip
    assert found.provenance["conditions"].confidence == "unverified"
    assert found.retrieved == datetime(2026, 11, 23, tzinfo=UTC)
