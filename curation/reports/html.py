"""The report as one page of HTML that needs nothing else: no script, no font, no network."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from curation.reports.placed import placed
from curation.reports.plain import shown, size
from curation.reports.standards import address, title
from curation.reports.summary import Summary
from schemas.file_finding import FileFinding
from schemas.finding import Severity

if TYPE_CHECKING:
    from jinja2 import Environment

ROWS_A_CHECK = 200
"""Findings of a check that are shown one by one; the others are counted."""

_ROWS = 5000
_SEVERITIES = (
    (Severity.BLOCKER, "Blockers", "Must not be published as it is."),
    (Severity.ERROR, "Errors", "Surely identifies, or leads to, a person."),
    (Severity.WARNING, "Warnings", "Likely identifies, or leads to, a person: look at it."),
    (Severity.INFO, "Observations", "Worth knowing; not counted as personal data."),
)


@dataclass
class _Group:
    """The findings of one check and severity: some whole, all counted."""

    check: str
    severity: Severity
    count: int = 0
    rules: dict[str, None] = field(default_factory=dict)
    rows: list[FileFinding] = field(default_factory=list)


@contextmanager
def html(path: Path, summary: Summary) -> Iterator[Callable[[FileFinding], None]]:
    """Gather findings, a few of each check whole, and write the page to `path` at the end."""
    groups: dict[tuple[Severity, str], _Group] = {}
    shown_rows = 0

    def put(finding: FileFinding) -> None:
        nonlocal shown_rows
        key = (finding.severity, finding.check)
        group = groups.get(key)
        if group is None:
            group = groups[key] = _Group(finding.check, finding.severity)
        group.count += 1
        group.rules[finding.rule] = None
        if len(group.rows) < ROWS_A_CHECK and shown_rows < _ROWS:
            group.rows.append(finding)
            shown_rows += 1

    with placed(path) as file:
        yield put
        page = environment().get_template("report.html").render(_content(summary, groups))
        file.write(page.encode("utf-8"))


def environment() -> Environment:
    """Jinja's, which escapes everything; names and messages are shown so that nothing steers."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    folder = Path(__file__).parent
    made = Environment(
        loader=FileSystemLoader([folder / "templates", folder.parent / "audit" / "templates"]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters |= {"shown": shown, "size": size, "number": lambda n: f"{n:,}"}
    made.globals["style_hash"] = style_hash
    return made


def style_hash(style: str) -> str:
    """The source expression by which a page's policy allows this style alone (CSP level 3)."""
    digest = hashlib.sha256(style.encode("utf-8")).digest()
    return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"


def _content(summary: Summary, groups: dict[tuple[Severity, str], _Group]) -> dict[str, Any]:
    sections = []
    for severity, heading, meaning in _SEVERITIES:
        own = [group for group in groups.values() if group.severity == severity]
        if own:
            own.sort(key=lambda group: (-group.count, group.check))
            sections.append({"id": severity, "title": heading, "says": meaning, "groups": own})
    listed = sum(group.count for group in groups.values())
    rules = {rule for group in groups.values() for rule in group.rules}
    counts = summary.severities
    return {
        "summary": summary.as_dict(),
        "by_severity": {str(s): counts[s] for s, *_ in _SEVERITIES if counts[s]},
        "counted": summary.counted(),
        "sections": sections,
        "unlisted": summary.severities.total() - listed,
        "rules": [(rule, title(rule), address(rule)) for rule in sorted(rules)],
    }
