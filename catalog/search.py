"""Search over datasets: full text and facets in one SQLite file, `site.db`."""

from __future__ import annotations

import json
import re
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from catalog.facets import Facet, FacetSpec, Query, facets_from
from schemas.errors import ReleaseError
from schemas.vocabulary import spelling

FACETS = (
    FacetSpec("modality", "Modality", "all"),
    FacetSpec("body_part", "Body part", "all"),
    FacetSpec("condition", "Condition", "all"),
    FacetSpec("annotation", "Annotations", "all"),
    FacetSpec("licence", "Licence"),
    FacetSpec("access", "Access"),
    FacetSpec("species", "Species"),
    FacetSpec("kind", "Kind"),
    FacetSpec("programme", "Programme"),
    FacetSpec("source", "Source"),
)
SORTS = ("relevance", "title", "subjects", "series", "bytes", "modified")

STOP_WORDS = frozenset(
    "a an and are as at by data dataset datasets for from i image images imaging in is of on or "
    "scan scans show that the to want which with without".split()
)
_WORD = re.compile(r"[^\W_]+", re.UNICODE)
_DOI = re.compile(r"10\.\d{4,9}/\S*[^\s.,;:)\]}]")

_COLUMNS = (
    "id source kind title summary doi licence licence_raw access status modalities body_parts "
    "conditions species subjects studies series bytes modified findings worst"
).split()
_ORDER = {
    "title": "title COLLATE NOCASE",
    "subjects": "subjects DESC",
    "series": "series DESC",
    "bytes": "bytes DESC",
    "modified": "modified DESC",
}


@dataclass(frozen=True, slots=True)
class Hit:
    """One dataset in a result list; null is unknown."""

    id: str
    source: str
    kind: str
    title: str
    summary: str | None
    doi: str | None
    licence: str | None
    licence_raw: str | None
    access: str | None
    status: str
    modalities: tuple[str, ...]
    body_parts: tuple[str, ...]
    conditions: tuple[str, ...]
    species: tuple[str, ...]
    subjects: int | None
    studies: int | None
    series: int | None
    bytes: int | None
    modified: str | None
    findings: int
    worst: str | None


@dataclass(frozen=True, slots=True)
class SearchPage:
    """A page of datasets, the facets of the whole result, and a note if the words were relaxed."""

    query: Query
    total: int
    hits: tuple[Hit, ...]
    facets: tuple[Facet, ...]
    note: str | None


def connect(site_db: Path) -> sqlite3.Connection:
    """Open `site.db` read-only.

    Raises:
        ReleaseError: if the file is missing.
    """
    if not site_db.is_file():
        raise ReleaseError("no search database", where=str(site_db), do="Run: fairscan publish")
    uri = f"{site_db.resolve().as_uri()}?mode=ro&immutable=1"
    return sqlite3.connect(uri, uri=True, check_same_thread=False)


def search(connection: sqlite3.Connection, query: Query) -> SearchPage:
    """Find the datasets that match `query`, with facet counts over the whole result."""
    note = None
    match = _match(query.text, " AND ")
    total, counts = _count(connection, query, match)
    if total == 0 and match.count(" AND "):
        relaxed = _match(query.text, " OR ")
        total, counts = _count(connection, query, relaxed)
        if total:
            match = relaxed
            note = "No dataset has every word; these have at least one of them."
    hits = _hits(connection, query, match) if total else ()
    return SearchPage(
        query, total, hits, facets_from(counts, FACETS, query, labels(connection)), note
    )


def dataset_record(connection: sqlite3.Connection, dataset_id: str) -> dict[str, Any] | None:
    """The whole record of a dataset as stored, or None if there is no such dataset."""
    row = connection.execute("SELECT record FROM datasets WHERE id = ?", [dataset_id]).fetchone()
    return json.loads(row[0]) if row else None


def labels(connection: sqlite3.Connection) -> dict[str, dict[str, str]]:
    """Facet to value to label, for the values that read better with one."""
    found: dict[str, dict[str, str]] = {}
    for facet, value, label in connection.execute("SELECT facet, value, label FROM labels"):
        found.setdefault(facet, {})[value] = label
    return found


def _match(text: str, joiner: str) -> str:
    """An FTS5 expression for the words of `text`; empty if it has none. Words are quoted."""
    words = [word for word in _WORD.findall(text.lower()) if word not in STOP_WORDS]
    last = len(words) - 1
    terms = []
    for place, word in enumerate(words):
        prefix = " *" if place == last and len(word) > 2 else ""
        spelt = " OR ".join(f'"{variant}"{prefix}' for variant in spelling.variants(word))
        terms.append(f"({spelt})")
    return joiner.join(terms)


def _scope(query: Query, match: str) -> tuple[str, list[Any]]:
    """The SELECT of matching rowids and scores, before any facet."""
    doi = _DOI.search(query.text.lower())
    if doi:
        return "SELECT dataset AS id, 0.0 AS score FROM names WHERE name = ?", [doi.group()]
    if query.text and not match and not _WORD.search(query.text):
        return "SELECT 0 AS id, 0.0 AS score WHERE 0", []
    if not match:
        return "SELECT rowid AS id, 0.0 AS score FROM datasets WHERE status <> 'withdrawn'", []
    return (
        "SELECT rowid AS id, bm25(search, 10.0, 8.0, 4.0, 1.0) "
        "- 1000 * (rowid IN (SELECT dataset FROM names WHERE name = ?)) AS score "
        "FROM search WHERE search MATCH ?",
        [query.text.lower(), match],
    )


def _terms(query: Query) -> list[tuple[str, str, list[str]]]:
    """(facet or "", SQL condition on `id`, parameters); where all must hold, one row a value."""
    inside = "id IN (SELECT dataset FROM facets WHERE facet = ? AND value "
    terms: list[tuple[str, str, list[str]]] = []
    for spec in FACETS:
        values = query.chosen(spec.name)
        if values and spec.match == "any":
            marks = ", ".join("?" * len(values))
            terms.append((spec.name, f"{inside} IN ({marks}))", [spec.name, *values]))
        else:
            terms += [("", f"{inside} = ?)", [spec.name, value]) for value in values]
    return terms


def _count(
    connection: sqlite3.Connection, query: Query, match: str
) -> tuple[int, list[tuple[str, str, int]]]:
    """How many datasets match, and (facet, value, count); a facet of which any value may hold

    is counted as if nothing were chosen in it, so that a second value can be added.
    """
    scope, values = _scope(query, match)
    terms = _terms(query)
    flags = "".join(f", {sql} AS f{i}" for i, (_, sql, _) in enumerate(terms))
    passed = " AND ".join(f"f{i}" for i in range(len(terms))) or "1"
    own = {
        name: " AND ".join(f"f{i}" for i, (other, _, _) in enumerate(terms) if other != name) or "1"
        for name, _, _ in terms
        if name
    }
    cases = "".join(f" WHEN '{name}' THEN {condition}" for name, condition in own.items())
    rule = f"CASE facets.facet{cases} ELSE {passed} END" if own else passed
    parameters = [*values, *(p for _, _, ps in terms for p in ps)]
    rows = connection.execute(
        f"WITH scope AS ({scope}), hits AS MATERIALIZED (SELECT id{flags} FROM scope) "
        f"SELECT '' AS facet, '' AS value, count(*) FILTER (WHERE {passed}) FROM hits UNION ALL "
        f"SELECT facets.facet, facets.value, count(*) FILTER (WHERE {rule}) FROM hits "
        "JOIN facets ON facets.dataset = hits.id GROUP BY 1, 2",
        parameters,
    ).fetchall()
    return rows[0][2], rows[1:]


def _hits(connection: sqlite3.Connection, query: Query, match: str) -> tuple[Hit, ...]:
    scope, values = _scope(query, match)
    terms = _terms(query)
    conditions = "".join(f" AND {sql.replace('id IN', 'scope.id IN', 1)}" for _, sql, _ in terms)
    default = "score" if match else "series DESC"
    order = _ORDER.get(query.sort or "", default)
    rows = connection.execute(
        f"WITH scope AS ({scope}) SELECT {', '.join(f'd.{name}' for name in _COLUMNS)} "
        f"FROM scope JOIN datasets d ON d.rowid = scope.id WHERE 1{conditions} "
        f"ORDER BY {order}, d.id LIMIT ? OFFSET ?",
        [
            *values,
            *(p for _, _, ps in terms for p in ps),
            query.size,
            (query.page - 1) * query.size,
        ],
    )
    return tuple(_hit(row) for row in rows)


def _hit(row: tuple[Any, ...]) -> Hit:
    fields: dict[str, Any] = dict(zip(_COLUMNS, row, strict=True))
    for name in ("modalities", "body_parts", "conditions", "species"):
        fields[name] = tuple(json.loads(fields[name]))
    return Hit(**fields)
