"""The ISIC Archive's API v2: collections behind a cursor, and who is to credit for their images.

Its quirks, from the server's source (github.com/ImageMarkup/isic, 2026-08-21): `limit` is 100 at
most and 100 if it is 0; the count comes with the first page alone; a link names the host that the
server believes it has; private collections are told to their owners only; a licence is written
without its version.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from typing import Any
from urllib.parse import parse_qs, urlencode

from tests.emulators.server import Emulator, Reply, Request, as_json

HOST = "https://api.isic-archive.com"
_PAGE = 100


def collection(number: int, **changes: Any) -> dict[str, Any]:
    """A public collection in the server's shape."""
    return {
        "id": number,
        "name": f"Collection {number}",
        "description": f"Images of <b>skin</b>, collection {number}",
        "public": True,
        "pinned": False,
        "locked": True,
        "doi": None,
        "doi_url": None,
    } | changes


def credit(licence: str, attribution: str, count: int) -> dict[str, Any]:
    """How many images one holder gave under one licence."""
    return {"license": licence, "attribution": attribution, "count": count}


COLLECTIONS = [
    collection(
        70,
        name="Challenge 2020: Training",
        pinned=True,
        doi="10.34970/2020-DS01",
        doi_url="https://doi.org/10.34970/2020-DS01",
    ),
    collection(66, name="Challenge 2019: Training", pinned=True),
    collection(249, name="HAM10000", doi="10.34970/249249"),
    collection(390, public=False),
]
CREDITS = {
    70: [
        credit("CC-BY-NC", "Hospital Clínic de Barcelona", 7311),
        credit("CC-BY-NC", "Memorial Sloan Kettering Cancer Center", 11108),
        credit("CC-BY", "Medical University of Vienna", 4374),
    ],
    66: [credit("CC-0", "Anonymous", 25331)],
    249: [credit("CC-BY-NC", "ViDIR Group, Medical University of Vienna", 10015)],
}


class Isic(Emulator):
    """Serves `collections` and `credits`, which may be changed while it runs.

    mine: ids of private collections that are shown nevertheless, as to their owner. host: what
    links begin with, None for its own address. grows: collections put first after the first page.
    """

    def __init__(
        self,
        collections: list[dict[str, Any]] | None = None,
        credits: dict[int, list[dict[str, Any]]] | None = None,
    ) -> None:
        super().__init__()
        self.collections = list(COLLECTIONS if collections is None else collections)
        self.credits = dict(CREDITS if credits is None else credits)
        self.mine: set[int] = set()
        self.host: str | None = HOST
        self.grows: list[dict[str, Any]] = []

    def answer(self, request: Request) -> Reply:
        """Lists, one collection, its credits and its size."""
        path = request.path.removeprefix("/api/v2").strip("/").split("/")
        match path:
            case ["collections"]:
                return self._page(request)
            case ["collections", number]:
                return self._one(number)
            case ["collections", number, "attribution"]:
                return as_json(self.credits.get(int(number), []))
            case ["images", "search", "size"]:
                count = sum(one["count"] for one in self.credits.get(self._asked(request), []))
                return as_json({"count": count, "size": count * 1_000_000})
            case ["images", "search"]:
                count = sum(one["count"] for one in self.credits.get(self._asked(request), []))
                return as_json({"results": [], "count": count, "next": None, "previous": None})
            case ["users", "me"]:
                return as_json({"detail": "Unauthorized"}, 401)
        return as_json({"detail": "Not Found"}, 404)

    def _visible(self) -> list[dict[str, Any]]:
        return [one for one in self.collections if one["public"] or one["id"] in self.mine]

    def _page(self, request: Request) -> Reply:
        limit = min(request.number("limit", _PAGE) or _PAGE, _PAGE)
        cursor = request.one("cursor")
        start = int(parse_qs(b64decode(cursor).decode())["p"][0]) if cursor else 0
        rows = self._visible()
        page = rows[start : start + limit]
        following = None
        if start + limit < len(rows):
            told = b64encode(urlencode({"p": start + limit}).encode()).decode()
            asked = urlencode({"cursor": told, "limit": limit})
            following = f"{self.host or self.url}{request.path}?{asked}"
        if not cursor and self.grows:
            self.collections, self.grows = [*self.grows, *self.collections], []
        return as_json(
            {
                "results": page,
                "count": None if cursor else len(rows),
                "next": following,
                "previous": None,
            }
        )

    def _one(self, number: str) -> Reply:
        found = [one for one in self._visible() if str(one["id"]) == number]
        return as_json(found[0]) if found else as_json({"detail": "Not Found"}, 404)

    @staticmethod
    def _asked(request: Request) -> int:
        return request.number("collections", 0)
