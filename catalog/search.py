"""Search over datasets: words in SQLite's full text (`site.db`), facets as sets of bits.

Without words, repositories take turns, each with its largest dataset first: what one repository
counts, another may not, so no one number orders them all.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from catalog.facets import Facet, FacetSpec, Query, facets_from
from catalog.postings import ORDERS, Postings, bits
from catalog.postings import rows as rows_of
from schemas.errors import ReleaseError
from schemas.vocabulary import spelling

FACETS = (
    FacetSpec("source", "Repository"),
    FacetSpec("modality", "Modality", "all"),
    FacetSpec("body_part", "Body part", "all"),
    FacetSpec("condition", "Condition", "all"),
    FacetSpec("access", "Access"),
    FacetSpec("licence", "Licence"),
    FacetSpec("species", "Species"),
    FacetSpec("annotation", "Annotations", "all"),
    FacetSpec("kind", "Kind"),
    FacetSpec("programme", "Programme"),
)
SORTS = ("relevance", *ORDERS)
TOMBSTONES = ("withdrawn", "gone")
"""Statuses of what is no longer there: it keeps its page and its names, but no words find it."""

STOP_WORDS = frozenset(
    "a an and are as at by data dataset datasets for from i image images imaging in is of on or "
    "scan scans show that the to want which with without".split()
)
_WORD = re.compile(r"[^\W_]+", re.UNICODE)
_DOI = re.compile(r"10\.\d{4,9}/\S*[^\s.,;:)\]}]")
_ADDRESS = re.compile(r"https?://\S+")
_OWN = -1000.0
"""The score of what is called exactly so: before anything that words find."""
_RELAXED = "No dataset has every word; these have at least one of them."
_OTHER_VERSION = "No dataset here has this DOI; this is another version of what it names."

_LISTS = ("accesses", "modalities", "body_parts", "conditions", "species", "elsewhere")
_COLUMNS = (
    "id source kind title summary doi licence licence_raw licence_assumed access accesses status "
    "modalities body_parts conditions species subjects studies series bytes year modified "
    "snapshot elsewhere findings worst"
).split()


@dataclass(frozen=True, slots=True)
class Hit:
    """One dataset in a result list; null is unknown.

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
class SearchPage:
    """A page of datasets, the facets of the whole result, and a note if more was found than asked.

    The note says so if the words were relaxed, or a DOI is that of another version.
    """

    query: Query
    total: int
    hits: tuple[Hit, ...]
    facets: tuple[Facet, ...]
    note: str | None


@dataclass(frozen=True, slots=True)
class _Found:
    """Rows with a score each, the lowest first; `scores` is None if every dataset was found."""

    scores: Mapping[int, float] | None
    note: str | None = None


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
    found = _found(connection, query.text)
    hits, counts = _narrowed(postings, query, found)
    if not hits and (relaxed := _relaxed(connection, query.text)):
        more, recounted = _narrowed(postings, query, relaxed)
        if more:
            found, hits, counts = relaxed, more, recounted
    page = _page(postings, query, found, hits)
    return SearchPage(
        query,
        hits.bit_count(),
        _hits(connection, page),
        facets_from(counts, FACETS, query, names),
        found.note if hits else None,
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


def by_name(connection: sqlite3.Connection, text: str) -> dict[int, float]:
    """Rows that a name, a DOI or a web address names as their own; none if there are none."""
    if doi := _DOI.search(text.lower()):
        names = {doi.group()}
    else:
        names = {text, *re.split(r"[/?#&=:]+", text), *re.split(r"[/?#&=:.]+", text)} - {""}
    return {row: score for row, score in _named(connection, names).items() if score == _OWN}


def _named(connection: sqlite3.Connection, names: Collection[str]) -> dict[int, float]:
    """The rows that any of `names` names, those that have it for their own first."""
    marks = ", ".join("?" * len(names))
    rows = connection.execute(
        f"SELECT dataset, CASE max(own) WHEN 1 THEN {_OWN} ELSE 0.0 END FROM names "
        f"WHERE name IN ({marks}) GROUP BY dataset",
        [name.lower() for name in names],
    )
    return dict(rows.fetchall())


def _found(connection: sqlite3.Connection, text: str) -> _Found:
    """What the words, the name, the DOI or the address find, before any facet."""
    if doi := _DOI.search(text.lower()):
        return _by_doi(connection, doi.group())
    if _ADDRESS.fullmatch(text) and (rows := by_name(connection, text)):
        return _Found(rows)
    if text and not _WORD.search(text):
        return _Found({})
    match = _match(text, " AND ")
    if not match:
        return _Found(None)
    return _Found(_scored(connection, match) | _named(connection, [text]))


def _by_doi(connection: sqlite3.Connection, doi: str) -> _Found:
    rows = _named(connection, [doi])
    if rows:
        return _Found(rows)
    return _Found(_named(connection, [versionless(doi)]), _OTHER_VERSION)


def versionless(doi: str) -> str:
    """A DOI without the version at its end, as OpenNeuro and figshare write it."""
    return re.sub(r"\.v\d+(\.\d+)*$", "", doi)


def _relaxed(connection: sqlite3.Connection, text: str) -> _Found | None:
    """What at least one word finds; None if there are not several words."""
    match = _match(text, " OR ")
    if _DOI.search(text.lower()) or _match(text, " AND ") == match:
        return None
    return _Found(_scored(connection, match), _RELAXED)


def _scored(connection: sqlite3.Connection, match: str) -> dict[int, float]:
    rows = connection.execute(
        "SELECT rowid, bm25(search, 10.0, 8.0, 4.0, 1.0) FROM search WHERE search MATCH ?", [match]
    )
    return dict(rows.fetchall())


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


def _narrowed(
    postings: Postings, query: Query, found: _Found
) -> tuple[int, list[tuple[str, str, int]]]:
    """The set of datasets that match, and (facet, value, count); a facet of which any value may

    hold is counted as if nothing were chosen in it, so that a second value can be added.
    """
    scope = postings.everything if found.scores is None else bits(found.scores)
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


def _page(postings: Postings, query: Query, found: _Found, hits: int) -> list[int]:
    """The rows of one page, in the order asked for."""
    ordered: Iterable[int]
    if order := postings.orders.get(query.sort or ""):
        ordered = (row for row in order if hits >> row & 1)
    elif (scores := found.scores) is None:
        ordered = rows_of(hits)
    else:
        ordered = sorted(rows_of(hits), key=lambda row: (scores[row], row))
    return list(islice(ordered, (query.page - 1) * query.size, query.page * query.size))


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
