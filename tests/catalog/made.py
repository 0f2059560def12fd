"""A search database of a few made-up datasets, built as a release builds it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from catalog import postings, sitedb
from catalog import search as dataset_search
from catalog.facets import Query
from catalog.search import SearchPage
from schemas.arrow import schema_of
from schemas.dataset import Dataset

_TABLES = {
    "checked": "dataset_id VARCHAR",
    "findings": "id VARCHAR, dataset_id VARCHAR, check_id VARCHAR, severity VARCHAR, "
    "action VARCHAR",
    "labels": "facet VARCHAR, value VARCHAR, label VARCHAR",
    "links": "dataset_id VARCHAR, relation VARCHAR, other_id VARCHAR",
    "sources": "key VARCHAR, opt_in BOOLEAN, rate DOUBLE",
}


def site_db(path: Path, records: Iterable[Mapping[str, Any]]) -> Path:
    """Write `path` with `records`, each a dataset of source x but for what it says itself."""
    common = {"kind": "dataset", "title": "Faces", "retrieved": datetime(2026, 1, 1, tzinfo=UTC)}
    rows = [
        Dataset.model_validate(
            {**common, "source": record["id"].partition(":")[0], **record}
        ).model_dump()
        for record in records
    ]
    with duckdb.connect() as connection:
        connection.register("made", pa.Table.from_pylist(rows, schema=schema_of(Dataset)))
        connection.execute("CREATE TABLE datasets AS FROM made")
        for name in sitedb.COPIED:
            columns = _TABLES.get(name, "source VARCHAR")
            connection.execute(f"CREATE TABLE {name} ({columns})")
        connection.execute("INSERT INTO sources VALUES ('x', false, 0.5)")
        sitedb.build(connection, path)
    return path


def search(site_db: Path, text: str = "", **chosen: tuple[str, ...]) -> SearchPage:
    """Ask for words and facet values."""
    return ask(site_db, Query(text=text, filters=tuple(chosen.items())))


def ask(site_db: Path, query: Query) -> SearchPage:
    """Ask a query."""
    with dataset_search.connect(site_db) as connection:
        return dataset_search.search(connection, postings.read(connection), {}, query)


def ids(page: SearchPage) -> list[str]:
    """The ids of the hits, in their order."""
    return [hit.id for hit in page.hits]
