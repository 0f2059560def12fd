"""Search over datasets: words in SQLite's full text (`site.db`), facets as sets of bits.

Without words, repositories take turns, each with its largest dataset first: what one repository
counts, another may not, so no one number orders them all.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

from catalog import matching, suggest
from catalog.facets import Facet, FacetSpec, Query, facets_from
from catalog.matching import Found
from catalog.postings import ORDERS, Postings, bits, marks
from catalog.postings import rows as rows_of
from schemas.errors import ReleaseError

FACETS = (
    FacetSpec("source", "Repository"),
    FacetSpec("modality", "Modality", "all"),
    FacetSpec("body_part", "Body part", "all"),
    FacetSpec("condition", "Condition", "all"),
    FacetSpec("access", "Access"),
    FacetSpec("licence", "Licence"),
    FacetSpec("species", "Species"),
    FacetSpec("task", "Task", "all"),
    FacetSpec("annotation", "Annotations", "all"),
    FacetSpec("kind", "Kind"),
    FacetSpec("programme", "Programme"),
)
SORTS = ("relevance", *ORDERS)
TOMBSTONES = ("withdrawn", "gone")
"""Statuses of what is no longer there: it keeps its page and its names, but no words find it."""

_FEW = 3
"""Datasets; who finds fewer may have misspelt a word."""

_LISTS = ("accesses", "modalities", "body_parts", "conditions", "species", "elsewhere")
_COLUMNS = (
    "id source kind title summary doi licence licence_raw licence_assumed access accesses status "
    "modalities body_parts conditions species subjects studies series bytes year modified "
    "snapshot elsewhere findings worst"
).split()


@dataclass(frozen=True, slots=True)
class Hit:
    """One dataset in a result list; null is unknown. Of its copies, the one that was asked for.

    accesses: how its parts can be reached, where they differ. snapshot: the day of the packaged
    snapshot that it rests on. elsewhere: ids of the same dataset in other repositories.
    """

    id: str
    source: str
    kind: str
    title: str
    summary: str | None
    doi: str | None
    licence: str | None
    licence_raw: str | None
    licence_assumed: bool
    access: str | None
    accesses: tuple[str, ...]
    status: str
    modalities: tuple[str, ...]
    body_parts: tuple[str, ...]
    conditions: tuple[str, ...]
    species: tuple[str, ...]
    subjects: int | None
    studies: int | None
    series: int | None
    bytes: int | None
    year: int | None
    modified: str | None
    snapshot: str | None
    elsewhere: tuple[str, ...]
    findings: int
    worst: str | None


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What may have been meant: its words, and the query that asks for them."""

    text: str
    query: Query


@dataclass(frozen=True, slots=True)
class SearchPage:
    """A page of datasets, the facets of the whole result, and a note if more was found than asked.

    The note says so if the words were relaxed, or a DOI is that of another version. The suggestion
    is what may have been meant, if little has the words as they are spelt. A dataset that several
    repositories publish is found by the words and facets of all, and counted and listed once.
    """

    query: Query
    total: int
    hits: tuple[Hit, ...]
    facets: tuple[Facet, ...]
    note: str | None
    suggestion: Suggestion | None = None


def connect(site_db: Path) -> sqlite3.Connection:
    """Open `site.db` read-only.

    Raises:
        ReleaseError: if there is none.
    """
    if not site_db.is_file():
        raise ReleaseError("no search database", where=str(site_db), do="Run: fairscan publish")
    uri = f"{site_db.resolve().as_uri()}?mode=ro&immutable=1"
    return sqlite3.connect(uri, uri=True, check_same_thread=False)


def search(
    connection: sqlite3.Connection,
    postings: Postings,
    names: Mapping[str, Mapping[str, str]],
    query: Query,
) -> SearchPage:
    """Find the datasets that match `query`, with facet counts over the whole result.

    names: facet to value to label.
    """
    query = postings.spelt(query)
    found = matching.found(connection, postings, query.text)
    suggestion = _suggestion(connection, postings, query, found)
    hits, counts = _narrowed(postings, query, found)
    if not hits and (relaxed := matching.relaxed(connection, postings, query.text)):
        more, recounted = _narrowed(postings, query, relaxed)
        if more:
            found, hits, counts = relaxed, more, recounted
    page = _page(connection, postings, query, found, hits)
    return SearchPage(
        query,
        hits.bit_count(),
        _hits(connection, page),
        facets_from(counts, FACETS, query, names),
        found.note if hits else None,
        suggestion,
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


def _suggestion(
    connection: sqlite3.Connection, postings: Postings, query: Query, found: Found
) -> Suggestion | None:
    """The query in better spelling, if little was found as it is and the better finds more."""
    if found.rows is None or found.exact >= _FEW or matching.is_named(connection, query.text):
        return None
    meant = suggest.spelt(connection, query.text)
    if meant is None:
        return None
    better = matching.found(connection, postings, meant)
    if (better.exact, better.total) <= (found.exact, found.total):
        return None
    return Suggestion(meant, replace(query, text=meant, page=1))


def _narrowed(
    postings: Postings, query: Query, found: Found
) -> tuple[int, list[tuple[str, str, int]]]:
    """The set of datasets that match, and (facet, value, count); a facet of which any value may

    hold is counted as if nothing were chosen in it, so that a second value can be added.
    """
    scope = postings.everything if found.rows is None else found.rows
    chosen = {
        spec.name: rows for spec in FACETS if (rows := postings.chosen(query, spec)) is not None
    }
    hits = scope
    for rows in chosen.values():
        hits &= rows
    counts: list[tuple[str, str, int]] = []
    for spec in FACETS:
        base = hits
        if spec.match == "any" and spec.name in chosen:
            base = scope
            for name, rows in chosen.items():
                base = base if name == spec.name else base & rows
        counts += postings.counts(spec.name, base)
    return hits, counts


def _page(
    connection: sqlite3.Connection, postings: Postings, query: Query, found: Found, hits: int
) -> list[int]:
    """The rows of one page, in the order asked for."""
    sources = query.chosen("source")
    instead = postings.elsewhere(sources)
    start, end = (query.page - 1) * query.size, query.page * query.size
    order = postings.orders.get(query.sort or "")
    if order is None and found.rows is not None:
        ranked = matching.ranked(connection, postings, found, hits, end)
        return [instead.get(row, row) for row in ranked[start:]]
    shown = marks(bits(instead.get(row, row) for row in rows_of(hits)) if instead else hits)
    if order is None:
        order = range(len(shown) * 8) if sources else postings.turns
    listed = (row for row in order if row >> 3 < len(shown) and shown[row >> 3] >> (row & 7) & 1)
    return list(islice(listed, start, end))


def _hits(connection: sqlite3.Connection, page: list[int]) -> tuple[Hit, ...]:
    marks = ", ".join("?" * len(page))
    rows = connection.execute(
        f"SELECT rowid, {', '.join(_COLUMNS)} FROM datasets WHERE rowid IN ({marks})", page
    )
    hits = {row[0]: _hit(row[1:]) for row in rows}
    return tuple(hits[row] for row in page)


def _hit(row: tuple[Any, ...]) -> Hit:
    fields: dict[str, Any] = dict(zip(_COLUMNS, row, strict=True))
    for name in _LISTS:
        fields[name] = tuple(json.loads(fields[name]))
    return Hit(**{**fields, "licence_assumed": bool(fields["licence_assumed"])})
