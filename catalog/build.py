"""Builds a release from every source's last good harvest: checked, masked by policy, indexed."""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import pyarrow as pa

from catalog import changes, records, registries, sitedb, tables
from catalog import checked as samples
from catalog.assembly import assembled
from catalog.cohort import BLOCK, FACET_NAMES
from catalog.home import BUILDING, Home, now, replace_folder
from catalog.identity import Identity
from catalog.release import CATALOGUE, SITE, describe, new_id
from catalog.tables import create
from curation import checks, metadata
from curation import policy as policies
from schemas.arrow import descriptions, schema_of
from schemas.dataset import Dataset
from schemas.errors import ReleaseError
from schemas.series import SERIES
from schemas.source import Source

MEMORY = "900MB"
TABLES = (
    "datasets", "links", "findings", "sources", "runs", "changes", "quarantine", "checks",
    "withheld", "labels", "review", "tools", "checked",
)  # fmt: skip
_EMPTY_WITH = {"age_raw": ("age_years",)}
"""Columns that are emptied along with a masked one, because they tell the same."""


def _fingerprint(columns: Sequence[str]) -> str:
    """SQL for 64 bits of MD5 over columns; DuckDB's own `hash` collides on texts that are alike."""
    parts = ", ".join(f"coalesce({column}, chr(30))" for column in columns)
    return f"md5_number_lower(concat_ws(chr(31), {parts}))"


_SUBJECT_ID = _fingerprint(("dataset_id", "subject"))
_TEXT_ID = _fingerprint(("study_description", "description"))
_CUBE_ID = _fingerprint(FACET_NAMES)

Say = Callable[[str], None]


def build(
    place: Home,
    sources: list[Source],
    runs: list[dict[str, Any]],
    made_of: dict[str, str],
    previous: Path | None,
    say: Say,
) -> Path:
    """Build the release and put it among the others, whole; it is not yet the current one.

    made_of: the fingerprint of each harvest, and of whatever else it is made of. The caller holds
    the lock. Raises ReleaseError, or OSError and duckdb.Error of the disk.
    """
    moment = now()
    folder = place.releases / f"{BUILDING}release"
    harvests = [place.sources / source.key for source in sources]
    harvests = [harvest for harvest in harvests if (harvest / "run.json").is_file()]
    say("normalising records, and finding which are one dataset")
    datasets, identity = assembled(
        (dataset for harvest in harvests for dataset in records.read(harvest / records.FILE)),
        sources,
        registries.kept(place).answers,
    )
    rows = [dataset.model_dump() for dataset in datasets]
    table = pa.Table.from_pylist(rows, schema=schema_of(Dataset))
    there = {row["id"] for row in rows}
    sampled = [told for key, told in samples.kept(place).items() if key in there]
    harvested = Harvested(harvests, table, identity, sampled)
    folder.mkdir()
    try:
        counts = _write(folder, harvested, sources, runs, previous, moment, say)
        info = describe(
            folder,
            id=new_id(place, moment),
            created=moment,
            policy=policy_digest(),
            previous=previous.name if previous else None,
            counts=counts,
            sources=made_of,
        )
        replace_folder(folder, place.releases / info.id)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return place.releases / info.id


def _write(
    folder: Path,
    harvests: Harvested,
    sources: list[Source],
    runs: list[dict[str, Any]],
    previous: Path | None,
    moment: datetime,
    say: Say,
) -> dict[str, int]:
    """Write every file of the release but its description; return its counts."""
    policy = policies.load()
    say("checking records and series")
    checked = _check(folder, harvests, policy, moment)
    connection = _open(folder, CATALOGUE)
    try:
        say("writing series")
        _load_harvests(connection, harvests)
        masked = _write_series(connection, checked)
        say("building cohort tables")
        _write_cubes(connection)
        say("writing tables")
        create(connection, "findings", checked.findings)
        create(connection, "withheld", checked.withheld)
        tables.write(connection, harvests.identity, sources, runs, policy)
        samples.write(connection, harvests.sampled, policy)
        changes.write(connection, previous)
        say("writing Parquet")
        _write_parquet(connection, folder)
        say("building the search database")
        sitedb.build(connection, folder / SITE)
        connection.execute("DROP VIEW harvested")
        return _counts(connection, masked)
    finally:
        connection.close()
        shutil.rmtree(folder / "spill", ignore_errors=True)


class Harvested(NamedTuple):
    """What the release is made of: the folders of the harvests, every record of theirs, how the

    records stand to one another, and what samples of their files gave.
    """

    folders: list[Path]
    datasets: pa.Table
    identity: Identity
    sampled: list[dict[str, Any]]


class Checked(NamedTuple):
    """What the checks found; `masks` (dataset_id, field, value) never goes into a release."""

    findings: pa.Table
    withheld: pa.Table
    masks: list[tuple[str, str, str]]


def _check(folder: Path, harvests: Harvested, policy: policies.Policy, moment: datetime) -> Checked:
    """Run the checks in a database of their own: what is masked must not touch the release's."""
    connection = _open(folder, ":memory:")
    try:
        _load_harvests(connection, harvests)
        connection.execute("CREATE VIEW series AS FROM harvested")
        metadata.run(connection, policy, now=moment)
        in_files = samples.findings(harvests.sampled, policy)
        for table, found in (("findings", in_files), ("withheld", samples.withheld(in_files))):
            connection.register("_arrow", found)
            connection.execute(f"INSERT INTO {table} BY NAME FROM _arrow")
            connection.unregister("_arrow")
        return Checked(
            connection.execute("FROM findings").to_arrow_table(),
            connection.execute("FROM withheld").to_arrow_table(),
            connection.execute("SELECT DISTINCT dataset_id, field, value FROM masks").fetchall(),
        )
    finally:
        connection.close()


def policy_digest() -> str:
    """SHA-256 of the checks and the policy: a release made under another one is out of date."""
    facts = [
        (c.id, c.severity, c.fields, c.message, c.query()) for c in checks.registered().values()
    ]
    text = json.dumps(facts) + repr(policies.load())
    return hashlib.sha256(text.encode()).hexdigest()


def _open(folder: Path, name: str) -> duckdb.DuckDBPyConnection:
    return duckdb.connect(
        name if name == ":memory:" else str(folder / name),
        config={
            "storage_compatibility_version": "v1.5.0",
            "memory_limit": MEMORY,
            "temp_directory": str(folder / "spill"),
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
        },
    )


def _load_harvests(connection: duckdb.DuckDBPyConnection, harvests: Harvested) -> None:
    """`harvested`: every series as harvested; `datasets`: every record."""
    files = (folder / "series.parquet" for folder in harvests.folders)
    series = [str(path) for path in files if path.is_file()]
    if series:
        listed = ", ".join("'" + path.replace("'", "''") + "'" for path in series)
        connection.execute(f"CREATE VIEW harvested AS FROM read_parquet([{listed}])")
    else:
        create(connection, "no_series", SERIES.empty_table())
        connection.execute("CREATE VIEW harvested AS FROM no_series")
    connection.register("_arrow", harvests.datasets)
    connection.execute("CREATE TABLE datasets AS FROM _arrow ORDER BY id")
    connection.unregister("_arrow")


def _write_series(connection: duckdb.DuckDBPyConnection, checked: Checked) -> int:
    """The table `series` as published: masked values emptied, and left out what has no record

    in the release, be it withheld or in quarantine. A masked value is emptied before anything is
    written, because DuckDB keeps the old bytes of a value that is updated.

    Returns how many values were emptied. Row order is that of the harvest.
    """
    withheld = list(dict.fromkeys(checked.withheld.column("dataset_id").to_pylist()))
    rows = connection.execute(
        "SELECT DISTINCT dataset_id FROM harvested EXCEPT SELECT id FROM datasets"
    ).fetchall()
    values: dict[str, Any] = {
        "withheld": withheld,
        "left_out": [*withheld, *(row[0] for row in rows)],
    }
    hidden: dict[str, str] = {}
    for field in sorted({field for _, field, _ in checked.masks}):
        masks = [(dataset, value) for dataset, name, value in checked.masks if name == field]
        values[f"in_{field}"] = sorted({dataset for dataset, _ in masks})
        values[f"at_{field}"] = [f"{dataset}\x1f{value}" for dataset, value in masks]
        # No join here or below: a plain scan is what keeps the rows in order.
        masked = (
            f"coalesce(list_contains($in_{field}, dataset_id) "
            f"AND list_contains($at_{field}, dataset_id || chr(31) || {field}), false)"
        )
        hidden |= dict.fromkeys((field, *_EMPTY_WITH.get(field, ())), masked)
    columns = ", ".join(
        f"CASE WHEN {hidden[name]} THEN NULL ELSE {name} END AS {name}" if name in hidden else name
        for name in SERIES.names
    )
    emptied = [masked for name, masked in hidden.items() if f"in_{name}" in values]
    count = " + ".join(f"({masked})::INTEGER" for masked in emptied) or "0"
    row = connection.execute(
        f"SELECT sum({count})::BIGINT FROM harvested",
        {name: value for name, value in values.items() if name.startswith(("in_", "at_"))},
    ).fetchone()
    connection.execute(
        f"CREATE TABLE series AS SELECT *, {_SUBJECT_ID} AS subject_id, {_CUBE_ID} AS cube_id, "
        f"{_TEXT_ID} AS text_id FROM (SELECT {columns} FROM harvested "
        "WHERE NOT list_contains($left_out, dataset_id) "
        "AND NOT coalesce(list_contains($withheld, derived_dataset_id), false))",
        values,
    )
    connection.execute("DELETE FROM datasets WHERE list_contains(?, id)", [withheld])
    for table, schema in (("series", SERIES), ("datasets", schema_of(Dataset))):
        for column, text in descriptions(schema).items():
            quoted = text.replace("'", "''")
            connection.execute(f"COMMENT ON COLUMN {table}.{column} IS '{quoted}'")
    return row[0] or 0 if row else 0


def _write_cubes(connection: duckdb.DuckDBPyConnection) -> None:
    """What makes cohorts fast: counts by combination of facets, and narrow tables that point to it.

    `cohort_cube` has one row a combination, `cohort_subjects` lists its subjects, `cohort_blocks`
    counts it in each block of rows, and `series_texts` holds each distinct text once.
    """
    columns = ", ".join(FACET_NAMES)
    sums = "count(*) AS n, sum(instances)::BIGINT AS instances, sum(bytes)::BIGINT AS bytes"
    # Every search by text reads them all: FSST unpacks twice as fast as DuckDB's own choice.
    connection.execute("CHECKPOINT")
    connection.execute("PRAGMA force_compression = 'fsst'")
    connection.execute(
        "CREATE TABLE series_texts AS SELECT DISTINCT text_id, "
        "lower(concat_ws(' ', study_description, description)) AS text FROM series"
    )
    connection.execute("CHECKPOINT")
    connection.execute("PRAGMA force_compression = 'auto'")
    connection.execute(
        f"CREATE TABLE cohort_blocks AS SELECT rowid // {BLOCK} AS block, cube_id, count(*) AS n "
        "FROM series GROUP BY ALL"
    )
    connection.execute(
        "CREATE TABLE cohort_subjects AS SELECT DISTINCT cube_id, subject_id FROM series"
    )
    connection.execute(
        f"CREATE TABLE cohort_cube AS SELECT cube_id, {columns}, {sums} FROM series GROUP BY ALL"
    )
    collisions = connection.execute(
        "SELECT (SELECT count(*) - count(DISTINCT text_id) FROM series_texts) + "
        "(SELECT count(*) - count(DISTINCT cube_id) FROM cohort_cube) + "
        "(SELECT count(DISTINCT (dataset_id, subject)) - count(DISTINCT subject_id) FROM series)"
    ).fetchone()
    if collisions != (0,):
        raise ReleaseError("two values share a hash", do="Report this: it is a fault of fairscan")


def _write_parquet(connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
    described = base64.b64encode(SERIES.remove(0).serialize().to_pybytes()).decode()
    (folder / "series").mkdir()
    keys = connection.execute("SELECT DISTINCT source FROM series ORDER BY 1").fetchall()
    for (key,) in keys:
        part = folder / "series" / f"source={key}"
        part.mkdir()
        columns = ", ".join(name for name in SERIES.names if name != "source")
        connection.execute(
            f"COPY (SELECT {columns} FROM series WHERE source = '{key}') "
            f"TO '{_quoted(part / 'series.parquet')}' (FORMAT parquet, COMPRESSION zstd, "
            "COMPRESSION_LEVEL 1, ROW_GROUP_SIZE 122880, "
            f"KV_METADATA {{'ARROW:schema': '{described}'}})"
        )
    for table in TABLES:
        connection.execute(
            f"COPY {table} TO '{_quoted(folder / f'{table}.parquet')}' "
            "(FORMAT parquet, COMPRESSION zstd)"
        )


def _counts(connection: duckdb.DuckDBPyConnection, masked: int) -> dict[str, int]:
    """Totals of the release. A dataset counts once, each publication of it is a record; `subjects`

    counts (dataset, subject) pairs, not people.
    """
    row = connection.execute(
        "SELECT count(*), count(DISTINCT subject_id), count(DISTINCT study), "
        "coalesce(sum(instances), 0)::BIGINT, coalesce(sum(bytes), 0)::BIGINT FROM series"
    ).fetchone()
    more = connection.execute(
        "SELECT (SELECT (count(DISTINCT coalesce(cluster, id)), count(*)) FROM datasets "
        "WHERE status NOT IN ('withdrawn', 'gone')), "
        "(SELECT count(*) FROM findings), (SELECT count(DISTINCT dataset_id) FROM withheld)"
    ).fetchone()
    assert row is not None and more is not None
    datasets, published = more[0]
    return {
        "datasets": datasets, "records": published, "series": row[0], "subjects": row[1],
        "studies": row[2], "instances": row[3], "bytes": row[4], "findings": more[1],
        "masked": masked, "withheld": more[2],
    }  # fmt: skip


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
