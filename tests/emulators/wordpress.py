"""TCIA's Collection Manager, version 2, over the packaged snapshot: pages, fields, PHP's empties.

Names and shapes as clients of the API read them in 2026: nested downloads with keys with spaces,
`[]`, `false`, `[false]` and `""` for nothing, long texts cut short unless `v=1` asks for them.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable
from typing import Any

from harvesters.snapshots import load
from tests.emulators.server import Emulator, Reply, Request, as_json

ROOT = "/api/v2"
KNOWN = {"per_page", "page", "v", "fields", "id", "search", "orderby", "order"}
LARGEST = 100
TERSE = 100
"""Characters of a text without `v=1`."""


def packaged() -> list[dict[str, Any]]:
    """The rows of the packaged snapshot: `post`, `record` and their local id."""
    snapshot = load("tcia")
    assert snapshot is not None
    return list(snapshot.rows())


class Wordpress(Emulator):
    """Serves `records[post]`, which may be changed while it runs.

    between: called with the post and the page after each page of whole records.
    totals: what is stated as `total_pages`, by page; the truth for pages that are not in it.
    """

    def __init__(self, rows: Iterable[dict[str, Any]] | None = None) -> None:
        super().__init__()
        self.records: dict[str, list[Any]] = {"collections": [], "analysis-results": []}
        for row in packaged() if rows is None else rows:
            self.records[row["post"]].append(_as_live(row))
        self.between: Callable[[str, int], None] = lambda _post, _page: None
        self.totals: dict[int, int] = {}

    @property
    def root(self) -> str:
        """The address of version 2."""
        return self.url + ROOT

    def record(self, slug: str) -> dict[str, Any]:
        """A record, to be changed."""
        rows = [row for rows in self.records.values() for row in rows]
        found: dict[str, Any] = next(row for row in rows if row["slug"] == slug)
        return found

    def answer(self, request: Request) -> Reply:
        """A page of collections or analysis results."""
        post = request.path.strip("/").removeprefix(ROOT.strip("/")).strip("/")
        if not request.path.startswith(ROOT) or post not in self.records:
            return as_json({"code": "rest_no_route", "data": {"status": 404}}, 404)
        if unknown := set(request.query) - KNOWN:
            return as_json({"code": "rest_invalid_param", "params": sorted(unknown)}, 400)
        size = min(max(request.number("per_page", 10), 1), LARGEST)
        number = request.number("page", 1)
        rows = self.records[post]
        pages = -(-len(rows) // size)
        shown = rows[(number - 1) * size : number * size]
        fields = request.one("fields")
        if fields:
            shown = [_only(row, fields.split(",")) for row in shown]
        elif request.one("v") != "1":
            shown = [_terse(row) for row in shown]
        reply = as_json(
            {"results": shown, "page": number, "total_pages": self.totals.get(number, pages)}
        )
        if not fields:
            self.between(post, number)
        return reply


def _as_live(row: dict[str, Any]) -> dict[str, Any]:
    """A row of the snapshot with what only the live API adds."""
    record = copy.deepcopy(row["record"])
    prefix = "collection" if row["post"] == "collections" else "result"
    return {
        "title": {"rendered": record[f"{prefix}_title"]},
        "type": prefix,
        "status": "publish",
        "species": [False],
        "version_number": "",
        "additional_resources": [],
        f"{prefix}_summary": "",
        f"{prefix}_abstract": False,
        f"{prefix}_page_accessibility": "Public",
        f"{prefix}_featured_image": False,
    } | record


def _only(row: Any, fields: list[str]) -> Any:
    return {name: row[name] for name in fields if name in row} if isinstance(row, dict) else row


def _terse(row: Any) -> Any:
    if not isinstance(row, dict):
        return row
    return {k: v[:TERSE] if isinstance(v, str) else v for k, v in row.items()}
