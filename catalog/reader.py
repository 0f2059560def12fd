"""A release opened for questions: what the site and the commands ask goes through here."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from catalog import latest, matching, postings
from catalog import search as dataset_search
from catalog.facets import Facet, Query
from catalog.latest import Latest
from catalog.postings import Postings
from catalog.release import CATALOGUE, SITE, ReleaseInfo, read_info
from catalog.standing import standing
from schemas.tool import Tool

if TYPE_CHECKING:
    import duckdb

    from catalog.cohort import CohortPage

_SEVERITY = (
    "CASE severity WHEN 'blocker' THEN 0 WHEN 'error' THEN 1 WHEN 'warning' THEN 2 ELSE 3 END"
)
_PACKED = ("seed", "services", "only")
"""Columns of `sources` that hold JSON in `site.db`."""
_OF_A_RUN = (
    "version", "dated", "finished", "state", "quarantined", "message", "requests", "bytes",
    "retries", "landing", "landing_url", "landing_why", "landing_checked",
)  # fmt: skip
_STUDIES = (
    "SELECT min(study), modality FROM series WHERE dataset_id = ? AND study IS NOT NULL "
    "AND modality IS NOT NULL GROUP BY modality ORDER BY count(*) DESC, modality"
)
TIME_LIMIT = 5.0
"""Seconds that one question may take."""


@dataclass(frozen=True, slots=True)
class DatasetPage:
    """A dataset's whole record with what was found, what it is linked to, and its charts.

    record: `schemas.dataset.Dataset` as JSON. findings: worst first. charts: its series by facet,
    none if the release lists no series of it. successors: datasets here that replace it. checked:
    how the last sample of its files went, None if none was taken.
    """

    record: dict[str, Any]
    findings: list[dict[str, Any]]
    links: list[dict[str, Any]]
    charts: tuple[Facet, ...]
    successors: list[dict[str, Any]]
    checked: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class StatusPage:
    """The health of the catalogue: its release, the last runs, findings by check, changes.

    runs: the last one of each source, be it in this release or after it. quarantine: records of
    these runs that are not valid, with the reason. changed: changes counted by source. review:
    pairs that may be one dataset, for a person to judge. checked: of how many datasets files were
    sampled, how many files were read, and in how many of both something was found.
    """

    release: ReleaseInfo
    runs: list[dict[str, Any]]
    quarantine: list[dict[str, Any]]
    findings: list[dict[str, Any]]
    changes: list[dict[str, Any]]
    changed: list[dict[str, Any]]
    review: list[dict[str, Any]]
    checked: dict[str, Any]
    previous: str | None


class Reader:
    """One opened release; methods block, and may be called from several threads.

    Raises:
        ReleaseError: on opening, if the release is missing or damaged.
    """

    def __init__(self, folder: Path, *, threads: int | None = None) -> None:
        self.folder = folder
        self.info = read_info(folder)
        self._threads = threads  # 1 for a server: pages run side by side, each at half the cost
        self._local = threading.local()
        self._opening = threading.Lock()
        self._sqlite: list[sqlite3.Connection] = []
        self._known: tuple[str, Latest] | None = None

    def prepare(self) -> None:
        """Read what every search needs, so that the first ones do not all wait for it."""
        _ = self._postings, self._labels

    def search(self, query: Query) -> dataset_search.SearchPage:
        """Datasets that match, with facets."""
        return dataset_search.search(self._site(), self._postings, self._labels, query)

    def cohort(self, query: Query, *, rows: bool = True, seconds: float = TIME_LIMIT) -> CohortPage:
        """Series that match, with totals and facets.

        Raises:
            QueryError: if `query.where` is not a condition, or the time runs out.
        """
        from catalog import cohort

        with self.cursor(seconds) as cursor:
            if query.where is not None:
                query = replace(query, where=cohort.checked_where(cursor, query.where))
            return cohort.cohort(cursor, query, self.labels(), rows=rows)

    def dataset(self, dataset_id: str) -> DatasetPage | None:
        """Everything about one dataset, or None if there is none of that id."""
        site = self._site()
        record = dataset_search.dataset_record(site, dataset_id)
        if record is None:
            return None
        findings = _rows(
            site,
            f"SELECT f.*, c.title FROM findings f LEFT JOIN checks c USING (check_id) "
            f"WHERE dataset_id = ? ORDER BY {_SEVERITY.replace('severity', 'f.severity')}, "
            "affected DESC, f.id",
            [dataset_id],
        )
        links = _rows(
            site,
            "SELECT relation, other_id, d.title AS other_title, evidence, 'out' AS direction "
            "FROM links JOIN datasets d ON d.id = other_id WHERE dataset_id = ? UNION ALL "
            "SELECT relation, dataset_id, d.title, evidence, 'in' "
            "FROM links JOIN datasets d ON d.id = dataset_id WHERE other_id = ? ORDER BY 5, 3",
            [dataset_id, dataset_id],
        )
        sampled = _rows(site, "SELECT * FROM checked WHERE dataset_id = ?", [dataset_id])
        return DatasetPage(
            record,
            findings,
            links,
            self._charts(record),
            _successors(site, record),
            sampled[0] if sampled else None,
        )

    def sources(self) -> list[dict[str, Any]]:
        """Every source with what it holds here, how it stands, and how its last run went.

        requests, bytes and retries are those of the last run; series are those of collections.
        """
        runs = {run["source"]: run for run in self._latest().runs}
        rows = _rows(
            self._site(),
            "SELECT s.*, coalesce(d.datasets, 0) AS datasets, "
            "d.series, coalesce(d.on_snapshot, 0) AS on_snapshot, d.oldest, d.snapshot, d.read "
            "FROM sources s LEFT JOIN ("
            "SELECT source, count(*) AS datasets, count(snapshot) AS on_snapshot, "
            "min(snapshot) AS oldest, max(snapshot) AS snapshot, "
            "sum(series) FILTER (WHERE kind <> 'analysis_result') AS series, "
            "max(retrieved) FILTER (WHERE snapshot IS NULL) AS read "
            f"FROM datasets WHERE status NOT IN {dataset_search.TOMBSTONES} GROUP BY source) d "
            "ON d.source = s.key ORDER BY d.source IS NULL, s.name",
        )
        told = [
            {**row, **{name: json.loads(row[name] or "null") for name in _PACKED},
             **{name: runs.get(row["key"], {}).get(name) for name in _OF_A_RUN}}
            for row in rows
        ]  # fmt: skip
        return [{**row, **standing(row)._asdict()} for row in told]

    def status(self) -> StatusPage:
        """The health of the catalogue: the last run of each source, and what was released."""
        site = self._site()
        last = self._latest()
        findings = _rows(
            site,
            "SELECT f.check_id, c.title, f.severity, f.action, c.reference, c.why, "
            "count(*) AS findings, "
            "count(DISTINCT dataset_id) AS datasets, sum(affected) AS affected "
            "FROM findings f JOIN checks c USING (check_id) GROUP BY f.check_id, f.action "
            f"ORDER BY {_SEVERITY.replace('severity', 'f.severity')}, affected DESC",
        )
        return StatusPage(
            self.info,
            last.runs,
            last.quarantine,
            findings,
            _rows(site, "SELECT * FROM changes ORDER BY change, dataset_id, field"),
            _rows(
                site,
                "SELECT substr(dataset_id, 1, instr(dataset_id, ':') - 1) AS source, change, "
                "count(DISTINCT dataset_id) AS datasets FROM changes GROUP BY 1, 2 ORDER BY 1, 2",
            ),
            [
                {**row, "reasons": json.loads(row["reasons"])}
                for row in _rows(site, "SELECT * FROM review ORDER BY score DESC, 1, 2")
            ],
            _rows(
                site,
                "SELECT count(*) AS datasets, coalesce(sum(read), 0) AS files, "
                "count(*) FILTER (WHERE affected > 0) AS datasets_affected, "
                "coalesce(sum(affected), 0) AS files_affected, max(time) AS newest FROM checked",
            )[0],
            self.info.previous,
        )

    def tools(self) -> list[Tool]:
        """Every tool, in order of name."""
        return self._tools

    def studies(self, dataset_id: str) -> list[tuple[str, str]]:
        """One study of each modality of a dataset: (StudyInstanceUID, modality), the commonest

        modality first; none if the release lists no series of it.
        """
        with self.cursor() as cursor:
            return cursor.execute(_STUDIES, [dataset_id]).fetchall()

    def labels(self) -> Mapping[str, Mapping[str, str]]:
        """Facet to value to label."""
        return self._labels

    @contextmanager
    def cursor(self, seconds: float = TIME_LIMIT) -> Iterator[duckdb.DuckDBPyConnection]:
        """A cursor of this thread on the release's tables, stopped after `seconds`."""
        from catalog.duck import limited

        cursor = getattr(self._local, "duck", None)
        if cursor is None:
            with self._opening:
                cursor = self._local.duck = self._duck.cursor()
        with limited(cursor, seconds):
            yield cursor

    def close(self) -> None:
        """Close every connection; no question may be asked afterwards."""
        if "_duck" in self.__dict__:
            self._duck.close()
        with self._opening:
            for connection in self._sqlite:
                connection.close()

    @cached_property
    def _duck(self) -> duckdb.DuckDBPyConnection:
        from catalog.duck import connect

        return connect(self.folder / CATALOGUE, threads=self._threads)

    @cached_property
    def _postings(self) -> Postings:
        return postings.read(self._site())

    @cached_property
    def _tools(self) -> list[Tool]:
        rows = _rows(self._site(), "SELECT * FROM tools")
        return [Tool.model_validate({k: _read(v) for k, v in row.items()}) for row in rows]

    @cached_property
    def _labels(self) -> Mapping[str, Mapping[str, str]]:
        return dataset_search.labels(self._site())

    def _latest(self) -> Latest:
        """The last runs, read again when there was another."""
        stamp = latest.stamp(self.folder)
        known = self._known
        if known is None or known[0] != stamp:
            site = self._site()
            runs = _rows(site, "SELECT * FROM runs")
            aside = _rows(site, "SELECT source, local_id, reason FROM quarantine")
            self._known = known = (stamp, latest.latest(self.folder, runs, aside))
        return known[1]

    def _site(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._local, "site", None)
        if connection is None:
            connection = dataset_search.connect(self.folder / SITE)
            self._local.site = connection
            with self._opening:
                self._sqlite.append(connection)
        return connection

    def _charts(self, record: dict[str, Any]) -> tuple[Facet, ...]:
        name = "derived_dataset_id" if record["kind"] == "analysis_result" else "dataset_id"
        if not record["series"]:
            return ()
        page = self.cohort(Query(filters=((name, (record["id"],)),)), rows=False)
        if not page.series:
            return ()
        return tuple(facet for facet in page.facets if facet.name != name)


def _successors(site: sqlite3.Connection, record: dict[str, Any]) -> list[dict[str, Any]]:
    """The datasets here that its record says it is obsoleted by."""
    told = [r["value"] for r in record["related"] if r["relation"] == "IsObsoletedBy"]
    rows = {row for text in told for row in matching.by_name(site, text)}
    return _rows(
        site,
        f"SELECT id, title FROM datasets WHERE rowid IN ({', '.join('?' * len(rows))}) "
        "AND id <> ? ORDER BY id",
        [*rows, record["id"]],
    )


def _read(value: Any) -> Any:
    """A value of a table copied whole, where lists and objects are JSON."""
    return json.loads(value) if isinstance(value, str) and value[:1] in ("[", "{") else value


def _rows(
    connection: sqlite3.Connection, sql: str, parameters: list[Any] | None = None
) -> list[dict[str, Any]]:
    cursor = connection.execute(sql, parameters or [])
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
