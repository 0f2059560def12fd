"""A loopback server that speaks a repository's protocol, and its faults at the wire.

An emulator is a subclass that answers requests; what goes wrong on the way (a refusal, a body cut
short, a page of HTML) is switched on from outside with `Fault`, so that no emulator knows of it.
"""

from __future__ import annotations

import gzip
import json
import socket
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

LOGIN_PAGE = (
    b"<!DOCTYPE html><html><head><title>Log in</title></head><body>Please log in</body></html>"
)
CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Request:
    """What a client asked. `query` has every value of each parameter, in order.

    target: the path with the query, as sent.
    """

    method: str
    target: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: bytes

    def one(self, name: str, default: str | None = None) -> str | None:
        """The first value of a parameter."""
        return self.query.get(name, [default])[0]  # type: ignore[list-item]

    def number(self, name: str, default: int) -> int:
        """A parameter as a whole number, `default` if it is absent or is none."""
        try:
            return int(self.one(name) or "")
        except ValueError:
            return default


@dataclass(frozen=True, slots=True)
class Reply:
    """What an emulator answers. `etag`: also answer a matching If-None-Match with 304."""

    body: bytes = b""
    status: int = 200
    type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)
    etag: str | None = None


def as_json(value: Any, status: int = 200, **more: Any) -> Reply:
    """A JSON answer."""
    return Reply(json.dumps(value, ensure_ascii=False).encode(), status, **more)


@dataclass
class Fault:
    """Something that goes wrong for requests whose path (with query) contains `at`.

    kind: status (answer `value`) · retry_after (429, Retry-After `value` seconds) · slow (a byte
    at a time, `value` seconds apart) · cut (Content-Length promises all, half arrives) · html
    (a login page, status 200) · wrong_type (the true body as text/plain) · empty (200, no body) ·
    redirect (302 to `value`) · huge (`value` bytes of JSON text, streamed) · replace (answer the
    Reply `value`) · reset (the connection is closed before any answer).
    times: how often, None for always. skip: how many matching requests pass before it begins.
    """

    kind: str
    at: str = ""
    value: Any = None
    times: int | None = None
    skip: int = 0
    met: int = 0

    def strikes(self, target: str) -> bool:
        """Whether this request is hit; counts it if it could be."""
        if self.at not in target:
            return False
        self.met += 1
        return self.met > self.skip and (self.times is None or self.met <= self.skip + self.times)


class Emulator(ABC):
    """Serves `answer` on 127.0.0.1 while entered.

    log: every request, in order of arrival. moments: when each came (`time.monotonic`).
    """

    def __init__(self) -> None:
        self.log: list[Request] = []
        self.moments: list[float] = []
        self.faults: list[Fault] = []
        self.latency = 0.0
        self.sent = 0
        self.busiest = 0
        self._now = 0
        self._lock = threading.Lock()
        self._server: ThreadingHTTPServer | None = None

    @abstractmethod
    def answer(self, request: Request) -> Reply:
        """The repository's answer; runs in several threads at once."""

    def fail(self, kind: str, at: str = "", value: Any = None, **more: Any) -> Fault:
        """Switch a fault on; returns it."""
        fault = Fault(kind, at, value, **more)
        self.faults.append(fault)
        return fault

    def forget(self) -> None:
        """Switch every fault off and clear the log."""
        self.faults.clear()
        self.log.clear()
        self.moments.clear()
        self.sent = self.busiest = 0

    @property
    def url(self) -> str:
        """Its address, without a slash at the end."""
        assert self._server is not None, "it is not running"
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def asked(self, part: str = "") -> list[str]:
        """The targets of the requests whose target contains `part`, in order."""
        return [request.target for request in self.log if part in request.target]

    def __enter__(self) -> Self:
        emulator = self

        class Handler(_Handler):
            served = emulator

        self._server = _Server(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.shutdown()
        self._server.server_close()

    @contextmanager
    def _counted(self) -> Iterator[None]:
        with self._lock:
            self._now += 1
            self.busiest = max(self.busiest, self._now)
        try:
            yield
        finally:
            with self._lock:
                self._now -= 1

    def _struck(self, target: str) -> Fault | None:
        with self._lock:
            return next((fault for fault in self.faults if fault.strikes(target)), None)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, *_: Any) -> None:
        """A client that goes away is no fault of the server."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # head and body leave in one write
    served: Emulator

    def log_message(self, *_: Any) -> None:
        """Quiet: the emulator has its own log."""

    def _serve(self) -> None:
        split = urlsplit(self.path)
        length = int(self.headers.get("Content-Length") or 0)
        request = Request(
            self.command,
            self.path,
            split.path,
            parse_qs(split.query, keep_blank_values=True),
            {name.lower(): value for name, value in self.headers.items()},
            self.rfile.read(length),
        )
        emulator = self.served
        with emulator._counted():
            emulator.moments.append(time.monotonic())
            emulator.log.append(request)
            if emulator.latency:
                time.sleep(emulator.latency)
            fault = emulator._struck(self.path)
            with suppress(ConnectionError):
                if fault is None:
                    self._send(request, emulator.answer(request))
                else:
                    getattr(self, f"_{fault.kind}")(request, fault.value)

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = _serve  # noqa: N815

    def _send(self, request: Request, reply: Reply) -> None:
        headers = {"Content-Type": reply.type, **reply.headers}
        body, status = reply.body, reply.status
        if reply.etag is not None:
            headers["ETag"] = reply.etag
            if request.headers.get("if-none-match") == reply.etag:
                body, status = b"", 304
        if "gzip" in request.headers.get("accept-encoding", "") and len(body) > 1000:
            body = gzip.compress(body, 1)
            headers["Content-Encoding"] = "gzip"
        self._head(status, {**headers, "Content-Length": str(len(body))})
        if request.method != "HEAD":
            self._write(body)

    def _head(self, status: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def _write(self, body: bytes) -> None:
        self.served.sent += len(body)  # before it leaves: who has it may ask for the count
        self.wfile.write(body)
        self.wfile.flush()

    def _end(self) -> None:
        self.close_connection = True
        with suppress(OSError):
            self.wfile.flush()
            self.connection.shutdown(socket.SHUT_RDWR)

    # The faults, by the name of their kind.

    def _status(self, request: Request, value: int) -> None:
        self._send(request, Reply(b"upstream error", value, "text/plain"))

    def _retry_after(self, request: Request, value: float) -> None:
        self._send(request, Reply(b"", 429, headers={"Retry-After": str(value)}))

    def _slow(self, request: Request, value: float) -> None:
        reply = self.served.answer(request)
        self._head(200, {"Content-Type": reply.type, "Content-Length": str(len(reply.body))})
        for place in range(len(reply.body)):
            self._write(reply.body[place : place + 1])
            time.sleep(value)

    def _cut(self, request: Request, _: Any) -> None:
        reply = self.served.answer(request)
        self._head(200, {"Content-Type": reply.type, "Content-Length": str(len(reply.body))})
        self._write(reply.body[: len(reply.body) // 2])
        self._end()

    def _html(self, request: Request, _: Any) -> None:
        self._send(request, Reply(LOGIN_PAGE, 200, "text/html; charset=utf-8"))

    def _wrong_type(self, request: Request, _: Any) -> None:
        self._send(request, Reply(self.served.answer(request).body, 200, "text/plain"))

    def _empty(self, request: Request, _: Any) -> None:
        self._send(request, Reply())

    def _redirect(self, request: Request, value: str) -> None:
        self._send(request, Reply(status=302, headers={"Location": value}))

    def _huge(self, _: Request, value: int) -> None:
        self._head(200, {"Content-Type": "application/json", "Content-Length": str(value)})
        self._write(b'["')
        for _start in range(0, value - 4, CHUNK):
            self._write(b"x" * CHUNK)
        self._end()

    def _replace(self, request: Request, value: Reply | Callable[[Request], Reply]) -> None:
        self._send(request, value(request) if callable(value) else value)

    def _reset(self, _: Request, __: Any) -> None:
        self._end()
