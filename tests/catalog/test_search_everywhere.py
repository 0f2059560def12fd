"""Search over every repository: facets that span them, names that people paste, a fair order."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from catalog import postings
from catalog import search as dataset_search
from catalog.facets import Facet, Query
from catalog.reader import Reader
from catalog.search import FACETS, Hit, SearchPage


@pytest.fixture(scope="module")
def reader(demo_home: Path) -> Iterator[Reader]:
    opened = Reader((demo_home / "current").resolve())
    yield opened
    opened.close()


def found(reader: Reader, text: str = "", **chosen: tuple[str, ...]) -> SearchPage:
    return reader.search(Query(text=text, filters=tuple(chosen.items())))


def ids(page: SearchPage) -> list[str]:
    return [hit.id for hit in page.hits]


def everything(reader: Reader) -> list[Hit]:
    """Every dataset, page after page."""
    pages = range(1, found(reader).total // 500 + 2)
    return [hit for page in pages for hit in reader.search(Query(page=page, size=500)).hits]


def facet(page: SearchPage, name: str) -> Facet:
    return next(facet for facet in page.facets if facet.name == name)


def test_every_repository_is_a_value_of_the_first_facet_with_its_datasets(reader: Reader) -> None:
    page = found(reader)
    repositories = page.facets[0]
    assert (repositories.name, repositories.label) == ("source", "Repository")
    held = {s["key"]: s["datasets"] for s in reader.sources() if s["datasets"]}
    assert {v.value: v.count for v in repositories.values} == held
    assert len(held) >= 36
    copies = [len(hit.elsewhere) for hit in everything(reader)]
    assert sum(held.values()) == page.total + sum(copies)
    assert page.total == reader.info.counts["datasets"]
    assert sum(copies) >= 153
    assert {v.label for v in repositories.values} >= {"OpenNeuro", "The Cancer Imaging Archive"}


def test_kinds_are_called_in_words(reader: Reader) -> None:
    labels = {v.value: v.label for v in facet(found(reader), "kind").values}
    assert (
        labels.items() >= {"challenge": "Challenge", "analysis_result": "Analysis result"}.items()
    )


@pytest.mark.parametrize("name", [spec.name for spec in FACETS])
def test_every_count_is_what_choosing_the_value_finds(reader: Reader, name: str) -> None:
    values = facet(found(reader, "brain"), name).values
    assert values
    for value in values[:4]:
        assert found(reader, "brain", **{name: (value.value,)}).total == value.count > 0


def test_a_modality_is_found_in_several_repositories(reader: Reader) -> None:
    sources = facet(found(reader, modality=("MR",)), "source").values
    assert {"idc", "openneuro", "tcia", "grand_challenge"} <= {v.value for v in sources}


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("ds000117", "openneuro:ds000117"),
        ("openneuro:ds000117", "openneuro:ds000117"),
        ("https://openneuro.org/datasets/ds000117/versions/1.0.0", "openneuro:ds000117"),
        ("camelyon16", "grand_challenge:camelyon16"),
        ("https://camelyon16.grand-challenge.org/", "grand_challenge:camelyon16"),
        ("https://www.cancerimagingarchive.net/collection/upenn-gbm/", "tcia:upenn-gbm"),
        ("UPENN-GBM", "tcia:upenn-gbm"),
    ],
)
def test_an_accession_a_short_name_or_an_address_finds_its_dataset_first(
    reader: Reader, text: str, first: str
) -> None:
    page = found(reader, text)
    same = next(hit for hit in page.hits if hit.id == first)
    assert ids(page)[0] in (first, *same.elsewhere)


def test_a_doi_finds_the_dataset_wherever_it_is_published(reader: Reader) -> None:
    page = found(reader, "https://doi.org/10.7937/K9TCIA.2017.MURS5CL")
    (hit,) = page.hits
    assert {"idc:prostatex", "tcia:prostatex"} <= {hit.id, *hit.elsewhere}
    assert page.note is None


def test_the_doi_of_another_version_finds_the_dataset_and_says_so(reader: Reader) -> None:
    page = found(reader, "10.18112/openneuro.ds000117.v0.0.1")
    assert ids(page) == ["openneuro:ds000117"]
    assert page.note == "No dataset here has this DOI; this is another version of what it names."


def test_the_doi_of_its_paper_finds_a_dataset(reader: Reader) -> None:
    with dataset_search.connect(reader.folder / "site.db") as site:
        records = (json.loads(row[0]) for row in site.execute("SELECT record FROM datasets"))
        papers = [
            (related["value"], record["id"])
            for record in records
            for related in record["related"]
            if related["relation"] == "IsDescribedBy" and related["scheme"] == "DOI"
        ]
    assert len(papers) > 100
    for doi, dataset in papers[:20]:
        assert dataset in ids(found(reader, doi))


def test_without_words_repositories_take_turns_each_with_its_largest_first(reader: Reader) -> None:
    hits = reader.search(Query(size=500)).hits
    sources = {hit.source for hit in hits}
    assert {hit.source for hit in hits[: len(sources)]} == sources
    for source in sources:
        subjects = [hit.subjects or 0 for hit in hits if hit.source == source]
        assert subjects == sorted(subjects, reverse=True)


def test_the_order_without_words_has_no_gap_and_no_repeat(reader: Reader) -> None:
    seen = [hit.id for hit in everything(reader)]
    assert len(seen) == len(set(seen)) == found(reader).total


def test_what_is_no_longer_offered_comes_last(reader: Reader) -> None:
    total = found(reader).total
    last = reader.search(Query(size=100, page=-(-total // 100))).hits
    assert last[-1].status == "deprecated"
    assert reader.search(Query(size=100)).hits[0].status == "active"


def test_spellings_that_differ_by_case_or_dashes_are_one_value(reader: Reader) -> None:
    values = [v.value for v in facet(found(reader), "programme").values]
    assert "TCGA" in values and "tcga" not in values
    sources = {v.value for v in facet(found(reader, programme=("TCGA",)), "source").values}
    assert {"idc", "tcia"} <= sources
    loosely = found(reader, programme=("tcga",))
    assert loosely.query.chosen("programme") == ("TCGA",)
    assert loosely.total == found(reader, programme=("TCGA",)).total > 0


def test_a_hit_says_what_it_rests_on_and_where_else_it_is(reader: Reader) -> None:
    for source, other in (("idc", "tcia"), ("tcia", "idc")):
        (hit,) = found(reader, "10.7937/k9tcia.2017.murs5cl", source=(source,)).hits
        assert hit.id == f"{source}:prostatex"
        assert f"{other}:prostatex" in hit.elsewhere
        assert bool(hit.snapshot) == (source == "tcia") == (hit.series is None)


def test_parts_with_access_of_their_own_are_found_by_it(reader: Reader) -> None:
    for hit in found(reader, access=("controlled",), source=("tcia",)).hits:
        assert "controlled" in hit.accesses


def test_a_set_of_rows_and_back() -> None:
    rows = [1, 2, 64, 2600]
    assert list(postings.rows(postings.bits(rows))) == rows
    assert list(postings.rows(0)) == []
