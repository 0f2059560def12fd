"""DataCite's REST API over a list of records: query, client and prefix filters, cursor and pages.

Shapes and limits as api.datacite.org gave them in 2026: 25 records a page unless asked, 1,000 at
most; a cursor starts at 1 and goes on by `links.next` alone; numbered pages end at record 10,000.
"""

from __future__ import annotations

import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlencode

from tests.emulators.server import Emulator, Reply, Request, as_json

RECORDINGS = Path(__file__).parents[1] / "recordings" / "datacite"
VOLATILE = ("viewCount", "downloadCount", "citationCount")
_ALIKE = {"client-id": "client", "provider-id": "provider"}
_DOI_QUERY = re.compile(r"\s*doi:\s*(?:\((?P<many>.*)\)|(?P<one>\S+))\s*", re.DOTALL)
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')


def recorded(*names: str) -> list[dict[str, Any]]:
    """The recorded records of `tests/recordings/datacite/<name>.json`, all files if none."""
    paths = [RECORDINGS / f"{name}.json" for name in names] or sorted(RECORDINGS.glob("*.json"))
    return [record for path in paths for record in json.loads(path.read_text(encoding="utf-8"))]


class Datacite(Emulator):
    """Serves `records`, each `{"id", "type", "attributes", "relationships"}`, in their order.

    records: may be changed while it runs.
    host: put into links instead of its own address; the real host is what a mirror repeats.
    drift: added to `meta.total` from the second page on.
    shifts: whether the first record goes after the first page, so that numbered pages move up.
    repeats: whether a page begins with the last record of the page before.
    """

    def __init__(self, records: list[dict[str, Any]]) -> None:
        super().__init__()
        self.records = records
        self.host: str | None = None
        self.drift = 0
        self.shifts = False
        self.repeats = False

    def touch(self) -> None:
        """A night passes: counts and the day of update change, no metadata does."""
        for record in self.records:
            attributes = record["attributes"]
            attributes["updated"] = "2026-09-01T01:01:00Z"
            for name in VOLATILE:
                attributes[name] = (attributes.get(name) or 0) + 1

    def answer(self, request: Request) -> Reply:
        """`/dois`, `/dois/{doi}` and `/heartbeat`; anything else is not found."""
        path = request.path.rstrip("/")
        if path == "/heartbeat":
            return Reply(b"OK", type="text/plain")
        if path == "/dois":
            return self._list(request)
        if path.startswith("/dois/"):
            wanted = unquote(path.removeprefix("/dois/")).lower()
            for record in self.records:
                if record["id"].lower() == wanted:
                    return as_json({"data": _shown(record, request)}, type=_JSON)
        return _error(404, "The resource you are looking for doesn't exist.")

    def _list(self, request: Request) -> Reply:
        try:
            chosen = [record for record in self.records if _matches(record, request)]
        except ValueError:
            return _error(400, "The query could not be parsed.")
        size = min(max(request.number("page[size]", 25), 0), 1000)
        cursor = request.one("page[cursor]")
        page, start = self._start(request, chosen, size, cursor)
        found = chosen[start : start + size]
        first = page == 1 if cursor is None else cursor in ("", "1")
        if self.repeats and not first and start:
            found = [chosen[start - 1], *found][:size]
        links = {"self": self._link(request, {})}
        if cursor is not None:
            # As at DataCite a full page always names a next one, which may be empty.
            if size and len(found) == size:
                last = chosen[min(start + size, len(chosen)) - 1]["id"]
                links["next"] = self._link(request, {"page[cursor]": _cursor(last)})
        elif start + size < len(chosen):
            links["next"] = self._link(request, {"page[number]": str(page + 1)})
        total = len(chosen) + (0 if first else self.drift)
        meta: dict[str, Any] = {"total": total, "totalPages": -(-total // size) if size else 0}
        if cursor is None:
            meta["page"] = page
        if self.shifts and first and chosen:
            self.records.remove(chosen[0])
        shown = [_shown(record, request) for record in found]
        return as_json({"data": shown, "meta": meta, "links": links}, type=_JSON)

    def _start(
        self, request: Request, chosen: list[dict[str, Any]], size: int, cursor: str | None
    ) -> tuple[int, int]:
        if cursor is None:
            page = max(request.number("page[number]", 1), 1)
            page = min(page, max(10_000 // size, 1)) if size else 1
            return page, (page - 1) * size
        if cursor in ("", "1"):
            return 1, 0
        after = urlsafe_b64decode(cursor).decode().partition(",")[2]
        places = [i for i, record in enumerate(chosen) if record["id"] == after]
        return 1, (places[0] + 1 if places else len(chosen))

    def _link(self, request: Request, changes: dict[str, str]) -> str:
        query = {name: values[0] for name, values in request.query.items()} | changes
        return f"{self.host or self.url}/dois?{urlencode(query)}"


_JSON = "application/json; charset=utf-8"


def _matches(record: dict[str, Any], request: Request) -> bool:
    for parameter, name in _ALIKE.items():
        wanted = request.one(parameter)
        related = record.get("relationships", {}).get(name) or {"data": {"id": None}}
        if wanted and related["data"]["id"] != wanted.lower():
            return False
    prefix = request.one("prefix")
    if prefix and not record["id"].startswith(f"{prefix}/"):
        return False
    query = request.one("query")
    return not query or record["id"].lower() in _dois(query)


def _dois(query: str) -> set[str]:
    """The DOIs of `doi:("a" OR "b")`, `doi:"a"` or `doi:a`; raises ValueError for other queries."""
    match = _DOI_QUERY.fullmatch(query)
    if match is None:
        raise ValueError(query)
    if match["one"] is not None:
        bare = _QUOTED.fullmatch(match["one"])
        # Unquoted, the slash would begin a regular expression of the query language.
        if bare is None and re.search(r"(?<!\\)/", match["one"]):
            raise ValueError(query)
        text = bare[1] if bare else match["one"]
        return {_unescaped(text)}
    left = _QUOTED.sub("", match["many"])
    if set(left.split()) - {"OR"}:
        raise ValueError(query)
    return {_unescaped(text) for text in _QUOTED.findall(match["many"])}


def _unescaped(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text).lower()


def _shown(record: dict[str, Any], request: Request) -> dict[str, Any]:
    """A record as the parameters `publisher` and `affiliation` ask for it."""
    attributes = dict(record["attributes"])
    if request.one("publisher") == "true" and isinstance(attributes.get("publisher"), str):
        attributes["publisher"] = {"name": attributes["publisher"]}
    if request.one("affiliation") == "true":
        for role in ("creators", "contributors"):
            attributes[role] = [
                {**person, "affiliation": [{"name": a} for a in person.get("affiliation") or []]}
                for person in attributes.get(role) or []
            ]
    return {**record, "attributes": attributes}


def _cursor(identifier: str) -> str:
    return urlsafe_b64encode(f"0,{identifier}".encode()).decode()


def _error(status: int, title: str) -> Reply:
    return as_json({"errors": [{"status": str(status), "title": title}]}, status, type=_JSON)
