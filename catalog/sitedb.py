"""`site.db`: the SQLite file behind the pages and the text search over datasets (FTS5)."""

from __future__ import annotations

import json
import re
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import duckdb

from catalog.labels import worded
from catalog.matching import versionless
from catalog.search import TOMBSTONES
from catalog.suggest import counted
from catalog.wording import tokens
from schemas.dataset import Dataset
from schemas.vocabulary import anatomy, concept, licence, modality, table

_SUMMARY = 320
_FREE = ("body_part", "condition", "species", "task", "annotation", "licence", "programme")
"""Facets whose values repositories write as they like."""
_PAPERS_AND_VERSIONS = frozenset(
    "IsDescribedBy IsDocumentedBy IsSupplementTo IsIdenticalTo IsVariantFormOf IsNewVersionOf "
    "IsPreviousVersionOf IsVersionOf HasVersion".split()
)
"""Relations to what a person may have in hand and mean the dataset: its papers, its versions."""

_BEFORE_DIGITS = re.compile(r"[^\W\d_]{3,}(?=\d)")
"""The word of a name that ends in a number: "KiTS" of KiTS19."""

_SCHEMA = """
CREATE TABLE datasets (
    id TEXT PRIMARY KEY, source TEXT, kind TEXT, title TEXT, summary TEXT, doi TEXT, licence TEXT,
    licence_raw TEXT, licence_assumed INTEGER, access TEXT, accesses TEXT, status TEXT,
    version TEXT, modalities TEXT, body_parts TEXT, conditions TEXT, species TEXT, programme TEXT,
    subjects INTEGER, studies INTEGER, series INTEGER, images INTEGER, bytes INTEGER, year INTEGER,
    modified TEXT, retrieved TEXT, snapshot TEXT, landing_url TEXT, cluster TEXT,
    stands INTEGER, elsewhere TEXT, findings INTEGER, worst TEXT, record TEXT
);
CREATE INDEX datasets_title ON datasets (title COLLATE NOCASE);
CREATE INDEX datasets_listed ON datasets (
    stands, source, status, subjects, series, bytes, modified, title COLLATE NOCASE
);
CREATE INDEX datasets_source ON datasets (source);
CREATE INDEX datasets_kind ON datasets (kind);
CREATE INDEX datasets_licence ON datasets (licence);
CREATE INDEX datasets_access ON datasets (access);
CREATE INDEX datasets_status ON datasets (status);
CREATE TABLE facets (
    dataset INTEGER, facet TEXT, value TEXT, PRIMARY KEY (facet, value, dataset)
) WITHOUT ROWID;
CREATE INDEX facets_dataset ON facets (dataset);
CREATE TABLE names (
    name TEXT, dataset INTEGER, own INTEGER, PRIMARY KEY (name, dataset)
) WITHOUT ROWID;
CREATE VIRTUAL TABLE search USING fts5(
    title, names, keywords, description, about, mentions,
    tokenize = "porter unicode61 remove_diacritics 2"
);
CREATE TABLE words (word TEXT PRIMARY KEY, datasets INTEGER) WITHOUT ROWID;
"""
COPIED = ("findings", "links", "sources", "runs", "changes", "quarantine", "checks", "withheld",
           "labels", "review", "tools", "checked")  # fmt: skip
"""Tables of a release that are copied as they are."""
_INDEXES = """
CREATE INDEX findings_dataset ON findings (dataset_id);
CREATE INDEX findings_check ON findings (check_id);
CREATE INDEX findings_severity ON findings (severity);
CREATE INDEX findings_action ON findings (action);
CREATE INDEX links_dataset ON links (dataset_id);
CREATE INDEX links_other ON links (other_id);
CREATE INDEX checked_dataset ON checked (dataset_id);
CREATE INDEX labels_facet ON labels (facet);
ANALYZE;
"""
_NUMBERS = {"BIGINT": "INTEGER", "BOOLEAN": "INTEGER", "DOUBLE": "REAL"}
"""DuckDB's types to those of SQLite; all others are text."""
_WORST = "CASE severity WHEN 'blocker' THEN 3 WHEN 'error' THEN 2 WHEN 'warning' THEN 1 ELSE 0 END"


def build(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Write `path` anew from the tables of a release."""
    site = sqlite3.connect(path)
    try:
        site.execute("PRAGMA journal_mode = OFF")
        site.execute("PRAGMA synchronous = OFF")
        site.executescript(_SCHEMA)
        checked, published = _checked(connection), _published(connection)
        words: Counter[str] = Counter(counted(concept.names()))
        for row, record in enumerate(_records(connection), start=1):
            findings, worst = checked.get(record["id"], (0, None))
            copies = published.get(record["cluster"] or record["id"], [])
            elsewhere = [other for other in copies if other != record["id"]]
            known = {"findings": findings, "worst": worst, "elsewhere": elsewhere, "stands": row}
            words.update(_insert(site, row, record, known))
        site.executemany("INSERT INTO words VALUES (?, ?)", words.items())
        _stand_together(site)
        _spell_alike(site)
        for name in COPIED:
            _copy(connection, site, name)
        site.executescript(_INDEXES)
        site.execute("INSERT INTO search (search) VALUES ('optimize')")
        site.commit()
    finally:
        site.close()


def _records(connection: duckdb.DuckDBPyConnection) -> Iterator[dict[str, Any]]:
    """Every record, in the order in which a list without words shows them.

    Repositories take turns, each with its largest dataset first; what is no longer offered comes
    last. No one number would do: few repositories count series, and some count nothing.
    """
    fields = ", ".join(f"{name} := {name}" for name in Dataset.model_fields)
    cursor = connection.execute(
        f"SELECT to_json(struct_pack({fields})) FROM datasets ORDER BY status <> 'active', "
        "row_number() OVER (PARTITION BY source, status <> 'active' ORDER BY "
        "subjects DESC NULLS LAST, series DESC NULLS LAST, bytes DESC NULLS LAST, "
        "len(distributions) DESC, year DESC NULLS LAST, id), subjects DESC NULLS LAST, id"
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


def _published(connection: duckdb.DuckDBPyConnection) -> dict[str, list[str]]:
    """Cluster → the ids of its members that are still there, if there are several."""
    rows = connection.execute(
        "SELECT coalesce(cluster, id) AS one, list(id ORDER BY id) FROM datasets "
        f"WHERE status NOT IN {TOMBSTONES} GROUP BY one HAVING count(*) > 1"
    ).fetchall()
    return dict(rows)


def _stand_together(site: sqlite3.Connection) -> None:
    """Let one member stand for each cluster: the one that it is named after, if it is there."""
    site.execute(
        "UPDATE datasets SET stands = first FROM (SELECT DISTINCT coalesce(cluster, id) AS one, "
        "first_value(rowid) OVER (PARTITION BY coalesce(cluster, id) "
        "ORDER BY id <> coalesce(cluster, id), rowid) AS first "
        f"FROM datasets WHERE status NOT IN {TOMBSTONES}) "
        f"WHERE one = coalesce(cluster, id) AND status NOT IN {TOMBSTONES}"
    )


def _insert(
    site: sqlite3.Connection, row: int, record: dict[str, Any], known: dict[str, Any]
) -> set[str]:
    """Write one dataset and tell its words; `known` is what the release found out about it."""

    def terms(name: str) -> list[str]:
        return [term["label"] for term in record[name]]

    lists = {
        "modalities": record["modalities"],
        "body_parts": terms("body_parts"),
        "conditions": terms("conditions"),
        "species": record["species"],
        "accesses": _accesses(record),
        "elsewhere": known["elsewhere"],
    }
    shown = {
        **known,
        **{name: json.dumps(values, ensure_ascii=False) for name, values in lists.items()},
        "summary": _summary(record["description"]),
        "record": json.dumps(record, ensure_ascii=False),
    }
    columns = [line[1] for line in site.execute("PRAGMA table_info(datasets)")]
    values = [shown[name] if name in shown else record[name] for name in columns]
    marks = ", ".join("?" * (len(columns) + 1))
    site.execute(
        f"INSERT INTO datasets (rowid, {', '.join(columns)}) VALUES ({marks})", [row, *values]
    )
    own = _names(record)
    called = [(name, 1) for name in own] + [(name, 0) for name in _other_names(record)]
    site.executemany(
        "INSERT OR IGNORE INTO names (name, dataset, own) VALUES (?, ?, ?)",
        [(name.lower(), row, whose) for name, whose in called],
    )
    if record["status"] in TOMBSTONES:
        return set()
    site.executemany(
        "INSERT OR IGNORE INTO facets (dataset, facet, value) VALUES (?, ?, ?)",
        [(row, facet, value) for facet, value in _facets(record, lists)],
    )
    keywords = list(_keywords(record, lists))
    beginnings = _BEFORE_DIGITS.findall(" ".join([record["title"], *own]))
    names = [*own, *beginnings]
    written = [record["title"], " ".join(names), " ".join(keywords), record["description"]]
    about = [concept.named(text) for text in (record["title"], *beginnings, *keywords)]
    mentions = concept.named(record["description"] or "")
    site.execute(
        "INSERT INTO search (rowid, title, names, keywords, description, about, mentions) "
        "VALUES (?, ?, ?, ?, ?, ?, ?)",
        [row, *written, tokens(concept.widened(set().union(*about))), tokens(mentions)],
    )
    return counted(written)


def _accesses(record: dict[str, Any]) -> list[str]:
    """How the dataset and its parts can be reached, the loosest first; empty if nobody says."""
    stated = {record["access"], *(part["access"] for part in record["distributions"])}
    return [access for access in worded()["access"] if access in stated]


def _facets(record: dict[str, Any], lists: dict[str, list[str]]) -> Iterator[tuple[str, str]]:
    yield from (("modality", value) for value in lists["modalities"])
    yield from (("body_part", value) for value in lists["body_parts"])
    yield from (("condition", value) for value in lists["conditions"])
    yield from (("species", value) for value in lists["species"] or [""])
    yield from (("task", value) for value in record["tasks"])
    yield from (("annotation", value) for value in record["annotation_kinds"])
    yield from (("licence", value) for value in _licences(record))
    yield from (("access", value) for value in lists["accesses"] or [""])
    yield from ((name, record[name] or "") for name in ("kind", "programme", "source"))


def _licences(record: dict[str, Any]) -> set[str]:
    """Licences of its parts, else its own; one that nobody stated is not counted with the stated.

    Empty text: not stated.
    """
    assumed = f"{record['licence']} (assumed)" if record["licence_assumed"] else ""
    parts = [part["licence"] for part in record["distributions"]]
    return {stated or assumed for stated in parts or [None if assumed else record["licence"]]}


def _spell_alike(site: sqlite3.Connection) -> None:
    """Let values that differ by case or punctuation be one: the spelling that shows capitals,

    then the one that more datasets have.
    """
    marks = ", ".join("?" * len(_FREE))
    groups: dict[tuple[str, str], list[tuple[bool, int, str]]] = {}
    for facet, value, count in site.execute(
        f"SELECT facet, value, count(*) FROM facets WHERE facet IN ({marks}) GROUP BY 1, 2", _FREE
    ):
        if letters := table.squeeze(value):
            spellings = groups.setdefault((facet, letters), [])
            spellings.append((value != value.lower(), count, value))
    for (facet, _), spellings in groups.items():
        *others, (_, _, chosen) = sorted(spellings)
        for _, _, other in others:
            which = [facet, other]
            site.execute(
                "UPDATE OR IGNORE facets SET value = ? WHERE facet = ? AND value = ?",
                [chosen, *which],
            )
            site.execute("DELETE FROM facets WHERE facet = ? AND value = ?", which)


def _names(record: dict[str, Any]) -> list[str]:
    """Every identifier of its own that a person may paste: ids, short names, DOIs."""
    dois = [record["doi"], *(part["doi"] for part in record["distributions"])]
    local = record["id"].partition(":")[2]
    others = [identifier["value"] for identifier in record["identifiers"]]
    return list(dict.fromkeys(filter(None, [record["id"], local, *others, *dois])))


def _other_names(record: dict[str, Any]) -> Iterator[str]:
    """DOIs that lead to it without being its own: of its papers, of other versions, of none."""
    if record["doi"]:
        yield versionless(record["doi"])
    for related in record["related"]:
        if related["scheme"] == "DOI" and related["relation"] in _PAPERS_AND_VERSIONS:
            yield related["value"]


def _keywords(record: dict[str, Any], lists: dict[str, list[str]]) -> Iterable[str]:
    """What the record is about, in the words of the standards and in those that people search."""
    for code in lists["modalities"]:
        yield from (code, modality.get(code).label)
    for label in lists["body_parts"]:
        yield from (label, *anatomy.aliases(label))
    yield from lists["conditions"]
    yield from lists["species"]
    yield from record["annotation_kinds"]
    yield from record["supporting_data"]
    yield from record["modalities_raw"]
    yield from record["tasks"]
    yield from record["paradigms"]
    yield from (creator["name"] for creator in record["creators"])
    yield from record["funders"]
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
    types = ", ".join(f'"{name}" {_NUMBERS.get(kind, "TEXT")}' for name, kind, *_ in described)
    site.execute(f"CREATE TABLE {table} ({types})")
    rows = connection.execute(f"SELECT {', '.join(columns)} FROM {table}").fetchall()
    marks = ", ".join("?" * len(described))
    site.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)
