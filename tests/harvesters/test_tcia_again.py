"""A second harvest of TCIA loses nothing in silence of what the first one knew."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from harvesters.base import Harvest, RawRecord
from harvesters.tcia import nbia as tcia_nbia
from harvesters.tcia.last import Last
from schemas.errors import RecordError, SourceError
from tests.emulators.tcia import Tcia

SARCOMA = "10.7937/k9/tcia.2015.7go2gsks"
SLUG = "soft-tissue-sarcoma"
SOME = 12
"""Collections of slides: each costs a harvest several requests and a Parquet file."""
CHANGED = {"date_updated": "2026-11-01"}


@pytest.fixture
def tcia(monkeypatch: pytest.MonkeyPatch) -> Iterator[Tcia]:
    """All services, some of the slides, and an IDC that lacks the collection that was recorded."""
    held = tcia_nbia.held_by_idc() - {SARCOMA}
    monkeypatch.setattr(tcia_nbia, "held_by_idc", lambda: held)
    with Tcia() as services:
        services.pathdb.collections = services.pathdb.collections[:SOME]
        yield services


def run(tcia: Tcia, folder: Path, last: Path | None = None, **services: Any) -> Harvest:
    folder.mkdir()
    return tcia.harvester(datacite="", **services).harvest(folder, last)


def kept(harvest: Harvest, folder: Path) -> list[RawRecord]:
    """The records, their raw payloads written to `folder` as the catalogue does."""
    records = list(harvest.records)
    with pa.CompressedOutputStream(str(folder / "raw.jsonl.zst"), "zstd") as raw:
        for record in records:
            raw.write(json.dumps(record.raw, ensure_ascii=False).encode() + b"\n")
    return records


def first(tcia: Tcia, parent: Path, **services: Any) -> Path:
    folder = parent / "first"
    kept(run(tcia, folder, **services), folder)
    return folder


def test_separators_of_lines_inside_a_text_do_not_end_a_record(tcia: Tcia, tmp_path: Path) -> None:
    tcia.wordpress.record(SLUG)["collection_summary"] = "a\u2028b\u2029c\u0085d"
    last = first(tcia, tmp_path, pathdb="")
    tcia.nbia.forget()
    assert run(tcia, tmp_path / "second", last, pathdb="").series == 612
    assert tcia.nbia.asked("getSeries?") == []


@pytest.mark.parametrize("damage", [lambda raw: raw[: len(raw) // 2], lambda _: b"no zstd" * 9])
@pytest.mark.parametrize("file", ["raw.jsonl.zst", "series.parquet"])
def test_a_damaged_file_of_the_last_harvest_is_nothing_known(
    tcia: Tcia, tmp_path: Path, file: str, damage: Any
) -> None:
    last = first(tcia, tmp_path, pathdb="")
    (last / file).write_bytes(damage((last / file).read_bytes()))
    assert run(tcia, tmp_path / "second", last, pathdb="").series == 612


def test_lines_that_are_no_envelopes_are_nothing_known(tmp_path: Path) -> None:
    with pa.CompressedOutputStream(str(tmp_path / "raw.jsonl.zst"), "zstd") as raw:
        raw.write(b'[1]\n{"post": "collections", "record": {"id": {"a": 1}}}\n{"record": 3}\n')
    assert Last(tmp_path).known({"post": "collections", "record": {"id": {"a": 1}}}) == {}


def test_a_count_that_a_server_error_withholds_fails_the_run(tcia: Tcia, tmp_path: Path) -> None:
    tcia.nbia.fail("status", "getCollectionValuesAndCounts", 503)
    with pytest.raises(SourceError, match="answered 503"):
        run(tcia, tmp_path / "one", pathdb="")
    assert tcia.nbia.asked("getCollectionValues?") == []


@pytest.mark.parametrize("status", [401, 404])
def test_a_count_that_is_refused_is_done_without(tcia: Tcia, tmp_path: Path, status: int) -> None:
    tcia.nbia.fail("status", "getCollectionValuesAndCounts", status)
    assert run(tcia, tmp_path / "one", pathdb="").series == 612


def test_no_series_where_there_were_some_is_no_answer(tcia: Tcia, tmp_path: Path) -> None:
    last = first(tcia, tmp_path, pathdb="")
    tcia.wordpress.record(SLUG).update(CHANGED)
    tcia.nbia.fail("status", "getCollectionValuesAndCounts", 401)
    tcia.nbia.fail("empty", "getSeries?")
    with pytest.raises(SourceError, match="gave 612 series of Soft-tissue-Sarcoma at the last"):
        run(tcia, tmp_path / "second", last, pathdb="")


def test_a_collection_that_nbia_no_longer_names_fails_the_run(tcia: Tcia, tmp_path: Path) -> None:
    last = first(tcia, tmp_path, pathdb="")
    tcia.wordpress.record(SLUG).update(CHANGED)
    tcia.nbia.series.clear()
    tcia.nbia.collections.clear()
    tcia.nbia.counts = {"Another": 3}
    with pytest.raises(SourceError, match="none of the 612 series"):
        run(tcia, tmp_path / "second", last, pathdb="")


def test_that_there_were_no_series_is_asked_again(tcia: Tcia, tmp_path: Path) -> None:
    series, tcia.nbia.series = tcia.nbia.series, []
    tcia.nbia.counts = {"Soft-tissue-Sarcoma": 0}
    last = first(tcia, tmp_path, pathdb="")
    tcia.nbia.series, tcia.nbia.counts = series, {}
    assert run(tcia, tmp_path / "second", last, pathdb="").series == 612


def test_far_fewer_series_fail_the_run_however_many_slides_came(tcia: Tcia, tmp_path: Path) -> None:
    last = first(tcia, tmp_path)
    tcia.wordpress.record(SLUG).update(CHANGED)
    tcia.nbia.series = tcia.nbia.series[:550]
    for name in tcia.pathdb.slides:
        tcia.pathdb.changed[name], tcia.pathdb.slides[name] = "2026-11-01", 5
    with pytest.raises(SourceError, match="NBIA brings 550 rows of datasets that had 612"):
        run(tcia, tmp_path / "second", last)


def test_far_fewer_slides_fail_the_run(tcia: Tcia, tmp_path: Path) -> None:
    last = first(tcia, tmp_path, nbia="")
    tcia.pathdb.collections = tcia.pathdb.collections[: SOME // 3]
    with pytest.raises(SourceError, match="PathDB brings 12 rows"):
        run(tcia, tmp_path / "second", last, nbia="")


def test_series_go_with_their_dataset(tcia: Tcia, tmp_path: Path) -> None:
    last = first(tcia, tmp_path, pathdb="")
    rows = tcia.wordpress.records["collections"]
    rows.remove(tcia.wordpress.record(SLUG))
    assert run(tcia, tmp_path / "second", last, pathdb="").series == 0


def aside(records: list[RawRecord]) -> list[str]:
    found = []
    for record in records:
        try:
            record.build()
        except RecordError:
            found.append(record.local_id)
    return found


def test_a_record_that_lost_its_page_keeps_its_local_id_and_its_series(
    tcia: Tcia, tmp_path: Path
) -> None:
    record = tcia.wordpress.record(SLUG)
    record["id"] = 7  # one that no snapshot knows
    last = first(tcia, tmp_path, pathdb="")
    record |= {"link": "", "slug": ""}
    for name in ("second", "third"):
        harvest = run(tcia, tmp_path / name, last, pathdb="")
        last = tmp_path / name
        assert aside(kept(harvest, last)) == [SLUG]
        path = last / "series.parquet"
        assert duckdb.sql(f"SELECT DISTINCT dataset_id FROM '{path}'").fetchall() == [
            (f"tcia:{SLUG}",)
        ]
        assert harvest.series == 612


def test_without_a_last_harvest_the_snapshot_or_its_number_names_a_record(
    tcia: Tcia, tmp_path: Path
) -> None:
    tcia.wordpress.record("4d-lung").update(link="", slug="")
    tcia.wordpress.record(SLUG).update(id=7, link="", slug="")
    found = aside(list(run(tcia, tmp_path / "one", nbia="", pathdb="").records))
    assert sorted(found) == ["4d-lung", "wordpress-7"]


def test_e_mail_addresses_are_not_kept(tcia: Tcia, tmp_path: Path) -> None:
    tcia.wordpress.record(SLUG)["collection_summary"] = "<p>Write to jane.doe@example.org</p>"
    records = run(tcia, tmp_path / "one", nbia="", pathdb="").records
    raw = next(one.raw for one in records if one.local_id == SLUG)
    assert raw["record"]["collection_summary"] == "<p>Write to [e-mail removed]</p>"
