"""Retries without pauses, and what the IDC harvester wrote beside the index that it read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
import stamina

from harvesters.http import ATTEMPTS
from tests.small import COLLECTIONS, INDEX, INSTALLED, RESULTS, VERSIONS


@pytest.fixture(autouse=True)
def _no_pauses() -> Iterator[None]:
    """As many attempts as ever, one right after the other; what a server asks for is waited."""
    with stamina.set_testing(True, attempts=ATTEMPTS, cap=True):
        yield


@pytest.fixture(scope="session")
def harvested_series(release_home: Path) -> Path:
    """The Parquet file of series that the harvester wrote."""
    return release_home / "sources" / "idc" / "series.parquet"


@pytest.fixture(scope="session")
def beside(release_home: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Views of what is installed (`idx`, `collections`, …) and of what was read (`series`, …)."""
    harvest = release_home / "sources" / "idc"
    views = {
        "idx": INSTALLED / INDEX,
        "collections": INSTALLED / COLLECTIONS,
        "results": INSTALLED / RESULTS,
        "versions": INSTALLED / VERSIONS,
        "series": harvest / "series.parquet",
        "datasets": harvest / "datasets.parquet",
    }
    with duckdb.connect() as connection:
        for name, path in views.items():
            connection.execute(f"CREATE VIEW {name} AS FROM read_parquet('{path}')")
        yield connection
