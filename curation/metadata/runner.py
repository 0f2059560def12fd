"""Runs the checks on a catalogue and stamps what they find: findings, masks, withheld datasets."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Iterable
from datetime import UTC, datetime

import duckdb
import pyarrow as pa
from duckdb import DuckDBPyConnection

from curation.checks import DATASET, Check, registered
from curation.metadata import evidence, facts
from curation.policy import Policy
from schemas.errors import ReleaseError

_REMEDY = "Compare the columns of series and datasets with their schemas"

_HITS = """
CREATE OR REPLACE TEMP TABLE check_hits (
    check_id VARCHAR, dataset_id VARCHAR, field VARCHAR, value VARCHAR, affected BIGINT
)
"""

# The id is made of what is published already, never of the value: a hash of a short value such
# as a phone number could be undone by trying them all.
_FINDINGS = """
CREATE OR REPLACE TABLE findings AS
WITH shown AS (
    SELECT check_id, dataset_id, field, shown_evidence(rule.evidence, value) AS evidence,
           sum(affected)::BIGINT AS affected, any_value(rule) AS rule
    FROM check_hits JOIN check_rules AS rule USING (check_id, field)
    GROUP BY ALL
)
SELECT substr(sha256(concat_ws(chr(31), check_id, dataset_id, field,
                               coalesce(evidence, ''))), 1, 16) AS id,
       dataset_id,
       CASE WHEN starts_with(field, $prefix) THEN 'dataset' ELSE 'series' END AS subject_kind,
       check_id,
       rule.severity AS severity,
       CASE WHEN starts_with(field, $prefix) THEN substr(field, length($prefix) + 1)
            ELSE field END AS field,
       rule.message AS message,
       evidence,
       affected,
       rule.action AS action,
       rule.reference AS reference,
       $version AS tool_version,
       $time::TIMESTAMPTZ AS time
FROM shown
ORDER BY dataset_id, check_id, field, evidence
"""

_MASKS = """
CREATE OR REPLACE TABLE masks AS
SELECT DISTINCT dataset_id, field, value, check_id
FROM check_hits JOIN check_rules AS rule USING (check_id, field)
WHERE rule.action = 'mask' AND value IS NOT NULL
ORDER BY ALL
"""

_WITHHELD = """
CREATE OR REPLACE TABLE withheld AS
SELECT DISTINCT dataset_id, check_id
FROM check_hits JOIN check_rules AS rule USING (check_id, field)
WHERE rule.action = 'withhold'
ORDER BY ALL
"""


def run(con: DuckDBPyConnection, policy: Policy, *, now: datetime | None = None) -> None:
    """Check the tables `series` and `datasets` of `con`; make `findings`, `masks`, `withheld`.

    `findings` has the columns of `schemas.finding.Finding`. `masks` (dataset_id, field, value,
    check_id) holds every distinct value of a column of `series` that a release must not publish,
    `withheld` (dataset_id, check_id) every dataset that it must not publish. `now` (UTC) is when
    the checks are said to have run; a date after it has not happened yet.

    Raises ReleaseError, naming the check, if the tables lack what a check reads.
    """
    now = datetime.now(UTC) if now is None else now
    checks = registered()
    try:
        con.execute("SET VARIABLE checked_on = $day", {"day": now.date()})
        with facts.prepared(con):
            con.execute(_HITS)
            for check in checks.values():
                _collect(con, check)
        _rules(con, checks.values(), policy)
        _refuse_strangers(con)
        con.execute(evidence.MACRO)
        version = importlib.metadata.version("fairscan")
        con.execute(_FINDINGS, {"prefix": DATASET, "version": version, "time": now})
        con.execute(_MASKS)
        con.execute(_WITHHELD)
    except duckdb.ProgrammingError as error:
        raise ReleaseError(f"the checks could not be run: {error}", do=_REMEDY) from error
    finally:
        con.execute("RESET VARIABLE checked_on")
        con.execute("DROP TABLE IF EXISTS temp.check_hits")
        con.execute("DROP TABLE IF EXISTS temp.check_rules")
        con.execute("DROP MACRO IF EXISTS shown_evidence")


def _collect(con: DuckDBPyConnection, check: Check) -> None:
    try:
        con.execute(
            "INSERT INTO check_hits SELECT $id, dataset_id, field, value, affected "
            f"FROM ({check.query()})",
            {"id": check.id},
        )
    except duckdb.ProgrammingError as error:
        raise ReleaseError(f"the check {check.id} could not be run: {error}", do=_REMEDY) from error


def _rules(con: DuckDBPyConnection, checks: Iterable[Check], policy: Policy) -> None:
    rows = [
        {
            "check_id": check.id,
            "field": field,
            "severity": check.severity,
            "message": check.message,
            "evidence": check.evidence,
            "reference": check.reference,
            "action": policy.action(check.id, field),
        }
        for check in checks
        for field in check.fields
    ]
    con.register("check_rules_arrow", pa.Table.from_pylist(rows))
    try:
        con.execute("CREATE OR REPLACE TEMP TABLE check_rules AS FROM check_rules_arrow")
    finally:
        con.unregister("check_rules_arrow")


def _refuse_strangers(con: DuckDBPyConnection) -> None:
    """A hit in a field that its check never announced has no rule, and would vanish unseen."""
    hit = con.execute(
        "SELECT check_id, field FROM check_hits ANTI JOIN check_rules USING (check_id, field)"
    ).fetchone()
    if hit is not None:
        raise ValueError(f"the check {hit[0]} has a hit in {hit[1]}, which it does not announce")
