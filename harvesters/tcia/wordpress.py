"""TCIA's Collection Manager, version 2: every page of a kind of post, or an error.

`{root}/{post}/?per_page=100&page=N&v=1` answers `{"results": […], "page": N, "total_pages": M}`;
`v=1` asks for long texts whole, `fields=` for a few fields. It states no number of records, and a
page that fails looks to careless clients like an end. So each page must hold what the others
promise, and the ids must be those of a second, small listing; else everything is read once more.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from harvesters.http import Client, without_query
from harvesters.tcia import words as tw
from schemas.errors import SourceError

POSTS = {"collections": "collection", "analysis-results": "analysis_result"}
"""Kinds of post to kinds of dataset."""
PER_PAGE = 100
_LISTED = "id,date_updated,hide_from_browse_table"
_TRIES = 2


class _MovedError(SourceError):
    """The records changed while they were being read."""


def listing(client: Client, root: str, post: str) -> dict[int, str]:
    """Every record's id, and what little of it tells of changes: its day and whether it is hidden.

    Raises:
        SourceError: if it cannot be had whole.
    """
    for last in (False, True):
        try:
            rows = _pages(client, root, post, {"fields": _LISTED})
            return {_listed(row, root): _told(row) for row in rows}
        except _MovedError:
            if last:
                raise
    raise AssertionError("unreachable")


def read(client: Client, root: str, post: str) -> list[Any]:
    """Every record of a kind of post, each once.

    Raises:
        SourceError: if a page cannot be had, or if the records twice differ from the listing.
    """
    told = ""
    for _ in range(_TRIES):
        try:
            rows = list(_pages(client, root, post, {"v": "1"}))
        except _MovedError as error:
            told = error.what
            continue
        stated = set(listing(client, root, post))
        unique = {found: row for row in rows if (found := _id(row)) is not None}
        if set(unique) == stated:
            # A row that is no record goes on to say so itself.
            return [*unique.values(), *(row for row in rows if _id(row) is None)]
        told = f"{len(set(unique) & stated):,} of {len(stated):,} records came"
    raise SourceError(f"{post} changed while they were read: {told}", where=root)


def asks(root: str, post: str) -> list[str]:
    """What reading a kind of post asks for."""
    address = f"GET {root}/{post}/?per_page={PER_PAGE}&page=1…"
    return [f"{address}&v=1", f"{address}&fields={_LISTED}"]


def _pages(client: Client, root: str, post: str, more: Mapping[str, str]) -> Iterator[Any]:
    """The results of every page, in order.

    Raises:
        _MovedError: if the pages do not fit together.
        SourceError: if a page cannot be had, or is none.
    """

    def page(number: int) -> tuple[int, list[Any]]:
        answer = client.get(
            f"{root}/{post}/", params={"per_page": PER_PAGE, "page": number, **more}
        )
        found = answer.json()
        results = found.get("results") if isinstance(found, dict) else None
        if not isinstance(results, list) or not isinstance(found.get("total_pages"), int):
            raise SourceError("not a page of records", where=without_query(answer.url))
        if found.get("page", number) != number:
            raise _MovedError(f"page {found['page']} came for page {number}", where=root)
        return found["total_pages"], results

    total, results = page(1)
    yield from results
    whole = len(results)
    for number, (stated, rows) in enumerate(client.many(page, range(2, total + 1)), start=2):
        if stated != total:
            raise _MovedError(f"{total} pages became {stated}", where=root)
        if not rows or (number < total and len(rows) != whole):
            raise _MovedError(f"page {number} of {total} holds {len(rows)} records", where=root)
        yield from rows


def _id(row: Any) -> int | None:
    return tw.number(row.get("id")) if isinstance(row, dict) else None


def _listed(row: Any, root: str) -> int:
    found = _id(row)
    if found is None:
        raise SourceError("a listing without ids", where=root)
    return found


def _told(row: dict[str, Any]) -> str:
    return f"{row.get('date_updated')} {row.get('hide_from_browse_table')}"
