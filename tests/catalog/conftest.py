"""The shared release opened for questions, beside the index that it was made from."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from catalog import search as dataset_search
from catalog.reader import Reader
from tests.small import INDEX, INSTALLED


@pytest.fixture(scope="session")
def release(release_home: Path) -> Path:
    """The folder of the shared release."""
    return (release_home / "current").resolve()


@pytest.fixture(scope="session")
def reader(release: Path) -> Iterator[Reader]:
    opened = Reader(release)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def site_db(release: Path) -> Iterator[sqlite3.Connection]:
    connection = dataset_search.connect(release / "site.db")
    yield connection
    connection.close()


@pytest.fixture(scope="session")
def index() -> Iterator[Callable[[str], list[tuple[Any, ...]]]]:
    """Asks SQL of the installed index itself; its series are the view `idx`."""
    with duckdb.connect() as connection:
        connection.execute(f"CREATE VIEW idx AS FROM read_parquet('{INSTALLED / INDEX}')")
        yield lambda sql: connection.execute(sql).fetchall()
