"""Image-level rows of any repository: vocabularies over distinct values, sorted, as Parquet.

A harvester brings Arrow tables with what its repository wrote; everything that a vocabulary says
of it is put in here, once for each distinct value, by DuckDB.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from schemas.series import SERIES
from schemas.vocabulary import age, anatomy, licence, manufacturer, modality, sex

FILE = "series.parquet"
MEMORY = "900MB"
ORDER = ("dataset_id", "subject", "study", "series")

_MADE = frozenset(
    "modality body_part body_part_code laterality manufacturer age_years age_band sex "
    "licence".split()
)
RAW = pa.schema([field for field in SERIES if field.name not in _MADE])
"""What a harvester brings: `SERIES` without the columns that vocabularies fill."""

_SELECTED = {
    "modality": "modality_map.code",
    "body_part": "anatomy_map.label",
    "body_part_code": "anatomy_map.code",
    "laterality": "anatomy_map.laterality",
    "manufacturer": "manufacturer_map.name",
    "age_years": "age_map.years",
    "age_band": "age_map.band",
    "sex": "sex_map.code",
    "licence": "licence_map.spdx",
}
_CLEANED = ("model", "study_description", "description")
"""Free text, which loses its control characters."""


def write(folder: Path, batches: Iterable[pa.Table]) -> int:
    """Write `folder/series.parquet` from tables of the schema `RAW`; returns the number of rows.

    A row that comes twice (the same dataset and series) is written once.
    """
    connection = connect(folder)
    try:
        _empty(connection)
        for batch in batches:
            connection.register("_batch", batch.select(RAW.names).cast(RAW))
            connection.execute("INSERT INTO raw FROM _batch")
            connection.unregister("_batch")
        map_vocabularies(
            connection,
            "raw",
            {name: f"{name}_raw" for name in ("modality", "manufacturer", "age", "sex", "licence")}
            | {"anatomy": "body_part_raw"},
        )
        columns = ", ".join(f"{_column(name)} AS {name}" for name in SERIES.names)
        joins = " ".join(
            f"JOIN {name}_map ON {name}_map.raw IS NOT DISTINCT FROM r.{column}"
            for name, column in (
                ("modality", "modality_raw"),
                ("anatomy", "body_part_raw"),
                ("manufacturer", "manufacturer_raw"),
                ("age", "age_raw"),
                ("sex", "sex_raw"),
                ("licence", "licence_raw"),
            )
        )
        once = "QUALIFY row_number() OVER (PARTITION BY dataset_id, series ORDER BY rowid) = 1"
        copy(
            connection,
            f"SELECT {columns} FROM (SELECT * FROM raw {once}) r {joins} "
            f"ORDER BY {', '.join(f'r.{key}' for key in ORDER)}",
            folder / FILE,
            [],
        )
        row = connection.execute(
            "SELECT count(*) FROM read_parquet(?)", [str(folder / FILE)]
        ).fetchone()
        assert row is not None
        return int(row[0])
    finally:
        connection.close()


def connect(folder: Path) -> duckdb.DuckDBPyConnection:
    """A database in memory that spills into `folder` and loads nothing from elsewhere."""
    return duckdb.connect(
        config={
            "memory_limit": MEMORY,
            "temp_directory": str(folder / "spill"),
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
        }
    )


def map_vocabularies(
    connection: duckdb.DuckDBPyConnection, table: str, columns: dict[str, str]
) -> None:
    """Make `<vocabulary>_map` for each of `columns` (vocabulary → column of `table`).

    One row a distinct raw value, and one for null: every row has exactly one match.
    """
    for name, column in columns.items():
        rows = connection.execute(
            f'SELECT DISTINCT "{column}" FROM {table} WHERE "{column}" IS NOT NULL ORDER BY 1'
        ).fetchall()
        read, types = _READ[name]
        mapped = [{"raw": None}, *({"raw": raw, **read(raw)} for (raw,) in rows)]
        schema = pa.schema([("raw", pa.string()), *types.items()])
        connection.register("_mapping", pa.Table.from_pylist(mapped, schema=schema))
        connection.execute(f"CREATE TABLE {name}_map AS FROM _mapping")
        connection.unregister("_mapping")


def copy(connection: duckdb.DuckDBPyConnection, select: str, path: Path, values: list[Any]) -> None:
    """Write what `select` gives as Parquet, the way all series files are written."""
    connection.execute(
        f"COPY ({select}) TO '{quoted(path)}' "
        "(FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1, ROW_GROUP_SIZE 122880)",
        values,
    )


def quoted(path: Path) -> str:
    """A path inside an SQL text."""
    return str(path).replace("'", "''")


def _empty(connection: duckdb.DuckDBPyConnection) -> None:
    connection.register("_none", RAW.empty_table())
    connection.execute("CREATE TABLE raw AS FROM _none")
    connection.unregister("_none")


def _column(name: str) -> str:
    if name in _SELECTED:
        return _SELECTED[name]
    return f"regexp_replace(r.{name}, '[[:cntrl:]]', ' ', 'g')" if name in _CLEANED else f"r.{name}"


def _anatomy(raw: str) -> dict[str, Any]:
    found = anatomy.normalise(raw)
    return found._asdict() if found else {}


def _age(raw: str) -> dict[str, Any]:
    years, problem = age.parse(raw)
    known = None if problem == "implausible" else years
    return {"years": known, "band": age.band(known)}


def _manufacturer(raw: str) -> dict[str, Any]:
    found = manufacturer.normalise(raw)
    return {"name": found.name if found else None}


_TEXT = pa.string()
_READ: dict[str, tuple[Callable[[str], dict[str, Any]], dict[str, pa.DataType]]] = {
    "modality": (lambda raw: {"code": modality.normalise(raw)}, {"code": _TEXT}),
    "anatomy": (_anatomy, {"label": _TEXT, "code": _TEXT, "laterality": _TEXT}),
    "manufacturer": (_manufacturer, {"name": _TEXT}),
    "age": (_age, {"years": pa.float64(), "band": _TEXT}),
    "sex": (lambda raw: {"code": sex.normalise(raw)}, {"code": _TEXT}),
    "licence": (lambda raw: {"spdx": licence.normalise(raw)}, {"spdx": _TEXT}),
}
