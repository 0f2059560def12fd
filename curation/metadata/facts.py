"""The distinct values that the checks look at: made once, so that no check reads every series."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pyarrow as pa
from duckdb import DuckDBPyConnection

from curation.metadata import words
from schemas.vocabulary import age, anatomy, licence

FACTS = {
    # What was scanned is a thing, not a person.
    "phantoms": """
        SELECT id AS dataset_id FROM datasets
        WHERE contains(lower(id), 'phantom')
           OR list_contains(list_transform(species, lambda s: lower(s)), 'phantom')
    """,
    "subjects": """
        SELECT dataset_id, source, subject, count(*) AS n,
               min(sex_raw) <> max(sex_raw) AS several_sexes,
               bool_or(sex = 'M') AND bool_or(sex = 'F') AS male_and_female
        FROM series WHERE subject IS NOT NULL GROUP BY ALL
    """,
    "texts": """
        SELECT dataset_id, 'description' AS field, description AS value, count(*) AS n
        FROM series WHERE description IS NOT NULL GROUP BY ALL
        UNION ALL
        SELECT dataset_id, 'study_description', study_description, count(*)
        FROM series WHERE study_description IS NOT NULL GROUP BY ALL
        UNION ALL
        SELECT dataset_id, 'subject', subject, n FROM facts_subjects
        UNION ALL
        SELECT id, 'dataset.title', title, 1 FROM datasets WHERE title IS NOT NULL
        UNION ALL
        SELECT id, 'dataset.description', description, 1 FROM datasets
        WHERE description IS NOT NULL
    """,
    "body_parts": """
        SELECT dataset_id, body_part_raw, read.is_anatomy, count(*) AS n
        FROM series JOIN facts_body_words AS read ON read.raw = body_part_raw
        WHERE body_part IS NULL GROUP BY ALL
    """,
    "ages": """
        SELECT dataset_id, age_raw, read.years, read.problem, count(*) AS n
        FROM series JOIN facts_age_words AS read ON read.raw = age_raw GROUP BY ALL
    """,
    # A record speaks for the whole dataset ("CC-BY-3.0 AND CC-BY-4.0"), a part for one DOI.
    "licences": """
        WITH said AS (
            SELECT unnest([dataset_id, derived_dataset_id]) AS dataset_id, 'licence' AS field,
                   doi, licence, n
            FROM (SELECT dataset_id, derived_dataset_id, doi, licence, count(*) AS n
                  FROM series GROUP BY ALL)
            UNION ALL
            SELECT id, 'dataset.distributions', part.doi,
                   unnest([part.licence, facts_licence(part.licence_raw),
                           facts_licence(part.licence_url)]), 0
            FROM (SELECT id, unnest(distributions) AS part FROM datasets)
            UNION ALL
            SELECT id, 'dataset.licence', NULL,
                   unnest(string_split(
                       concat_ws(' AND ', licence, facts_licence(licence_raw),
                                 facts_licence(licence_url)), ' AND ')), 0
            FROM datasets
        )
        SELECT * FROM said WHERE dataset_id IS NOT NULL AND licence <> ''
    """,
}
"""Name of a fact to the SELECT that makes it; a check reads it as `facts_<name>`."""

_RAW_LICENCES = """
    SELECT DISTINCT unnest([licence_raw, licence_url]) FROM datasets
    UNION
    SELECT DISTINCT unnest([part.licence_raw, part.licence_url])
    FROM (SELECT unnest(distributions) AS part FROM datasets)
"""
_RAW_BODY_PARTS = """
    SELECT DISTINCT body_part_raw FROM series
    WHERE body_part IS NULL AND body_part_raw IS NOT NULL
"""
_RAW_AGES = "SELECT DISTINCT age_raw FROM series WHERE age_raw IS NOT NULL"


@contextmanager
def prepared(con: DuckDBPyConnection) -> Iterator[None]:
    """Make the facts as temporary tables in `con`, and drop them afterwards."""
    try:
        _read_words(con)
        for name, query in FACTS.items():
            con.execute(f"CREATE OR REPLACE TEMP TABLE facts_{name} AS {query}")
        yield
    finally:
        for name in [*FACTS, "age_words", "body_words", "licence_words", "protocol_words"]:
            con.execute(f"DROP TABLE IF EXISTS temp.facts_{name}")
        con.execute("DROP MACRO IF EXISTS facts_licence")


def _read_words(con: DuckDBPyConnection) -> None:
    """Ask the vocabularies once for each distinct raw value: they are Python, the rest is SQL."""
    ages = {raw: age.parse(raw) for raw in _distinct(con, _RAW_AGES)}
    _table(
        con,
        "age_words",
        {
            "raw": pa.array(ages, pa.string()),
            "years": pa.array([a.years for a in ages.values()], pa.float64()),
            "problem": pa.array([a.problem for a in ages.values()], pa.string()),
        },
    )
    body_parts = {raw: not anatomy.is_not_anatomy(raw) for raw in _distinct(con, _RAW_BODY_PARTS)}
    _table(
        con,
        "body_words",
        {
            "raw": pa.array(body_parts, pa.string()),
            "is_anatomy": pa.array(body_parts.values(), pa.bool_()),
        },
    )
    licences = {raw: licence.normalise(raw) for raw in _distinct(con, _RAW_LICENCES)}
    _table(
        con,
        "licence_words",
        {
            "raw": pa.array(licences, pa.string()),
            "licence": pa.array(licences.values(), pa.string()),
        },
    )
    con.execute(
        "CREATE OR REPLACE TEMP MACRO facts_licence(said) AS "
        "(SELECT w.licence FROM facts_licence_words AS w WHERE w.raw = said)"
    )
    _table(con, "protocol_words", {"word": pa.array(sorted(words.protocol()), pa.string())})


def _distinct(con: DuckDBPyConnection, query: str) -> list[str]:
    return [value for (value,) in con.execute(query).fetchall() if value is not None]


def _table(con: DuckDBPyConnection, name: str, columns: dict[str, pa.Array]) -> None:
    con.register("facts_arrow", pa.table(columns))
    try:
        con.execute(f"CREATE OR REPLACE TEMP TABLE facts_{name} AS SELECT * FROM facts_arrow")
    finally:
        con.unregister("facts_arrow")
