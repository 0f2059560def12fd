"""`site.db`: the SQLite file behind the pages and the text search over datasets (FTS5)."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import duckdb

from schemas.dataset import Dataset
from schemas.vocabulary import anatomy, licence, modality

_SUMMARY = 320

_SCHEMA = """
CREATE TABLE datasets (
    id TEXT PRIMARY KEY, source TEXT, kind TEXT, title TEXT, summary TEXT, doi TEXT, licence TEXT,
    licence_raw TEXT, access TEXT, status TEXT, version TEXT, modalities TEXT, body_parts TEXT,
    conditions TEXT, species TEXT, programme TEXT, subjects INTEGER, studies INTEGER,
    series INTEGER, images INTEGER, bytes INTEGER, modified TEXT, retrieved TEXT,
    snapshot TEXT,
    landing_url TEXT, findings INTEGER, worst TEXT, record TEXT
);
CREATE INDEX datasets_title ON datasets (title COLLATE NOCASE);
CREATE INDEX datasets_source ON datasets (source);
CREATE INDEX datasets_kind ON datasets (kind);
CREATE INDEX datasets_licence ON datasets (licence);
CREATE INDEX datasets_access ON datasets (access);
CREATE INDEX datasets_status ON datasets (status);
CREATE TABLE facets (
    dataset INTEGER, facet TEXT, value TEXT, PRIMARY KEY (facet, value, dataset)
) WITHOUT ROWID;
CREATE INDEX facets_dataset ON facets (dataset);
CREATE TABLE names (name TEXT, dataset INTEGER, PRIMARY KEY (name, dataset)) WITHOUT ROWID;
CREATE VIRTUAL TABLE search USING fts5(
    title, names, keywords, description, tokenize = "porter unicode61 remove_diacritics 2"
);
"""
_COPIED = ("findings", "links", "sources", "runs", "changes", "quarantine", "checks", "withheld",
           "labels")  # fmt: skip
_INDEXES = """
CREATE INDEX findings_dataset ON findings (dataset_id);
CREATE INDEX findings_check ON findings (check_id);
CREATE INDEX findings_severity ON findings (severity);
CREATE INDEX findings_action ON findings (action);
CREATE INDEX links_dataset ON links (dataset_id);
CREATE INDEX links_other ON links (other_id);
CREATE INDEX labels_facet ON labels (facet);
ANALYZE;
"""
_WORST = "CASE severity WHEN 'blocker' THEN 3 WHEN 'error' THEN 2 WHEN 'warning' THEN 1 ELSE 0 END"


def build(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Write `path` anew from the tables of a release."""
    site = sqlite3.connect(path)
    try:
        site.execute("PRAGMA journal_mode = OFF")
        site.execute("PRAGMA synchronous = OFF")
        site.executescript(_SCHEMA)
        checked = _checked(connection)
        for row, record in enumerate(_records(connection), start=1):
            _insert(site, row, record, *checked.get(record["id"], (0, None)))
        for table in _COPIED:
            _copy(connection, site, table)
        site.executescript(_INDEXES)
        site.execute("INSERT INTO search (search) VALUES ('optimize')")
        site.commit()
    finally:
        site.close()


def _records(connection: duckdb.DuckDBPyConnection) -> Iterator[dict[str, Any]]:
    fields = ", ".join(f"{name} := {name}" for name in Dataset.model_fields)
    cursor = connection.execute(
        f"SELECT to_json(struct_pack({fields})) FROM datasets ORDER BY series DESC, id"
    )
    while row := cursor.fetchone():
        yield json.loads(row[0])


def _checked(connection: duckdb.DuckDBPyConnection) -> dict[str, tuple[int, str]]:
    """Dataset → how many findings that are more than information, and the worst severity."""
    rows = connection.execute(
        "SELECT dataset_id, count(*) FILTER (WHERE severity <> 'info'), "
        f"arg_max(severity, {_WORST}) FROM findings GROUP BY 1"
    ).fetchall()
    return {row[0]: (row[1], row[2]) for row in rows}


def _insert(
    site: sqlite3.Connection, row: int, record: dict[str, Any], findings: int, worst: str | None
) -> None:
    def terms(name: str) -> list[str]:
        return [term["label"] for term in record[name]]

    lists = {
        "modalities": record["modalities"],
        "body_parts": terms("body_parts"),
        "conditions": terms("conditions"),
        "species": record["species"],
    }
    shown = {
        **{name: json.dumps(values, ensure_ascii=False) for name, values in lists.items()},
        "summary": _summary(record["description"]),
        "findings": findings,
        "worst": worst,
        "record": json.dumps(record, ensure_ascii=False),
    }
    columns = [line[1] for line in site.execute("PRAGMA table_info(datasets)")]
    values = [shown[name] if name in shown else record[name] for name in columns]
    marks = ", ".join("?" * (len(columns) + 1))
    site.execute(
        f"INSERT INTO datasets (rowid, {', '.join(columns)}) VALUES ({marks})", [row, *values]
    )
    site.executemany(
        "INSERT OR IGNORE INTO names (name, dataset) VALUES (?, ?)",
        [(name.lower(), row) for name in _names(record)],
    )
    if record["status"] == "withdrawn":
        return  # a tombstone has a page and its names, but no search finds it
    site.executemany(
        "INSERT OR IGNORE INTO facets (dataset, facet, value) VALUES (?, ?, ?)",
        [(row, facet, value) for facet, value in _facets(record, lists)],
    )
    site.execute(
        "INSERT INTO search (rowid, title, names, keywords, description) VALUES (?, ?, ?, ?, ?)",
        [
            row,
            record["title"],
            " ".join(_names(record)),
            " ".join(_keywords(record, lists)),
            record["description"],
        ],
    )


def _facets(record: dict[str, Any], lists: dict[str, list[str]]) -> Iterator[tuple[str, str]]:
    yield from (("modality", value) for value in lists["modalities"])
    yield from (("body_part", value) for value in lists["body_parts"])
    yield from (("condition", value) for value in lists["conditions"])
    yield from (("species", value) for value in lists["species"] or [""])
    yield from (("annotation", value) for value in record["annotation_kinds"])
    licences = [part["licence"] for part in record["distributions"]] or [record["licence"]]
    yield from (("licence", value or "") for value in licences)
    yield from ((name, record[name] or "") for name in ("access", "kind", "programme", "source"))


def _names(record: dict[str, Any]) -> list[str]:
    """Every identifier that a person may paste: ids, short names, DOIs."""
    dois = [record["doi"], *(part["doi"] for part in record["distributions"])]
    local = record["id"].partition(":")[2]
    others = [identifier["value"] for identifier in record["identifiers"]]
    return list(dict.fromkeys(filter(None, [record["id"], local, *others, *dois])))


def _keywords(record: dict[str, Any], lists: dict[str, list[str]]) -> Iterable[str]:
    """What the record is about, in the words of the standards and in those that people search."""
    for code in lists["modalities"]:
        yield from (code, modality.get(code).label, *modality.aliases(code))
    for label in lists["body_parts"]:
        yield from (label, *anatomy.aliases(label))
    yield from lists["conditions"]
    yield from lists["species"]
    yield from record["annotation_kinds"]
    yield from record["supporting_data"]
    yield from (term["raw"] for term in record["body_parts"] if term["raw"])
    for part in record["distributions"]:
        if part["licence"]:
            yield licence.get(part["licence"]).label
    yield from filter(None, [record["programme"], record["publisher"]])


def _summary(text: str | None) -> str | None:
    if text is None or len(text) <= _SUMMARY:
        return text
    return text[:_SUMMARY].rsplit(" ", 1)[0].rstrip(",.;:") + " …"


def _copy(connection: duckdb.DuckDBPyConnection, site: sqlite3.Connection, table: str) -> None:
    """Copy a small table as it is; times become ISO text, lists and maps JSON."""
    described = connection.execute(f"DESCRIBE {table}").fetchall()
    columns = [
        f"strftime({name} AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%SZ') AS {name}"
        if kind == "TIMESTAMP WITH TIME ZONE"
        else f'to_json("{name}")::VARCHAR AS "{name}"'
        if kind.startswith(("MAP", "STRUCT")) or kind.endswith("[]")
        else f'"{name}"'
        for name, kind, *_ in described
    ]
    types = ", ".join(
        f'"{name}" {"INTEGER" if kind == "BIGINT" else "TEXT"}' for name, kind, *_ in described
    )
    site.execute(f"CREATE TABLE {table} ({types})")
    rows = connection.execute(f"SELECT {', '.join(columns)} FROM {table}").fetchall()
    marks = ", ".join("?" * len(described))
    site.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)
