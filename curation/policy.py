"""The publication policy: what a release does about each check's findings, and why."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from curation.checks import DATASET, Check, registered
from schemas.errors import PolicyError
from schemas.finding import Severity

MASKABLE = frozenset(
    {
        "age_raw",
        "body_part_raw",
        "description",
        "manufacturer_raw",
        "model",
        "sex_raw",
        "study_description",
    }
)
"""Columns of `series` that may be emptied: text that no link, download or citation needs."""

_DEFAULT = Path(__file__).with_name("policy.toml")


class Action(StrEnum):
    """What a release does with what a check found."""

    NONE = "none"  # recorded, nothing more
    FLAG = "flag"  # shown on the dataset's page
    MASK = "mask"  # the value is not published
    WITHHOLD = "withhold"  # the dataset is not published


@dataclass(frozen=True)
class Rule:
    """The action for one check, the exceptions by field, and the reason."""

    action: Action
    why: str
    fields: Mapping[str, Action]

    def on(self, field: str) -> Action:
        """The action for hits in `field`."""
        return self.fields.get(field, self.action)


_SHOWN = Rule(Action.FLAG, "What was found in its files is shown.", {})


@dataclass(frozen=True)
class Policy:
    """One rule for every check, and one for every severity of what is found in files."""

    rules: Mapping[str, Rule]
    files: Mapping[Severity, Rule] = field(default_factory=dict)

    def action(self, check_id: str, field: str) -> Action:
        """What to do about a hit of `check_id` in `field`."""
        return self.rules[check_id].on(field)

    def on_file(self, severity: Severity) -> Rule:
        """What to do about a finding of that severity in a dataset's files: shown if none says."""
        return self.files.get(severity, _SHOWN)


def load(path: Path | None = None, checks: Mapping[str, Check] | None = None) -> Policy:
    """Read and validate the policy at `path` (default: the one shipped) against `checks`.

    Raises PolicyError, naming the file, the key and the allowed values, if the file cannot be
    read, names a check or field that does not exist, leaves a check without a rule, masks what
    must not be masked, or withholds for less than a blocker.
    """
    path = _DEFAULT if path is None else path
    checks = registered() if checks is None else checks
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        reason = error.strerror or str(error)
        raise PolicyError(
            f"the policy cannot be read: {reason}", where=str(path), do="Name a readable file"
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise PolicyError(
            f"the policy is not TOML: {error}", where=str(path), do="Correct that place"
        ) from error
    return _Reader(path, checks).policy(document)


@dataclass(frozen=True)
class _Reader:
    path: Path
    checks: Mapping[str, Check]

    def policy(self, document: Mapping[str, Any]) -> Policy:
        self._only(document, {"checks", "files"}, "the top")
        tables = self._table(document.get("checks", {}), "checks")
        self._only(tables, set(self.checks), "checks", "a check that does not exist")
        missing = sorted(set(self.checks) - set(tables))
        if missing:
            raise self._error(
                f"no rule for {', '.join(missing)}", "Add a table [checks.<id>] for each"
            )
        files = self._table(document.get("files", {}), "files")
        self._only(files, set(Severity), "files", "a severity that does not exist")
        return Policy(
            {id: self._rule(self.checks[id], tables[id]) for id in self.checks},
            {
                severity: self._file_rule(severity, files[severity])
                for severity in map(Severity, files)
            },
        )

    def _file_rule(self, severity: Severity, value: Any) -> Rule:
        key = f"files.{severity}"
        table = self._table(value, key)
        self._only(table, {"action", "why"}, key)
        rule = Rule(self._action(table.get("action"), f"{key}.action"), self._why(table, key), {})
        if rule.action is Action.MASK:
            raise self._error(f"{key} masks what is in files", "Use withhold, flag or none")
        if rule.action is Action.WITHHOLD and severity is not Severity.BLOCKER:
            raise self._error(f"{key} withholds datasets", "Only a blocker withholds")
        return rule

    def _why(self, table: Mapping[str, Any], key: str) -> str:
        why = table.get("why")
        if not isinstance(why, str) or not why.strip():
            raise self._error(f"{key}.why is missing or empty", "Say why, in one sentence")
        return why

    def _rule(self, check: Check, value: Any) -> Rule:
        key = f"checks.{check.id}"
        table = self._table(value, key)
        self._only(table, {"action", "why", "fields"}, key)
        why = self._why(table, key)
        exceptions = self._table(table.get("fields", {}), f"{key}.fields")
        self._only(exceptions, set(check.fields), f"{key}.fields", "a field it never looks at")
        rule = Rule(
            self._action(table.get("action"), f"{key}.action"),
            why,
            {f: self._action(a, f"{key}.fields.{f}") for f, a in exceptions.items()},
        )
        for name in check.fields:
            self._possible(check, name, rule.on(name))
        return rule

    def _possible(self, check: Check, field: str, action: Action) -> None:
        if action is Action.MASK and field not in MASKABLE:
            what = "a field of the record" if field.startswith(DATASET) else "a key or a link"
            raise self._error(
                f'checks.{check.id} masks "{field}", {what}',
                f"Give it another action under [checks.{check.id}.fields]; only "
                f"{', '.join(sorted(MASKABLE))} can be masked",
            )
        if action is Action.WITHHOLD and check.severity is not Severity.BLOCKER:
            raise self._error(
                f"checks.{check.id} withholds datasets but its severity is {check.severity}",
                "Only a blocker withholds: use mask, flag or none",
            )

    def _action(self, value: Any, key: str) -> Action:
        try:
            return Action(value)
        except ValueError:
            shown = "missing" if value is None else f'"{value}"'
            raise self._error(f"{key} is {shown}", f"Use one of {', '.join(Action)}") from None

    def _table(self, value: Any, key: str) -> Mapping[str, Any]:
        if isinstance(value, dict):
            return value
        raise self._error(f"{key} is not a table", f"Write it as [{key}]")

    def _only(
        self, table: Mapping[str, Any], allowed: set[str], key: str, what: str = "an unknown key"
    ) -> None:
        for name in table:
            if name not in allowed:
                raise self._error(
                    f'{key} has {what}: "{name}"', f"Allowed: {', '.join(sorted(allowed))}"
                )

    def _error(self, what: str, do: str) -> PolicyError:
        return PolicyError(what, where=str(self.path), do=do)
