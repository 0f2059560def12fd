"""What changed between two releases: datasets field by field, series counted a dataset."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from catalog.release import CATALOGUE
from schemas.dataset import Dataset
from schemas.errors import ReleaseError
from schemas.series import SERIES

IGNORED = frozenset({"retrieved", "provenance", "snapshot", "citations"})
"""Fields that differ from harvest to harvest and say nothing about the dataset."""

CHANGES = pa.schema(
    [(name, pa.string()) for name in ("change", "dataset_id", "field", "old", "new")]
)
_SHOWN = 300


def write(connection: duckdb.DuckDBPyConnection, previous: Path | None) -> None:
    """Make the table `changes` of `connection`: its tables against the release `previous`."""
    rows: list[dict[str, Any]] = []
    if previous is not None:
        connection.execute(
            "ATTACH '" + str(previous / CATALOGUE).replace("'", "''") + "' AS previous (READ_ONLY)"
        )
        rows = between(connection, "previous.main", "main")
        connection.execute("DETACH previous")
    table = pa.Table.from_pylist(rows, schema=CHANGES)
    connection.register("_changes", table)
    connection.execute("CREATE TABLE changes AS FROM _changes")
    connection.unregister("_changes")


def compare(old: Path, new: Path) -> list[dict[str, Any]]:
    """The changes from one release folder to another.

    Raises:
        ReleaseError: if either cannot be opened.
    """
    connection = duckdb.connect(config={"autoinstall_known_extensions": False})
    try:
        for name, folder in (("before_", old), ("after_", new)):
            path = str(folder / CATALOGUE).replace("'", "''")
            connection.execute(f"ATTACH '{path}' AS {name} (READ_ONLY)")
        return between(connection, "before_.main", "after_.main")
    except duckdb.Error as error:
        raise ReleaseError(
            f"damaged release: {str(error).splitlines()[0]}",
            where=f"{old.name}, {new.name}",
            do="Run: fairscan releases verify",
        ) from error
    finally:
        connection.close()


def between(connection: duckdb.DuckDBPyConnection, old: str, new: str) -> list[dict[str, Any]]:
    """The changes from schema `old` to schema `new`, both attached to `connection`.

    `change` is added, changed or withdrawn for a dataset; series_added, series_changed or
    series_withdrawn carry in `new` how many series of the dataset did.
    """
    fields = [name for name in Dataset.model_fields if name not in IGNORED]
    fields = _in_both(connection, "datasets", fields, old, new)
    columns = [name for name in SERIES.names if name != "version"]
    columns = _in_both(connection, "series", columns, old, new)
    return [
        *_datasets(_records(connection, old, fields), _records(connection, new, fields)),
        *_series(connection, old, new, columns),
    ]


def _in_both(
    connection: duckdb.DuckDBPyConnection, table: str, names: list[str], *schemas: str
) -> list[str]:
    """The columns that both releases have: one made by another fairscan may have fewer."""
    for schema in schemas:
        there = {row[0] for row in connection.execute(f"DESCRIBE {schema}.{table}").fetchall()}
        names = [name for name in names if name in there]
    return names


def _records(
    connection: duckdb.DuckDBPyConnection, schema: str, fields: list[str]
) -> dict[str, dict[str, Any]]:
    rows = connection.execute(
        f"SELECT id, to_json(struct_pack({', '.join(f'{f} := {f}' for f in fields)})) "
        f"FROM {schema}.datasets"
    ).fetchall()
    return {identifier: json.loads(record) for identifier, record in rows}


def _datasets(
    old: dict[str, dict[str, Any]], new: dict[str, dict[str, Any]]
) -> Iterator[dict[str, Any]]:
    for identifier in sorted(old.keys() | new.keys()):
        if _gone(old, identifier) and not _gone(new, identifier):
            yield _row("added", identifier, new=new[identifier]["title"])
        elif _gone(new, identifier) and not _gone(old, identifier):
            yield _row("withdrawn", identifier, old=old[identifier]["title"])
        elif identifier in old and identifier in new:
            before, after = old[identifier], new[identifier]
            for field in before:
                if before[field] != after[field]:
                    yield _row(
                        "changed", identifier, field, _text(before[field]), _text(after[field])
                    )


def _gone(records: dict[str, dict[str, Any]], identifier: str) -> bool:
    """Whether the dataset is not in the release, or only as a tombstone."""
    return identifier not in records or records[identifier]["status"] == "withdrawn"


def _series(
    connection: duckdb.DuckDBPyConnection, old: str, new: str, columns: list[str]
) -> Iterator[dict[str, Any]]:
    texts = ", ".join(f"coalesce({column}::VARCHAR, chr(30))" for column in columns)
    content = f"md5_number(concat_ws(chr(31), {texts})) AS content"
    rows = connection.execute(
        f"""
        WITH before AS (SELECT dataset_id, series, {content} FROM {old}.series),
             after AS (SELECT dataset_id, series, {content} FROM {new}.series)
        SELECT CASE WHEN before.series IS NULL THEN 'series_added'
                    WHEN after.series IS NULL THEN 'series_withdrawn'
                    ELSE 'series_changed' END AS change,
               coalesce(after.dataset_id, before.dataset_id) AS dataset_id, count(*)
        FROM before FULL JOIN after USING (dataset_id, series)
        WHERE before.content IS DISTINCT FROM after.content
        GROUP BY ALL ORDER BY ALL
        """
    ).fetchall()
    return (_row(change, identifier, "series", new=str(n)) for change, identifier, n in rows)


def _row(
    change: str,
    dataset: str,
    field: str | None = None,
    old: str | None = None,
    new: str | None = None,
) -> dict[str, Any]:
    return {"change": change, "dataset_id": dataset, "field": field, "old": old, "new": new}


def _text(value: Any) -> str | None:
    if value is None:
        return None
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
