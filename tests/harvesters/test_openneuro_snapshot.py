"""The packaged snapshot of OpenNeuro says what was known on its day, and how it was known."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from catalog.labels import worded
from harvesters.base import harvester_for
from harvesters.record import overlaid
from harvesters.registry import load_sources
from harvesters.snapshots import from_openneuro, load
from schemas.dataset import Dataset, Method
from tests.emulators.openneuro import OpenNeuro, dataset
from tests.harvesters.openneuro_runs import run


@pytest.fixture(scope="module")
def rows() -> dict[str, dict[str, Any]]:
    snapshot = load("openneuro")
    assert snapshot is not None
    return {row["_id"]: row for row in snapshot.rows()}


@pytest.fixture(scope="module")
def datasets(rows: dict[str, dict[str, Any]]) -> dict[str, Dataset]:
    reader = harvester_for(load_sources()["openneuro"])
    return {local: reader.from_snapshot(row, date(2026, 8, 8)) for local, row in rows.items()}


def test_every_row_is_a_dataset_of_its_day(datasets: dict[str, Dataset]) -> None:
    assert len(datasets) == 1848
    assert {found.snapshot for found in datasets.values()} == {date(2026, 8, 8)}
    told = {mark.snapshot for found in datasets.values() for mark in found.provenance.values()}
    assert told == {date(2026, 8, 8)}


def test_a_licence_is_assumed_for_all_as_none_was_gathered(datasets: dict[str, Dataset]) -> None:
    told = {(d.licence, d.licence_raw, d.licence_assumed) for d in datasets.values()}
    assert told == {("CC0-1.0", None, True)}
    assert {d.provenance["licence"].method for d in datasets.values()} == {Method.ASSUMED}
    assert {part.licence for d in datasets.values() for part in d.distributions} == {None}


def test_what_neurobagel_counted_and_named_is_said_to_be_neurobagels(
    datasets: dict[str, Dataset],
) -> None:
    told = [d.provenance["sexes"] for d in datasets.values() if d.sexes]
    assert len(told) == 732
    assert {(mark.source, mark.method) for mark in told} == {("neurobagel", Method.CURATED)}
    balloon = datasets["ds000001"]  # "ds001" in OpenNeuro's own table
    assert balloon.provenance["title"].source == "neurobagel"
    assert balloon.provenance["subjects"].source == "openneuro"
    assert datasets["ds000002"].provenance["title"].source == "openneuro"
    assert worded()["origin"]["neurobagel"] == "Neurobagel's annotations"


def test_dois_are_stated_where_the_description_agrees(datasets: dict[str, Dataset]) -> None:
    methods = Counter(found.provenance["doi"].method for found in datasets.values())
    assert methods == {Method.STATED: 1524, Method.DERIVED: 324}
    foreign = {(d.id, r.value) for d in datasets.values() for r in d.related
               if r.relation == "IsVariantFormOf"}  # fmt: skip
    assert foreign == {
        ("openneuro:ds001339", "10.52181/zenodod.1210217"),
        ("openneuro:ds005450", "10.17605/osf.io/wdr78"),
    }
    assert all(d.doi == f"10.18112/openneuro.{d.id[10:]}.v{d.version}" for d in datasets.values())


def test_modalities_are_counted_as_in_the_facts(datasets: dict[str, Dataset]) -> None:
    codes = Counter(code for found in datasets.values() for code in found.modalities)
    assert codes == {"MR": 1215, "EEG": 499, "BI": 60, "PT": 34}
    words = {word for found in datasets.values() for word in found.modalities_raw}
    assert not words & {"events", "channels", "01", "02", "13", "14", "coordsystem"}


def test_a_name_of_the_oldest_snapshot_is_a_derived_title(datasets: dict[str, Dataset]) -> None:
    assert datasets["ds000001"].title == "Balloon Analog Risk-taking Task"
    assert datasets["ds000002"].provenance["title"].method is Method.STATED
    derived = [d for d in datasets.values() if d.provenance["title"].method is Method.DERIVED]
    assert len(derived) == 566


def test_the_newest_datasets_are_known_by_id_and_version_alone(
    datasets: dict[str, Dataset],
) -> None:
    newest = datasets["ds008610"]
    assert (newest.title, newest.version, newest.subjects) == ("ds008610", "1.0.0", None)
    assert (newest.published, newest.modalities) == (None, [])


def test_places_that_were_checked_and_found_empty_are_not_offered(
    datasets: dict[str, Dataset], rows: dict[str, dict[str, Any]]
) -> None:
    for local, row in rows.items():
        routes = {part.route for part in datasets[local].distributions}
        assert routes == {"s3", "git"} - set(row.get("missing", ()))
    unreachable = [d for d in datasets.values() if not d.distributions]
    assert len(unreachable) == 9
    assert {found.access for found in unreachable} == {None}


def test_no_row_tells_of_a_single_subject(rows: dict[str, dict[str, Any]]) -> None:
    assert {name for row in rows.values() for name in row} == {
        "_id", "tag", "modified", "published", "title", "older_title", "doi", "modalities",
        "tasks", "species", "dx", "subjects", "gib", "sexes", "authors", "own", "using", "missing",
        "annotated_title",
    }  # fmt: skip
    for row in rows.values():
        assert sum(row.get("sexes", {}).values()) <= row.get("subjects", 0)


def test_facts_become_rows_that_keep_what_was_measured(tmp_path: Path) -> None:
    fact = {
        "id": "ds000009",
        "latest_tag": "1.0.1",
        "snapshots": [
            {"tag": "1.0.0", "created": "2020-01-01T00:00:00.000Z", "hexsha": "a"},
            {"tag": "1.0.1", "created": "2021-01-01T00:00:00.000Z", "hexsha": "b"},
        ],
        "title_best": "First name",
        "num_subjects": 3,
        "neurobagel": {"sex": {"snomed:248152002": 2, "snomed:248153007": 2}},
        "dashboard_subtypes": {"s3Version": "blocked"},
    }
    (tmp_path / "openneuro.jsonl").write_text(json.dumps(fact) + "\n", encoding="utf-8")
    day, origin, found = from_openneuro.facts(tmp_path)
    assert (day, bool(origin)) == (date(2026, 8, 8), True)
    assert list(found) == [
        {
            "_id": "ds000009",
            "tag": "1.0.1",
            "modified": "2021-01-01T00:00:00.000Z",
            "title": "First name",
            "older_title": True,
            "subjects": 3,
            "missing": ["s3"],
        }
    ]


def test_a_live_record_goes_over_the_snapshot_field_by_field(
    tmp_path: Path, datasets: dict[str, Dataset]
) -> None:
    with OpenNeuro([dataset("ds000001", description={"Name": "New name"})]) as repo:
        live = run(repo, tmp_path).datasets["ds000001"]
    both = overlaid(datasets["ds000001"], live)
    assert (both.title, both.subjects) == ("New name", 16)
    assert both.provenance["title"].snapshot is None
    assert both.provenance["subjects"].snapshot == date(2026, 8, 8)


def test_terms_that_are_stated_but_not_understood_are_not_filled_by_an_assumption(
    tmp_path: Path, datasets: dict[str, Dataset]
) -> None:
    with OpenNeuro([dataset("ds000001", description={"License": "Ask us"})]) as repo:
        live = run(repo, tmp_path).datasets["ds000001"]
    both = overlaid(datasets["ds000001"], live)
    assert (both.licence, both.licence_raw, both.licence_url) == (None, "Ask us", None)
    assert both.licence_assumed is False
