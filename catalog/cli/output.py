"""How commands print: results on stdout as words or as JSON, progress on stderr."""

from __future__ import annotations

import json
import math
import re
import sys
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

_UNSEEN = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""What tells a terminal to do something, or turns the direction of what follows."""


def say(message: str) -> None:
    """Progress in words, on stderr; names in it are harvested, so nothing of them steers."""
    print(_UNSEEN.sub("", message), file=sys.stderr, flush=True)


def as_json(value: Any) -> None:
    """Print `value` as JSON; times in ISO 8601, dataclasses as objects."""
    text = json.dumps(_finite(value), indent=1, ensure_ascii=False, default=_plain)
    print(_UNSEEN.sub(lambda match: f"\\u{ord(match[0]):04x}", text))


def table(
    rows: Iterable[Sequence[Any]],
    headings: Sequence[str],
    right: Sequence[str] = (),
    whole: Sequence[str] = (),
) -> None:
    """Print rows in columns; `right` are numbers, `whole` are identifiers and are never cut."""
    from rich import box
    from rich.console import Console
    from rich.table import Table

    console = Console(width=None if sys.stdout.isatty() else 200, highlight=False, emoji=False)
    shown = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    rows = list(rows)
    for place, heading in enumerate(headings):
        widest = max((len(str(row[place] or "")) for row in rows), default=0)
        shown.add_column(
            heading,
            justify="right" if heading in right else "left",
            min_width=widest if heading in whole else None,
        )
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

    text = "" if value is None else value if isinstance(value, str) else str(value)
    return Text(_UNSEEN.sub("", text))


def _finite(value: Any) -> Any:
    """`value` with null for numbers that JSON cannot write."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return value


def _plain(value: Any) -> Any:
    import dataclasses

    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.asdict(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value)
