"""Parts of a remote file by byte ranges (RFC 9110 §14), such that parts of two files never mix.

A server may ignore ranges and send the file whole, send less than was asked for, or hold another
file by the next request. Each is told apart here: what is returned is what lies at those bytes of
the very file that was asked for, or an error.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from harvesters.http import Answer, Client, StatusError, without_query
from schemas.errors import SourceError

_RANGE = re.compile(r"bytes (\d{1,18})-(\d{1,18})/(?:(\d{1,18})|\*)", re.ASCII)
_UNSATISFIED = 416


class ChangedError(SourceError):
    """The file is no longer the one of which other parts were read."""


class NoRangesError(SourceError):
    """The server sends the file from its beginning, whatever part is asked for."""


@dataclass(frozen=True, slots=True)
class Part:
    """Bytes of a file from `first`, with its size in bytes and its entity tag where told.

    ranges: False if the server ignored the range, and this is the beginning of the whole file.
    """

    body: bytes
    first: int
    size: int | None
    etag: str | None
    ranges: bool = True


def read(client: Client, url: str, first: int, last: int, etag: str | None = None) -> Part:
    """The bytes `first` to `last` (included), fewer at the end of the file or where less came.

    etag: the entity tag of the file of which other parts were read already. At least one byte
    comes, unless the file is empty.

    Raises:
        ChangedError: if the file is another one by now.
        NoRangesError: if its beginning came where a later part was asked for.
        StatusError: for a status that is no success.
        SourceError: if what came is not the part that was asked for.
    """
    where = without_query(url)
    headers = {"Range": f"bytes={first}-{last}", "Accept-Encoding": "identity"}
    if etag is not None and not etag.startswith("W/"):
        headers["If-Range"] = etag
    length = last - first + 1
    try:
        # A server that knows no ranges would send gigabytes: what comes is cut.
        answer = client.get(url, headers=headers, accept="*/*", cap=length, cut=True, keep=False)
    except StatusError as error:
        if error.status == _UNSATISFIED and first == 0:
            return Part(b"", 0, 0, etag)
        raise
    told = answer.headers.get("etag")
    if etag is not None and told not in (None, etag):
        raise ChangedError("the object changed while it was read", where=where)
    if answer.headers.get("content-encoding", "identity") != "identity":
        raise SourceError("a part of a file that is packed on the way", where=where)
    if answer.status != 206:
        if first:
            raise NoRangesError("the server sends the file whole, not the part", where=where)
        return Part(answer.body, 0, _size(answer, length), told, False)
    found = _RANGE.fullmatch(answer.headers.get("content-range", ""))
    if found is None:
        raise SourceError("not the part that was asked for", where=where)
    start, end, size = int(found[1]), int(found[2]), int(found[3]) if found[3] else None
    if start != first or not first <= end <= last or (size is not None and end >= size):
        raise SourceError("not the part that was asked for", where=where)
    if len(answer.body) != end - start + 1:
        raise SourceError(f"{len(answer.body):,} bytes of {end - start + 1:,}", where=where)
    return Part(answer.body, first, size, told)


def _size(answer: Answer, asked: int) -> int | None:
    """The size of a file that came whole, or was cut after the bytes that were asked for."""
    if len(answer.body) < asked:
        return len(answer.body)
    told = answer.headers.get("content-length", "")
    return int(told) if re.fullmatch(r"\d{1,18}", told, re.ASCII) else None
