"""What a page says of a dataset or a source in each state: snapshot, gone, held, on request."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from catalog.facets import Query
from catalog.labels import worded
from catalog.search import SORTS, Hit, SearchPage
from tests.site.rendered import (
    CHARTS,
    HOSTILE,
    assert_harmless,
    dataset_page,
    formats,
    hostile_hit,
    render,
)


def aside(shown: str) -> str:
    """What a dataset's page says of how to get it."""
    return shown.partition("<h2>Get it</h2>")[2].partition("<h2>Cite it</h2>")[0]


def test_what_lists_no_series_offers_no_cohort_but_its_own_ways() -> None:
    parts = [
        {"title": "Scans", "route": "s3", "url": "s3://open/ds1", "bytes": 2000},
        {"title": "Table", "route": "https", "url": "https://www.example.org/a.csv",
         "format": "text/csv", "access": "controlled"},
    ]  # fmt: skip
    shown = dataset_page(distributions=parts, access="open")
    assert "Open as a cohort" not in shown
    assert "fairscan select" not in shown
    get = aside(shown)
    assert ">s3://open/ds1<" in get.replace("<span>", "").replace("</span>", "")
    assert 'href="s3:' not in shown
    assert 'title="2,000 bytes">2.0 kB' in get
    assert '<a href="https://www.example.org/a.csv">Table</a>' in get
    assert "Download over HTTPS at example.org, CSV, <strong>controlled access</strong>" in get
    assert "Open as a cohort" in dataset_page(CHARTS, distributions=parts)


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "data:text/html,x", "//example.org/x", f"s3://x/{HOSTILE}",
            f"https://example.org/{HOSTILE}", HOSTILE],
)  # fmt: skip
@pytest.mark.parametrize("route", ["s3", "git", "https", HOSTILE])
def test_the_address_of_a_part_is_a_link_only_if_a_browser_may_follow_it(
    url: str, route: str
) -> None:
    part = {"title": HOSTILE, "route": route, "url": url, "licence_raw": "as is"}
    assert_harmless(shown := dataset_page(distributions=[part], description=HOSTILE))
    assert not re.search(r'href="(s3|data|//)', shown)


@pytest.mark.parametrize(
    ("access", "button"),
    [("controlled", "How to apply"), ("request", "How to ask"), ("registered", "Go to its page")],
)
def test_what_must_be_asked_for_leads_to_the_page_that_says_how(access: str, button: str) -> None:
    get = aside(dataset_page(access=access, landing_url="https://example.org/x"))
    assert f'<a class="button" href="https://example.org/x">{button}</a>' in get
    assert "button" not in aside(dataset_page(access=access, landing_url="javascript:alert(1)"))


def test_a_record_that_names_no_file_and_no_access_says_that_it_is_not_stated() -> None:
    assert "How to get it is not stated." in aside(dataset_page())
    assert "Its record names no file to fetch." in aside(dataset_page(access="open"))


def test_a_snapshot_says_so_at_the_title_and_at_each_value() -> None:
    said = {"source": "zenodo", "retrieved_at": datetime(2026, 8, 21, tzinfo=UTC)}
    shown = dataset_page(
        snapshot="2026-08-21",
        provenance={
            "title": {**said, "method": "stated", "snapshot": "2026-08-21"},
            "doi": {**said, "method": "derived"},
        },
        doi="10.5281/zenodo.1",
    )
    assert "Snapshot of 21 August 2026, not read live" in shown
    assert "<td>stated</td> <td>Zenodo</td> <td>packaged snapshot of 21 August 2026</td>" in shown
    assert '<td>Zenodo</td> <td><time datetime="2026-08-21T00:00:00Z">2026-08-21 00:00' in shown
    assert 'data-tip="derived by zenodo, read 2026-08-21"' in shown
    assert "not read live" not in dataset_page()


def test_the_same_dataset_elsewhere_is_said_before_all_else() -> None:
    link = {"relation": "same_as", "other_id": "y:2", "other_title": "Two", "evidence": "doi",
            "direction": "in"}  # fmt: skip
    shown = dataset_page(links=[link])
    header = shown.partition("</header>")[2].partition("</header>")[0]
    assert 'published at <a href="/dataset/y:2">y</a>' in header
    assert "(y:2, same DOI)" in header
    assert "Related datasets" not in shown


def test_what_is_gone_is_not_offered_and_names_what_replaces_it() -> None:
    other = {"id": "x:2", "title": "Two"}
    shown = dataset_page(status="gone", successors=[other], landing_url="https://example.org/")
    assert "says that it was deleted" in shown
    assert 'Look at <a href="/dataset/x:2">Two</a> instead.' in shown
    assert "Get it" not in shown
    assert "retired it" in dataset_page(status="deprecated")


def test_people_papers_and_citations_are_linked_where_they_can_be_looked_up() -> None:
    read = datetime(2026, 11, 2, tzinfo=UTC)
    shown = dataset_page(
        doi="10.1234/x", year=2020, publisher="House", citations=12,
        creators=[{"name": "Ray, A", "orcid": "0000-0002-1825-0097"},
                  {"name": "Sun, B", "orcid": "javascript:alert(1)"}],
        related=[{"relation": "IsDescribedBy", "scheme": "arXiv", "value": "arXiv:1606.05718"},
                 {"relation": "IsDescribedBy", "scheme": "DOI", "value": "10.2/y"},
                 {"relation": "HasPart", "scheme": "URL", "value": "javascript:alert(1)"}],
        provenance={"citations": {"source": "datacite", "retrieved_at": read, "method": "stated"}},
    )  # fmt: skip
    assert 'href="https://orcid.org/0000-0002-1825-0097"' in shown
    assert 'href="https://arxiv.org/abs/1606.05718"' in shown
    assert 'href="https://doi.org/10.2/y"' in shown
    assert "<dt>Described by</dt>" in shown and "<dt>Has part</dt>" in shown
    assert "Cited 12 times as of 2 November 2026" in shown
    assert "Ray, A; Sun, B (2020). One [Data set]. House. https://doi.org/10.1234/x<" in shown
    assert not re.search(r'href="[^"]*javascript:', shown)


@pytest.mark.parametrize(
    ("expression", "words"),
    [("30 3 * * 2", "Tuesdays at 03:30 UTC"), ("0 4 * * 0", "Sundays at 04:00 UTC"),
     ("5 4 * * 7", "Sundays at 04:05 UTC"), ("5 4 * * *", "every day at 04:05 UTC"),
     ("0 0 1 * *", "on day 1 of each month at 00:00 UTC"), ("0 0 1 * 3", "0 0 1 * 3"),
     ("*/5 * * * *", "*/5 * * * *")],
)  # fmt: skip
def test_a_simple_schedule_is_said_in_words_and_another_as_it_is(
    expression: str, words: str
) -> None:
    assert formats().cron(expression) == words
    assert formats().cron("30 3 * * 2", 90) == "Tuesdays at 03:30 UTC, up to 90 minutes later"


@pytest.mark.parametrize(
    ("access", "ways", "words"),
    [("open", (), "open access"), ("open", ("open",), "open access"),
     ("open", ("open", "controlled"), "open access, in part controlled access"),
     ("request", (None,), "access on request"),
     (None, ("open", "closed"), "open access or no access")],
)  # fmt: skip
def test_how_a_dataset_and_its_parts_are_reached_is_said_in_words(
    access: str | None, ways: tuple[str | None, ...], words: str
) -> None:
    assert formats().reached(access, ways) == words
    assert "access not stated" in formats().reached(None, (None,))


def test_a_result_shows_only_what_is_known_of_it() -> None:
    hit = replace(
        hostile_hit(), title="One", kind="challenge", subjects=None, series=None, bytes=None,
        modalities=(), body_parts=(), licence=None, licence_raw=None, access=None, accesses=(),
        doi=None, snapshot="2026-08-21", elsewhere=(), year=2019, status="active", summary=None,
    )  # fmt: skip

    def listed(one: Hit) -> str:
        found = SearchPage(Query(), 1, (one,), (), None)
        return " ".join(render("home.html", page=found, sorts=SORTS, labels=worded()).split())

    shown = listed(hit)
    assert "<span>Challenge, 2019</span>" in shown
    assert "licence and access not stated" in shown
    assert "snapshot of 21 Aug 2026" in shown
    assert '<dl class="figures">' not in shown
    assert '<p class="tags">' not in shown
    counted = listed(replace(hit, subjects=7, elsewhere=("y:2",), licence="CC0-1.0"))
    assert "<dt>Subjects</dt><dd>7</dd>" in counted
    assert "<dt>Series</dt>" not in counted
    assert 'Also at <a href="/dataset/y:2">y</a>' in counted
    assert "CC0-1.0</span> (assumed)" in counted


def test_a_source_and_a_record_in_quarantine_show_their_reason_as_text() -> None:
    source = {
        "key": "x", "name": HOSTILE, "description": HOSTILE, "landing_url": "javascript:alert(1)",
        "publisher": HOSTILE, "status": HOSTILE, "access": HOSTILE, "licence": HOSTILE,
        "citation_doi": HOSTILE, "schedule": HOSTILE, "jitter_minutes": 0, "opt_in": 0,
        "datasets": 1, "series": None, "finished": "2026-11-23T00:00:00Z", "requests": 3,
        "bytes": 2000, "version": HOSTILE, "quarantined": 1, "tag": "held",
        "words": f"held on 23 November 2026: {HOSTILE}",
    }  # fmt: skip
    shown = " ".join(render("sources.html", sources=[source], labels={}).split())
    assert_harmless(shown)
    assert "Held on 23 November 2026" in shown
    assert '<dd>3, <data value="2000"' in shown
    page = SimpleNamespace(
        release=SimpleNamespace(id="R", created=datetime(2026, 11, 23, tzinfo=UTC), counts={},
                                generator="fairscan"),
        runs=[{"source": "x", "state": "held", "message": HOSTILE, "finished": None,
               "version": None, "dated": None, "datasets": None, "series": None, "requests": None,
               "bytes": None, "quarantined": 1}],
        quarantine=[{"source": "x", "local_id": HOSTILE, "reason": HOSTILE}],
        findings=[], previous="Q",
        changes=[{"dataset_id": "x:1", "change": "added", "field": None, "old": None, "new": "n"}],
        changed=[{"source": "x", "change": "added", "datasets": 1}],
        checked={"datasets": 2, "files": 1200, "datasets_affected": 1, "files_affected": 3,
                 "newest": "2026-11-24T00:00:00Z"},
    )  # fmt: skip
    shown = " ".join(render("status.html", page=page, labels={}).split())
    assert_harmless(shown)
    assert "In quarantine" in shown
    assert "<li>x: 1 added</li>" in shown
    assert "something was found in 3 of them, in 1 dataset." in re.sub(r"<[^>]+>", "", shown)


def test_where_only_sums_are_known_sexes_and_ages_are_charts_the_youngest_first() -> None:
    shown = dataset_page(
        subjects=10,
        sexes=[{"value": "F", "count": 6}, {"value": "M", "count": 3}],
        age_bands=[{"value": "90+", "count": 1}, {"value": "0-9", "count": 4}],
    )
    assert re.findall(r'<rect width="([\d.]+)"', shown) == ["100.00", "50.00", "100.00", "25.00"]
    assert re.findall(r'<th scope="row">([\d+-]+)</th>', shown) == ["0-9", "90+"]
    assert "1 subject not stated" in shown
    assert "5 subjects not stated" in shown
