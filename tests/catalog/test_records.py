"""Hostile and damaged records: each is set aside by itself, and what was known of it stays."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from catalog import records
from harvesters.base import RawRecord
from harvesters.record import dataset
from schemas.dataset import Dataset, Status
from schemas.errors import RecordError, ReleaseError

NOW = datetime(2026, 11, 23, tzinfo=UTC)


def made(local: str, **fields: Any) -> Dataset:
    bare = {"id": f"x:{local}", "source": "x", "kind": "dataset", "title": local}
    return dataset({**bare, **fields}, NOW)


def raising(error: Exception) -> Callable[[], Dataset]:
    def build() -> Dataset:
        raise error

    return build


def record(local: str, raw: Any = None, build: Callable[[], Dataset] | None = None) -> RawRecord:
    return RawRecord(local, raw or {"id": local}, build or (lambda: made(local)))


def kept(folder: Path) -> dict[str, Dataset]:
    return {found.id: found for found in records.read(folder / records.FILE)}


def written(folder: Path, *given: RawRecord, last: Path | None = None) -> records.Written:
    folder.mkdir()
    return records.write(folder, given, last or folder / "none", NOW)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (RecordError("no title"), "no title"),
        (AttributeError("'int' object has no attribute 'lower' in SECRET"), "cannot be read"),
        (RecursionError("too deep"), "cannot be read (RecursionError)"),
    ],
)
def test_whatever_is_wrong_with_a_record_sets_aside_that_record_alone(
    tmp_path: Path, error: Exception, said: str
) -> None:
    told = written(tmp_path / "a", record("good"), record("bad", build=raising(error)))
    assert (told.valid, [entry["local_id"] for entry in told.quarantine]) == (1, ["bad"])
    assert said in told.quarantine[0]["reason"]
    assert "SECRET" not in told.quarantine[0]["reason"]


def test_half_an_emoji_sets_aside_one_record_and_its_raw_stays_readable(tmp_path: Path) -> None:
    raw = {"title": "scans \ud83d"}
    told = written(
        tmp_path / "a",
        record("good"),
        record("bad", raw, lambda: made("bad", description="scans \ud83d")),
    )
    assert (told.valid, len(told.quarantine)) == (1, 1)
    with pa.input_stream(str(tmp_path / "a" / records.RAW), compression="zstd") as stream:
        lines = stream.read().decode().rstrip("\n").split("\n")
    assert [json.loads(line) for line in lines] == [{"id": "good"}, raw]


def test_no_e_mail_address_is_kept_of_a_raw_record(tmp_path: Path) -> None:
    raw = {"note": "ask\njane.doe@example.org", "who": ["a%40b.example.org", {"x@y.org": 1}]}
    told = written(tmp_path / "a", record("bad", raw, raising(RecordError("no"))))
    with pa.input_stream(str(tmp_path / "a" / records.RAW), compression="zstd") as stream:
        text = stream.read().decode()
    for place in (text, told.quarantine[0]["raw"]):
        assert "example.org" not in place and "y.org" not in place
        assert json.loads(place)["note"].startswith("ask\n[e-mail removed")


def test_a_number_that_no_release_can_hold_sets_its_record_aside(tmp_path: Path) -> None:
    told = written(tmp_path / "a", record("big", build=lambda: made("big", bytes=2**63)))
    assert (told.valid, len(told.quarantine)) == (0, 1)


def test_what_was_known_of_a_record_that_is_set_aside_stays(tmp_path: Path) -> None:
    written(tmp_path / "a", record("one"), record("two"))
    bad = record("one", build=raising(RecordError("no")))
    told = written(tmp_path / "b", bad, record("two"), last=tmp_path / "a")
    assert (told.valid, told.withdrawn) == (1, 0)
    assert kept(tmp_path / "b")["x:one"].status is Status.ACTIVE


def test_a_dataset_that_is_gone_is_never_said_to_be_withdrawn(tmp_path: Path) -> None:
    gone = record("one", build=lambda: made("one", status="gone"))
    told = written(tmp_path / "a", gone, record("two"))
    assert (told.valid, told.gone) == (1, 1)
    again = written(tmp_path / "b", record("two"), last=tmp_path / "a")
    assert (again.valid, again.withdrawn) == (1, 0)
    assert kept(tmp_path / "b")["x:one"].status is Status.GONE


def test_a_harvest_that_is_damaged_says_which_file_and_what_to_do(tmp_path: Path) -> None:
    written(tmp_path / "a", record("one"))
    path = tmp_path / "a" / records.FILE
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(ReleaseError, match="damaged") as told:
        list(records.read(path))
    assert told.value.where == str(path) and told.value.do is not None


def test_a_record_that_is_nested_without_end_is_set_aside_alone(tmp_path: Path) -> None:
    deep: Any = "x"
    for _ in range(900):
        deep = [deep]
    told = written(tmp_path / "a", record("deep", {"title": deep}), record("good"))
    assert (told.valid, [entry["local_id"] for entry in told.quarantine]) == (1, ["deep"])
    assert "nested too deep" in told.quarantine[0]["reason"]


def test_what_was_withdrawn_and_is_known_by_now_is_no_longer_withdrawn(tmp_path: Path) -> None:
    written(tmp_path / "a", record("one"), record("two"))
    written(tmp_path / "b", record("two"), last=tmp_path / "a")
    assert kept(tmp_path / "b")["x:one"].status is Status.WITHDRAWN
    fact = dataset(
        {"id": "x:one", "source": "x", "kind": "dataset", "title": "One", "subjects": 3},
        NOW,
        snapshot=NOW.date(),
    )
    (tmp_path / "c").mkdir()
    told = records.write(
        tmp_path / "c", [record("two")], tmp_path / "b", NOW, {"x:one": fact}, kept={"x:one"}
    )
    found = kept(tmp_path / "c")["x:one"]
    assert (told.withdrawn, told.known) == (0, 1)
    assert (found.status, found.withdrawn, found.subjects) == (Status.ACTIVE, None, 3)


@pytest.mark.parametrize(
    "moment",
    ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+00:00"],
)
def test_a_moment_that_no_calendar_has_sets_its_record_aside_and_the_rest_stays_readable(
    tmp_path: Path, moment: str
) -> None:
    told = written(
        tmp_path / "a",
        record("odd", build=lambda: made("odd", modified=datetime.fromisoformat(moment))),
        record("good"),
    )
    assert (told.valid, [entry["local_id"] for entry in told.quarantine]) == (1, ["odd"])
    assert set(kept(tmp_path / "a")) == {"x:good"}
