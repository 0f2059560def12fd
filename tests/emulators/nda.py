"""NDA's data dictionary: every form that data are given in, as one JSON array and without a login.

The fields are those that scripts read of `datadictionary/datastructure` (shortName, title, sources,
categories, dataType, status, publicStatus, publishDate, modifiedDate); the rest asks for a login.
"""

from __future__ import annotations

from typing import Any

from tests.emulators.server import Emulator, Reply, Request, as_json


def structure(name: str, title: str, kind: str = "Imaging", **changes: Any) -> dict[str, Any]:
    """One form of the dictionary."""
    return {
        "shortName": name,
        "title": title,
        "sources": ["NDAR"],
        "categories": [kind],
        "dataType": kind,
        "status": "Published",
        "publicStatus": "Public",
        "publishDate": "2012-01-13T13:48:24.000-0500",
        "modifiedDate": "2025-05-01T09:00:00.000-0400",
    } | changes


STRUCTURES = [
    structure("image03", "Image"),
    structure("fmriresults01", "Processed MRI Data"),
    structure("eeg_sub_files01", "EEG Subject Files"),
    structure("ndar_subject01", "Research Subject", "Clinical Assessments"),
    structure("draft_image01", "An image form in the making", status="Draft"),
]


class Nda(Emulator):
    """Serves `structures`."""

    def __init__(self, structures: list[dict[str, Any]] | None = None) -> None:
        super().__init__()
        self.structures = list(STRUCTURES if structures is None else structures)

    def answer(self, request: Request) -> Reply:
        """The dictionary, or one form of it; a login for all else."""
        path = request.path.removeprefix("/api").strip("/").split("/")
        if path[:2] != ["datadictionary", "datastructure"]:
            return as_json({"message": "Unauthorized", "status": "UNAUTHORIZED"}, 401)
        if len(path) == 2:
            return as_json(self.structures)
        found = [one for one in self.structures if one["shortName"] == path[2]]
        return as_json(found[0]) if found else as_json({"message": "Not found"}, 404)
