"""What lies between the client and the network: counting, a look at each request, and the store."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from harvesters.connector import Guard


@dataclass
class Traffic:
    """What a client has done so far. `bytes` counts bodies as they came over the wire."""

    requests: int = 0
    bytes: int = 0
    retries: int = 0
    unchanged: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def add(self, **counts: int) -> None:
        """Add to the counts."""
        with self._lock:
            for name, count in counts.items():
                setattr(self, name, getattr(self, name) + count)


class Wire(httpx.BaseTransport):
    """Counts what goes over the wire, and looks at each request before it leaves."""

    def __init__(self, inner: httpx.BaseTransport, guard: Guard, traffic: Traffic) -> None:
        self._inner, self._guard, self._traffic = inner, guard, traffic

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self._guard.look_at(request.url.scheme, request.url.host, request.url.port)
        self._traffic.add(requests=1)
        response = self._inner.handle_request(request)
        if request.headers.get("Cache-Control") == "no-store":
            response.headers["Cache-Control"] = "no-store"
        # Without a word on freshness, an answer is asked for anew each time, on condition.
        response.headers.setdefault("Cache-Control", "no-cache")
        assert isinstance(response.stream, httpx.SyncByteStream)
        return httpx.Response(
            response.status_code,
            headers=response.headers,
            stream=_Counted(response.stream, self._traffic),
            extensions=response.extensions,
        )

    def close(self) -> None:
        self._inner.close()


class _Counted(httpx.SyncByteStream):
    def __init__(self, inner: httpx.SyncByteStream, traffic: Traffic) -> None:
        self._inner, self._traffic = inner, traffic

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self._inner:
            self._traffic.add(bytes=len(chunk))
            yield chunk

    def close(self) -> None:
        self._inner.close()


def cached(wire: httpx.BaseTransport, path: Path, largest: int) -> httpx.BaseTransport:
    """`wire` with a store at `path` that keeps answers of up to `largest` bytes (RFC 9111)."""
    from hishel import CacheOptions, SqliteStorage
    from hishel.httpx import CacheTransport

    path.parent.mkdir(parents=True, exist_ok=True)
    storage = SqliteStorage(database_path=path, default_tti=90 * 86400, max_stream_size=largest)
    return CacheTransport(wire, storage, rfc=CacheOptions(shared=False))
