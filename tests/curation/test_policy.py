"""The policy is read whole or not at all, and says what is wrong, where, and what is allowed."""

from __future__ import annotations

import pytest

from curation.checks import Check, Evidence, registered
from curation.policy import Action, load
from schemas.errors import PolicyError
from schemas.finding import Severity


def _check(id="age", fields=("age_raw",), severity=Severity.WARNING):
    return Check(id, id, severity, fields, "Do it", Evidence.SHAPE, None, lambda: "")


def _load(tmp_path, text, *checks):
    path = tmp_path / "policy.toml"
    path.write_text(text, encoding="utf-8")
    return load(path, {check.id: check for check in checks or (_check(),)})


def test_the_shipped_policy_has_a_rule_with_a_reason_for_every_check():
    policy = load()
    assert set(policy.rules) == set(registered())
    assert all(len(rule.why) > 20 for rule in policy.rules.values())


@pytest.mark.parametrize("check", ["person-name", "date-in-text", "email-address", "phone-number"])
def test_identifiers_are_masked_in_texts_and_flagged_in_ids(check):
    policy = load()
    assert policy.action(check, "description") is Action.MASK
    assert policy.action(check, "study_description") is Action.MASK
    assert policy.action(check, "subject") is Action.FLAG


def test_a_field_may_have_its_own_action(tmp_path):
    text = '[checks.text]\naction = "mask"\nwhy = "so"\nfields = { subject = "flag" }'
    policy = _load(tmp_path, text, _check("text", ("description", "subject")))
    assert policy.action("text", "description") is Action.MASK
    assert policy.action("text", "subject") is Action.FLAG


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "no rule for age"),
        ("checks = 3", "checks is not a table"),
        ("[checks]\nage = 3", "checks.age is not a table"),
        ("[other]\nx = 1", 'an unknown key: "other"'),
        ('[checks.age]\nwhy = "so"', "checks.age.action is missing"),
        ('[checks.age]\naction = "hide"\nwhy = "so"', 'checks.age.action is "hide"'),
        ('[checks.age]\naction = ["mask"]\nwhy = "so"', "checks.age.action is"),
        ('[checks.age]\naction = "mask"', "checks.age.why is missing"),
        ('[checks.age]\naction = "mask"\nwhy = " "', "checks.age.why is missing or empty"),
        ('[checks.age]\naction = "mask"\nwhy = "so"\nwhen = "now"', 'an unknown key: "when"'),
        (
            '[checks.age]\naction = "mask"\nwhy = "so"\nfields = { model = "flag" }',
            'a field it never looks at: "model"',
        ),
        (
            '[checks.age]\naction = "mask"\nwhy = "so"\nfields = { age_raw = "hide" }',
            'checks.age.fields.age_raw is "hide"',
        ),
        (
            '[checks.age]\naction = "none"\nwhy = "so"\n[checks.ages]\naction = "none"\nwhy = "so"',
            'a check that does not exist: "ages"',
        ),
        ('[checks.age]\naction = "withhold"\nwhy = "so"', "its severity is warning"),
        ("[checks.age", "is not TOML"),
    ],
)
def test_a_wrong_policy_is_refused_with_file_key_and_remedy(tmp_path, text, says):
    with pytest.raises(PolicyError) as caught:
        _load(tmp_path, text)
    assert says in str(caught.value)
    assert caught.value.where == str(tmp_path / "policy.toml")
    assert caught.value.do


def test_a_wrong_action_is_answered_with_the_allowed_ones(tmp_path):
    with pytest.raises(PolicyError, match="none, flag, mask, withhold"):
        _load(tmp_path, '[checks.age]\naction = "hide"\nwhy = "so"')


@pytest.mark.parametrize("field", ["subject", "series", "doi", "dataset.description"])
def test_a_link_or_a_record_cannot_be_masked(tmp_path, field):
    with pytest.raises(PolicyError, match=rf'checks.text masks "{field}"'):
        _load(tmp_path, '[checks.text]\naction = "mask"\nwhy = "so"', _check("text", (field,)))


def test_a_blocker_may_withhold(tmp_path):
    check = _check(severity=Severity.BLOCKER)
    policy = _load(tmp_path, '[checks.age]\naction = "withhold"\nwhy = "so"', check)
    assert policy.action("age", "age_raw") is Action.WITHHOLD


def test_a_policy_that_is_not_there_is_named(tmp_path):
    with pytest.raises(PolicyError, match=r"none\.toml"):
        load(tmp_path / "none.toml")


def test_a_policy_in_another_encoding_is_refused(tmp_path):
    path = tmp_path / "policy.toml"
    path.write_bytes(b"# caf\xe9\n")
    with pytest.raises(PolicyError, match="not TOML"):
        load(path)


CHECKS = '[checks.age]\naction = "none"\nwhy = "so"\n'


def test_what_is_found_in_files_has_a_rule_by_its_severity(tmp_path):
    rule = '[files.{}]\naction = "{}"\nwhy = "so"\n'
    text = rule.format("info", "none") + rule.format("blocker", "withhold")
    policy = _load(tmp_path, CHECKS + text)
    assert policy.on_file(Severity.INFO).action is Action.NONE
    assert policy.on_file(Severity.BLOCKER).action is Action.WITHHOLD
    assert policy.on_file(Severity.ERROR).action is Action.FLAG, "shown where nobody says"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('[files.bad]\naction = "none"\nwhy = "so"', 'a severity that does not exist: "bad"'),
        ('[files.info]\naction = "none"', "files.info.why is missing"),
        ('[files.info]\naction = "mask"\nwhy = "so"', "files.info masks what is in files"),
        ('[files.error]\naction = "withhold"\nwhy = "so"', "files.error withholds datasets"),
        ('[files.error]\naction = "none"\nwhy = "so"\nfields = {}', 'an unknown key: "fields"'),
        ("[files]\ninfo = 3", "files.info is not a table"),
    ],
)
def test_a_wrong_rule_for_files_is_refused(tmp_path, text, says):
    with pytest.raises(PolicyError, match=says):
        _load(tmp_path, CHECKS + text)
