"""The site as people use it, in a real browser over the real catalogue."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import duckdb
import idc_index_data
import pytest
from playwright.sync_api import Locator, Page, expect

pytestmark = pytest.mark.browser

Visit = Callable[..., Page]

PAGES = [
    "/",
    "/?q=prostate+MRI+with+segmentations",
    "/?q=nothingofthatname",
    "/dataset/idc:prostatex",
    "/cohort",
    "/cohort?modality=MR&body_part=Prostate",
    "/cohort?q=nothingofthatname",
    "/sources",
    "/status",
    "/site",
    "/site/datasets",
    "/site/datasets?_facet=licence",
    "/site/datasets/idc~3Aprostatex",
    "/site?sql=select+1",
]
COHORTS = [
    (
        "/cohort?dataset_id=idc:prostatex&modality=MR",
        "collection_id = 'prostatex' AND Modality = 'MR'",
    ),
    ("/cohort?modality=MR&modality=CT", "Modality IN ('MR', 'CT')"),
    (
        "/cohort?derived_dataset_id=idc:totalsegmentator_ct_segmentations&modality=SEG",
        "analysis_result_id = 'totalsegmentator_ct_segmentations' AND Modality = 'SEG'",
    ),
]


def count_in(locator: Locator) -> int:
    """The first whole number that an element shows."""
    return int(locator.inner_text().split()[0].replace(",", ""))


def result(page: Page, dataset_id: str) -> Locator:
    """The link of one dataset in a result list."""
    hit = page.locator(".hit", has=page.get_by_text(dataset_id, exact=True))
    return hit.get_by_role("heading").get_by_role("link")


def tab_to(page: Page, target: Locator) -> None:
    """Press Tab until `target` has the focus."""
    for _ in range(300):
        page.keyboard.press("Tab")
        if target.evaluate("element => element === document.activeElement"):
            return
    raise AssertionError(f"Tab never reached {target}")


def test_a_search_for_prostate_mri_with_segmentations_finds_prostate_collections(
    visit: Visit,
) -> None:
    page = visit("/")
    page.get_by_role("searchbox").fill("prostate MRI with segmentations")
    page.get_by_role("button", name="Search").click()
    expect(page.locator(".note")).to_have_count(0)
    ids = page.locator(".hit .kicker span").all_inner_texts()
    assert {"idc:prostatex", "idc:qin_prostate_repeatability"} <= set(ids)


def test_a_facet_narrows_the_result_and_the_address_can_be_shared(visit: Visit) -> None:
    page = visit("/?q=prostate")
    before = count_in(page.locator("#count"))
    page.get_by_role("checkbox", name="MR ·").check()
    page.wait_for_url("**modality=MR*")
    after = count_in(page.locator("#count"))
    assert 0 < after < before
    assert parse_qs(urlsplit(page.url).query) == {"q": ["prostate"], "modality": ["MR"]}
    expect(page.get_by_role("checkbox", name="MR ·")).to_be_focused()
    shared = visit(page.url)
    assert count_in(shared.locator("#count")) == after
    expect(shared.get_by_role("checkbox", name="MR ·")).to_be_checked()


@pytest.mark.parametrize("path", ["/?q=prostate", "/cohort"])
def test_the_back_button_takes_a_choice_back(visit: Visit, path: str) -> None:
    page = visit(path)
    box = page.get_by_role("checkbox", name="MR ·")
    box.check()
    page.wait_for_url("**modality=MR*")
    expect(box).to_be_checked()
    page.go_back()
    expect(box).not_to_be_checked()


def test_a_page_that_was_kept_alive_shows_the_choices_of_its_address(visit: Visit) -> None:
    page = visit("/cohort?modality=CT")
    mr, ct = (page.locator(f"input[name=modality][value={code}]") for code in ("MR", "CT"))
    page.evaluate("document.querySelectorAll('input[type=checkbox]').forEach(e => e.checked ^= 1)")
    expect(mr).to_be_checked()
    page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))")
    expect(mr).not_to_be_checked()
    expect(ct).to_be_checked()


def test_a_cohort_counts_collections_and_names_the_maker(visit: Visit) -> None:
    page = visit("/cohort?dataset_id=idc:prostatex&dataset_id=idc:nlst")
    expect(page.locator(".totals div").nth(2)).to_have_text("Collections2")
    expect(page.get_by_role("columnheader", name="Manufacturer, model")).to_be_visible()


def test_a_chosen_filter_is_dropped_by_its_chip(visit: Visit) -> None:
    page = visit("/?q=prostate&modality=MR")
    page.get_by_role("link", name="Remove Modality").click()
    assert parse_qs(urlsplit(page.url).query) == {"q": ["prostate"]}


def test_a_search_without_result_says_which_filter_to_drop(visit: Visit) -> None:
    page = visit("/?q=nothingofthatname&modality=MR")
    expect(page.get_by_role("heading", name="No dataset matches")).to_be_visible()
    page.get_by_role("link", name="without the words").click()
    assert count_in(page.locator("#count")) > 0


def test_a_dataset_shows_its_doi_licence_counts_charts_and_findings(visit: Visit) -> None:
    page = visit("/?q=prostatex")
    result(page, "idc:prostatex").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("PROSTATEx")
    doi = page.locator("header .doi").first
    assert doi.get_attribute("href") == "https://doi.org/10.7937/k9tcia.2017.murs5cl"
    expect(page.locator("header .terms").first).to_contain_text("CC-BY-")
    expect(page.locator(".totals")).to_contain_text("19,177")
    modality = page.get_by_role("table", name="Modality")
    expect(modality.get_by_role("row", name="MR ·")).to_contain_text("18,321")
    assert modality.locator("rect").first.get_attribute("width") == "100.00"
    expect(page.locator(".findings li").first).to_contain_text("licence")
    expect(page.locator("blockquote").first).to_contain_text("Litjens")
    expect(page.locator("#command")).to_have_text(
        "fairscan select --dataset idc:prostatex -o subset.json"
    )


def test_where_a_value_comes_from_is_one_link_away(visit: Visit) -> None:
    page = visit("/dataset/idc:prostatex")
    page.get_by_role("link", name="subjects: stated by idc").click()
    expect(page.locator("#from-subjects")).to_be_in_viewport()
    expect(page.locator("#from-subjects")).to_contain_text("stated")


@pytest.mark.parametrize(("path", "condition"), COHORTS)
def test_a_cohort_counts_what_sql_counts_on_the_installed_index(
    visit: Visit, path: str, condition: str
) -> None:
    page = visit(path)
    index = Path(str(idc_index_data.IDC_INDEX_PARQUET_FILEPATH))
    expected = duckdb.sql(
        f"SELECT count(*), sum(instanceCount), count(DISTINCT (collection_id, PatientID)) "
        f"FROM read_parquet('{index}') WHERE {condition}"
    ).fetchone()
    shown = page.locator(".totals dd")
    assert expected is not None
    assert expected[0] > 0
    found = (count_in(shown.nth(0)), count_in(shown.nth(3)), count_in(shown.nth(1)))
    assert found == tuple(map(int, expected))


def test_a_cohort_is_built_by_choosing_facets_words_and_ages(visit: Visit) -> None:
    page = visit("/cohort")
    whole = count_in(page.locator("#total-series"))
    page.get_by_role("checkbox", name="MR ·").check()
    page.wait_for_url("**modality=MR*")
    page.get_by_label("Words in study or series description").fill("t2")
    page.get_by_label("Age from").fill("40")
    page.get_by_role("button", name="Apply").first.click()
    page.wait_for_url("**age_min=40*")
    assert 0 < count_in(page.locator("#total-series")) < whole
    expect(page.locator("#command")).to_have_text(
        "fairscan select --text t2 --modality MR --age-min 40 -o subset.json"
    )


def test_the_pages_of_a_cohort_do_not_repeat_a_series(visit: Visit) -> None:
    page = visit("/cohort?dataset_id=idc:prostatex")
    first = page.locator("[title^=Series]").evaluate_all("all => all.map(e => e.title)")
    page.get_by_role("link", name="Next").click()
    second = page.locator("[title^=Series]").evaluate_all("all => all.map(e => e.title)")
    assert len({*first, *second}) == 100


def test_search_result_and_cohort_are_reached_with_the_keyboard_alone(visit: Visit) -> None:
    page = visit("/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    tab_to(page, page.get_by_role("searchbox"))
    page.keyboard.type("prostatex")
    page.keyboard.press("Enter")
    page.wait_for_url("**q=prostatex*")
    tab_to(page, result(page, "idc:prostatex"))
    page.keyboard.press("Enter")
    page.wait_for_url("**/dataset/**")
    tab_to(page, page.get_by_role("link", name="Open as a cohort"))
    page.keyboard.press("Enter")
    page.wait_for_url("**/cohort?**")
    tab_to(page, page.locator("input[name=modality]").first)
    before = page.url
    page.keyboard.press("Space")
    page.wait_for_url(lambda url: url != before)
    assert "modality=" in page.url


@pytest.mark.parametrize("path", PAGES)
def test_a_page_loads_without_complaint_and_without_leaving_the_host(
    visit: Visit, path: str
) -> None:
    page = visit(path)
    expect(page.get_by_role("main")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    assert page.locator("h1").count() == 1
    assert page.locator("[style]").count() == 0
    assert page.evaluate("document.fonts.check('1rem \"Public Sans\"')")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", PAGES)
def test_nothing_runs_off_a_small_screen(visit: Visit, path: str, scheme: str) -> None:
    page = visit(path, color_scheme=scheme, viewport={"width": 390, "height": 844})
    excess = page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    assert excess == 0


def test_dark_is_dark_and_light_is_light(visit: Visit) -> None:
    def ground(scheme: str) -> int:
        page = visit("/", color_scheme=scheme)
        colour = page.evaluate("getComputedStyle(document.body).backgroundColor")
        return sum(int(part) for part in colour[4:-1].split(","))

    assert ground("dark") < 100 < 650 < ground("light")


def test_every_control_has_a_name(visit: Visit) -> None:
    for path in ("/", "/cohort", "/dataset/idc:prostatex", "/site/datasets", "/site"):
        page = visit(path)
        unnamed = page.evaluate(
            """() => [...document.querySelectorAll("input:not([type=hidden]), select, textarea")]
            .filter(e => !e.labels.length && !e.ariaLabel).map(e => e.outerHTML)"""
        )
        assert unnamed == [], path


def test_the_site_works_without_javascript(visit: Visit) -> None:
    page = visit("/", java_script_enabled=False)
    page.get_by_role("searchbox").fill("prostate")
    page.get_by_role("button", name="Search").click()
    before = count_in(page.locator("#count"))
    page.get_by_role("checkbox", name="MR ·").check()
    page.locator(".facets").get_by_role("button", name="Apply").click()
    assert 0 < count_in(page.locator("#count")) < before
    result(page, "idc:prostatex").click()
    page.get_by_role("link", name="Open as a cohort").click()
    assert count_in(page.locator("#total-series")) > 0
    page.get_by_role("checkbox", name="MR ·").check()
    page.locator(".facets").get_by_role("button", name="Apply").click()
    assert "modality=MR" in page.url


def test_a_phone_opens_the_filters_on_demand(visit: Visit) -> None:
    page = visit("/cohort", viewport={"width": 390, "height": 844})
    box = page.get_by_role("checkbox", name="MR ·")
    expect(box).to_be_hidden()
    page.locator("#filters > summary").click()
    expect(box).to_be_visible()
    box.check()
    page.wait_for_url("**modality=MR*")


def test_a_command_is_copied(visit: Visit) -> None:
    page = visit("/dataset/idc:prostatex", permissions=["clipboard-read", "clipboard-write"])
    page.locator("button[data-copy=command]").click()
    expect(page.locator("button[data-copy=command]")).to_have_text("Copied")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == "fairscan select --dataset idc:prostatex -o subset.json"
