"""The report for people at a terminal: each check with a few places; elsewhere a line a finding."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from curation.reports.placed import placed
from curation.reports.plain import shown, size
from curation.reports.summary import Summary
from schemas.file_finding import FileFinding
from schemas.finding import Severity

_PLACES = 3
_WORST = [Severity.BLOCKER, Severity.ERROR, Severity.WARNING, Severity.INFO]
_COLOURS = {Severity.INFO: "blue", Severity.WARNING: "yellow"}


@dataclass
class _Row:
    message: str
    rule: str
    count: int = 0
    places: list[str] = field(default_factory=list)


@contextmanager
def terminal(path: Path | None, summary: Summary) -> Iterator[Callable[[FileFinding], None]]:
    """Show findings by check on a terminal at the end; elsewhere print each on a line as it comes.

    Off a terminal the totals go to the standard error, so that the lines can be counted.
    """
    if path is not None:
        with placed(path) as file:
            yield lambda finding: _put(file.write, finding)
            file.write("".join(f"{told}\n" for told in totals(summary)).encode())
    elif sys.stdout.isatty():
        rows: dict[tuple[Severity, str], _Row] = {}
        yield lambda finding: _gather(rows, finding)
        _show(rows, summary, sys.stdout)
    else:
        yield lambda finding: print(line(finding))
        sys.stdout.flush()
        for told in totals(summary):
            print(told, file=sys.stderr)


def line(finding: FileFinding) -> str:
    """One finding on one line: severity, check, place, message, the masked evidence."""
    evidence = "" if finding.evidence is None else f" [{shown(finding.evidence)}]"
    said = (finding.severity, finding.check, place(finding), finding.message)
    return "  ".join(shown(part) for part in said) + evidence


def place(finding: FileFinding) -> str:
    """Where a finding is, on one line."""
    where = [part for part in (finding.file, finding.where) if part]
    if finding.frame is not None:
        where.append(f"frame {finding.frame}")
    if finding.bbox is not None:
        where.append(",".join(map(str, finding.bbox)))
    return shown(" ".join(where))


def totals(summary: Summary) -> list[str]:
    """The summary in a few lines of words."""
    said = summary.as_dict()
    counts = said["findings_by_severity"]
    found = ", ".join(f"{counts[s]:,} {s}" for s in _WORST if counts.get(s)) or "none"
    lines = [
        f"{said['files']:,} files, {size(said['bytes'])} in {shown(said['root'])}: "
        f"{said['files_clean']:,} without findings, {said['files_with_findings']:,} with, "
        f"{said['files_not_read']:,} not read",
        f"Findings: {found}",
    ]
    for what, part in (("Frames", summary.pixels), ("Head volumes", summary.faces)):
        if part.looked or part.skipped:
            lines.append(f"{what} looked at: {part.looked:,}; not: {_reasons(part.skipped)}")
    if summary.not_read:
        lines.append(f"Not read: {_reasons(summary.not_read)}")
    return lines


def _reasons(reasons: dict[str, int]) -> str:
    return "; ".join(f"{n:,} {shown(why)}" for why, n in reasons.items()) or "none"


def _put(write: Callable[[bytes], int], finding: FileFinding) -> None:
    write(f"{line(finding)}\n".encode())


def _gather(rows: dict[tuple[Severity, str], _Row], finding: FileFinding) -> None:
    key = (finding.severity, finding.check)
    row = rows.get(key)
    if row is None:
        row = rows[key] = _Row(finding.message, finding.rule)
    row.count += 1
    if len(row.places) < _PLACES:
        row.places.append(place(finding))


def _show(rows: dict[tuple[Severity, str], _Row], summary: Summary, out: TextIO) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(file=out, highlight=False, emoji=False, markup=False)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in ("Severity", "Check", "Found", "What, and where"):
        table.add_column(heading, justify="right" if heading == "Found" else "left")
    order = sorted(rows.items(), key=lambda item: (_WORST.index(item[0][0]), -item[1].count))
    for (severity, check), row in order:
        more = [f"and {row.count - _PLACES:,} more"] if row.count > _PLACES else []
        what = Text(f"{shown(row.message)} ({shown(row.rule)})")
        what.append("\n" + "\n".join([*row.places, *more]), style="dim")
        colour = _COLOURS.get(severity, "red")
        table.add_row(Text(severity, style=colour), Text(shown(check)), f"{row.count:,}", what)
    if rows:
        console.print(table)
    for told in totals(summary):
        console.print(Text(told))
