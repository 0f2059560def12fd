"""Zenodo's records API: single records, concepts that lead to the newest version, and refusals.

A record that was taken away answers 410, one that is not public 403, any other number 404. The
files of a record that is not open are not listed. Limits are told in X-RateLimit headers.
"""

from __future__ import annotations

import re
from typing import Any

from tests.emulators.server import Emulator, Reply, Request, as_json

HOST = "https://zenodo.org"
_LIMITS = {"X-RateLimit-Limit": "60", "X-RateLimit-Remaining": "59", "X-RateLimit-Reset": "60"}


def record(
    number: int,
    *,
    kind: str = "dataset",
    licence: str | None = "cc-by-4.0",
    access: str = "open",
    files: tuple[tuple[str, int], ...] = (("data.zip", 1_000_000),),
    concept: int | None = None,
) -> dict[str, Any]:
    """A record in Zenodo's shape; its files have an MD5 made of their names."""
    shown = files if access == "open" else ()
    return {
        "id": number,
        "doi": f"10.5281/zenodo.{number}",
        "conceptdoi": f"10.5281/zenodo.{concept or number - 1}",
        "conceptrecid": str(concept or number - 1),
        "links": {"self": f"{HOST}/api/records/{number}"},
        "metadata": {
            "title": f"Scans of record {number}",
            "publication_date": "2023-04-01",
            "resource_type": {"title": kind.title(), "type": kind},
            "access_right": access,
            "creators": [{"name": "Doe, Jane", "affiliation": "A hospital"}],
            **({"license": {"id": licence}} if licence else {}),
        },
        "files": [
            {
                "id": f"f{place}",
                "key": key,
                "size": size,
                "checksum": f"md5:{key.encode().hex():0>32.32}",
                "links": {"self": f"{HOST}/api/records/{number}/files/{key}/content"},
            }
            for place, (key, size) in enumerate(shown)
        ],
    }


class Zenodo(Emulator):
    """Serves `records`; the numbers in `gone` answer 410 and those in `hidden` 403."""

    def __init__(self, *records: dict[str, Any]) -> None:
        super().__init__()
        self.records = {str(one["id"]): one for one in records}
        self.gone: set[str] = set()
        self.hidden: set[str] = set()

    def answer(self, request: Request) -> Reply:
        """`/records/<number>`, with or without the prefix `/api`."""
        found = re.fullmatch(r"(?:/api)?/records/(\d+)", request.path.rstrip("/"))
        number = found[1] if found else ""
        if number in self.gone:
            return _refusal(410, "The record has been deleted.")
        if number in self.hidden:
            return _refusal(403, "Permission denied.")
        if number in self.records:
            return as_json(self.records[number], headers=_LIMITS)
        versions = [key for key, one in self.records.items() if one["conceptrecid"] == number]
        if versions:
            newest = max(versions, key=int)
            path = request.path.rstrip("/").removesuffix(number) + newest
            return Reply(status=302, headers={"Location": path, **_LIMITS})
        return _refusal(404, "The persistent identifier does not exist.")


def _refusal(status: int, message: str) -> Reply:
    return as_json({"status": status, "message": message}, status, headers=_LIMITS)
