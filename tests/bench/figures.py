"""A figure: what was measured, what it is compared with, its bar, and whether the bar is met."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

Unit = Literal["s", "MB", "ms", "/s", "series", "requests", "×", "%"]

MB = 1e6
"""Bytes in a megabyte."""

_HEAD = ("what", "ours", "beside", "ratio", "bar", "met")


@dataclass(frozen=True, slots=True)
class Bar:
    """What the issue of speed asks: a limit for the value itself or for its ratio to another."""

    limit: float
    on: Literal["ours", "ratio"] = "ours"
    better: Literal["under", "over"] = "under"


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table; `ours` or `beside` is None where it could not be measured."""

    what: str
    ours: float | None
    unit: Unit
    beside: float | None = None
    beside_what: str = ""
    bar: Bar | None = None

    @property
    def ratio(self) -> float | None:
        """Ours divided by what stands beside it."""
        if self.ours is None or not self.beside:
            return None
        return self.ours / self.beside

    @property
    def met(self) -> bool | None:
        """Whether the bar is met; None without a bar, or without the value it is about."""
        if self.bar is None:
            return None
        value = self.ours if self.bar.on == "ours" else self.ratio
        if value is None:
            return None
        return value < self.bar.limit if self.bar.better == "under" else value > self.bar.limit

    def as_data(self) -> dict[str, Any]:
        """The figure for JSON."""
        return {
            "what": self.what,
            "unit": self.unit,
            "ours": self.ours,
            "beside": self.beside,
            "beside_what": self.beside_what or None,
            "ratio": self.ratio,
            "bar": None
            if self.bar is None
            else {"limit": self.bar.limit, "on": self.bar.on, "better": self.bar.better},
            "met": self.met,
        }


@dataclass(frozen=True, slots=True)
class Measured:
    """What one part of the bench found: figures for the table, notes to read them by."""

    figures: tuple[Figure, ...]
    notes: tuple[str, ...] = ()


def table(figures: Iterable[Figure]) -> str:
    """The figures as lines of text under one another."""
    rows = [_HEAD, *(_cells(figure) for figure in figures)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(_HEAD))]
    lines = [
        "  ".join(
            cell.rjust(width) if i in (1, 3) else cell.ljust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
    return "\n".join([lines[0], "─" * max(map(len, lines)), *lines[1:]])


def shown(value: float, unit: Unit) -> str:
    """A value with its unit, with as many digits as mean something."""
    digits = 0 if unit in ("MB", "series", "requests") or value >= 100 else 1 if value >= 10 else 2
    gap = "" if unit in ("×", "/s") else " "
    return f"{value:,.{digits}f}{gap}{unit}"


def _cells(figure: Figure) -> tuple[str, ...]:
    ratio, bar = figure.ratio, figure.bar
    beside = "" if figure.beside is None else shown(figure.beside, figure.unit)
    limit = ""
    if bar is not None:
        sign = "<" if bar.better == "under" else ">"
        limit = f"{sign} {shown(bar.limit, figure.unit if bar.on == 'ours' else '×')}"
    return (
        figure.what,
        "not measured" if figure.ours is None else shown(figure.ours, figure.unit),
        " ".join(part for part in (beside, figure.beside_what) if part),
        "" if ratio is None else shown(ratio, "×"),
        limit,
        {True: "yes", False: "NO", None: ""}[figure.met],
    )
