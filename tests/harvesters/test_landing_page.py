"""What a page says of its dataset in JSON-LD lies over the facts; what it does not say stays."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import stamina
from hypothesis import given, settings
from hypothesis import strategies as st

from harvesters.base import Harvest, harvester_for
from harvesters.landing_page import json_ld
from harvesters.registry import load_sources
from schemas.dataset import Access, Creator, Dataset, Method
from schemas.errors import SourceError
from schemas.source import Source
from tests.emulators.landing import Site, dataset, moved, page, refusal
from tests.emulators.server import Reply

SOURCES = load_sources()
CHASE = (
    "https://researchinnovation.kingston.ac.uk/en/datasets/"
    "chasedb1-retinal-vessel-reference-dataset-4/"
)


@pytest.fixture
def site() -> Iterator[Site]:
    with Site(page=page("Scans")) as running, stamina.set_testing(True, attempts=2):
        yield running


def at(site: Site, key: str = "chase_db1") -> Source:
    changes = {"base_url": f"{site.url}/page", "requests_per_second": 1000.0}
    return SOURCES[key].model_copy(update=changes)


def harvest(site: Site, tmp_path: Path, key: str = "chase_db1") -> Harvest:
    return harvester_for(at(site, key)).harvest(tmp_path)


def read(site: Site, tmp_path: Path, *scripts: Any, key: str = "chase_db1") -> Dataset:
    if scripts:
        site.pages["/page"] = page("Scans", *scripts)
    return next(harvest(site, tmp_path, key).records).build()


def test_what_a_page_states_lies_over_the_facts(site: Site, tmp_path: Path) -> None:
    found = read(
        site,
        tmp_path,
        dataset(
            url=CHASE,
            license="https://creativecommons.org/licenses/by/4.0/",
            creator=[
                {
                    "@type": "Person",
                    "givenName": "Jane",
                    "familyName": "Doe",
                    "@id": "https://orcid.org/0000-0002-1825-0097",
                },
                {"@type": "Organization", "name": "Kingston University"},
            ],
            identifier={"@type": "PropertyValue", "value": "https://doi.org/10.1234/CHASE.1"},
            datePublished="2012-06-01",
            dateModified="2020-01-02T03:04:05+02:00",
            version=1,
            publisher={"@type": "Organization", "name": "Kingston University London"},
            keywords=["retina", "vessels"],
        ),
    )
    assert found.title == "Retinal vessel reference dataset"
    assert found.description == "28 retinal images."
    assert (found.licence, found.licence_url) == (
        "CC-BY-4.0", "https://creativecommons.org/licenses/by/4.0/"
    )  # fmt: skip
    assert found.doi == "10.1234/chase.1"
    assert found.creators == [
        Creator(name="Doe, Jane", orcid="0000-0002-1825-0097"),
        Creator(name="Kingston University"),
    ]
    assert (found.year, found.version) == (2012, "1")
    assert found.modified is not None
    assert found.modified.isoformat() == "2020-01-02T01:04:05+00:00"
    assert found.provenance["title"].method is Method.STATED
    assert found.provenance["licence"].method is Method.DERIVED
    assert found.provenance["title"].snapshot is None


def test_facts_that_a_page_does_not_state_stay_as_curated(site: Site, tmp_path: Path) -> None:
    found = read(site, tmp_path, dataset(url=CHASE))
    assert (found.subjects, found.images, found.modalities) == (14, 28, ["OP"])
    assert found.provenance["subjects"].method is Method.CURATED
    assert found.access is Access.OPEN
    nameless = {name: value for name, value in dataset(url=CHASE).items() if name != "name"}
    found = read(site, tmp_path, nameless)
    assert found.title == "CHASE_DB1: retinal vessel reference dataset"
    assert found.provenance["title"].method is Method.CURATED


def test_a_page_without_json_ld_says_only_that_it_is_there(site: Site, tmp_path: Path) -> None:
    came = harvest(site, tmp_path)
    assert came.landing is not None
    assert came.landing.state == "alive"
    found = next(came.records).build()
    assert {told.method for told in found.provenance.values()} == {Method.CURATED}


@pytest.mark.parametrize(
    "wrapped",
    [
        lambda node: [{"@type": "WebSite"}, node],
        lambda node: {"@context": "https://schema.org", "@graph": [{"@type": "Person"}, node]},
        lambda node: {"@type": "WebPage", "mainEntity": node},
        lambda node: {**node, "@type": ["CreativeWork", "http://schema.org/Dataset"]},
        lambda node: "/* first */ " + json.dumps(node),
        lambda node: "<!-- hidden -->" + json.dumps(node),
    ],
)
def test_a_dataset_is_found_in_every_form_of_json_ld(
    site: Site, tmp_path: Path, wrapped: Any
) -> None:
    found = read(site, tmp_path, wrapped(dataset(url=CHASE)))
    assert found.title == "Retinal vessel reference dataset"


def test_of_several_datasets_the_one_of_this_page_is_taken(site: Site, tmp_path: Path) -> None:
    other = dataset(name="Another set", url="https://example.org/other")
    mine = dataset(name="This set", mainEntityOfPage={"@id": CHASE.rstrip("/")})
    nameless = dataset(name="A set without an address")
    assert read(site, tmp_path, [other, nameless, mine]).title == "This set"


@pytest.mark.parametrize(
    "found",
    [
        [dataset(url="https://example.org/other")],
        [dataset(name="One"), dataset(name="Two")],
        [dataset(name="One", url=CHASE), dataset(name="Two", url=CHASE)],
        [{"@type": "DataCatalog", "dataset": [dataset()]}],
        [{"@type": "ScholarlyArticle", "name": "A paper"}],
    ],
)
def test_where_it_is_not_plain_which_dataset_the_page_is_about_none_is_taken(
    site: Site, tmp_path: Path, found: list[Any]
) -> None:
    assert read(site, tmp_path, found).title == "CHASE_DB1: retinal vessel reference dataset"


def test_the_same_dataset_told_twice_is_one(site: Site, tmp_path: Path) -> None:
    assert read(site, tmp_path, dataset(), dataset()).title == "Retinal vessel reference dataset"


def test_a_name_within_the_page_is_the_pages_own(site: Site, tmp_path: Path) -> None:
    other = dataset(name="Another set", url="https://example.org/other")
    found = read(site, tmp_path, [other, dataset(name="This set", **{"@id": "#dataset"})])
    assert found.title == "This set"


def test_a_doi_is_a_name_and_not_the_address_of_another_page(site: Site, tmp_path: Path) -> None:
    found = read(site, tmp_path, dataset(**{"@id": "https://doi.org/10.1234/CHASE"}))
    assert (found.title, found.doi) == ("Retinal vessel reference dataset", "10.1234/chase")


def test_a_damaged_script_does_not_spoil_the_next(site: Site, tmp_path: Path) -> None:
    deep = "[" * 100_000 + "]" * 100_000
    found = read(site, tmp_path, '{"@type": "Dataset",', deep, "", "null", "7", dataset())
    assert found.title == "Retinal vessel reference dataset"


def test_values_of_a_wrong_shape_are_unknown(site: Site, tmp_path: Path) -> None:
    found = read(
        site,
        tmp_path,
        dataset(
            url=[CHASE, 7, "http://[", "https://example.org:port/"],
            license=[{"url": 7}, None, []],
            creator=[7, {"name": {"x": 1}}, None],
            identifier=[[], {"value": 3}, "no doi"],
            datePublished={"y": 2012},
            dateModified="2020-99-99",
            version={"major": 1},
            publisher=[],
            distribution=["x", {"contentUrl": "javascript:alert(1)"}, {"contentUrl": 7}],
        ),
    )
    assert (found.licence, found.doi, found.version, found.modified) == (None, None, None, None)
    assert found.creators == [Creator(name="7")]
    assert found.distributions == []


def test_markup_and_addresses_in_values_do_not_reach_the_record(site: Site, tmp_path: Path) -> None:
    node = dataset(
        name="<b>Scans</b><script>alert(1)</script>",
        description="Write to jane@example.org <img src=x onerror=alert(1)>",
        creator="Jane <jane@example.org>",
    )
    found = read(site, tmp_path, json.dumps(node).replace("</", "<\\/"))
    assert found.title == "Scans"
    assert "<" not in found.title + str(found.description)
    assert "jane@example.org" not in found.model_dump_json()


def test_a_licence_that_no_one_knows_displaces_the_curated_one(site: Site, tmp_path: Path) -> None:
    mosmed = "https://mosmed.ai/en/datasets/covid191110"
    found = read(site, tmp_path, dataset(url=mosmed, license="Ask us"), key="mosmeddata")
    assert (found.licence, found.licence_raw, found.licence_url) == (None, "Ask us", None)


def test_two_licences_are_no_certain_one(site: Site, tmp_path: Path) -> None:
    both = [
        "https://creativecommons.org/licenses/by/4.0/",
        {"@type": "CreativeWork", "name": "MIT", "url": "https://opensource.org/license/mit"},
    ]
    assert read(site, tmp_path, dataset(license=both)).licence is None


def test_downloads_become_distributions(site: Site, tmp_path: Path) -> None:
    found = read(
        site,
        tmp_path,
        dataset(
            distribution=[
                {
                    "@type": "DataDownload",
                    "contentUrl": "https://example.org/chase.zip",
                    "encodingFormat": "application/zip",
                    "contentSize": "2500000 B",
                },
                {
                    "@type": "DataDownload",
                    "contentUrl": "https://example.org/b",
                    "contentSize": "2 MB",
                },
            ]
        ),
    )
    first, second = found.distributions
    assert (first.route, first.url, first.format, first.bytes) == (
        "https", "https://example.org/chase.zip", "application/zip", 2_500_000
    )  # fmt: skip
    assert second.bytes is None


RUSSIAN = "КТ органов грудной клетки с признаками COVID-19"


@pytest.mark.parametrize("charset", ["utf-8", "windows-1251"])
def test_a_page_in_russian_is_read_in_its_own_letters(
    site: Site, tmp_path: Path, charset: str
) -> None:
    script = json.dumps(dataset(name=RUSSIAN), ensure_ascii=False)
    site.pages["/page"] = page("Наборы данных", script, charset=charset)
    assert read(site, tmp_path, key="mosmeddata").title == RUSSIAN


@pytest.mark.parametrize("claimed", ["iso-8859-1", "no-such-charset", "utf-16"])
def test_a_page_in_utf_8_is_read_as_that_whatever_it_claims(
    site: Site, tmp_path: Path, claimed: str
) -> None:
    body = page("x", json.dumps(dataset(name=RUSSIAN), ensure_ascii=False)).body
    site.pages["/page"] = Reply(body, type=f"text/html; charset={claimed}")
    assert read(site, tmp_path, key="mosmeddata").title == RUSSIAN


def test_of_several_languages_the_english_one_is_taken(site: Site, tmp_path: Path) -> None:
    names = [{"@value": RUSSIAN, "@language": "ru"}, {"@value": "Chest CT", "@language": "en-GB"}]
    assert read(site, tmp_path, dataset(name=names), key="mosmeddata").title == "Chest CT"


@pytest.mark.parametrize("odd", ["", "x"])
def test_a_page_of_five_megabytes_is_read_as_far_as_the_cap(
    site: Site, tmp_path: Path, odd: str
) -> None:
    script = json.dumps(dataset(name=RUSSIAN), ensure_ascii=False)
    body = page("Scans", script, body=odd + "ж" * 2_500_000).body  # a letter is cut in two
    site.pages["/page"] = Reply(body, type="text/html; charset=iso-8859-1")
    assert read(site, tmp_path).title == RUSSIAN


def test_a_script_that_is_too_long_describes_no_dataset(site: Site, tmp_path: Path) -> None:
    huge = dataset(description="x" * (json_ld.LARGEST + 1))
    assert read(site, tmp_path, huge).title == "CHASE_DB1: retinal vessel reference dataset"


def test_a_page_that_moved_is_read_at_its_new_place(site: Site, tmp_path: Path) -> None:
    site.pages["/page"] = moved("/new")
    site.pages["/new"] = page("Scans", dataset(url=f"{site.url}/new"))
    came = harvest(site, tmp_path)
    assert came.landing is not None
    assert (came.landing.state, came.landing.to) == ("moved", f"{site.url}/new")
    found = next(came.records).build()
    assert (found.landing_url, found.title) == (
        f"{site.url}/new",
        "Retinal vessel reference dataset",
    )


@pytest.mark.parametrize("status", [404, 403])
def test_a_page_that_shows_nothing_leaves_the_facts(
    site: Site, tmp_path: Path, status: int
) -> None:
    site.pages["/page"] = refusal(status)
    found = read(site, tmp_path)
    assert (found.title, found.subjects) == ("CHASE_DB1: retinal vessel reference dataset", 14)
    assert found.access is (Access.GONE if status == 404 else Access.OPEN)


@pytest.mark.parametrize("status", [404, 403])
def test_what_a_page_said_before_it_closed_stays_as_it_was_read(
    site: Site, tmp_path: Path, status: int
) -> None:
    licence = "https://creativecommons.org/licenses/by/4.0/"
    site.pages["/page"] = page("Scans", dataset(license=licence))
    before, last = kept(site, tmp_path / "a")
    assert before.licence == "CC-BY-4.0"
    site.pages["/page"] = refusal(status)
    for folder in ("b", "c"):
        after, last = kept(site, tmp_path / folder, last)
        assert (after.licence, after.title) == ("CC-BY-4.0", before.title)
        assert after.provenance["licence"] == before.provenance["licence"]
        assert (after.access is Access.GONE) is (status == 404)
    site.pages["/page"] = page("Scans")
    after, _ = kept(site, tmp_path / "d", last)
    assert (after.licence, after.access) == (None, Access.OPEN)


def kept(site: Site, folder: Path, last: Path | None = None) -> tuple[Dataset, Path]:
    """The dataset, and the folder in which its raw payload is kept as the catalogue keeps it."""
    folder.mkdir()
    (came,) = harvester_for(at(site)).harvest(folder, last).records
    with pa.CompressedOutputStream(str(folder / "raw.jsonl.zst"), "zstd") as file:
        file.write(json.dumps(came.raw).encode() + b"\n")
    return came.build(), folder


def test_a_page_that_cannot_be_reached_stops_the_run(site: Site) -> None:
    site.fail("cut")
    with pytest.raises(SourceError, match="cannot be reached: the answer was cut short"):
        harvester_for(at(site)).digest()


def test_two_datasets_of_one_page_cannot_both_be_what_it_says(site: Site, tmp_path: Path) -> None:
    site.pages["/page"] = page("Atlas", dataset(name="One of them"))
    titles = [one.build().title for one in harvest(site, tmp_path, "cardiac_atlas").records]
    assert titles == [one.title for one in SOURCES["cardiac_atlas"].datasets]


def test_the_digest_follows_what_the_page_says_of_the_dataset_alone(site: Site) -> None:
    def digest() -> str:
        return harvester_for(at(site)).digest()

    site.pages["/page"] = page("Scans", dataset(), body="<p>Monday</p>")
    before = digest()
    site.pages["/page"] = page("Scans!", dataset(), body="<p>Tuesday</p>")
    assert digest() == before
    site.pages["/page"] = page("Scans", dataset(version="2"))
    assert digest() != before


def test_a_whole_refresh_asks_once(site: Site, tmp_path: Path) -> None:
    harvester = harvester_for(at(site))
    harvester.digest()
    list(harvester.harvest(tmp_path).records)
    assert len(site.log) == 1
    assert harvester.asks() == [f"GET {site.url}/page"]


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(
                st.sampled_from(
                    "@type @id @graph @value @list url name license creator identifier publisher"
                    " datePublished version keywords distribution contentUrl contentSize".split()
                ),
                inner,
                max_size=5,
            )
        ),
        max_leaves=25,
    )
)
@settings(max_examples=150, deadline=None)
def test_no_json_is_too_odd_to_be_read(value: Any) -> None:
    node = {"@type": "Dataset", **(value if isinstance(value, dict) else {"name": value})}
    body = page("Scans", [value, {**node, "@type": "Dataset"}]).body
    for one in json_ld.nodes(body, {}):
        json_ld.about([one], [CHASE], None)
        json_ld.fields(json_ld.attributes(one))


@given(st.binary(max_size=400))
@settings(max_examples=100, deadline=None)
def test_no_page_is_too_odd_to_be_read(noise: bytes) -> None:
    for body in (
        noise + b"ld+json",
        b'<script type="application/ld+json">' + noise,
        b'<script type="application/ld+json">' + noise + b"</script>",
        b"<!-- ld+json " + noise,
    ):
        json_ld.nodes(body, {"content-type": "text/html"})
