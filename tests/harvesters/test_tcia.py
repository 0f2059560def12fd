"""TCIA is read whole from its four services, cheaply when nothing changed, or not at all."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from harvesters.base import Harvest, harvester_for
from harvesters.registry import load_sources
from harvesters.tcia import nbia as tcia_nbia
from schemas.dataset import Dataset, Status
from schemas.errors import SourceError
from tests import oracles
from tests.emulators.nbia import recorded_series
from tests.emulators.pathdb import names
from tests.emulators.tcia import REGISTERED, Tcia, registered
from tests.emulators.wordpress import packaged

SARCOMA = "10.7937/k9/tcia.2015.7go2gsks"
HIDDEN = 8
PLACEHOLDERS = 4
SOME = 12
"""Collections of slides: each costs a harvest several requests and a Parquet file."""


@pytest.fixture
def tcia(monkeypatch: pytest.MonkeyPatch) -> Iterator[Tcia]:
    """All services, some of the slides, and an IDC that lacks the collection that was recorded."""
    held = tcia_nbia.held_by_idc() - {SARCOMA}
    monkeypatch.setattr(tcia_nbia, "held_by_idc", lambda: held)
    with Tcia() as services:
        services.pathdb.collections = services.pathdb.collections[:SOME]
        yield services


def whole(harvest: Harvest, folder: Path) -> list[Dataset]:
    """The datasets of a harvest, its raw payloads kept in `folder` as the catalogue keeps them."""
    records = list(harvest.records)
    with pa.CompressedOutputStream(str(folder / "raw.jsonl.zst"), "zstd") as raw:
        for record in records:
            raw.write(json.dumps(record.raw, ensure_ascii=False).encode() + b"\n")
    return [record.build() for record in records]


def folder(parent: Path, name: str) -> Path:
    path = parent / name
    path.mkdir()
    return path


def rows(folder: Path, what: str = "count(*)", where: str = "true") -> list[tuple[Any, ...]]:
    path = folder / "series.parquet"
    return duckdb.sql(f"SELECT {what} FROM read_parquet('{path}') WHERE {where}").fetchall()


def test_the_snapshot_holds_every_dataset_and_download_that_was_known() -> None:
    records = [row["record"] for row in packaged()]
    downloads = [
        one
        for record in records
        for one in record.get("collection_downloads", record.get("result_downloads"))
    ]
    assert len(records) == 299
    assert len(downloads) == 722
    assert sum(one["id"] == 0 for one in downloads) == PLACEHOLDERS


def test_a_whole_harvest_gives_299_datasets_their_downloads_and_612_series(
    tcia: Tcia, tmp_path: Path
) -> None:
    tcia.pathdb.collections = names()
    harvest = tcia.harvester().harvest(tmp_path)
    datasets = whole(harvest, tmp_path)
    assert harvest.stated == len(datasets) == 299
    assert Counter(dataset.kind for dataset in datasets) == {
        "collection": 239,
        "analysis_result": 60,
    }
    assert sum(len(dataset.distributions) for dataset in datasets) == 722 - PLACEHOLDERS
    assert rows(tmp_path, where="study IS NOT NULL") == [(612,)]
    assert len(tcia.pathdb.collections) >= 50
    slides = 3 * len(tcia.pathdb.collections)
    assert rows(tmp_path, where="study IS NULL AND modality = 'SM'") == [(slides,)]
    assert harvest.series == 612 + slides
    assert harvest.version == "2026-08-17"


def test_a_live_record_and_its_row_of_the_snapshot_are_read_alike(
    tcia: Tcia, tmp_path: Path
) -> None:
    harvester = tcia.harvester(nbia="", pathdb="", datacite="")
    for row in packaged():
        tcia.wordpress.record(row["_id"])["hide_from_browse_table"] = "0"
    live = {one.id: one for one in whole(harvester.harvest(tmp_path), tmp_path)}
    day = date(2026, 8, 21)
    own = {"retrieved", "snapshot", "provenance", "status"}
    for row in packaged():
        packed = harvester.from_snapshot(row, day)
        assert packed.snapshot == day
        assert packed.model_dump(exclude=own) == live[packed.id].model_dump(exclude=own)
    assert len(live) == 299


def test_what_tcia_utils_reads_is_what_we_read(tcia: Tcia, tmp_path: Path) -> None:
    datasets = whole(tcia.harvester().harvest(tmp_path), tmp_path)
    slides = tcia.pathdb.collections[0]
    theirs = oracles.run(
        "tcia",
        tcia.wordpress.root,
        tcia.nbia.root,
        tcia.pathdb.url,
        "Soft-tissue-Sarcoma",
        slides,
    )
    named = {
        kind: {
            identifier.value
            for dataset in datasets
            if dataset.kind == kind
            for identifier in dataset.identifiers
            if identifier.scheme == "short_name"
        }
        for kind in ("collection", "analysis_result")
    }
    assert {row["short_title"] for row in theirs["collection"]} == named["collection"]
    assert {row["short_title"] for row in theirs["result"]} == named["analysis_result"]
    both = theirs["collection"] + theirs["result"]
    assert sum(len(row["downloads"]) for row in both) == 722
    real = [one for row in both for one in row["downloads"] if one]
    assert len(real) == sum(len(dataset.distributions) for dataset in datasets)
    ours = rows(tmp_path, "series, subject, modality_raw, instances", "study IS NOT NULL")
    assert {tuple(row.values()) for row in theirs["series"]} == set(ours)
    assert theirs["patients"] == {"Soft-tissue-Sarcoma": 51}
    ours = rows(tmp_path, "series, subject, description", f"description ILIKE '{slides}-%'")
    assert {(str(s["slideId"]), s["subjectId"], s["imageId"]) for s in theirs["slides"]} == set(
        ours
    )


def test_an_unchanged_repository_costs_a_twentieth_of_the_requests_to_know(
    tcia: Tcia, tmp_path: Path
) -> None:
    tcia.pathdb.collections = names()
    harvester = tcia.harvester()
    before = harvester.digest()
    asked, sent = tcia.requests, tcia.sent
    whole(harvester.harvest(tmp_path), tmp_path)
    tcia.datacite.touch()
    assert harvester.digest() == before
    assert asked <= 0.05 * (tcia.requests - 2 * asked)
    assert sent <= 0.02 * (tcia.sent - 2 * sent)


@pytest.mark.parametrize(
    "change",
    [
        {"date_updated": "2026-11-01 00:00:00"},
        {"hide_from_browse_table": "1"},
        {"id": 1},
    ],
)
def test_a_record_that_changes_changes_the_digest(tcia: Tcia, change: dict[str, Any]) -> None:
    before = tcia.harvester().digest()
    tcia.wordpress.record("4d-lung").update(change)
    assert tcia.harvester().digest() != before


def test_a_new_doi_changes_the_digest(tcia: Tcia) -> None:
    before = tcia.harvester().digest()
    tcia.datacite.records.append({**registered()[-1], "id": "10.7937/new"})
    assert tcia.harvester().digest() != before


def test_series_and_slides_of_unchanged_pages_are_not_asked_for_again(
    tcia: Tcia, tmp_path: Path
) -> None:
    first = folder(tmp_path, "first")
    whole(tcia.harvester().harvest(first), first)
    before = rows(first, "* EXCLUDE (age_years)")
    changed = next(row for row in packaged() if "CMB-AML" in str(row["record"]))["_id"]
    tcia.wordpress.record(changed)["date_updated"] = "2026-11-01"
    for service in tcia.all:
        service.forget()
    second = folder(tmp_path, "second")
    harvest = tcia.harvester().harvest(second, first)
    whole(harvest, second)
    assert rows(second, "* EXCLUDE (age_years)") == before
    assert tcia.nbia.asked("getSeries?") == []
    assert len(tcia.pathdb.asked("listofimages")) == 3  # two pages and an empty one


def test_an_nbia_collection_whose_page_changed_is_asked_for_again(
    tcia: Tcia, tmp_path: Path
) -> None:
    first, second = folder(tmp_path, "first"), folder(tmp_path, "second")
    whole(tcia.harvester(pathdb="").harvest(first), first)
    tcia.wordpress.record("soft-tissue-sarcoma")["date_updated"] = "2026-11-01"
    tcia.nbia.series = tcia.nbia.series[:600]
    harvest = tcia.harvester(pathdb="").harvest(second, first)
    assert harvest.series == 600


def test_a_service_without_an_address_is_not_asked(tcia: Tcia, tmp_path: Path) -> None:
    harvest = tcia.harvester(nbia="", pathdb="", datacite="").harvest(tmp_path)
    assert harvest.series is None
    assert [len(service.log) > 0 for service in tcia.all] == [True, False, False, False]
    assert not (tmp_path / "series.parquet").exists()


def test_a_hidden_record_with_a_registered_doi_is_deprecated_and_another_is_left_out(
    tcia: Tcia, tmp_path: Path
) -> None:
    datasets = whole(tcia.harvester(nbia="", pathdb="").harvest(tmp_path), tmp_path)
    hidden = [one.id for one in datasets if one.status is Status.DEPRECATED]
    assert len(hidden) == HIDDEN
    assert "tcia:head-neck-ct-atlas" in hidden
    tcia.datacite.records = [
        record for record in registered() if record["id"] != "10.7937/k9/tcia.2017.umz8dv6s"
    ]
    told: list[str] = []
    harvester = tcia.harvester(nbia="", pathdb="")
    harvester.say = told.append
    harvest = harvester.harvest(tmp_path)
    datasets = whole(harvest, tmp_path)
    assert "tcia:head-neck-ct-atlas" not in {one.id for one in datasets}
    assert harvest.stated == len(datasets) == 298
    assert "tcia: 1 hidden records left out" in told


def test_a_dry_run_says_what_the_real_hosts_would_be_asked() -> None:
    lines = harvester_for(load_sources()["tcia"]).asks()
    assert any(
        line.startswith("GET https://cancerimagingarchive.net/api/v2/collections/")
        for line in lines
    )
    for host in ("nbia.cancerimagingarchive.net", "pathdb.", "api.datacite.org"):
        assert any(host in line for line in lines)


def test_the_recorded_series_and_registered_dois_are_as_many_as_was_told() -> None:
    assert len(recorded_series()) == 612
    assert len({record["id"] for record in registered()}) == len(registered()) == REGISTERED


@pytest.mark.parametrize("service", ["wordpress", "nbia", "pathdb"])
def test_a_service_that_is_down_fails_the_run(tcia: Tcia, tmp_path: Path, service: str) -> None:
    getattr(tcia, service).fail("status", value=404)
    with pytest.raises(SourceError, match="answered 404"):
        tcia.harvester().harvest(tmp_path)


def test_a_dataset_whose_slides_are_gone_still_comes(tcia: Tcia, tmp_path: Path) -> None:
    tcia.pathdb.gone = {str(tcia.pathdb.tid(name)) for name in tcia.pathdb.collections[:2]}
    told: list[str] = []
    harvester = tcia.harvester(nbia="")
    harvester.say = told.append
    assert len(whole(harvester.harvest(tmp_path), tmp_path)) == 299
    assert sum("and does not have it" in line for line in told) == 2
    assert rows(tmp_path) == [(3 * (len(tcia.pathdb.collections) - 2),)]


def test_controlled_slides_and_those_of_no_dataset_are_not_asked_for(
    tcia: Tcia, tmp_path: Path
) -> None:
    name = tcia.pathdb.collections[0]
    slug = next(row["_id"] for row in packaged() if _short_name(row) == name)
    for one in tcia.wordpress.record(slug)["collection_downloads"]:
        one["license"] = {"label": "NIH Controlled Data Access Policy", "url": ""}
    tcia.pathdb.collections.append("Nobody's-Slides")
    tcia.pathdb.slides["Nobody's-Slides"] = 5
    tcia.harvester(nbia="").harvest(tmp_path)
    for unasked in (name, "Nobody's-Slides"):
        assert tcia.pathdb.asked(f"listofimages/{tcia.pathdb.tid(unasked)}?") == []


def test_a_dataset_that_idc_holds_is_not_asked_of_nbia(
    tcia: Tcia, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = tcia_nbia.held_by_idc() | {SARCOMA}
    monkeypatch.setattr(tcia_nbia, "held_by_idc", lambda: held)
    assert tcia.harvester(pathdb="").harvest(tmp_path).series == 0
    assert tcia.nbia.asked("getSeries?") == []


def _short_name(row: dict[str, Any]) -> str:
    record = row["record"]
    return str(record.get("collection_short_title", record.get("result_short_title")))
