"""A public bucket of S3, read without keys: its list of objects, and ranges of their bytes.

ListObjectsV2 gives up to a thousand names a page and a token for the next one. A bucket is named
by its address: the endpoint with the bucket as the first part of the path, or of the host's name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import quote, urlsplit
from xml.etree import ElementTree

from harvesters import ranges
from harvesters.http import Client, StatusError
from schemas.errors import SourceError

PAGE = 1000
"""Names on one page of a list, at most."""
PAGES = 50
"""Pages of one list, at most."""
_CAP = 4 * 1024 * 1024
_NAMESPACE = "{http://s3.amazonaws.com/doc/2006-03-01/}"
_NAME = re.compile(r"(?!.*\.\.)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_REGION = re.compile(r"[a-z]{2}(-[a-z]{2,10}){1,2}-\d{1,2}")
_AMAZON = "amazonaws.com"


class Item(NamedTuple):
    """An object: its key, its size in bytes, its entity tag, and when it was written."""

    key: str
    size: int
    etag: str
    modified: str


def address(name: str, endpoint: str | None = None) -> str:
    """The address of the bucket `name` at an endpoint, or where Amazon's name service finds it.

    Raises:
        SourceError: if no bucket can have that name.
    """
    if not _NAME.fullmatch(name):
        raise SourceError("no name of a bucket", where=name[:80])
    if endpoint is not None:
        return f"{endpoint.rstrip('/')}/{name}"
    if "." in name:  # no certificate has two levels
        return f"https://s3.{_AMAZON}/{name}"
    return f"https://{name}.s3.{_AMAZON}"


def split(url: str) -> tuple[str, str]:
    """Bucket and key of an address `s3://bucket/key`.

    Raises:
        SourceError: if it is none.
    """
    scheme, _, rest = url.partition("://")
    name, _, key = rest.partition("/")
    if scheme != "s3" or not _NAME.fullmatch(name):
        raise SourceError("no address in a bucket", where=url[:200])
    return name, key


def located(client: Client, bucket: str) -> str:
    """The address at which the region of Amazon that holds the bucket answers.

    Raises:
        SourceError: if the bucket cannot be listed there.
    """
    try:
        _listed(client, bucket, {"list-type": "2", "max-keys": "0"})
    except StatusError as error:
        region = error.headers.get("x-amz-bucket-region", "")
        host = urlsplit(bucket).hostname or ""
        if error.status not in (301, 400) or not host.endswith(f".{_AMAZON}"):
            raise
        if not _REGION.fullmatch(region):
            raise
        name = urlsplit(bucket).path.strip("/") or host.partition(".s3.")[0]
        return f"https://s3.{region}.{_AMAZON}/{name}"
    return bucket


def top(client: Client, bucket: str, prefix: str = "") -> tuple[list[Item], list[str]]:
    """The objects right below `prefix` in the bucket at the address `bucket`, and folders ("x/").

    Raises:
        SourceError: if the list does not come whole.
    """
    items: dict[str, Item] = {}
    folders: dict[str, None] = {}
    asked = {"delimiter": "/"} | ({"prefix": prefix} if prefix else {})
    for page in _pages(client, bucket, asked, PAGES):
        items |= {one.key: one for one in _items(page, bucket)}
        folders |= dict.fromkeys(_folders(page, bucket))
    return list(items.values()), list(folders)


def below(client: Client, bucket: str, prefix: str, pages: int) -> tuple[list[Item], bool]:
    """The objects whose keys begin with `prefix`, and whether that is all of them.

    pages: how many pages of a thousand are read, at most.

    Raises:
        SourceError: if a page does not come whole, or has a key that was not asked for.
    """
    items: dict[str, Item] = {}
    more = True
    for page in _pages(client, bucket, {"prefix": prefix}, pages, most=pages):
        items |= {one.key: one for one in _items(page, bucket)}
        more = _text(page, "IsTruncated", bucket) != "false"
    if any(not key.startswith(prefix) for key in items):
        raise SourceError("a list of other names than were asked for", where=f"{bucket}/{prefix}")
    return list(items.values()), not more


def url(bucket: str, key: str) -> str:
    """The address of an object in the bucket at the address `bucket`."""
    return f"{bucket}/{quote(key)}"


def part(client: Client, bucket: str, item: Item, start: int, length: int) -> bytes:
    """`length` bytes of an object from `start`, fewer only at its end.

    Raises:
        SourceError: if anything else came, or the object is no longer the same.
    """
    where = url(bucket, item.key)
    last = min(start + length, item.size) - 1
    found = ranges.read(client, where, start, last, item.etag)
    if not found.ranges or found.size != item.size:
        raise SourceError("not the part that was asked for", where=where)
    if len(found.body) != last - start + 1:
        raise SourceError(f"{len(found.body):,} bytes of {last - start + 1:,}", where=where)
    return found.body


def whole(client: Client, bucket: str, key: str, cap: int) -> bytes:
    """A small object, whole.

    Raises:
        StatusError: if there is none, or it is not for guests (403 or 404).
    """
    return client.get(url(bucket, key), accept="*/*", cap=cap, keep=False).body


class _Builder(ElementTree.TreeBuilder):
    """An answer has no document type; with one come entities, which can make a giant."""

    def doctype(self, *_: Any) -> None:
        raise ValueError("a document type")


def _pages(
    client: Client, bucket: str, asked: dict[str, str], limit: int, most: int | None = None
) -> Iterator[ElementTree.Element]:
    """Page after page, to the end or to the `most`th; one without an end is an error."""
    params = {"list-type": "2", "max-keys": str(PAGE), **asked}
    tokens: set[str] = set()
    for number in range(1, limit + 1):
        page = _listed(client, bucket, params)
        yield page
        if _text(page, "IsTruncated", bucket) == "false" or number == most:
            return
        token = _text(page, "NextContinuationToken", bucket)
        if token in tokens:
            raise SourceError("a list that comes back to the same page", where=bucket)
        tokens.add(token)
        params["continuation-token"] = token
    raise SourceError(f"no end after {limit} pages", where=bucket)


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
    if _number(page, "KeyCount", bucket) != len(_items(page, bucket)) + len(_folders(page, bucket)):
        raise SourceError("a page that counts more names than it has", where=bucket)
    return page


def _items(page: ElementTree.Element, bucket: str) -> list[Item]:
    return [_item(one, bucket) for one in page.findall("Contents")]


def _folders(page: ElementTree.Element, bucket: str) -> list[str]:
    return [_text(one, "Prefix", bucket) for one in page.findall("CommonPrefixes")]


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
