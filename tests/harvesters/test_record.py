"""Records with provenance, and a live one laid over a packaged one."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from harvesters.record import dataset, midnight, overlaid

NOW = datetime(2026, 11, 23, tzinfo=UTC)
DAY = date(2026, 8, 21)
BARE = {"id": "x:1", "source": "x", "kind": "dataset", "title": "One"}


def live(**fields: Any) -> Any:
    return dataset({**BARE, **fields}, NOW)


def packaged(**fields: Any) -> Any:
    return dataset({**BARE, **fields}, midnight(DAY), snapshot=DAY)


def test_every_known_field_says_how_it_is_known() -> None:
    made = dataset(
        {**BARE, "subjects": 3, "bytes": 9, "licence": "CC0-1.0", "tasks": ["a"], "year": None},
        NOW, derived={"bytes"}, assumed={"licence"}, curated={"tasks"},
    )  # fmt: skip
    told = {name: entry.method.value for name, entry in made.provenance.items()}
    assert told == {
        "title": "stated", "subjects": "stated", "bytes": "derived", "licence": "assumed",
        "tasks": "curated",
    }  # fmt: skip
    assert {entry.snapshot for entry in made.provenance.values()} == {None}


def test_a_measured_zero_is_known_and_nothing_is_not() -> None:
    made = live(subjects=0, series=None, description="", species=[])
    assert made.subjects == 0
    assert set(made.provenance) == {"title", "subjects"}


def test_fields_that_make_no_dataset_are_refused() -> None:
    with pytest.raises(ValidationError):
        live(subjects=-1)
    with pytest.raises(ValidationError):
        live(colour="red")


def test_what_is_not_said_live_stays_from_the_snapshot_with_its_day() -> None:
    found = overlaid(packaged(subjects=3, tasks=["a"]), live(subjects=4))
    assert (found.subjects, found.tasks, found.snapshot) == (4, ["a"], None)
    assert found.provenance["subjects"].snapshot is None
    assert found.provenance["tasks"].snapshot == DAY
    assert found.provenance["tasks"].retrieved_at == midnight(DAY)


def test_without_a_snapshot_a_record_is_what_it_is() -> None:
    record = live(subjects=4)
    assert overlaid(None, record) is record
    assert overlaid(packaged(subjects=3), record) == record


def test_a_licence_that_no_vocabulary_knows_is_not_filled_with_an_older_one() -> None:
    base = packaged(licence="CC-BY-4.0", licence_raw="CC BY 4.0", licence_url="https://x.org/by")
    found = overlaid(base, live(licence_raw="ask us"))
    assert (found.licence, found.licence_raw, found.licence_url) == (None, "ask us", None)
    assert overlaid(base, live()).licence == "CC-BY-4.0"


def test_modalities_come_from_one_layer() -> None:
    base = packaged(modalities=["MR"], modalities_raw=["mri"])
    assert overlaid(base, live(modalities_raw=["nirs"])).modalities == []
    assert overlaid(base, live()).modalities == ["MR"]
