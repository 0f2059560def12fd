"""A release is immutable, says what it holds, and notices when it is not what it was."""

from __future__ import annotations

import hashlib
import json
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import duckdb
import pyarrow.dataset as pads
import pyarrow.parquet as pq
import pytest

from catalog import release
from catalog.home import Home
from schemas.arrow import descriptions
from schemas.dataset import Dataset
from schemas.errors import ReleaseError, UsageError
from schemas.series import SERIES
from tests.commands import Fairscan
from tests.small import snapshot


def rewrite(path: Path, change: Callable[[bytes], bytes]) -> None:
    """Replace a hard-linked file, so that the release it is linked to stays as it is."""
    content = change(path.read_bytes())
    path.unlink()
    path.write_bytes(content)


def flip(content: bytes) -> bytes:
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]


@pytest.fixture
def folder(small_home: Path) -> Path:
    return (small_home / "current").resolve()


def test_a_whole_release_verifies(folder: Path) -> None:
    info = release.verify(folder)
    assert set(info.files) == {
        str(path.relative_to(folder))
        for path in folder.rglob("*")
        if path.is_file() and path.name != "release.json"
    }
    for name, facts in info.files.items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == facts["sha256"]


def test_one_flipped_bit_in_any_file_is_found(folder: Path) -> None:
    for name in release.read_info(folder).files:
        copy = folder.with_name("copy")
        shutil.copytree(folder, copy)
        rewrite(copy / name, flip)
        with pytest.raises(ReleaseError, match=r"is not what was released \(checksum\)") as found:
            release.verify(copy)
        assert found.value.where == str(copy / name)
        shutil.rmtree(copy)


@pytest.mark.parametrize("name", ["catalogue.duckdb", "site.db", "datasets.parquet"])
def test_a_truncated_file_is_found_on_opening(folder: Path, name: str) -> None:
    rewrite(folder / name, lambda content: content[: len(content) // 2])
    with pytest.raises(ReleaseError, match=rf"damaged release: {name} has \d+ bytes, not \d+"):
        release.read_info(folder)


def test_a_missing_file_is_found_on_opening(folder: Path) -> None:
    (folder / "site.db").unlink()
    with pytest.raises(ReleaseError, match=r"damaged release: site.db is missing"):
        release.read_info(folder)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"id": "x"}', "null", "\x00"])
def test_a_description_that_is_none_is_found(folder: Path, text: str) -> None:
    rewrite(folder / "release.json", lambda _: text.encode())
    with pytest.raises(ReleaseError, match=r"release.json does not read as a release"):
        release.read_info(folder)


def test_a_folder_without_a_description_is_no_release(tmp_path: Path) -> None:
    with pytest.raises(ReleaseError, match="not a release"):
        release.read_info(tmp_path)


def test_a_release_of_another_schema_is_refused(folder: Path) -> None:
    facts = json.loads((folder / "release.json").read_text())
    facts["schema_version"] = release.SCHEMA_VERSION + 1
    rewrite(folder / "release.json", lambda _: json.dumps(facts).encode())
    with pytest.raises(ReleaseError, match=r"release of schema \d+, this fairscan reads \d+"):
        release.read_info(folder)


def test_the_counts_are_those_of_the_tables(release_home: Path) -> None:
    folder = (release_home / "current").resolve()
    counts = release.read_info(folder).counts
    with duckdb.connect() as connection:
        connection.execute(f"ATTACH '{folder / 'catalogue.duckdb'}' AS made (READ_ONLY)")
        connection.execute("USE made")
        row = connection.execute(
            "SELECT (SELECT count(*) FROM datasets), count(*), "
            "count(DISTINCT (dataset_id, subject)), count(DISTINCT study), "
            "sum(instances)::BIGINT, sum(bytes)::BIGINT, (SELECT count(*) FROM findings) "
            "FROM series"
        ).fetchone()
    names = ("datasets", "series", "subjects", "studies", "instances", "bytes", "findings")
    assert dict(zip(names, row or (), strict=True)) == {name: counts[name] for name in names}


def test_stock_tools_read_the_same_series_everywhere(release_home: Path) -> None:
    folder = (release_home / "current").resolve()
    arrow = pads.dataset(folder / "series", partitioning="hive")
    assert arrow.count_rows() == 1_044_191
    assert set(arrow.schema.names) == set(SERIES.names)
    with duckdb.connect() as connection:
        connection.execute(f"ATTACH '{folder / 'catalogue.duckdb'}' AS made (READ_ONLY)")
        total = "SELECT count(*), sum(bytes), count(DISTINCT subject), sum(hash(series)) FROM "
        ours = connection.execute(total + "made.series").fetchone()
        theirs = connection.execute(
            total + f"read_parquet('{folder}/series/*/*.parquet', hive_partitioning = true)"
        ).fetchone()
    assert ours == theirs


def test_rows_of_the_parquet_lie_sorted(release_home: Path) -> None:
    series = release_home / "current" / "series" / "source=idc" / "series.parquet"
    with duckdb.connect() as connection:
        row = connection.execute(
            "SELECT count(*) FROM (SELECT [dataset_id, subject, study, series] AS k, "
            "lag([dataset_id, subject, study, series]) OVER (ORDER BY file_row_number) AS before "
            f"FROM read_parquet('{series}', file_row_number = true)) WHERE before > k"
        ).fetchone()
    assert row == (0,)


def test_every_dataset_of_the_release_is_in_parquet_duckdb_and_sqlite(release_home: Path) -> None:
    folder = (release_home / "current").resolve()
    table = pq.read_table(folder / "datasets.parquet")
    assert table.schema.names == list(Dataset.model_fields)
    with duckdb.connect() as connection:
        connection.execute(f"ATTACH '{folder / 'catalogue.duckdb'}' AS made (READ_ONLY)")
        connection.execute("USE made")
        made = connection.execute("SELECT id, title FROM datasets").fetchall()
    site = sqlite3.connect(f"file:{folder / 'site.db'}?mode=ro", uri=True)
    shown = site.execute("SELECT id, title FROM datasets").fetchall()
    site.close()
    written = list(zip(table["id"].to_pylist(), table["title"].to_pylist(), strict=True))
    assert sorted(written) == sorted(made) == sorted(shown)
    assert len(written) == 205


def test_the_schema_of_series_describes_every_column() -> None:
    assert set(descriptions(SERIES)) == set(SERIES.names)


def test_a_published_release_is_never_written_again(
    fairscan: Fairscan, small_home: Path, small_index: Path, folder: Path
) -> None:
    before = snapshot(folder)
    source = f"idc.base_url={small_index}"
    assert fairscan("refresh", "idc", "--full", "--set", source, home=small_home).returncode == 0
    assert (small_home / "current").resolve() != folder
    for command in (["status"], ["search", "lung"], ["cohort"], ["changes"], ["releases", "list"]):
        assert fairscan(*command, home=small_home).returncode == 0
    assert snapshot(folder) == before
    release.verify(folder)


def test_pruning_keeps_the_newest_and_always_the_current(small_home: Path, folder: Path) -> None:
    place = Home(small_home)
    for name in ("29990101T000000Z", "29990102T000000Z", "29990103T000000Z"):
        shutil.copytree(folder, folder.with_name(name))
    assert release.prune(place, 2) == ["29990101T000000Z"]
    names = [found.name for found, _ in release.releases(place)]
    assert names == ["29990103T000000Z", "29990102T000000Z", folder.name]
    assert [current for _, current in release.releases(place)] == [False, False, True]


def test_a_release_is_found_by_name(small_home: Path, folder: Path) -> None:
    assert release.find(Home(small_home), None) == folder
    assert release.find(Home(small_home), folder.name) == folder
    for name in ("nothing", "..", "../current", ""):
        with pytest.raises(UsageError, match="no release"):
            release.find(Home(small_home), name)


def test_two_releases_of_one_second_have_different_names(small_home: Path, folder: Path) -> None:
    created = release.read_info(folder).created
    first = release.new_id(Home(small_home), created)
    assert first != folder.name and first.startswith(folder.name)
