"""The report as SARIF 2.1.0, the format in which code hosts and dashboards take findings."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from curation.reports.placed import placed
from curation.reports.plain import shown
from curation.reports.standards import address
from curation.reports.summary import Summary
from schemas.file_finding import FileFinding
from schemas.finding import Severity

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS = {Severity.INFO: "note", Severity.WARNING: "warning"}


@contextmanager
def sarif(path: Path, summary: Summary) -> Iterator[Callable[[FileFinding], None]]:
    """Write findings to `path` as the results of one run, as they come."""
    rules: dict[str, dict[str, Any]] = {}
    with placed(path) as file:
        file.write(f'{{"$schema":"{_SCHEMA}","version":"2.1.0","runs":[{{"results":['.encode())

        def put(finding: FileFinding) -> None:
            file.write(b",\n" if rules else b"\n")
            file.write(json.dumps(_result(finding)).encode("ascii"))
            if finding.check not in rules:
                rules[finding.check] = _rule(finding)

        yield put
        rest = json.dumps(_run(summary, list(rules.values())))
        file.write(b"\n]," + rest.removeprefix("{").encode("ascii") + b"]}\n")


def _result(finding: FileFinding) -> dict[str, Any]:
    """A result (section 3.27); what SARIF has no word for stands among its properties."""
    location: dict[str, Any] = {
        "physicalLocation": {
            "artifactLocation": {"uri": _uri(finding.file), "uriBaseId": "CHECKED"}
        }
    }
    if finding.where is not None:
        location["logicalLocations"] = [{"fullyQualifiedName": shown(finding.where)}]
    own = ("rule", "kind", "evidence", "frame", "bbox")
    properties = {name: getattr(finding, name) for name in own}
    identity = [finding.check, finding.file, finding.where, finding.frame, finding.bbox]
    return {
        "ruleId": finding.check,
        "level": _level(finding.severity),
        "message": {"text": _text(finding.message)},
        "locations": [location],
        "partialFingerprints": {
            "place/v1": hashlib.sha256(json.dumps(identity).encode("ascii")).hexdigest()
        },
        "properties": {
            name: shown(value) if isinstance(value, str) else value
            for name, value in properties.items()
            if value is not None
        },
    }


def _rule(finding: FileFinding) -> dict[str, Any]:
    said: dict[str, Any] = {
        "id": finding.check,
        "shortDescription": {"text": finding.check.replace("-", " ")},
        "help": {"text": f"{_text(finding.message)} ({_text(finding.rule)})"},
        "defaultConfiguration": {"level": _level(finding.severity)},
    }
    known = address(finding.rule)
    return said if known is None else {**said, "helpUri": known}


def _run(summary: Summary, rules: list[dict[str, Any]]) -> dict[str, Any]:
    """All of the run but its results."""
    name, _, version = summary.software.partition(" ")
    told = summary.as_dict()
    invocation: dict[str, Any] = {
        "executionSuccessful": summary.ended is not None,
        "startTimeUtc": _utc(told["started"]),
        "toolExecutionNotifications": [
            {"level": "warning", "message": {"text": _text(f"{count} files not read: {why}")}}
            for why, count in told["not_read"].items()
        ],
    }
    if told["ended"] is not None:
        invocation["endTimeUtc"] = _utc(told["ended"])
    return {
        "tool": {"driver": {"name": name, "version": version, "rules": rules}},
        "invocations": [invocation],
        "originalUriBaseIds": {
            "CHECKED": {"description": {"text": f"The folder checked: {_text(summary.root)}"}}
        },
        "columnKind": "unicodeCodePoints",
        "properties": {"summary": told},
    }


def _level(severity: Severity) -> str:
    return _LEVELS.get(severity, "error")


def _uri(name: str) -> str:
    """A relative reference (RFC 3986); a first part with a colon would read as a scheme."""
    return quote(name.encode("utf-8", "surrogateescape"), safe="/!$&'()*+,;=@~")


def _text(text: str) -> str:
    """Plain text of a message: brackets and braces would be links and placeholders (3.11.5, 6)."""
    escaped = shown(text).replace("\\", "\\\\").replace("[", "\\[").replace("]", "\\]")
    return escaped.replace("{", "{{").replace("}", "}}")


def _utc(moment: str) -> str:
    return moment.replace("+00:00", "Z")
