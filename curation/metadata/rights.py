"""Checks of what allows reuse: a DOI to cite, and one clear licence for each part."""

from __future__ import annotations

from curation.checks import Evidence, check
from schemas.finding import Severity


@check(
    "doi-missing",
    title="No DOI",
    severity=Severity.WARNING,
    fields=("doi", "dataset.doi"),
    message="There is no DOI to cite: register one with the repository",
    evidence=Evidence.PLAIN,
    reference="FAIR F1",
)
def doi_missing() -> str:
    """Data without a persistent identifier cannot be cited, and may move out of sight."""
    return """
        SELECT id AS dataset_id, 'dataset.doi' AS field, NULL AS value, 1 AS affected
        FROM datasets
        WHERE doi IS NULL AND snapshot IS NULL  -- what a snapshot lacks may well be stated
          AND len(list_filter(distributions, lambda part: part.doi IS NOT NULL)) = 0
        UNION ALL
        SELECT dataset_id, 'doi', NULL, count(*) FROM series WHERE doi IS NULL GROUP BY ALL
    """


@check(
    "licence-missing",
    title="No licence",
    severity=Severity.WARNING,
    fields=("licence_raw", "dataset.licence_raw"),
    message="No licence is stated, so nobody may reuse the data: ask the publisher to state one",
    evidence=Evidence.PLAIN,
    reference="FAIR R1.1",
)
def licence_missing() -> str:
    """Without a licence, the law forbids what the publisher meant to allow."""
    return """
        SELECT id AS dataset_id, 'dataset.licence_raw' AS field, NULL AS value, 1 AS affected
        FROM datasets
        WHERE coalesce(licence_raw, licence_url) IS NULL AND snapshot IS NULL
          AND len(list_filter(distributions, lambda part:
                  coalesce(part.licence_raw, part.licence_url) IS NOT NULL)) = 0
        UNION ALL
        SELECT dataset_id, 'licence_raw', NULL, count(*)
        FROM series WHERE licence_raw IS NULL AND licence IS NULL GROUP BY ALL
    """


@check(
    "licence-unmapped",
    title="Unmapped licence",
    severity=Severity.INFO,
    fields=("licence_raw", "dataset.licence_raw"),
    message="This licence maps to no SPDX expression with certainty: state one of the SPDX list",
    evidence=Evidence.PLAIN,
    reference="SPDX License List",
)
def licence_unmapped() -> str:
    """A licence that software cannot read is not found by those who filter on it."""
    return """
        WITH stated AS (
            SELECT id, licence, licence_raw FROM datasets
            UNION
            SELECT id, part.licence, part.licence_raw
            FROM (SELECT id, unnest(distributions) AS part FROM datasets)
        )
        SELECT DISTINCT id AS dataset_id, 'dataset.licence_raw' AS field, licence_raw AS value,
               1 AS affected
        FROM stated WHERE licence IS NULL AND licence_raw IS NOT NULL
        UNION ALL
        SELECT dataset_id, 'licence_raw', licence_raw, count(*)
        FROM series WHERE licence IS NULL AND licence_raw IS NOT NULL GROUP BY ALL
    """


@check(
    "licence-conflict",
    title="Contradicting licences",
    severity=Severity.WARNING,
    fields=("licence", "dataset.distributions", "dataset.licence"),
    message="Two licences are stated of the same data: keep to the stricter until it is settled",
    evidence=Evidence.PLAIN,
    reference="FAIR R1.1",
)
def licence_conflict() -> str:
    """The record and its series, or the licence's name and its address, contradict each other.

    Parts and series are compared DOI by DOI, and the record with all of them. `affected` counts
    the series concerned.
    """
    return """
        SELECT dataset_id,
               CASE WHEN count(DISTINCT licence) FILTER (field = 'licence') > 1
                    THEN 'licence' ELSE 'dataset.distributions' END AS field,
               string_agg(DISTINCT licence, ' / ' ORDER BY licence) AS value,
               sum(n)::BIGINT AS affected
        FROM facts_licences WHERE field <> 'dataset.licence'
        GROUP BY dataset_id, doi HAVING count(DISTINCT licence) > 1
        UNION ALL
        SELECT dataset_id, 'dataset.licence',
               concat_ws(' / ', record.licence,
                         string_agg(DISTINCT part.licence, ' / ' ORDER BY part.licence)),
               sum(part.n)::BIGINT
        FROM (SELECT DISTINCT dataset_id, licence FROM facts_licences AS said
              WHERE field = 'dataset.licence' AND NOT EXISTS (
                  FROM facts_licences AS same
                  WHERE same.field <> 'dataset.licence' AND same.dataset_id = said.dataset_id
                    AND same.licence = said.licence)) AS record
        JOIN facts_licences AS part USING (dataset_id)
        WHERE part.field <> 'dataset.licence'
        GROUP BY dataset_id, record.licence
    """


@check(
    "licence-by-part",
    title="Several licences",
    severity=Severity.INFO,
    fields=("licence",),
    message="Parts of the dataset have different licences: check the licence of each part you use",
    evidence=Evidence.PLAIN,
    reference="FAIR R1.1",
)
def licence_by_part() -> str:
    """Each part has one DOI and one licence, but a reader of the title may see only one of them."""
    return """
        SELECT dataset_id, 'licence' AS field,
               string_agg(DISTINCT licence, ' / ' ORDER BY licence) AS value,
               sum(n)::BIGINT AS affected
        FROM facts_licences SEMI JOIN series USING (dataset_id)
        WHERE field = 'licence'
        GROUP BY ALL HAVING count(DISTINCT licence) > 1
    """
