"""What its series show of each dataset: counts, anatomy, people, and its parts by DOI."""

from __future__ import annotations

from typing import Any

import duckdb


def facts(connection: duckdb.DuckDBPyConnection, column: str) -> dict[str, dict[str, Any]]:
    """Counts, modalities, anatomy, sex and age of each dataset, from its series."""
    counts = rows(
        connection,
        f"""SELECT {column} AS id, count(*) AS series, count(DISTINCT study) AS studies,
            count(DISTINCT (dataset_id, subject)) AS subjects, sum(instances)::BIGINT AS images,
            sum(bytes)::BIGINT AS bytes,
            list(DISTINCT modality ORDER BY modality) FILTER (modality IS NOT NULL) AS modalities,
            list(DISTINCT modality_raw ORDER BY modality_raw) AS modalities_raw,
            list(DISTINCT dataset_id ORDER BY dataset_id) AS collections
            FROM series WHERE {column} IS NOT NULL GROUP BY 1""",
    )
    anatomies = rows(
        connection,
        f"""SELECT {column} AS id, body_part AS label, body_part_code AS code, count(*) AS n,
            min(body_part_raw) AS raw FROM series
            WHERE {column} IS NOT NULL AND body_part IS NOT NULL GROUP BY ALL
            ORDER BY id, n DESC, label""",
    )
    people = rows(
        connection,
        f"""WITH subject AS (
                SELECT {column} AS id, dataset_id, subject, min(sex) AS sex,
                    count(DISTINCT sex) AS sexes, arg_min(age_band, age_years) AS band
                FROM series WHERE {column} IS NOT NULL GROUP BY ALL)
            SELECT id, CASE WHEN sexes = 1 THEN sex END AS sex, NULL AS band, count(*) AS n
            FROM subject GROUP BY ALL
            UNION ALL SELECT id, NULL, band, count(*) FROM subject GROUP BY ALL
            ORDER BY ALL""",
    )
    by_id = {row.pop("id"): {**row, "body_parts": [], "sexes": {}, "bands": {}} for row in counts}
    for row in anatomies:
        by_id[row["id"]]["body_parts"].append(row)
    for row in people:
        for name, key in (("sexes", "sex"), ("bands", "band")):
            if row[key] is not None:
                by_id[row["id"]][name][row[key]] = row["n"]
    return by_id


def parts(connection: duckdb.DuckDBPyConnection, column: str) -> dict[str, list[dict[str, Any]]]:
    """One row a DOI and licence of each dataset: what a distribution holds."""
    found: dict[str, list[dict[str, Any]]] = {}
    for row in rows(
        connection,
        f"""SELECT {column} AS id, doi, licence, licence_raw, count(*) AS series,
            sum(bytes)::BIGINT AS bytes, min(regexp_extract(url, '^s3://[^/]+/')) AS bucket,
            count(DISTINCT regexp_extract(url, '^s3://[^/]+/')) AS buckets,
            list(DISTINCT modality ORDER BY modality) FILTER (modality IS NOT NULL) AS modalities
            FROM series WHERE {column} IS NOT NULL GROUP BY ALL ORDER BY id, series DESC, doi""",
    ):
        found.setdefault(row.pop("id"), []).append(row)
    return found


def rows(connection: duckdb.DuckDBPyConnection, sql: str, *values: str) -> list[dict[str, Any]]:
    """The answer to `sql` as one dict a row."""
    cursor = connection.execute(sql, values)
    names = [entry[0] for entry in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
