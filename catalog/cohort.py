"""Cohorts: facets, counts and rows over every series, on DuckDB, in milliseconds.

A release carries `cohort_cube`, one row a combination of facet values, and narrow tables that point
to it. Facets are summed over its few thousand rows in one pass of `GROUPING SETS`. Text, ages and
SQL are looked for in `series` once, and what they hit is counted by combination first.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

from catalog.facets import UNKNOWN, Facet, FacetSpec, Query, facets_from
from schemas.errors import QueryError, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import duckdb

FACETS = (
    FacetSpec("modality", "Modality"),
    FacetSpec("body_part", "Body part"),
    FacetSpec("dataset_id", "Collection"),
    FacetSpec("derived_dataset_id", "Analysis result"),
    FacetSpec("manufacturer", "Manufacturer"),
    FacetSpec("sex", "Sex"),
    FacetSpec("age_band", "Age"),
    FacetSpec("licence", "Licence"),
    FacetSpec("source", "Repository"),
)
BLOCK = 8192
"""Rows of `series` in a block of `cohort_blocks`."""

FACET_NAMES = tuple(spec.name for spec in FACETS)
ROW_COLUMNS = (
    "dataset_id", "derived_dataset_id", "subject", "study", "series", "modality", "body_part",
    "manufacturer", "model", "study_description", "description", "age_years", "sex", "instances",
    "bytes", "licence", "doi", "url",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class SeriesRow:
    """One series of a cohort; null is unknown. `bytes` in bytes, `age_years` in years."""

    dataset_id: str
    derived_dataset_id: str | None
    subject: str | None
    study: str | None
    series: str
    modality: str | None
    body_part: str | None
    manufacturer: str | None
    model: str | None
    study_description: str | None
    description: str | None
    age_years: float | None
    sex: str | None
    instances: int | None
    bytes: int | None
    licence: str | None
    doi: str | None
    url: str | None


@dataclass(frozen=True, slots=True)
class CohortPage:
    """Totals over the whole cohort, its facets, and one page of its series.

    `subjects` counts distinct (dataset, subject) pairs: the same person may be in two datasets.
    """

    query: Query
    series: int
    subjects: int
    datasets: int
    instances: int
    bytes: int
    facets: tuple[Facet, ...]
    rows: tuple[SeriesRow, ...]


def cohort(
    cursor: duckdb.DuckDBPyConnection,
    query: Query,
    labels: Mapping[str, Mapping[str, str]],
    *,
    rows: bool = True,
) -> CohortPage:
    """Count, facet and list the series that match `query`.

    `query.where` must have gone through `checked_where`.
    """
    other = _other_conditions(query)
    if other:
        counts, subjects, places = _count_hits(cursor, query, other)
    else:
        counts = _counts(cursor.execute(*_facets_sql(query, "cohort_cube")).fetchall(), query)
        subjects = _subjects(cursor, query)
        places = _places(cursor, query) if rows else []
    totals = counts.pop((None, None), _NOTHING)
    facets = facets_from(
        ((name, value, counted.shown) for (name, value), counted in counts.items() if name),
        FACETS,
        query,
        labels,
    )
    datasets = sum(name == "dataset_id" and c.series > 0 for (name, _), c in counts.items())
    return CohortPage(
        query,
        totals.series,
        subjects,
        datasets,
        totals.instances,
        totals.bytes,
        facets,
        _rows(cursor, places) if rows else (),
    )


def condition(query: Query) -> tuple[str, list[Any]]:
    """The SQL condition on `series` that selects the cohort, with its parameters."""
    soft, hard = _facet_conditions(query), _other_conditions(query)
    sql = [c for _, c, _ in soft] + [c for c, _ in hard]
    return " AND ".join(sql) or "true", [p for part in (*soft, *hard) for p in part[-1]]


def resolved(cursor: duckdb.DuckDBPyConnection, query: Query) -> Query:
    """`query` with each facet value spelt as the release spells it, whatever case it came in.

    Raises:
        UsageError: for a value that the release does not have, with the nearest ones.
    """
    filters = []
    for name, values in query.filters:
        rows = cursor.execute(
            f"SELECT DISTINCT {name} FROM cohort_cube WHERE {name} IS NOT NULL ORDER BY 1"
        ).fetchall()
        known = {row[0].lower(): row[0] for row in rows} | {UNKNOWN: UNKNOWN}
        for value in values:
            if value.lower() not in known:
                near = difflib.get_close_matches(value.lower(), known, n=3)
                listed = ", ".join(known[key] for key in near)
                raise UsageError(
                    f"no series has {name} {value!r}",
                    do=f"Did you mean: {listed}?"
                    if near
                    else f"See: fairscan cohort --group-by {name}",
                )
        filters.append((name, tuple(known[value.lower()] for value in values)))
    return replace(query, filters=tuple(filters))


def checked_where(cursor: duckdb.DuckDBPyConnection, where: str) -> str:
    """`where` in brackets, once it is known to be one SQL condition on `series`.

    Raises:
        QueryError: if it is empty, more than one statement, or not a condition.
    """
    import duckdb

    if not where.strip() or re.search(r";|--|/\*", where):
        raise QueryError("not one SQL condition", where=where, do="Example: modality = 'MR'")
    try:
        cursor.execute(f"EXPLAIN SELECT 1 FROM series WHERE ({where}) IS TRUE")
    except duckdb.Error as error:
        raise QueryError(
            f"not a condition on series: {str(error).splitlines()[0]}",
            where=where,
            do="Columns: fairscan query 'DESCRIBE series'",
        ) from error
    return f"(({where}) IS TRUE)"


class _Counted(NamedTuple):
    """Totals of a facet value; `shown` counts series as if nothing were chosen in its facet."""

    series: int
    instances: int
    bytes: int
    shown: int


_NOTHING = _Counted(0, 0, 0, 0)


def _facet_conditions(query: Query) -> list[tuple[str, str, list[Any]]]:
    """(facet, SQL, parameters): what was chosen in facets."""
    conditions = []
    for name, values in query.filters:
        known = [value for value in values if value != UNKNOWN]
        parts = [f"{name} IN ({', '.join('?' * len(known))})"] if known else []
        parts += [f"{name} IS NULL"] if UNKNOWN in values else []
        conditions.append((name, f"coalesce({' OR '.join(parts)}, false)", list(known)))
    return conditions


def _other_conditions(query: Query) -> list[tuple[str, list[Any]]]:
    """(SQL on `series`, parameters): text, ages and SQL."""
    conditions: list[tuple[str, list[Any]]] = []
    words = query.text.lower().split()
    if words:
        contains = " AND ".join("contains(text, ?)" for _ in words)
        texts = f"SELECT text_id FROM series_texts WHERE {contains}"
        conditions.append((f"text_id IN ({texts})", list(words)))
    if query.age_min is not None:
        # An age that is masked, or published as 90 or more, is known to be at least 90.
        oldest = "true" if query.age_min <= 90 else "false"
        known = f"coalesce(age_years >= ?, age_band = '90+' AND {oldest}, false)"
        conditions.append((known, [query.age_min]))
    if query.age_max is not None:
        conditions.append(("coalesce(age_years <= ?, false)", [query.age_max]))
    if query.where:
        conditions.append((query.where, []))
    return conditions


def _facets_sql(query: Query, table: str) -> tuple[str, list[Any]]:
    """Facet counts of `table`, which has the facets, n, instances and bytes; and parameters.

    Columns: which facet (as GROUPING tells it), one a facet, then series, instances and bytes of
    the cohort, then for each facet with a choice the series as if nothing were chosen in it.
    """
    soft = _facet_conditions(query)
    flags = "".join(f", {sql} AS _f{i}" for i, (_, sql, _) in enumerate(soft))
    passed = " AND ".join(f"_f{i}" for i in range(len(soft))) or "true"
    misses = " + ".join(f"(NOT _f{i})::INTEGER" for i in range(len(soft))) or "0"
    others = [
        " AND ".join(f"_f{j}" for j in range(len(soft)) if j != i) or "true"
        for i in range(len(soft))
    ]
    own = "".join(f", sum(n) FILTER (WHERE {rule})::BIGINT" for rule in others)
    columns = ", ".join(FACET_NAMES)
    sets = ", ".join(f"({name})" for name in FACET_NAMES)
    return (
        f"SELECT GROUPING({columns}), {columns}, sum(n) FILTER (WHERE {passed})::BIGINT, "
        f"sum(instances) FILTER (WHERE {passed})::BIGINT, "
        f"sum(bytes) FILTER (WHERE {passed})::BIGINT{own} FROM (SELECT *{flags} FROM {table}) "
        f"WHERE {misses} <= 1 GROUP BY GROUPING SETS ((), {sets})",
        [p for _, _, values in soft for p in values],
    )


def _counts(rows: list[Any], query: Query) -> dict[tuple[str | None, Any], _Counted]:
    """(facet, value) to its counts, from the rows of `_facets_sql`; (None, None) has the totals."""
    width = len(FACET_NAMES)
    chosen = {name: i for i, (name, _) in enumerate(query.filters)}
    counts: dict[tuple[str | None, Any], _Counted] = {}
    for which, *values in rows:
        n, instances, size, *free = (value or 0 for value in values[width:])
        index = width - (((1 << width) - 1) ^ which).bit_length()
        if index == width:
            counts[None, None] = _Counted(n, instances, size, n)
        else:
            name = FACET_NAMES[index]
            shown = free[chosen[name]] if name in chosen else n
            counts[name, values[index]] = _Counted(n, instances, size, shown)
    return counts


_SUBJECTS, _PLACE = -1, -2
"""What marks the rows of `_count_hits` that are no facet."""


def _count_hits(
    cursor: duckdb.DuckDBPyConnection, query: Query, other: list[tuple[str, list[Any]]]
) -> tuple[dict[tuple[str | None, Any], _Counted], int, list[int]]:
    """Counts, subjects and the places of one page: `series` is read once, by one statement."""
    facets, chosen = _facets_sql(query, "counted")
    within, inside = _within(query)
    blank = ", ".join(["NULL"] * len(FACET_NAMES))
    tail = ", NULL" * (2 + len(query.filters))
    rows = cursor.execute(
        "WITH hits AS MATERIALIZED (SELECT rowid AS place, cube_id, subject_id, instances, bytes "
        f"FROM series WHERE {' AND '.join(c for c, _ in other)}), "
        "gathered AS (SELECT cube_id, count(*) AS n, sum(instances) AS instances, "
        "sum(bytes) AS bytes FROM hits GROUP BY cube_id), "
        f"counted AS (SELECT {', '.join(FACET_NAMES)}, gathered.n, gathered.instances, "
        "gathered.bytes FROM gathered JOIN cohort_cube USING (cube_id)) "
        f"{facets} UNION ALL SELECT {_SUBJECTS}, {blank}, count(DISTINCT subject_id){tail} "
        f"FROM hits WHERE {within} UNION ALL SELECT {_PLACE}, {blank}, place{tail} FROM "
        f"(SELECT place FROM hits WHERE {within} ORDER BY place LIMIT ? OFFSET ?)",
        [
            *(p for _, parameters in other for p in parameters),
            *chosen,
            *inside,
            *inside,
            query.size,
            (query.page - 1) * query.size,
        ],
    ).fetchall()
    number = 1 + len(FACET_NAMES)
    subjects = sum(row[number] for row in rows if row[0] == _SUBJECTS)
    places = sorted(row[number] for row in rows if row[0] == _PLACE)
    return _counts([row for row in rows if row[0] >= 0], query), subjects, places


def _within(query: Query) -> tuple[str, list[Any]]:
    """A condition on cube_id: the combinations of facets that were chosen."""
    soft = _facet_conditions(query)
    if not soft:
        return "true", []
    chosen = " AND ".join(sql for _, sql, _ in soft)
    return (
        f"cube_id IN (SELECT cube_id FROM cohort_cube WHERE {chosen})",
        [p for _, _, values in soft for p in values],
    )


def _subjects(cursor: duckdb.DuckDBPyConnection, query: Query) -> int:
    """Distinct (dataset, subject) pairs of a cohort of facets alone."""
    within, parameters = _within(query)
    row = cursor.execute(
        f"SELECT count(DISTINCT subject_id) FROM cohort_subjects WHERE {within}", parameters
    ).fetchone()
    return row[0] if row else 0


def _places(cursor: duckdb.DuckDBPyConnection, query: Query) -> list[int]:
    """The row ids of one page of a cohort of facets alone: only its blocks are read."""
    within, parameters = _within(query)
    first = last = before = through = 0
    offset = (query.page - 1) * query.size
    for block, n in cursor.execute(
        f"SELECT block, sum(n)::BIGINT FROM cohort_blocks WHERE {within} GROUP BY 1 ORDER BY 1",
        parameters,
    ).fetchall():
        if through <= offset:
            first, before = block, through
        last, through = block, through + n
        if through >= offset + query.size:
            break
    rows = cursor.execute(
        f"SELECT rowid FROM series WHERE rowid >= {first * BLOCK} AND rowid < {(last + 1) * BLOCK} "
        f"AND {within} ORDER BY rowid LIMIT ? OFFSET ?",
        [*parameters, query.size, offset - before],
    ).fetchall()
    return [row[0] for row in rows]


def _rows(cursor: duckdb.DuckDBPyConnection, places: list[int]) -> tuple[SeriesRow, ...]:
    """The series at `places`, which are in order."""
    if not places:
        return ()
    rows = cursor.execute(
        f"SELECT {', '.join(ROW_COLUMNS)} FROM series WHERE rowid BETWEEN ? AND ? "
        f"AND rowid IN ({', '.join(map(str, places))}) ORDER BY rowid",
        [places[0], places[-1]],
    ).fetchall()
    return tuple(SeriesRow(*row) for row in rows)
