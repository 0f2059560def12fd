"""Findings have the shape of the schema, keep their ids, and leave nothing else behind."""

from __future__ import annotations

import importlib.metadata
from dataclasses import replace

import pytest

from curation import checks, metadata, policy
from curation.checks import Evidence, check, registered
from curation.policy import Action
from schemas.errors import ReleaseError
from schemas.finding import Finding, Severity


def _tables(con):
    return {name for (name,) in con.execute("SELECT table_name FROM duckdb_tables()").fetchall()}


def test_a_finding_is_a_finding_of_the_schema(catalogue):
    catalogue.series(description="call 301-555-0123", age_raw="105Y", sex="M", sex_raw="M")
    catalogue.series(sex="F", sex_raw="F", licence="MIT")
    rows = catalogue.check()
    assert len(rows) == 5
    for row in rows:
        finding = Finding(**row)
        rule = registered()[finding.check_id]
        assert (finding.severity, finding.message) == (rule.severity, rule.message)
        assert finding.reference == rule.reference
        assert finding.tool_version == importlib.metadata.version("fairscan")
        assert finding.time == catalogue.now
    assert list(rows[0]) == list(Finding.model_fields)


def test_a_catalogue_in_order_has_no_findings_but_has_the_tables(catalogue):
    catalogue.series()
    assert catalogue.check() == []
    assert catalogue.table("masks") == []
    assert catalogue.table("withheld") == []


def test_an_empty_catalogue_has_no_findings(catalogue):
    assert catalogue.check() == []


def test_nothing_but_the_three_tables_is_left_behind(catalogue):
    catalogue.series(description="SMITH^JOHN")
    catalogue.check()
    assert _tables(catalogue.con) == {"datasets", "series", "findings", "masks", "withheld"}
    macros = catalogue.con.execute(
        "SELECT count(*) FROM duckdb_functions() WHERE NOT internal"
    ).fetchone()
    assert macros == (0,)


def test_a_finding_keeps_its_id_when_more_series_share_it(catalogue):
    catalogue.series(description="SMITH^JOHN")
    (first,) = catalogue.check()
    catalogue.series(description="JONES^MARY")
    (second,) = catalogue.check()
    assert (first["id"], first["affected"]) == (second["id"], 1)
    assert second["affected"] == 2


def test_ids_tell_dataset_check_field_and_shape_apart(catalogue):
    for dataset in ("idc:a", "idc:b"):
        for text in ("SMITH^JOHN", "SMITH^JO", "call 301-555-0123"):
            catalogue.series(dataset_id=dataset, description=text, study_description=text)
    ids = [finding["id"] for finding in catalogue.check()]
    assert len(set(ids)) == len(ids) == 12 + 2


def test_the_same_text_in_another_dataset_is_masked_there_alone(catalogue):
    catalogue.series(dataset_id="idc:a", description="SMITH^JOHN")
    catalogue.series(dataset_id="idc:b", description="HEAD^NECK")
    catalogue.check()
    assert catalogue.table("masks") == [
        {
            "dataset_id": "idc:a",
            "field": "description",
            "value": "SMITH^JOHN",
            "check_id": "person-name",
        }
    ]


def test_a_blocker_withholds_its_dataset_and_no_other(catalogue):
    catalogue.series(dataset_id="idc:a", description="SSN 123-45-6789")
    catalogue.series(dataset_id="idc:a", study_description="SSN 123-45-6780")
    catalogue.series(dataset_id="idc:b")
    (first, _second) = [f for f in catalogue.check() if f["check_id"] == "social-security-number"]
    assert (first["severity"], first["action"]) == ("blocker", "withhold")
    assert first["evidence"] == "AAA 999-99-9999"
    assert catalogue.table("withheld") == [
        {"dataset_id": "idc:a", "check_id": "social-security-number"}
    ]


def test_the_policy_decides_what_is_masked(catalogue):
    shipped = policy.load()
    lenient = replace(shipped.rules["person-name"], action=Action.NONE)
    catalogue.series(description="SMITH^JOHN")
    (finding,) = catalogue.check(policy.Policy({**shipped.rules, "person-name": lenient}))
    assert finding["action"] == "none"
    assert catalogue.table("masks") == []


def test_a_series_that_lost_a_column_names_the_check_that_needs_it(catalogue):
    catalogue.series()
    catalogue.load()
    catalogue.con.execute("ALTER TABLE series DROP COLUMN study_date")
    with pytest.raises(ReleaseError, match="date-implausible"):
        metadata.run(catalogue.con, policy.load(), now=catalogue.now)
    assert _tables(catalogue.con) == {"datasets", "series"}


def test_a_series_that_lost_its_descriptions_is_refused(catalogue):
    catalogue.series()
    catalogue.load()
    catalogue.con.execute("ALTER TABLE series DROP COLUMN description")
    with pytest.raises(ReleaseError, match="description"):
        metadata.run(catalogue.con, policy.load(), now=catalogue.now)


def test_every_check_explains_itself_and_looks_at_something():
    for rule in registered().values():
        assert rule.explanation.endswith(".")
        assert rule.fields
        assert rule.id == rule.id.lower()
        assert not rule.message.endswith(".")


@pytest.fixture
def _registry():
    before = registered()
    yield
    checks._CHECKS.clear()
    checks._CHECKS.update(before)


@pytest.mark.usefixtures("_registry")
def test_one_function_with_one_decorator_is_a_check(catalogue):
    @check(
        "tiny-series",
        title="Tiny series",
        severity=Severity.INFO,
        fields=("instances",),
        message="Look at it",
        evidence=Evidence.PLAIN,
    )
    def tiny():
        """A series of one instance."""
        return """SELECT dataset_id, 'instances' AS field, '1' AS value, count(*) AS affected
                  FROM series WHERE instances = 1 GROUP BY ALL"""

    shipped = policy.load(checks={k: c for k, c in registered().items() if k != "tiny-series"})
    rule = policy.Rule(Action.FLAG, "Because", {})
    catalogue.series(instances=1)
    (finding,) = catalogue.check(policy.Policy({**shipped.rules, "tiny-series": rule}))
    assert (finding["check_id"], finding["action"]) == ("tiny-series", "flag")


@pytest.mark.usefixtures("_registry")
def test_a_hit_in_a_field_that_was_not_announced_is_refused(catalogue):
    shipped = policy.load()

    @check("stray", title="S", severity=Severity.INFO, fields=("model",), message="Do it")
    def stray():
        """A hit elsewhere."""
        return "SELECT dataset_id, 'sex' AS field, 'x' AS value, 1 AS affected FROM series"

    catalogue.series()
    rule = policy.Rule(Action.NONE, "Because", {})
    with pytest.raises(ValueError, match="stray has a hit in sex"):
        catalogue.check(policy.Policy({**shipped.rules, "stray": rule}))


@pytest.mark.usefixtures("_registry")
def test_a_check_without_a_reason_or_with_a_taken_id_is_refused():
    facts = {
        "title": "T",
        "severity": Severity.INFO,
        "fields": ("model",),
        "message": "Do it",
    }
    with pytest.raises(ValueError, match="does not say"):
        check("silent", **facts)(lambda: "")
    with pytest.raises(ValueError, match="two checks are called person-name"):
        check("person-name", **facts)(lambda: "")
