"""NITRC-IR's projects, from a list that its users recorded.

It has 14 projects with the subjects that an account saw that day, and four of OASIS that came two
years later, of which no count was recorded. Nobody without a grant sees a subject of PING, so its
number is not known either.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

DAY = date(2022, 5, 11)
OASIS_DAY = date(2024, 5, 9)
ORIGIN = (
    "nitrcbot's README of 2022-05-11 (its list_image_sets); OASIS projects from the change log of "
    "oasis-scripts, 2024-05-09"
)
_ACCESS = {"public": "public", "restricted": "protected"}
"""As XNAT calls it: a project whose data are asked for is protected."""


def facts(folder: Path) -> tuple[date, str, Iterable[dict[str, Any]]]:
    """The day, the origin and a row a project, from `nitrc_ir_projects.json`."""
    listed = json.loads((folder / "nitrc_ir_projects.json").read_text(encoding="utf-8"))
    return DAY, ORIGIN, _rows(listed["projects"])


def _rows(projects: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for project in projects:
        row = {
            "_id": project["ID"],
            "ID": project["ID"],
            "name": project["name"],
            "access": _ACCESS[project["access"]],
            "subjects": project["subjects"] or None,
        }
        if project["ID"].startswith("OASIS"):
            row["day"] = OASIS_DAY.isoformat()
        yield row
