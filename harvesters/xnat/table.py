"""XNAT's tables as rows: how its REST API writes a list, and how one is read whole.

A list is `{"ResultSet": {"Result": [row, …], "totalRecords": "12"}}`. Every value is a string and
an absent one is "". The case of a key depends on which part of the server answered ("ID" or "id"),
and a column without a short name comes back as its path in the data model
("xnat:imagescandata/id"), so keys are compared without case. `totalRecords` is a string, a number,
or left out when the server thinks it was asked for a page. Lists are never paged here: XNAT puts
LIMIT on a query without an order and takes out what we may not see afterwards, so a short page, or
an empty one, says nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harvesters.http import Answer, Client, StatusError, without_query
from schemas.errors import SourceError

Row = dict[str, str | None]
"""Keys in lower case; None where XNAT wrote nothing."""

FORBIDDEN = 403
_ASKS_WHO = 401


def read(client: Client, url: str, *, keep: bool = True, **asked: str) -> list[Row]:
    """Every row of the list at `url`. `asked` are XNAT's query parameters.

    keep: False for rows about people, which must not lie in the store of answers.

    A list that is no list, or has other rows than it states, is asked for once more.

    Raises:
        StatusError: as the server refused, but for a login.
        SourceError: if the list cannot be had whole, or only after a login.
    """
    answer = ask(client, url, keep=keep, format="json", **asked)
    try:
        return _rows(answer)
    except SourceError:
        pass
    try:
        return _rows(ask(client, url, keep=keep, format="json", **asked))
    except SourceError as error:
        if error.do is None and "HTML" in error.what:
            error.do = login(client)
        raise


def ask(
    client: Client, url: str, accept: str = "application/json", *, keep: bool = True, **asked: str
) -> Answer:
    """What the server answers, where a demand for a login is told from other refusals.

    Raises:
        SourceError: if it wants a login, or does not answer.
    """
    try:
        return client.get(url, params=asked, accept=accept, keep=keep)
    except StatusError as error:
        if error.status == _ASKS_WHO:
            raise SourceError(
                "the host answers only after a login", where=without_query(url), do=login(client)
            ) from error
        raise


def login(client: Client) -> str:
    """What to do about a host that wants a login."""
    name = f"FAIRSCAN_{client.source.key.upper()}"
    return f"Set {name}_USER and {name}_PASSWORD, or leave the source out"


def number(text: str | None) -> int | None:
    """A whole number that is not negative, None for anything else."""
    return int(text) if text is not None and text.isdecimal() and text.isascii() else None


def _rows(answer: Answer) -> list[Row]:
    where = without_query(answer.url)
    found = answer.json()
    try:
        result = found["ResultSet"]["Result"]
        stated = found["ResultSet"].get("totalRecords")
        rows = [_row(row) for row in result]
    except (TypeError, KeyError, AttributeError) as error:
        raise SourceError("not a table of XNAT's", where=where) from error
    total = number(str(stated))
    if total is not None and total != len(rows):
        raise SourceError(f"{len(rows):,} rows came of {total:,} that it states", where=where)
    return rows


def _row(row: Mapping[str, Any]) -> Row:
    return {
        key.casefold(): None if value is None else str(value).strip() or None
        for key, value in row.items()
    }
