"""Girder's REST API v1: collections, folders and items, as the host of CAMUS and ACDC serves them.

From Girder's source: lists take `limit` (50 unless asked, 0 for all) and `offset`; an id that is
unknown or malformed is answered with 400, what is not public with 401; a folder's download is a
zip made while it is sent, whose bytes differ each time. Answers name the owner of everything.
"""

from __future__ import annotations

import io
import itertools
import zipfile
from typing import Any

from tests.emulators.server import Emulator, Reply, Request, as_json

CAMUS, CAMUS_PATIENTS = "6373703d73e9f0047faa1bc8", "63fde55f73e9f004868fb7ac"
ACDC, ACDC_DATABASE = "637218c173e9f0047faa00fb", "637218e573e9f0047faa00fc"


def collection(number: str, name: str, **changes: Any) -> dict[str, Any]:
    """A collection as Girder shows it."""
    return {
        "_accessLevel": 0,
        "_id": number,
        "_modelType": "collection",
        "created": "2022-11-15T10:57:01.021000+00:00",
        "description": "",
        "meta": {},
        "name": name,
        "public": True,
        "size": 1000,
        "updated": "2023-03-01T12:00:00.500000+00:00",
    } | changes


def folder(number: str, name: str, parent: str, kind: str = "folder") -> dict[str, Any]:
    """A folder as Girder shows it, with its owner's id."""
    return {
        "_accessLevel": 0,
        "_id": number,
        "_modelType": "folder",
        "baseParentId": parent,
        "baseParentType": "collection",
        "created": "2023-03-01T12:00:00.500000+00:00",
        "creatorId": "5f00000000000000000000aa",
        "description": "",
        "meta": {},
        "name": name,
        "parentCollection": kind,
        "parentId": parent,
        "public": True,
        "size": 0,
        "updated": "2023-03-01T12:00:00.500000+00:00",
    }


class Girder(Emulator):
    """Serves `collections` and `folders`: CAMUS with 500 patients and ACDC, unless told others."""

    def __init__(self) -> None:
        super().__init__()
        self.collections = [
            collection(CAMUS, "CAMUS", size=2_210_000_000),
            collection(ACDC, "ACDC", size=1_700_000_000),
        ]
        self.folders = [
            folder(CAMUS_PATIENTS, "database_nifti", CAMUS, "collection"),
            folder(ACDC_DATABASE, "database", ACDC, "collection"),
            *(
                folder(f"63fde5{number:018x}", f"patient{number:04}", CAMUS_PATIENTS)
                for number in range(1, 501)
            ),
        ]
        self._zips = itertools.count()

    def answer(self, request: Request) -> Reply:
        """Lists, single objects, how many children they have, and zips."""
        path = request.path.removeprefix("/api/v1").strip("/").split("/")
        match path:
            case ["collection"]:
                return self._list(request, [one for one in self.collections if one["public"]])
            case ["folder"]:
                parent = request.one("parentId")
                return self._list(request, [f for f in self.folders if f["parentId"] == parent])
            case ["item"]:
                return self._list(request, [])
            case ["collection", number]:
                return self._one(self.collections, "collection", number)
            case ["folder", number]:
                return self._one(self.folders, "folder", number)
            case ["collection" | "folder", number, "details"]:
                inner = [one for one in self.folders if one["parentId"] == number]
                return as_json({"nFolders": len(inner), "nItems": 0})
            case ["folder", _, "download"]:
                return Reply(self._zip(), type="application/zip")
        return as_json({"message": "No matching route", "type": "rest"}, 400)

    @staticmethod
    def _list(request: Request, rows: list[dict[str, Any]]) -> Reply:
        limit, offset = request.number("limit", 50), request.number("offset", 0)
        return as_json(rows[offset:] if limit == 0 else rows[offset : offset + limit])

    @staticmethod
    def _one(rows: list[dict[str, Any]], kind: str, number: str) -> Reply:
        found = [one for one in rows if one["_id"] == number]
        if not found:
            return as_json({"message": f"Invalid {kind} id ({number}).", "type": "rest"}, 400)
        if not found[0]["public"]:
            return as_json({"message": f"Read access denied for {kind}.", "type": "access"}, 401)
        return as_json(found[0])

    def _zip(self) -> bytes:
        made = io.BytesIO()
        with zipfile.ZipFile(made, "w") as archive:
            archive.writestr(f"made-{next(self._zips)}.txt", "")
        return made.getvalue()
