"""Health-RI's projects: those that are known to be public, from the table beside this file."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

DAY = date(2026, 11, 23)
ORIGIN = "projects of xnat.health-ri.nl named as public in the repositories that use them"


def facts(folder: Path) -> tuple[date, str, Iterable[dict[str, Any]]]:  # noqa: ARG001
    """The day, the origin and a row a project, with its ID and access."""
    path = Path(__file__).with_suffix(".csv")
    lines = (line for line in path.read_text("utf-8").splitlines() if not line.startswith("#"))
    return DAY, ORIGIN, [{"_id": row["ID"], **row} for row in csv.DictReader(lines)]
