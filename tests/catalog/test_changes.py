"""What differs between two releases is told: no more, no less."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.commands import Fairscan
from tests.small import COLLECTIONS, INDEX, edit

Changes = list[dict[str, Any]]


@pytest.fixture
def released(fairscan: Fairscan, small_home: Path, small_index: Path) -> Callable[[], Changes]:
    """Publishes what the index says now, and returns what changed."""

    def release() -> Changes:
        done = fairscan(
            "refresh",
            "idc",
            "--accept-shrink",
            "--set",
            f"idc.base_url={small_index}",
            home=small_home,
        )
        assert done.returncode == 0, done.stderr
        found: Changes = fairscan.json("changes", home=small_home)["changes"]
        return found

    return release


def rows(changes: Changes) -> set[tuple[str | None, ...]]:
    return {tuple(c[n] for n in ("change", "dataset_id", "field", "old", "new")) for c in changes}


def test_a_collection_that_is_gone_is_withdrawn(
    released: Callable[[], Changes], small_index: Path
) -> None:
    for name in (COLLECTIONS, INDEX):
        edit(small_index / name, "SELECT * FROM {file} WHERE collection_id <> 'phantom_fda'")
    assert rows(released()) == {
        ("withdrawn", "idc:phantom_fda", None, "Data From Phantom FDA", None),
        ("series_withdrawn", "idc:phantom_fda", "series", None, "4433"),
    }


def test_a_collection_that_comes_is_added(
    released: Callable[[], Changes], small_index: Path
) -> None:
    kept = {name: (small_index / name).read_bytes() for name in (COLLECTIONS, INDEX)}
    for name in kept:
        edit(small_index / name, "SELECT * FROM {file} WHERE collection_id <> 'phantom_fda'")
    released()
    for name, content in kept.items():
        (small_index / name).write_bytes(content)
    assert rows(released()) == {
        ("added", "idc:phantom_fda", None, None, "Data From Phantom FDA"),
        ("series_added", "idc:phantom_fda", "series", None, "4433"),
    }


def test_a_changed_description_is_told_with_old_and_new(
    released: Callable[[], Changes], small_index: Path
) -> None:
    edit(
        small_index / COLLECTIONS,
        "SELECT * REPLACE (CASE collection_id WHEN 'phantom_fda' THEN 'New words.' "
        "ELSE description END AS description) FROM {file}",
    )
    (change,) = released()
    assert (change["change"], change["dataset_id"]) == ("changed", "idc:phantom_fda")
    assert (change["field"], change["new"]) == ("description", "New words.")
    assert change["old"].startswith("A series of CT sets")
    assert len(change["old"]) == 300 and change["old"].endswith("…")


def test_a_changed_licence_is_told_for_the_dataset_and_its_series(
    released: Callable[[], Changes], small_index: Path
) -> None:
    edit(
        small_index / INDEX,
        "SELECT * REPLACE (CASE collection_id WHEN 'qiba_ct_liver_phantom' THEN 'CC BY 3.0' "
        "ELSE license_short_name END AS license_short_name) FROM {file}",
    )
    found = released()
    assert {c["dataset_id"] for c in found} == {"idc:qiba_ct_liver_phantom"}
    assert ("changed", "idc:qiba_ct_liver_phantom", "licence", "CC-BY-4.0", "CC-BY-3.0") in rows(
        found
    )
    assert ("series_changed", "idc:qiba_ct_liver_phantom", "series", None, "684") in rows(found)
    assert {c["field"] for c in found} == {"licence", "licence_raw", "distributions", "series"}


def test_series_added_changed_and_withdrawn_are_counted(
    released: Callable[[], Changes], small_index: Path
) -> None:
    edit(
        small_index / INDEX,
        """
        WITH old AS (SELECT *, row_number() OVER (PARTITION BY collection_id
                     ORDER BY SeriesInstanceUID) AS n FROM {file}),
             phantom AS (FROM old WHERE collection_id = 'phantom_fda')
        SELECT * EXCLUDE (n) REPLACE (CASE WHEN n BETWEEN 4 AND 10 AND
            collection_id = 'phantom_fda' THEN 'new words' ELSE SeriesDescription END
            AS SeriesDescription)
        FROM old WHERE NOT (collection_id = 'phantom_fda' AND n <= 3)
        UNION ALL SELECT * EXCLUDE (n) REPLACE (SeriesInstanceUID || '.' || n AS SeriesInstanceUID)
        FROM phantom WHERE n > 4428
        """,
    )
    found = rows(released())
    assert {row for row in found if row[2] == "series" and row[0] != "changed"} == {
        ("series_withdrawn", "idc:phantom_fda", "series", None, "3"),
        ("series_changed", "idc:phantom_fda", "series", None, "7"),
        ("series_added", "idc:phantom_fda", "series", None, "5"),
    }
    assert ("changed", "idc:phantom_fda", "series", "4433", "4435") in found
    assert {row[1] for row in found} == {"idc:phantom_fda"}


def test_the_same_index_in_another_order_changes_nothing(
    released: Callable[[], Changes], small_index: Path
) -> None:
    edit(small_index / INDEX, "SELECT * FROM {file} ORDER BY hash(SeriesInstanceUID)")
    assert released() == []


def test_changes_since_an_older_release_span_those_between(
    fairscan: Fairscan, released: Callable[[], Changes], small_home: Path, small_index: Path
) -> None:
    first = (small_home / "current").resolve().name
    for words in ("One.", "Two."):
        edit(
            small_index / COLLECTIONS,
            f"SELECT * REPLACE (CASE collection_id WHEN 'prostatex' THEN '{words}' "
            "ELSE description END AS description) FROM {file}",
        )
        (change,) = released()
    assert (change["old"], change["new"]) == ("One.", "Two.")
    since = fairscan.json("changes", "--since", first, home=small_home)
    assert since["since"] == first
    (change,) = since["changes"]
    assert change["old"].startswith("This dataset was") or len(change["old"]) > 20
    assert change["new"] == "Two."
    assert "Two." in fairscan("changes", "--since", first, home=small_home).stdout
