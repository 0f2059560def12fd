"""How commands print: results on stdout as words or as JSON, progress on stderr."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any


def say(message: str) -> None:
    """One line of progress, on stderr."""
    print(message, file=sys.stderr, flush=True)


def as_json(value: Any) -> None:
    """Print `value` as JSON; times in ISO 8601, dataclasses as objects."""
    print(json.dumps(value, indent=1, ensure_ascii=False, default=_plain))


def table(
    rows: Iterable[Sequence[Any]], headings: Sequence[str], right: Sequence[str] = ()
) -> None:
    """Print rows in columns; those named in `right` are numbers and stand to the right."""
    from rich import box
    from rich.console import Console
    from rich.table import Table

    console = Console(width=None if sys.stdout.isatty() else 200, highlight=False, emoji=False)
    shown = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in headings:
        shown.add_column(heading, justify="right" if heading in right else "left")
    for row in rows:
        shown.add_row(*(_cell(value) for value in row))
    console.print(shown)


def size(number: int | None) -> str:
    """Bytes for people, in powers of 1000 as the repositories count."""
    if number is None:
        return "–"
    value, unit = float(number), 0
    while value >= 1000 and unit < 5:
        value, unit = value / 1000, unit + 1
    return f"{number:,} B" if unit == 0 else f"{value:.1f} {'kMGTP'[unit - 1]}B"


def number(value: int | None) -> str:
    """A count for people; unknown is a dash."""
    return "–" if value is None else f"{value:,}"


def _cell(value: Any) -> Any:
    from rich.text import Text

    return Text("" if value is None else value if isinstance(value, str) else str(value))


def _plain(value: Any) -> Any:
    import dataclasses

    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.asdict(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value)
