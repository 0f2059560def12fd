"""A public bucket of S3, read without keys: its list of objects, and ranges of their bytes.

ListObjectsV2 gives up to a thousand names a page and a token for the next one. The address is that
of the endpoint with the bucket as its first part ("path style").
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple
from urllib.parse import quote
from xml.etree import ElementTree

from harvesters.http import Client
from schemas.errors import SourceError

_PAGE = 1000
_PAGES = 50
_CAP = 4 * 1024 * 1024
_NAMESPACE = "{http://s3.amazonaws.com/doc/2006-03-01/}"
_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+)")


class Item(NamedTuple):
    """An object: its key, its size in bytes, its entity tag, and when it was written."""

    key: str
    size: int
    etag: str
    modified: str


def top(client: Client, bucket: str) -> tuple[list[Item], list[str]]:
    """The objects at the top of the bucket at the address `bucket`, and its folders ("x/").

    Raises:
        SourceError: if the list does not come whole.
    """
    items: dict[str, Item] = {}
    folders: dict[str, None] = {}
    token: str | None = None
    tokens: set[str] = set()
    for _ in range(_PAGES):
        params = {"list-type": "2", "delimiter": "/", "max-keys": str(_PAGE)}
        if token:
            params["continuation-token"] = token
        page = _listed(client, bucket, params)
        found = [_item(one, bucket) for one in page.findall("Contents")]
        inner = [_text(one, "Prefix", bucket) for one in page.findall("CommonPrefixes")]
        if _number(page, "KeyCount", bucket) != len(found) + len(inner):
            raise SourceError("a page that counts more names than it has", where=bucket)
        items |= {one.key: one for one in found}
        folders |= dict.fromkeys(inner)
        if _text(page, "IsTruncated", bucket) == "false":
            return list(items.values()), list(folders)
        token = _text(page, "NextContinuationToken", bucket)
        if token in tokens:
            raise SourceError("a list that comes back to the same page", where=bucket)
        tokens.add(token)
    raise SourceError(f"no end after {_PAGES} pages", where=bucket)


def part(client: Client, bucket: str, item: Item, start: int, length: int) -> bytes:
    """`length` bytes of an object from `start`, fewer only at its end.

    Raises:
        SourceError: if anything else came, or the object is no longer the same.
    """
    where = f"{bucket}/{quote(item.key)}"
    last = min(start + length, item.size) - 1
    headers = {"Range": f"bytes={start}-{last}", "Accept-Encoding": "identity"}
    # A server that knows no ranges would send gigabytes: what comes is cut, and looked at then.
    answer = client.get(
        where, headers=headers, accept="*/*", cap=last - start + 1, cut=True, keep=False
    )
    told = _RANGE.fullmatch(answer.headers.get("content-range", ""))
    asked = (start, last, item.size)
    if answer.status != 206 or told is None or tuple(map(int, told.groups())) != asked:
        raise SourceError("not the part that was asked for", where=where)
    if answer.headers.get("etag") not in (None, item.etag):
        raise SourceError("the object changed while it was read", where=where)
    if len(answer.body) != last - start + 1:
        raise SourceError(f"{len(answer.body):,} bytes of {last - start + 1:,}", where=where)
    return answer.body


def whole(client: Client, bucket: str, key: str, cap: int) -> bytes:
    """A small object, whole.

    Raises:
        StatusError: if there is none, or it is not for guests (403 or 404).
    """
    return client.get(f"{bucket}/{quote(key)}", accept="*/*", cap=cap, keep=False).body


class _Builder(ElementTree.TreeBuilder):
    """An answer has no document type; with one come entities, which can make a giant."""

    def doctype(self, *_: Any) -> None:
        raise ValueError("a document type")


def _listed(client: Client, bucket: str, params: dict[str, str]) -> ElementTree.Element:
    body = client.get(bucket, params=params, accept="application/xml", cap=_CAP, keep=False).body
    parser = ElementTree.XMLParser(target=_Builder())
    try:
        parser.feed(body)
        page: ElementTree.Element = parser.close()
    except (ElementTree.ParseError, ValueError) as error:
        raise SourceError("a list that is no XML", where=bucket) from error
    for element in page.iter():
        element.tag = element.tag.removeprefix(_NAMESPACE)
    if page.tag != "ListBucketResult":
        raise SourceError("an answer that is no list of objects", where=bucket)
    return page


def _item(element: ElementTree.Element, bucket: str) -> Item:
    return Item(
        _text(element, "Key", bucket),
        _number(element, "Size", bucket),
        _text(element, "ETag", bucket),
        _text(element, "LastModified", bucket),
    )


def _text(element: ElementTree.Element, name: str, bucket: str) -> str:
    text = element.findtext(name)
    if not text:
        raise SourceError(f"a list without {name}", where=bucket)
    return text


def _number(element: ElementTree.Element, name: str, bucket: str) -> int:
    text = _text(element, name, bucket)
    if not re.fullmatch(r"\d{1,18}", text, re.ASCII):
        raise SourceError(f"{name} is no number", where=bucket)
    return int(text)
