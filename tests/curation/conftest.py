"""A catalogue small enough to read: the real schemas, one row where a test needs one row."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from curation import metadata, policy
from schemas.arrow import schema_of
from schemas.dataset import Dataset, Distribution
from schemas.series import SERIES

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


@dataclass
class Catalogue:
    """Rows of `datasets` and `series`, and what the checks say about them."""

    con: duckdb.DuckDBPyConnection
    now: datetime = NOW
    datasets: list[Dataset] = field(default_factory=list)
    rows: list[dict[str, Any]] = field(default_factory=list)

    def dataset(self, id: str = "idc:lung", **fields: Any) -> None:
        """A collection in perfect order, but for `fields`."""
        parts = [Distribution(route="s3", doi="10.7937/a", licence="CC-BY-4.0")]
        defaults: dict[str, Any] = {
            "source": "idc",
            "kind": "collection",
            "title": "Scans",
            "doi": "10.7937/a",
            "licence": "CC-BY-4.0",
            "licence_raw": "CC BY 4.0",
            "modalities": ["CT"],
            "species": ["Human"],
            "distributions": parts,
            "retrieved": NOW,
        }
        self.datasets.append(Dataset(id=id, **{**defaults, **fields}))

    def series(self, **fields: Any) -> None:
        """A series in perfect order, but for `fields`."""
        number = len(self.rows) + 1
        defaults: dict[str, Any] = {
            "source": "idc",
            "dataset_id": "idc:lung",
            "subject": "LUNG-A-0001",
            "study": f"1.2.{number}",
            "series": f"1.2.{number}.1",
            "modality": "CT",
            "modality_raw": "CT",
            "licence": "CC-BY-4.0",
            "licence_raw": "CC BY 4.0",
            "doi": "10.7937/a",
        }
        self.rows.append({**defaults, **fields})

    def load(self) -> None:
        """Put the rows into `con`; a dataset that no test described is in perfect order."""
        known = {dataset.id for dataset in self.datasets}
        for id in sorted({row["dataset_id"] for row in self.rows} - known):
            self.dataset(id)
        tables = {
            "datasets": pa.Table.from_pylist(
                [{**d.model_dump(), "provenance": []} for d in self.datasets], schema_of(Dataset)
            ),
            "series": pa.Table.from_pylist(self.rows, SERIES),
        }
        for name, table in tables.items():
            self.con.register("rows", table)
            self.con.execute(f"CREATE OR REPLACE TABLE {name} AS FROM rows")
            self.con.unregister("rows")

    def check(self, rules: policy.Policy | None = None) -> list[dict[str, Any]]:
        """Run every check and give the findings."""
        self.load()
        metadata.run(self.con, policy.load() if rules is None else rules, now=NOW)
        return self.table("findings")

    def table(self, name: str) -> list[dict[str, Any]]:
        """The rows of a table, in its order."""
        rows: list[dict[str, Any]] = self.con.table(name).to_arrow_table().to_pylist()
        return rows

    def fired(self, **fields: Any) -> dict[str, dict[str, Any]]:
        """Check id to finding for one series with these fields."""
        self.rows.clear()
        self.series(**fields)
        return {finding["check_id"]: finding for finding in self.check()}


@pytest.fixture
def catalogue() -> Iterator[Catalogue]:
    with duckdb.connect() as con:
        yield Catalogue(con)


@pytest.fixture(scope="module")
def shared_catalogue() -> Iterator[Catalogue]:
    """One for a whole file of tests: fill it in a fixture, change it in no test."""
    with duckdb.connect() as con:
        yield Catalogue(con)
