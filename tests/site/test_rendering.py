"""Rendering alone: hostile values stay text, unknown is said, colours can be read."""

from __future__ import annotations

import re
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from catalog.facets import Facet, FacetValue, Query
from catalog.search import SORTS, SearchPage
from tests.site.rendered import (
    CHARTS,
    HOSTILE,
    SITE,
    assert_harmless,
    dataset_page,
    formats,
    hostile_hit,
    hostile_record,
    machine,
    render,
)


def test_a_hostile_title_stays_text_in_a_result_list() -> None:
    value = FacetValue(HOSTILE, HOSTILE, 1, True)
    facets = (Facet("modality", HOSTILE, "all", (value,)),)
    query = Query(text=HOSTILE, filters=(("modality", (HOSTILE,)),))
    found = SearchPage(query, 1, (hostile_hit(),), facets, HOSTILE)
    assert_harmless(render("home.html", page=found, sorts=SORTS, labels={}))


def test_a_hostile_record_stays_text_on_its_page_and_links_only_to_the_web() -> None:
    chart = Facet("modality", "Modality", "any", (FacetValue(HOSTILE, HOSTILE, 3, False),))
    finding = {"check_id": HOSTILE, "severity": "error", "field": HOSTILE, "message": HOSTILE,
               "evidence": HOSTILE, "affected": 3, "action": "mask", "reference": HOSTILE,
               "subject_kind": "series"}  # fmt: skip
    link = {"relation": "derived_from", "other_id": f"x:{HOSTILE}", "other_title": HOSTILE,
            "evidence": "stated", "direction": "out"}  # fmt: skip
    page = SimpleNamespace(
        record=hostile_record(),
        findings=[finding],
        links=[link],
        charts=(chart,),
        successors=[],
        checked=sampled(affected=1, profile=HOSTILE),
    )
    whole = Query(filters=(("dataset_id", ("x:1",)),))
    told = machine(page.record)
    shown = render(
        "dataset.html", page=page, machine=told, whole=whole, labels={}, served={}, opened=[]
    )
    assert_harmless(shown)
    assert "Masked in this release" in shown


def test_a_licence_is_never_linked_to_the_text_of_another() -> None:
    by = "https://creativecommons.org/licenses/by/3.0/"
    raw = "CC BY-NC 3.0; Creative Commons Attribution 3.0"
    part = {"route": "web", "licence": "CC-BY-NC-3.0", "licence_raw": raw, "licence_url": by}
    shown = dataset_page(distributions=[part])
    assert f'href="{by}"' not in shown
    assert 'href="https://creativecommons.org/licenses/by-nc/3.0/"' in shown
    assert f"Stated as: {raw}, at {by}<" in shown


@pytest.mark.parametrize(
    ("spdx", "stated"),
    [("CC-BY-3.0", "http://creativecommons.org/licenses/by/3.0/legalcode"),
     ("CC-BY-4.0", "https://example.org/terms"), (None, "https://example.org/terms")],
)  # fmt: skip
def test_a_licence_is_linked_to_the_address_that_is_stated(spdx: str | None, stated: str) -> None:
    part = {"route": "web", "licence": spdx, "licence_raw": "as is", "licence_url": stated}
    shown = dataset_page(distributions=[part])
    assert f'href="{stated}"' in shown
    assert "Stated as:" not in shown


def test_subjects_of_unknown_sex_are_counted_where_all_subjects_are_known() -> None:
    sexes = [{"value": "F", "count": 1200}, {"value": "M", "count": 300}]
    assert "M 300, not stated 1,100</dd>" in dataset_page(CHARTS, subjects=2600, sexes=sexes)
    assert "M 300</dd>" in dataset_page(CHARTS, subjects=1500, sexes=sexes)
    assert "M 300</dd>" in dataset_page(CHARTS, subjects=None, sexes=sexes)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (
            {},
            "Files checked: 1,200, 2026-11-24: nothing that identifies a person was found in them.",
        ),
        (
            {"affected": 3, "error": 5, "failed": 2},
            "Files checked: 1,200, 2026-11-24: something that may identify a person was found in "
            "3 of them. 2 more could not be read.",
        ),
    ],
)
def test_a_dataset_says_how_many_of_its_files_were_checked_and_with_what_result(
    more: dict[str, int], said: str
) -> None:
    shown = re.sub(r"<[^>]+>", "", dataset_page(checked=sampled(**more)))
    assert said in " ".join(shown.split())
    assert "Files checked" not in dataset_page()


def sampled(**more: Any) -> dict[str, Any]:
    """A row of the table `checked`."""
    told = {
        "dataset_id": "x:1", "release": "R", "time": "2026-11-24T00:00:00Z", "asked": 1200,
        "read": 1200, "failed": 0, "bytes": 10**6, "affected": 0, "blocker": 0, "error": 0,
        "warning": 0, "info": 4, "profile": "research 1", "tool_version": "0.3.0",
    }  # fmt: skip
    return told | more


def test_an_analysis_result_names_the_collections_where_its_findings_stand() -> None:
    links = [
        {"relation": "derived_from", "other_id": f"x:{n}", "other_title": f"Origin {n}",
         "evidence": "stated", "direction": way}
        for n, way in ((2, "out"), (3, "in"))
    ]  # fmt: skip
    shown = dataset_page(links=links, kind="analysis_result")
    assert (
        "None of its own. What the checks find on its series stands with the collections that it "
        'derives from: <a href="/dataset/x:2">Origin 2</a>.</p>'
    ) in shown
    assert "nothing to report" not in shown
    assert "The checks found nothing to report." in dataset_page(links=links)


@pytest.mark.parametrize(
    ("kind", "findings", "worst", "text"),
    [("collection", 1, "warning", "1 warning"), ("collection", 5, "warning", "5 warnings"),
     ("collection", 1, "error", "1 error"), ("collection", 3, "error", "3 warnings or errors"),
     ("collection", 2, "blocker", "2 warnings, errors or blockers"),
     ("collection", 0, "info", "info only"), ("collection", 0, None, "no findings"),
     ("analysis_result", 0, None, "no findings of its own")],
)  # fmt: skip
def test_a_result_says_how_many_findings_weigh_and_how_much(
    kind: str, findings: int, worst: str | None, text: str
) -> None:
    hit = replace(hostile_hit(), kind=kind, findings=findings, worst=worst)
    shown = render(
        "home.html", page=SearchPage(Query(), 1, (hit,), (), None), sorts=SORTS, labels={}
    )
    assert re.findall(r'class="severity[^>]*>([^<]*)<', shown) == [text]


def test_what_is_counted_is_called_by_its_name() -> None:
    shown = dataset_page(images=7)
    assert "<dt>Instances</dt><dd>7</dd>" in shown
    assert "Images</dt>" not in shown


def test_an_unknown_number_is_said_to_be_unknown_and_zero_is_zero() -> None:
    assert "not stated" in formats().number(None)
    assert formats().number(0) == "0"
    assert formats().number(1044191) == "1,044,191"


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0 bytes"), (999, "999 bytes"), (1000, "1.0 kB"), (999_950, "1.0 MB"),
     (99_912_345_678_901, "99.9 TB"), (123_456_789, "123 MB")],
)  # fmt: skip
def test_a_size_is_short_and_keeps_its_bytes(value: int, text: str) -> None:
    shown = formats().size(value)
    assert f">{text}</data>" in shown
    assert f'title="{value:,} bytes"' in shown


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "data:text/html,x", "//example.org", "http://[", "", None]
)
def test_only_web_addresses_become_links(url: str | None) -> None:
    assert formats().web(url) is None
    assert formats().web("https://example.org/a?b") == "https://example.org/a?b"


def test_the_command_of_a_cohort_is_safe_to_paste() -> None:
    query = Query(text="t2; rm -rf ~", filters=(("licence", ("",)),), page=3, age_max=5.5)
    assert formats().command(query) == (
        "fairscan select --text 't2; rm -rf ~' --licence '' --age-max 5.5 -o subset.json"
    )


def luminance(colour: str) -> float:
    """Relative luminance of #rrggbb (WCAG 2.2)."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours (WCAG 2.2, 1.4.3)."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_text_and_controls_stand_out_from_their_ground(theme: int) -> None:
    css = (SITE / "static" / "site.css").read_text()
    blocks = re.findall(r":root \{(.*?)\n\s*\}", css, re.DOTALL)
    colours = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", blocks[theme]))
    texts = ("ink", "soft", "accent", "info", "warning", "error", "blocker", "clear")
    for ground in ("ground", "sheet"):
        for text in texts:
            assert contrast(colours[text], colours[ground]) >= 4.5, (text, ground)
        for edge in ("edge", "slice", "bar"):
            assert contrast(colours[edge], colours[ground]) >= 3, (edge, ground)
    for ground in ("tint", "sunk"):
        for text in ("ink", "soft", "accent"):
            assert contrast(colours[text], colours[ground]) >= 4.5, (text, ground)
    assert contrast(colours["accent-ink"], colours["accent"]) >= 4.5


def test_parts_of_unknown_licence_are_not_said_to_have_another_one() -> None:
    known = {"route": "s3", "licence": "CC-BY-4.0", "licence_raw": "CC BY 4.0"}
    other = {"route": "web", "licence": None, "licence_raw": "As agreed"}
    unknown = {"route": "web", "licence": None, "licence_raw": None}
    said = "Its parts carry different licences."
    assert said not in dataset_page(distributions=[known, unknown])
    assert said in dataset_page(distributions=[known, other])


def test_a_dataset_that_is_linked_to_is_not_told_again_by_its_id() -> None:
    links = [
        {"relation": "part_of", "other_id": "x:2", "other_title": "The whole",
         "evidence": "stated", "direction": "out"}
    ]  # fmt: skip
    related = [
        {"relation": "IsPartOf", "scheme": "fairscan", "value": "x:2"},
        {"relation": "IsPartOf", "scheme": "fairscan", "value": "x:3"},
    ]
    shown = dataset_page(links=links, related=related)
    assert "fairscan x:2" not in shown
    assert "fairscan x:3" in shown
    assert "Papers and related data" not in dataset_page(links=links, related=related[:1])
