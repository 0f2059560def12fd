"""Cohort counts, facets and rows equal the plainest SQL over every series."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from catalog.cohort import FACET_NAMES, ROW_COLUMNS, CohortPage, condition
from catalog.facets import Query
from catalog.reader import Reader
from schemas.errors import QueryError


@pytest.fixture(scope="module")
def plain(release: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The published series in Parquet, asked without any of the cohort tables."""
    with duckdb.connect() as connection:
        connection.execute(
            "CREATE TABLE s AS SELECT *, concat_ws(' ', study_description, description).lower() "
            f"AS words FROM read_parquet('{release}/series/*/*.parquet', hive_partitioning = true)"
        )
        yield connection


def conditions(query: Query, without: str = "") -> tuple[str, list[Any]]:
    sql, parameters = ["true"], []
    for name, values in query.filters:
        if name != without:
            marks = " OR ".join(f"coalesce({name}, '') = ?" for _ in values)
            sql.append(f"({marks})")
            parameters += values
    for word in query.text.lower().split():
        sql.append("contains(words, ?)")
        parameters.append(word)
    if query.age_min is not None:
        sql.append("(age_years >= ? OR (age_years IS NULL AND age_band = '90+' AND ? <= 90))")
        parameters += [query.age_min, query.age_min]
    if query.age_max is not None:
        sql.append("age_years <= ?")
        parameters.append(query.age_max)
    if query.where:
        sql.append(f"({query.where})")
    return " AND ".join(sql), parameters


def totals(plain: duckdb.DuckDBPyConnection, query: Query) -> tuple[int, ...]:
    sql, parameters = conditions(query)
    row = plain.execute(
        "SELECT count(*), count(DISTINCT (dataset_id, subject)), count(DISTINCT dataset_id), "
        f"coalesce(sum(instances), 0)::BIGINT, coalesce(sum(bytes), 0)::BIGINT FROM s WHERE {sql}",
        parameters,
    ).fetchone()
    assert row is not None
    return row


def facet(plain: duckdb.DuckDBPyConnection, query: Query, name: str) -> dict[str, int]:
    sql, parameters = conditions(query, without=name)
    return dict(
        plain.execute(
            f"SELECT coalesce({name}, ''), count(*) FROM s WHERE {sql} GROUP BY 1", parameters
        ).fetchall()
    )


def shown(page: CohortPage, name: str) -> dict[str, int]:
    (found,) = [f for f in page.facets if f.name == name]
    return {value.value: value.count for value in found.values if value.count}


def random_queries(count: int) -> list[Query]:
    """Cohorts as people make them: one to three facets, sometimes text, ages or SQL."""
    dice = random.Random(20260926)
    values = {
        "modality": ["MR", "CT", "SEG", "SM", "PT", "RTSTRUCT"],
        "body_part": ["Prostate", "Breast", "Chest", "Abdomen", "Brain", ""],
        "dataset_id": ["idc:prostatex", "idc:nlst", "idc:phantom_fda", "idc:tcga_brca"],
        "derived_dataset_id": ["", "idc:bamf_aimi_annotations"],
        "manufacturer": ["Siemens", "GE", "Philips", ""],
        "sex": ["F", "M", "O", ""],
        "age_band": ["60-69", "90+", ""],
        "licence": ["CC-BY-4.0", "CC-BY-3.0", "CC-BY-NC-3.0"],
        "source": ["idc"],
    }
    assert set(values) == set(FACET_NAMES)
    made = []
    for _ in range(count):
        names = [n for n in FACET_NAMES if n in dice.sample(FACET_NAMES, dice.randint(0, 3))]
        filters = tuple(
            (n, tuple(dice.sample(values[n], min(len(values[n]), dice.randint(1, 2)))))
            for n in names
        )
        kind = dice.random()
        made.append(
            Query(
                text=dice.choice(["t2", "lung CT", "ax", "%", "zzzz"]) if kind < 0.35 else "",
                filters=filters,
                age_min=float(dice.randint(0, 60)) if 0.3 < kind < 0.5 else None,
                age_max=float(dice.randint(60, 95)) if 0.4 < kind < 0.6 else None,
                where=dice.choice(["instances > 100", "model IS NULL"]) if kind > 0.85 else None,
            )
        )
    return made


@pytest.mark.parametrize("query", random_queries(30), ids=lambda q: str(q.params()))
def test_a_cohort_equals_plain_sql(
    reader: Reader, plain: duckdb.DuckDBPyConnection, query: Query
) -> None:
    page = reader.cohort(query, rows=False, seconds=60)
    found = (page.series, page.subjects, page.datasets, page.instances, page.bytes)
    assert found == totals(plain, query)
    for name in ("modality", "sex", *dict(query.filters)):
        limited = dict(sorted(facet(plain, query, name).items(), key=lambda i: (-i[1], i[0]))[:200])  # fmt: skip  # noqa: E501
        assert shown(page, name) == limited


def test_every_facet_of_the_whole_catalogue_adds_up(
    reader: Reader, plain: duckdb.DuckDBPyConnection
) -> None:
    page = reader.cohort(Query(), rows=False)
    assert page.series == 1_044_191
    for name in FACET_NAMES:
        assert shown(page, name) == facet(plain, Query(), name), name
        assert sum(shown(page, name).values()) == page.series


def test_the_rows_are_those_of_the_cohort_in_catalogue_order(
    reader: Reader, plain: duckdb.DuckDBPyConnection
) -> None:
    query = Query(filters=(("dataset_id", ("idc:prostatex",)), ("modality", ("MR",))), size=40)
    sql, parameters = conditions(query)
    expected = plain.execute(
        f"SELECT {', '.join(ROW_COLUMNS)} FROM s WHERE {sql} "
        "ORDER BY dataset_id, subject, study, series LIMIT 80",
        parameters,
    ).fetchall()
    pages = [reader.cohort(Query(filters=query.filters, size=40, page=n)).rows for n in (1, 2)]
    rows = [tuple(getattr(row, c) for c in ROW_COLUMNS) for page in pages for row in page]
    assert rows == expected


def test_a_page_beyond_the_last_has_no_rows(reader: Reader) -> None:
    page = reader.cohort(Query(filters=(("dataset_id", ("idc:rider_phantom_mri",)),), page=1000))
    assert (page.series, page.rows) == (45, ())


def test_an_empty_cohort_is_zero_not_unknown(reader: Reader) -> None:
    page = reader.cohort(
        Query(filters=(("modality", ("MR",)), ("dataset_id", ("idc:phantom_fda",))))
    )
    assert (page.series, page.subjects, page.datasets, page.instances, page.bytes) == (0,) * 5
    assert page.rows == ()
    assert shown(page, "modality") == {"CT": 4433}


@pytest.mark.parametrize(
    "text", ["'", '"', "%", "_", "\\", "a" * 3000, "T2 ' OR 1=1", "\x00", "🫀", ";", "$1", "?"]
)
def test_text_is_text_and_never_sql(
    reader: Reader, plain: duckdb.DuckDBPyConnection, text: str
) -> None:
    page = reader.cohort(Query(text=text), rows=False, seconds=60)
    assert page.series == totals(plain, Query(text=text))[0]


def test_a_facet_value_is_a_value_and_never_sql(reader: Reader) -> None:
    page = reader.cohort(Query(filters=(("modality", ("' OR 1=1 --",)),)), rows=False)
    assert page.series == 0


def test_the_condition_alone_selects_the_same_series(reader: Reader) -> None:
    query = Query(text="t2", filters=(("body_part", ("Prostate", "")),), age_min=50.0)
    sql, parameters = condition(query)
    with reader.cursor(60) as cursor:
        row = cursor.execute(f"SELECT count(*) FROM series WHERE {sql}", parameters).fetchone()
    assert row == (reader.cohort(query, rows=False).series,)


def test_sql_that_is_no_condition_is_refused(reader: Reader) -> None:
    for where in ("", "   ", "nothing = 1", "1; SELECT 1", "count(*) > 1", "(SELECT 1"):
        with pytest.raises(QueryError):
            reader.cohort(Query(where=where), rows=False)
    assert reader.cohort(Query(), rows=False).series == 1_044_191


def test_a_cohort_that_takes_too_long_is_stopped_and_the_next_is_answered(reader: Reader) -> None:
    slow = "(SELECT count(*) FROM range(100000000000)) > 0"
    with pytest.raises(QueryError, match=r"longer than 0.2 s"):
        reader.cohort(Query(where=slow), rows=False, seconds=0.2)
    assert reader.cohort(Query(), rows=False).series == 1_044_191
