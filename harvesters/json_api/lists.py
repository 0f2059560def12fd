"""Whole lists, page after page: all the rows that the repository says it has, or an error.

A link to the next page is read for its query alone: behind a mirror it names the real host.
"""

from __future__ import annotations

import csv
import io
import json
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from harvesters.http import Answer, Client, StatusError
from harvesters.json_api.paths import bare, values, within
from schemas.api import Api, Pager
from schemas.errors import SourceError

Params = dict[str, Any]
_NOT_SHOWN = frozenset({400, 401, 403, 404, 410})
"""Of one object: Girder answers 400 for an id that it does not know, and 401 for a private one."""


def whole(client: Client, api: Api, where: str, search: Params) -> tuple[int | None, list[Any]]:
    """How many rows the list at `where` states (None: it does not), and the rows.

    Raises:
        SourceError: if it cannot be read, or rows are missing after a second walk.
    """
    came = 0
    for _ in range(2):
        totals, came_in = _walk(client, api, where, search)
        # A row that comes twice, as pages shifted meanwhile, is one row.
        rows = list({json.dumps(row, sort_keys=True): row for row in came_in}.values())
        if api.total is None:
            return None, rows
        if not totals:
            raise SourceError(f"an answer without its `{api.total}`", where=where)
        ids = {str(values(row, api.id)) for row in rows}
        if len(set(totals)) == 1 and (len(ids) == totals[0] or len(rows) == totals[0]):
            return totals[0], rows
        came = len(ids)
    raise SourceError(f"{came:,} of {totals[-1]:,} rows came, twice", where=where)


def one(client: Client, where: str) -> dict[str, Any] | None:
    """A single row, None if the repository shows none at `where`.

    Raises:
        SourceError: if it cannot be read.
    """
    row = detail(client, where)
    if row is not None and not isinstance(row, dict):
        raise SourceError("an answer that is no object", where=where)
    return row


def detail(client: Client, where: str) -> Any:
    """Whatever JSON lies at `where`, None if there is nothing or it is not for us.

    Raises:
        SourceError: if it cannot be read.
    """
    try:
        return client.get(where).json()
    except StatusError as error:
        if error.status in _NOT_SHOWN:
            return None
        raise


def _walk(client: Client, api: Api, where: str, search: Params) -> tuple[list[int], list[Any]]:
    """The totals that pages state, and the rows of all pages."""
    rows: list[Any] = []
    totals: list[int] = []
    pager = api.pager
    first = {**api.params, **search}
    if pager and pager.size and pager.size_param:
        first[pager.size_param] = pager.size
    if pager and pager.kind == "page":
        first[str(pager.param)] = 1
    asked: Params | None = first
    seen: list[Params] = []
    while asked is not None:
        answer = client.get(where, params=asked)
        page, total, onward = _page(api, answer, where)
        rows += page
        totals += [] if total is None else [total]
        seen.append(asked)
        asked = _following(pager, first, len(seen), len(rows), len(page), onward)
        if asked in seen:
            raise SourceError("a page leads back to one before it", where=where)
        if asked is not None and pager and len(seen) >= pager.most:
            if api.part:
                break
            raise SourceError(f"no end after {pager.most} pages", where=where)
    return totals, rows


def _following(
    pager: Pager | None, first: Params, pages: int, rows: int, came: int, onward: str | None
) -> Params | None:
    """What the next page is asked with, None if there is none."""
    if pager is None:
        return None
    if pager.kind == "next":
        return dict(parse_qsl(urlsplit(onward).query)) if onward else None
    if pager.kind == "token":
        return {**first, str(pager.param): onward} if onward else None
    if not came or came < (pager.size or 0):
        return None
    return {**first, str(pager.param): rows if pager.kind == "offset" else pages + 1}


def _page(api: Api, answer: Answer, where: str) -> tuple[list[Any], int | None, str | None]:
    """Rows, stated total, and link or token of the next page."""
    if api.format != "json":
        return _table(api, answer, where), None, None
    told = answer.json()
    rows: Any = told
    for name in api.rows.split(".") if api.rows else ():
        rows = rows.get(name) if isinstance(rows, dict) else None
    if not isinstance(rows, list):
        raise SourceError(
            f"an answer without its list{f' `{api.rows}`' if api.rows else ''}", where=where
        )
    totals = [n for n in (values(told, api.total) if api.total else []) if type(n) is int]
    onward = values(told, api.pager.next) if api.pager and api.pager.next else []
    return (
        rows,
        totals[0] if totals else None,
        onward[0] if onward and isinstance(onward[0], str) else None,
    )


def _table(api: Api, answer: Answer, where: str) -> list[Any]:
    """The rows of a table with a header; a row of another length is not whole.

    Raises:
        SourceError: if it is no such table, or a column that is read is not in its header.
    """
    try:
        text = answer.body.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = answer.body.decode("latin-1")
    # Cells of the tab-separated table are never quoted: a quotation mark is one.
    style: dict[str, Any] = (
        {"delimiter": "\t", "quoting": csv.QUOTE_NONE} if api.format == "tsv" else {"strict": True}
    )
    try:
        header, *lines = csv.reader(io.StringIO(text, newline=""), **style)
    except (csv.Error, ValueError) as error:
        raise SourceError(f"no table: {error}", where=where) from error
    every = [*api.keep, *(keep for group in api.groups for keep in group.keep)]
    told = [bare(path) for path in api.fields.values()]
    cells = [*within(told, "rows"), *(path for path in told if "." not in path)]
    needed = {api.id, *cells, *(path for keep in every for path in keep.paths)}
    if missing := sorted(name for name in needed if header.count(name) != 1):
        raise SourceError(f"a table without {', '.join(missing)}, once each", where=where)
    lines = [line for line in lines if line]
    if any(len(line) != len(header) for line in lines):
        raise SourceError("a table with rows of another length than its header", where=where)
    return [dict(zip(header, line, strict=True)) for line in lines]
