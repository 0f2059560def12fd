"""A public object store as guests see it: lists of names, ranges, entity tags, and its faults.

It answers ListObjectsV2 and ranged GETs after Amazon's documentation of S3, with the bucket in the
path or in the name of the host, and honours If-Range as RFC 9110 section 13.1.5 has it. What it
holds is given as bytes; DICOM files come from those that pydicom ships for testing.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote
from xml.sax.saxutils import escape

from tests.emulators.server import Emulator, Reply, Request

WRITTEN = "2026-02-03T04:05:06.000Z"
_XML = '<?xml version="1.0" encoding="UTF-8"?>\n'
_NAMESPACE = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'
_RANGE = re.compile(r"bytes=(\d+)-(\d*)")
_TOKEN = "page-after:"


def etag(body: bytes) -> str:
    """The entity tag of an object that was written at once."""
    return f'"{hashlib.md5(body).hexdigest()}"'


@dataclass
class Habits:
    """What a store does otherwise than it should. `changes`: an object is another one by the

    second request for it. Others hold how a part is answered.
    """

    ignores_ranges: bool = False
    tells_etag: bool = True
    changes: bool = False
    most: int | None = None
    """Bytes that one answer has, fewer than are asked for."""
    shifted: int = 0
    """Bytes by which Content-Range is wrong."""
    short: bool = False
    """The body of a part lacks its last byte, and Content-Length says so."""


@dataclass
class ObjectStore(Emulator):
    """Buckets of objects by key. page: names on one page of a list; region: where they lie."""

    buckets: dict[str, dict[str, bytes]] = field(default_factory=dict)
    closed: set[str] = field(default_factory=set)
    page: int = 1000
    habits: Habits = field(default_factory=Habits)

    def __post_init__(self) -> None:
        super().__init__()
        self._met: dict[str, int] = {}

    def forget(self) -> None:
        """Switch every fault and habit off and clear the log."""
        super().forget()
        self.habits = Habits()
        self.page = 1000
        self.closed = set()
        self._met = {}

    def answer(self, request: Request) -> Reply:
        """A page of a list, or an object, or a part of one."""
        name, key = self._named(request)
        objects = self.buckets.get(name)
        if objects is None:
            return _refused(404, "NoSuchBucket")
        if name in self.closed:
            return _refused(403, "AccessDenied")
        if not key:
            return self._listed(name, objects, request)
        if key not in objects:
            return _refused(404, "NoSuchKey")
        return self._part(key, objects[key], request.headers)

    def _named(self, request: Request) -> tuple[str, str]:
        path = unquote(request.path).lstrip("/")
        host = request.headers.get("host", "").partition(":")[0]
        if host.endswith(".localhost"):
            return host.removesuffix(".localhost"), path
        name, _, key = path.partition("/")
        return name, key

    def _part(self, key: str, body: bytes, headers: dict[str, str]) -> Reply:
        with self._lock:
            self._met[key] = self._met.get(key, 0) + 1
        if self.habits.changes and self._met[key] > 1:
            body = bytes(255 - one for one in body)
        told = {"Accept-Ranges": "bytes", "Last-Modified": WRITTEN}
        if self.habits.tells_etag:
            told["ETag"] = etag(body)
        asked = _RANGE.fullmatch(headers.get("range", ""))
        same = headers.get("if-range") in (None, etag(body))
        if asked is None or self.habits.ignores_ranges or not same:
            return Reply(body, 200, "binary/octet-stream", told)
        start = int(asked[1])
        if start >= len(body):
            told["Content-Range"] = f"bytes */{len(body)}"
            return Reply(_error("InvalidRange"), 416, "application/xml", told)
        end = min(int(asked[2] or len(body)), len(body) - 1) + 1
        if self.habits.most is not None:
            end = min(end, start + self.habits.most)
        shift = self.habits.shifted
        told["Content-Range"] = f"bytes {start + shift}-{end - 1 + shift}/{len(body)}"
        part = body[start : end - self.habits.short]
        return Reply(part, 206, "binary/octet-stream", told)

    def _listed(self, name: str, objects: dict[str, bytes], request: Request) -> Reply:
        prefix, delimiter = request.one("prefix", "") or "", request.one("delimiter")
        names: dict[str, bytes | None] = {}
        for key in sorted(objects):
            rest = key.removeprefix(prefix)
            if not key.startswith(prefix):
                continue
            if delimiter and delimiter in rest:
                names[prefix + rest.partition(delimiter)[0] + delimiter] = None
            else:
                names[key] = objects[key]
        after = (request.one("continuation-token") or "").removeprefix(_TOKEN)
        left = [key for key in names if key > after]
        shown = left[: min(self.page, request.number("max-keys", 1000))]
        cut = len(left) > len(shown)
        token = _element("NextContinuationToken", _TOKEN + shown[-1]) if cut and shown else ""
        contents = "".join(
            f"<Contents>{_element('Key', key)}{_element('LastModified', WRITTEN)}"
            f"{_element('ETag', etag(body))}{_element('Size', len(body))}"
            "<StorageClass>STANDARD</StorageClass></Contents>"
            for key in shown
            if (body := names[key]) is not None
        )
        folders = "".join(
            f"<CommonPrefixes>{_element('Prefix', key)}</CommonPrefixes>"
            for key in shown
            if names[key] is None
        )
        text = (
            f"{_XML}<ListBucketResult {_NAMESPACE}>{_element('Name', name)}"
            f"{_element('Prefix', prefix)}{token}{_element('KeyCount', len(shown))}"
            f"{_element('MaxKeys', request.number('max-keys', 1000))}"
            f"{_element('IsTruncated', str(cut and bool(shown)).lower())}{contents}{folders}"
            "</ListBucketResult>"
        )
        return Reply(text.encode(), type="application/xml")


def _element(name: str, value: Any) -> str:
    return f"<{name}>{escape(str(value), {chr(34): '&quot;'})}</{name}>"


def _error(code: str) -> bytes:
    return f"{_XML}<Error>{_element('Code', code)}</Error>".encode()


def _refused(status: int, code: str) -> Reply:
    return Reply(_error(code), status, "application/xml")
