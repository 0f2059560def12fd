"""Search over datasets: words, ids, DOIs and facets, and nothing that a person types breaks it."""

from __future__ import annotations

import sqlite3

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog.facets import Query
from catalog.reader import Reader
from catalog.search import FACETS, SearchPage


def found(reader: Reader, text: str = "", size: int = 50, **chosen: tuple[str, ...]) -> SearchPage:
    return reader.search(Query(text=text, filters=tuple(chosen.items()), size=size))


def ids(page: SearchPage) -> list[str]:
    return [hit.id for hit in page.hits]


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("idc:prostatex", "idc:prostatex"),
        ("prostatex", "idc:prostatex"),
        ("ProstateX", "idc:prostatex"),
        ("LIDC-IDRI", "idc:lidc_idri"),
        ("phantom fda", "idc:phantom_fda"),
        ("10.7937/k9/tcia.2015.orbjkmux", "idc:phantom_fda"),
        ("https://doi.org/10.7937/K9/TCIA.2015.ORBJKMUX", "idc:phantom_fda"),
        ("doi:10.7937/k9/tcia.2015.orbjkmux", "idc:phantom_fda"),
    ],
)
def test_a_name_or_doi_finds_its_dataset_first(reader: Reader, text: str, first: str) -> None:
    assert ids(found(reader, text))[0] == first


def test_the_doi_of_a_part_finds_its_dataset(reader: Reader) -> None:
    record = reader.dataset("idc:prostatex")
    assert record is not None
    for part in record.record["distributions"]:
        assert "idc:prostatex" in ids(found(reader, part["doi"]))


def test_a_doi_that_nobody_has_finds_nothing(reader: Reader) -> None:
    page = found(reader, "10.9999/nothing")
    assert (page.total, page.hits) == (0, ())


def test_small_words_do_not_narrow(reader: Reader) -> None:
    assert ids(found(reader, "datasets of the prostate")) == ids(found(reader, "prostate"))


def test_only_small_words_find_everything(reader: Reader) -> None:
    assert found(reader, "the images of").total == 205


def test_a_word_that_is_being_typed_finds_its_beginning(reader: Reader) -> None:
    assert set(ids(found(reader, "prostat"))) >= {"idc:prostatex"}


def test_words_for_a_modality_and_an_organ_find_it(reader: Reader) -> None:
    page = found(reader, "magnetic resonance prostate")
    assert page.note is None
    assert "idc:prostatex" in ids(page)


def test_words_that_never_meet_are_relaxed_with_a_note(reader: Reader) -> None:
    page = found(reader, "prostate zzzzqqq")
    assert page.note == "No dataset has every word; these have at least one of them."
    assert page.total == found(reader, "prostate").total
    assert found(reader, "prostate mri").note is None


@pytest.mark.parametrize("match", ["all", "any"])
def test_several_values_of_a_facet_must_all_or_any_hold(
    reader: Reader, site_db: sqlite3.Connection, match: str
) -> None:
    name, values = ("modality", ("MR", "SEG")) if match == "all" else ("licence", ("CC-BY-3.0", "CC-BY-4.0"))  # fmt: skip  # noqa: E501
    having = 2 if match == "all" else 1
    rows = site_db.execute(
        "SELECT d.id FROM datasets d JOIN facets f ON f.dataset = d.rowid WHERE f.facet = ? AND "
        "f.value IN (?, ?) GROUP BY d.id HAVING count(*) >= ?",
        [name, *values, having],
    ).fetchall()
    page = found(reader, size=500, **{name: values})
    assert sorted(ids(page)) == sorted(row[0] for row in rows)
    assert page.total == len(rows) > 0


@pytest.mark.parametrize("name", [spec.name for spec in FACETS if spec.name != "task"])
def test_every_count_is_what_choosing_the_value_finds(reader: Reader, name: str) -> None:
    facets = {f.name: f for f in found(reader, "cancer").facets}
    assert facets[name].values
    for value in facets[name].values[:5]:
        assert found(reader, "cancer", **{name: (value.value,)}).total == value.count


def test_a_facet_of_which_any_may_hold_ignores_its_own_choice(reader: Reader) -> None:
    free = {f.name: f for f in found(reader).facets}["licence"]
    chosen = {f.name: f for f in found(reader, licence=("CC-BY-3.0",)).facets}["licence"]
    assert {v.value: v.count for v in chosen.values} == {v.value: v.count for v in free.values}
    assert [v.value for v in chosen.values if v.selected] == ["CC-BY-3.0"]


def test_a_facet_of_which_all_must_hold_counts_what_is_left(reader: Reader) -> None:
    chosen = {f.name: f for f in found(reader, modality=("MR",)).facets}["modality"]
    counts = {v.value: v.count for v in chosen.values}
    assert counts["MR"] == found(reader, modality=("MR",)).total
    assert counts["SEG"] == found(reader, modality=("MR", "SEG")).total


@pytest.mark.parametrize(
    "text",
    [
        '"', "'", '" OR 1=1 --', "a AND", "NOT", "NEAR(a b)", "title:x", "a*", "^a", "(", ")", "{}",
        "prostate\x00mri", "a" * 5000, "%", "_", "\\", "-", "--", "*", "\u202e", "🫀", "é" * 300,
        "10.1/", "10.7937/", "AND OR NOT", ";DROP TABLE datasets", "col : x",
    ],
)  # fmt: skip
def test_nothing_that_a_person_types_breaks_the_search(reader: Reader, text: str) -> None:
    page = found(reader, text)
    assert page.total >= len(page.hits) >= 0


@given(text=st.text(max_size=60))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_text_breaks_the_search(reader: Reader, text: str) -> None:
    assert 0 <= found(reader, text).total <= 205


def test_pages_follow_each_other_without_gap_or_repeat(reader: Reader) -> None:
    pages = [reader.search(Query(page=n, size=50)) for n in range(1, 6)]
    seen = [hit.id for page in pages for hit in page.hits]
    assert len(seen) == len(set(seen)) == 205
    assert reader.search(Query(page=99, size=50)).hits == ()


@pytest.mark.parametrize("sort", ["title", "subjects", "series", "bytes", "modified"])
def test_hits_come_in_the_order_asked_for(reader: Reader, sort: str) -> None:
    hits = reader.search(Query(sort=sort, size=300)).hits
    values = [getattr(hit, sort) for hit in hits]
    if sort == "title":
        assert values == sorted(values, key=str.lower)
    else:
        known = [value for value in values if value is not None]
        assert known == sorted(known, reverse=True)
        assert values[: len(known)] == known, "what is not known comes last"
