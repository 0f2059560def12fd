"""Derived data is about what the data it derives from is about, unless it says otherwise."""

from __future__ import annotations

from datetime import date
from typing import Any

from catalog.inherited import cited, inherited
from harvesters.record import dataset, midnight
from schemas.dataset import Dataset, Term

DAY = midnight(date(2026, 11, 23))
GLIOMA, LUNG = Term(label="Glioma", code="C3059", raw="gliomas"), Term(label="Lung cancer")


def made(local: str, **fields: Any) -> Dataset:
    told = {"id": f"idc:{local}", "source": "idc", "kind": "collection", "title": local, **fields}
    return dataset(told, DAY)


def about(*datasets: Dataset) -> dict[str, list[str]]:
    return {one.id: [term.label for term in one.conditions] for one in inherited(datasets)}


BRAIN, CHEST = made("brain", conditions=[GLIOMA]), made("chest", conditions=[LUNG, GLIOMA])


def test_a_derived_dataset_is_about_all_that_its_origins_are_about() -> None:
    result = made("masks", derived_from=["idc:brain", "idc:chest"])
    found = inherited([BRAIN, CHEST, result])[-1]
    assert [term.label for term in found.conditions] == ["Glioma", "Lung cancer"]
    assert [term.raw for term in found.conditions] == [None, None]
    told = found.provenance["conditions"]
    assert (told.method, told.source) == ("derived", "fairscan")
    assert told.evidence == "conditions of idc:brain, idc:chest"


def test_what_it_says_itself_stands() -> None:
    result = made("masks", derived_from=["idc:brain"], conditions=[LUNG])
    assert about(BRAIN, result)["idc:masks"] == ["Lung cancer"]


def test_nothing_is_taken_if_one_origin_is_unknown_or_names_none() -> None:
    healthy = made("healthy")
    for origins in (["idc:brain", "idc:elsewhere"], ["idc:brain", "idc:healthy"]):
        result = made("masks", derived_from=origins)
        assert about(BRAIN, healthy, result)["idc:masks"] == []


def test_a_dataset_is_cited_as_others_of_its_doi_cite_it() -> None:
    said = {"doi": "10.1/a", "year": 2015, "publisher": "House"}
    bare, full = made("bare", doi="10.1/a", year=2016), made("full", **said)
    other = made("other", doi="10.1/b")
    one, two, three = cited([bare, full, other])
    assert (one.year, one.publisher) == (2016, "House")
    assert one.provenance["publisher"] == full.provenance["publisher"]
    assert (two, three) == (full, other)
