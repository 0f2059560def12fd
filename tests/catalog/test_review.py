"""Every repository of the review is here, its row kept word for word, and no trap catches us."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from catalog.home import Home, current_release
from catalog.reader import Reader
from harvesters.registry import load_sources
from schemas.source import Source

ROWS = Path(__file__).parents[1] / "recordings" / "review" / "rows.csv"
NAMED_OTHERWISE = {"nitrc": "nitrc_ir"}
"""The review names the collaboratory; what is read is its image repository."""


@cache
def rows() -> tuple[dict[str, str], ...]:
    with ROWS.open(encoding="utf-8") as file:
        return tuple(csv.DictReader(line for line in file if not line.startswith("#")))


def source_of(row: dict[str, str]) -> Source:
    return load_sources()[NAMED_OTHERWISE.get(row["key"], row["key"])]


each_row = pytest.mark.parametrize("row", rows(), ids=lambda row: row["key"])


@pytest.fixture(scope="module")
def reader(demo_home: Path) -> Iterator[Reader]:
    opened = Reader(current_release(Home(demo_home)))
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def known(reader: Reader) -> dict[str, dict[str, Any]]:
    """Every source as the release tells it, by key."""
    return {row["key"]: row for row in reader.sources()}


def page(reader: Reader, dataset: str) -> dict[str, Any]:
    found = reader.dataset(dataset)
    assert found is not None, f"no page for {dataset}"
    return dict(found.record)


def held(reader: Reader, source: str) -> list[str]:
    with reader.cursor() as cursor:
        found = cursor.execute("SELECT id FROM datasets WHERE source = ? ORDER BY id", [source])
        return [row[0] for row in found.fetchall()]


def test_there_are_thirty_eight_rows() -> None:
    assert len(rows()) == 38
    assert len({source_of(row).key for row in rows()}) == 38


@each_row
def test_a_row_is_a_source_that_keeps_the_review_s_words(row: dict[str, str]) -> None:
    seed = source_of(row).seed
    assert seed is not None
    assert seed.name == row["seed_name"]
    assert (seed.url or "") == row["seed_url"]
    assert str(seed.in_table) == row["in_table"]


@each_row
def test_a_row_tells_its_status_kind_and_access(
    row: dict[str, str], known: dict[str, dict[str, Any]]
) -> None:
    told = known[source_of(row).key]
    assert (told["status"] or "unknown") == row["status_code"]
    assert told["kind"] and told["access"]
    assert told["words"]


@each_row
def test_a_row_has_a_dataset_page(row: dict[str, str], reader: Reader) -> None:
    source = source_of(row)
    there = held(reader, source.alias_of or source.key)
    assert there
    assert page(reader, there[0])["title"]


def test_an_alias_is_not_counted_twice(reader: Reader, known: dict[str, dict[str, Any]]) -> None:
    assert held(reader, "nbia") == []
    assert known["nbia"]["datasets"] == 0 and known["nbia"]["alias_of"] == "tcia"


@pytest.mark.parametrize(
    ("source", "review", "right"),
    [
        ("visceral", "http://www.viscer.al.eu/benchmarks", "https://visceral.eu/"),
        ("cq500", "http://headctstudy.quare.ai/dataset", "qure.ai"),
        ("nih_chestxray14", "NHS Chest X-ray NIHC", "NIH"),
        ("mias", "MG, US", "mammograms"),
        ("chase_db1", "Diabetes", "child"),
        ("figure1_covid", "Fig. 1 COVID-19 Chest X-ray Dataset Initiative", "Figure 1"),
        ("nbia", "National Biomedical Imaging Archive (NBIA)", "same"),
    ],
)
def test_an_error_of_the_review_stands_beside_what_is_right(
    source: str, review: str, right: str
) -> None:
    told = load_sources()[source]
    assert told.seed is not None
    assert review in told.seed.model_dump().values()
    assert told.seed.corrected is not None
    assert right in f"{told.seed.corrected} {told.landing_url} {told.name}"


def test_what_the_review_has_wrong_is_in_no_record(reader: Reader) -> None:
    assert page(reader, "mias:mias")["modalities"] == ["MG"]
    chase = page(reader, "chase_db1:chase_db1")
    assert not [term for term in chase["conditions"] if "diabet" in term["label"].lower()]
    assert (chase["subjects"], chase["images"]) == (14, 28)


@pytest.mark.parametrize(
    ("dataset", "licence", "said"),
    [
        ("msd:msd", "CC-BY-SA-4.0", "CC-BY-SA"),
        ("bimcv_covid19:BIMCV-COVID-19", None, "Research Use Agreement"),
        ("echonet_dynamic:echonet-dynamic", None, "Stanford"),
        ("mias:mias", None, "CC BY"),
        ("covid_chestxray:covid-chestxray-dataset", None, "per image"),
        ("vhp:vhp", "LicenseRef-NLM-Terms-2019", "National Library of Medicine"),
        ("nih_chestxray14:chestxray14", None, "no restrictions"),
        ("figure1_covid:Figure1-COVID-chestxray-dataset", None, "research purposes only"),
    ],
)
def test_a_licence_is_an_spdx_identifier_only_where_it_is_certain(
    reader: Reader, dataset: str, licence: str | None, said: str
) -> None:
    record = page(reader, dataset)
    assert record["licence"] == licence
    assert said.lower() in (record["licence_raw"] or "").lower()


def test_a_licence_without_a_version_is_no_spdx_identifier(reader: Reader) -> None:
    for dataset in held(reader, "isic"):
        record = page(reader, dataset)
        assert record["licence"] is None
        assert [part["licence"] for part in record["distributions"]] == [None] * len(
            record["distributions"]
        )


def test_parts_under_several_licences_keep_each_its_own(reader: Reader) -> None:
    with reader.cursor() as cursor:
        found = cursor.execute(
            "SELECT licence, list_distinct([d.licence_raw FOR d IN distributions]) FROM datasets "
            "WHERE source = 'tcia' AND len(list_filter(distributions, "
            "lambda d: d.licence_raw ILIKE '%controlled%')) > 0"
        ).fetchall()
    assert len(found) >= 60
    assert all(licence is None or len(parts) > 1 for licence, parts in found)


@pytest.mark.parametrize(
    ("dataset", "subjects"),
    [
        ("tcia:cbis-ddsm", 1566),
        ("ddsm:ddsm", 2620),
        ("idc:cbis_ddsm", None),
        ("eucanshare:catalogue", None),
        ("visceral:anatomy", None),
        ("stare:stare", None),
        ("nih_chestxray14:chestxray14", 30805),
    ],
)
def test_a_count_that_is_a_trap_is_not_told(
    reader: Reader, dataset: str, subjects: int | None
) -> None:
    assert page(reader, dataset)["subjects"] == subjects
