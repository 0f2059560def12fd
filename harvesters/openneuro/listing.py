"""Which datasets OpenNeuro lists, and what tells that one of them changed.

Pages go by offset, so a dataset that comes or goes meanwhile shifts the rows: one may be met twice
and another not at all. The list is walked again if its total changed on the way, or if it fell
short of that. A row whose dataset is broken comes back as null: such a page is asked for again
without anything that can break.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeGuard

from harvesters.openneuro.queries import IDS, LISTED, PAGE
from harvesters.openneuro.talk import Talk
from schemas.errors import SourceError

WALKS = 3

Key = tuple[Any, Any, bool]


@dataclass(frozen=True, slots=True)
class Row:
    """What the list says of a dataset. key: tag, commit, if deprecated; None if it did not say."""

    published: str | None
    key: Key | None

    def known(self) -> dict[str, Any]:
        """What is kept of a dataset of which nothing else could be read."""
        tag, hexsha, _ = self.key or (None, None, False)
        return {"publishDate": self.published, "tag": tag, "hexsha": hexsha}


@dataclass(slots=True)
class Listing:
    """The datasets by id, in the list's order; the total that the repository states."""

    rows: dict[str, Row] = field(default_factory=dict)
    stated: int | None = None
    version: str | None = None


def listing(talk: Talk, say: Callable[[str], None]) -> Listing:
    """Walk the whole list, up to `WALKS` times until it held still and has the total it states.

    Raises:
        SourceError: if a page cannot be had, the pages lead nowhere, or no dataset is listed.
    """
    found = Listing()
    for _ in range(WALKS):
        totals = _walk(talk, found)
        found.stated = totals[-1] if totals else None
        short = found.stated is not None and len(found.rows) < found.stated
        if not short and len(set(totals)) <= 1:
            break
        say(f"{len(found.rows):,} datasets listed of {found.stated:,} stated, while it changed")
    if not found.rows:
        raise SourceError("the repository lists no dataset", where=talk.address)
    return found


def _walk(talk: Talk, found: Listing) -> list[int]:
    """Read every page into `found`; the total that each page stated."""
    totals: list[int] = []
    ahead: list[str | None] = [None]
    asked: set[str | None] = set()
    while True:
        asked.update(ahead)
        end: dict[str, Any] | None = None
        for page in talk.many(lambda after: _whole_page(talk, found, after), ahead):
            if page is None:  # what the server says where there is no row
                end = None
                continue
            for node in page.nodes:
                _add(found, node)
            end = page.info
            if isinstance(end.get("count"), int):
                totals.append(end["count"])
        if end is None or not end.get("hasNextPage"):
            return totals
        after = end.get("endCursor")
        if not isinstance(after, str) or after in asked:
            raise SourceError("the list of datasets leads nowhere", where=talk.address)
        ahead = _foreseen(after, totals)


def _foreseen(after: str, totals: list[int]) -> list[str | None]:
    """The cursors from `after` on, if it is an offset as we know them; else only `after`."""
    places = range(PAGE, totals[-1] if totals else 0, PAGE)
    cursors: list[str | None] = [b64encode(b'{"offset":%d}' % place).decode() for place in places]
    return cursors[cursors.index(after) :] if after in cursors else [after]


@dataclass(frozen=True, slots=True)
class _Page:
    nodes: list[dict[str, Any] | None]
    info: dict[str, Any]


def _whole_page(talk: Talk, found: Listing, after: str | None) -> _Page | None:
    page = _page(talk, LISTED, after, found)
    if page is None:
        return None
    nodes = _nodes(page)
    if None in nodes:
        nodes += _nodes(_page(talk, IDS, after, found) or {})
    return _Page(nodes, page.get("pageInfo") or {})


def _page(talk: Talk, query: str, after: str | None, found: Listing) -> dict[str, Any] | None:
    told = talk.ask(query, {"first": PAGE, "after": after}, root="datasets")
    found.version = told.version or found.version
    page = told.data.get("datasets")
    if page is None or _is_page(page):
        return page
    raise SourceError("the list of datasets has another shape", where=talk.address)


def _is_page(page: Any) -> TypeGuard[dict[str, Any]]:
    return (
        isinstance(page, dict)
        and isinstance(page.get("edges") or [], list)
        and isinstance(page.get("pageInfo") or {}, dict)
    )


def _nodes(page: dict[str, Any]) -> list[dict[str, Any] | None]:
    edges = page.get("edges")
    nodes = [edge.get("node") if isinstance(edge, dict) else None for edge in edges or ()]
    return [
        node if isinstance(node, dict) and isinstance(node.get("id"), str) else None
        for node in nodes
    ]


def _add(found: Listing, node: dict[str, Any] | None) -> None:
    """Keep a row; one that says less never replaces one that says more."""
    if node is None:
        return
    snapshot = node.get("latestSnapshot")
    key = None
    if isinstance(snapshot, dict) and snapshot.get("hexsha"):
        key = snapshot.get("tag"), snapshot["hexsha"], bool(snapshot.get("deprecated"))
    if key is not None or node["id"] not in found.rows:
        found.rows[node["id"]] = Row(node.get("publishDate"), key)
