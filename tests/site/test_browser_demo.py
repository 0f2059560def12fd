"""The site over every repository, in a real browser: snapshots, other ways, sources, status."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser

Visit = Callable[..., Page]

PAGES = [
    "/",
    "/?source=grand_challenge",
    "/?q=brain+MRI&access=controlled",
    "/dataset/openneuro:ds000117",
    "/dataset/tcia:duke-breast-cancer-mri",
    "/dataset/tcia:a091105",
    "/dataset/grand_challenge:camelyon16",
    "/dataset/idc:prostatex",
    "/sources",
    "/status",
]


@pytest.mark.parametrize("path", PAGES)
def test_a_page_stays_on_the_host_on_the_screen_and_names_its_parts(
    demo_visit: Visit, path: str
) -> None:
    page = demo_visit(path, viewport={"width": 390, "height": 844})
    assert page.locator("h1").count() == 1
    assert page.locator("[style]").count() == 0
    excess = page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    assert excess == 0
    twice = page.evaluate(
        """() => [...document.querySelectorAll("[id]")].map(e => e.id)
        .filter((id, place, all) => all.indexOf(id) !== place)"""
    )
    assert twice == []
    broken = page.evaluate(
        """() => [...document.querySelectorAll("[aria-labelledby], a[href^='#']")]
        .map(e => e.getAttribute("aria-labelledby") || e.getAttribute("href").slice(1))
        .filter(id => id && !document.getElementById(id))"""
    )
    assert broken == []


def test_a_repository_is_chosen_first_and_kept_in_the_address(demo_visit: Visit) -> None:
    page = demo_visit("/")
    expect(page.locator(".facet legend").first).to_have_text("Repository")
    page.get_by_role("checkbox", name="Grand Challenge").check()
    page.wait_for_url("**source=grand_challenge*")
    hit = page.locator(".hit").first
    expect(hit.locator(".kicker")).to_contain_text("Grand Challenge")
    expect(hit.locator(".kicker")).to_contain_text("snapshot of")
    expect(hit.locator(".terms")).to_contain_text("Challenge")
    expect(hit.locator(".figures")).to_have_count(0)


def test_a_snapshot_without_series_offers_its_own_ways(demo_visit: Visit) -> None:
    page = demo_visit(
        "/dataset/openneuro:ds000117", permissions=["clipboard-read", "clipboard-write"]
    )
    expect(page.locator("header .dated")).to_contain_text("not read live")
    expect(page.get_by_role("link", name="Open as a cohort")).to_have_count(0)
    expect(page.get_by_text("fairscan select")).to_have_count(0)
    page.locator("button[data-copy=way-1]").click()
    assert page.evaluate("navigator.clipboard.readText()") == "s3://openneuro.org/ds000117"
    expect(page.locator("#from-title")).to_contain_text("packaged snapshot of")


def test_controlled_data_lead_to_the_way_to_apply(demo_visit: Visit) -> None:
    page = demo_visit("/dataset/tcia:a091105")
    apply = page.get_by_role("link", name="How to apply")
    assert (apply.get_attribute("href") or "").startswith("https://www.cancerimagingarchive.net/")


def test_the_same_dataset_in_another_repository_is_one_click_away(demo_visit: Visit) -> None:
    page = demo_visit("/dataset/tcia:prostatex")
    page.locator("header .note").get_by_role("link", name="NCI Imaging Data Commons").click()
    expect(page.get_by_role("link", name="Open as a cohort")).to_be_visible()
    expect(page.locator("header .note")).to_contain_text("tcia:prostatex, same DOI")


def test_sources_say_what_each_rests_on_and_lead_to_its_datasets(demo_visit: Visit) -> None:
    page = demo_visit("/sources", java_script_enabled=False)
    source = page.locator("#openneuro")
    expect(source.locator(".standing")).to_contain_text("Packaged snapshot of")
    expect(source).to_contain_text("Tuesdays at 03:00 UTC")
    source.get_by_role("link", name="1,848").click()
    expect(page.locator("#count")).to_have_text("1,848 datasets")


def test_status_shows_every_run_and_links_to_its_source(demo_visit: Visit) -> None:
    page = demo_visit("/status")
    runs = page.get_by_role("table", name="The last run of each source")
    expect(runs).to_contain_text("snapshot of 20")
    runs.get_by_role("link", name="OpenNeuro").click()
    expect(page.locator("#openneuro")).to_be_in_viewport()


def test_the_first_page_stays_light(demo_server: str) -> None:
    assert len(httpx.get(demo_server).content) < 150_000
