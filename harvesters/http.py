"""The one polite client: every connection for metadata is opened here, and nowhere else.

What it keeps to: a rate and a number of requests at once for each host, answers kept and asked for
again on condition (RFC 9111, by hishel), retries with jitter that honour `Retry-After` (stamina),
time-outs, a cap on the size of an answer, and no way to a private address that nobody named.
Another HTTP library would change this file and `connector.py` alone.
"""

from __future__ import annotations

import json
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urljoin, urlsplit

import httpx
import stamina

from harvesters.connector import Guard, NoSuchNameError, guarded_transport
from harvesters.credentials import credentials
from harvesters.gate import Gate
from harvesters.wire import Traffic, Wire, cached
from schemas.errors import SourceError, UsageError
from schemas.source import Source

T = TypeVar("T")
R = TypeVar("R")

stamina.instrumentation.set_on_retry_hooks(())  # retries are counted, not logged

CAP = 64 * 1024 * 1024
"""Bytes of one answer, unpacked, at most."""
ATTEMPTS = 5
LONGEST_WAIT = 120.0
"""A server that asks for a longer pause (seconds) is left for the next run."""
TRANSIENT = frozenset({408, 429, 500, 502, 503, 504, 507, 522, 524})
_REDIRECTS = 5
_TIMEOUT = httpx.Timeout(60.0, connect=15.0)
TOTAL = 300.0
"""Seconds that one answer may take from the request to its last byte."""


class StatusError(SourceError):
    """A server answered with a status that is no success; `status` is that code."""

    def __init__(
        self, status: int, what: str, *, where: str, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(what, where=where)
        self.status = status
        self.headers = headers or {}


class NoSuchHostError(SourceError):
    """The name service knows no host of that name, while it knows others."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer. `kept`: it came from our store, because the server said "not modified".

    hops: the status and the target of each redirect on the way.
    """

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes
    kept: bool = False
    hops: tuple[tuple[int, str], ...] = ()

    def json(self) -> Any:
        """The body as JSON, whatever its Content-Type says.

        Raises:
            SourceError: if it is none: a login page, a proxy's page, or cut short.
        """
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError) as error:
            raise SourceError(
                f"not JSON but {_looks_like(self.body)}", where=without_query(self.url)
            ) from error

    def text(self) -> str:
        """The body as UTF-8 text; what is no UTF-8 is replaced."""
        return self.body.decode("utf-8", "replace")


class Client:
    """Asks the hosts of one source; methods may be called from several threads.

    cache: the file in which answers are kept between runs, None to keep none. Nothing is kept of
    a source that is read with credentials, and they go to the origin of its `base_url` alone.
    """

    def __init__(
        self,
        source: Source,
        cache: Path | None = None,
        *,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self.source = source
        self.traffic = Traffic()
        self._gates: dict[str, Gate] = {}
        self._lock = threading.Lock()
        self._credentials = credentials(source.key)
        self._named = [
            origin(address)
            for address in (source.base_url, *source.services.values())
            if address and "://" in address
        ]
        self._trusted = origin(source.base_url) if self._named and source.base_url else None
        guard = Guard(set(self._named))
        wire = Wire(transport or guarded_transport(guard), guard, self.traffic)
        store = None if self._credentials else cache
        self._client = httpx.Client(
            transport=cached(wire, store, CAP) if store else wire,
            headers={"User-Agent": user_agent(), "Accept-Encoding": "gzip, deflate"},
            timeout=_TIMEOUT,
            follow_redirects=False,
        )

    def get(
        self,
        url: str,
        *,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        accept: str = "application/json",
        cap: int = CAP,
        cut: bool = False,
        keep: bool = True,
    ) -> Answer:
        """GET `url`; answers with status 200 to 299 come back whole.

        cut: True to be content with the first `cap` bytes of a longer answer.
        keep: False for an answer that must not be stored, as it holds what we drop.

        Raises:
            NoSuchHostError: if no host has that name.
            StatusError: for any other status that stays after the retries.
            SourceError: if it cannot be had whole, or may not be asked for.
        """
        # The store is never believed without asking: it answers only what is "not modified".
        fresh = {"Accept": accept, "Cache-Control": "no-cache" if keep else "no-store"}
        asked = {**fresh, **(headers or {})}
        return self._ask("GET", url, cap, cut=cut, params=params, headers=asked)

    def post(
        self,
        url: str,
        *,
        json: Any = None,
        data: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        accept: str = "application/json",
        cap: int = CAP,
    ) -> Answer:
        """POST a question (JSON or a form) that changes nothing, so that it may be repeated.

        Raises: as `get`.
        """
        return self._ask(
            "POST", url, cap, json=json, data=data, headers={"Accept": accept, **(headers or {})}
        )

    def many(self, work: Callable[[T], R], items: Iterable[T]) -> Generator[R]:
        """`work` of each item, as many at once as the source allows, in the items' order.

        Takes items as it goes: memory does not grow with their number. The first error ends it.
        """
        ahead = self.source.concurrency * 2
        with ThreadPoolExecutor(self.source.concurrency) as pool:
            waiting: deque[Future[R]] = deque()
            try:
                for item in items:
                    waiting.append(pool.submit(work, item))
                    if len(waiting) >= ahead:
                        yield waiting.popleft().result()
                while waiting:
                    yield waiting.popleft().result()
            finally:
                for future in waiting:
                    future.cancel()

    def close(self) -> None:
        """Close every connection; a client that is forgotten does so by itself."""
        self._client.close()

    def __del__(self) -> None:
        if "_client" in self.__dict__:
            self._client.close()

    def _ask(self, method: str, url: str, cap: int, **more: Any) -> Answer:
        attempts = 0
        for attempt in stamina.retry_context(
            on=_pause, attempts=ATTEMPTS, timeout=None, wait_initial=0.5, wait_max=30.0
        ):
            with attempt:
                if attempts:
                    self.traffic.add(retries=1)
                attempts += 1
                try:
                    return self._follow(method, url, cap, **more)
                except httpx.RequestError as error:
                    if isinstance(error.__cause__, NoSuchNameError):
                        raise NoSuchHostError("no such host", where=without_query(url)) from error
                    raise PassingError(_told(error), where=without_query(url)) from error
                except (httpx.InvalidURL, UnicodeError) as error:
                    raise SourceError("no address", where=without_query(url)) from error
        raise AssertionError("a retry ends with an answer or an error")

    def _follow(self, method: str, url: str, cap: int, **more: Any) -> Answer:
        hops: list[tuple[int, str]] = []
        while len(hops) < _REDIRECTS:
            answer = self._once(method, url, cap, **more)
            if answer.status not in (301, 302, 303, 307, 308):
                return replace(_successful(answer), hops=tuple(hops))
            if "location" not in answer.headers:
                raise StatusError(
                    answer.status,
                    "redirected to no address",
                    where=without_query(url),
                    headers=answer.headers,
                )
            try:
                target = urljoin(url, answer.headers["location"])
                origin(target)
            except ValueError as error:
                raise SourceError("redirected to no address", where=without_query(url)) from error
            if urlsplit(target).scheme not in ("http", "https"):
                raise SourceError("redirected to what is no web address", where=without_query(url))
            if urlsplit(url).scheme == "https" and urlsplit(target).scheme == "http":
                raise SourceError("redirected from https to http", where=without_query(url))
            if method == "POST" and answer.status in (301, 302, 303):
                method, more = "GET", {"headers": more.get("headers")}
            hops.append((answer.status, target))
            url, more = target, {**more, "params": None}
        raise SourceError("redirected again and again", where=without_query(url))

    def _once(self, method: str, url: str, cap: int, *, cut: bool = False, **more: Any) -> Answer:
        with self._gate(url) as gate:
            auth = self._credentials if origin(url) == self._trusted else None
            headers = {**(more.pop("headers") or {}), **(auth or {})}
            request = self._client.build_request(method, url, headers=headers, **more)
            ends = time.monotonic() + TOTAL
            response = self._client.send(request, stream=True)
            try:
                body = bytearray()
                for chunk in response.iter_bytes():
                    body += chunk
                    if len(body) > cap and cut:
                        del body[cap:]
                        break
                    if len(body) > cap:
                        raise SourceError(
                            f"an answer of more than {cap >> 20} MiB", where=without_query(url)
                        )
                    if time.monotonic() > ends:
                        raise PassingError(
                            f"not whole after {TOTAL:.0f} seconds", where=without_query(url)
                        )
            finally:
                response.close()
            kept = bool(response.extensions.get("caching", {}).get("from_cache"))
            if kept:
                self.traffic.add(unchanged=1)
            pause = retry_after(response.headers.get("retry-after"))
            if pause is not None and response.status_code in TRANSIENT:
                gate.pause(min(pause, LONGEST_WAIT))
            return Answer(url, response.status_code, response.headers, bytes(body), kept)

    @contextmanager
    def _gate(self, url: str) -> Iterator[Gate]:
        host = urlsplit(url).netloc
        with self._lock:
            gate = self._gates.setdefault(
                host, Gate(self.source.requests_per_second, self.source.concurrency)
            )
        with gate.room:
            gate.wait()
            yield gate


class PassingError(SourceError):
    """A failure that may pass by itself. `pause`: seconds that the server asked for."""

    pause: float | None = None


class PassingStatusError(StatusError, PassingError):
    """A status that may pass by itself."""


def _pause(error: Exception) -> bool | float:
    """Whether to try again, and after how many seconds if the server said so."""
    if not isinstance(error, PassingError):
        return False
    if error.pause is None:
        return True
    return error.pause if error.pause <= LONGEST_WAIT else False


def _successful(answer: Answer) -> Answer:
    where = without_query(answer.url)
    if answer.status in TRANSIENT:
        error = PassingStatusError(
            answer.status, f"the server answered {answer.status}", where=where
        )
        error.pause = retry_after(answer.headers.get("retry-after"))
        raise error
    if not 200 <= answer.status < 300:
        told = _looks_like(answer.body)
        raise StatusError(
            answer.status,
            f"the server answered {answer.status}: {told}",
            where=where,
            headers=answer.headers,
        )
    return answer


def retry_after(value: str | None) -> float | None:
    """Seconds from a Retry-After header (RFC 9110 §10.2.3), None if it has none."""
    if value is None:
        return None
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())


def origin(url: str) -> tuple[str, str, int]:
    """Scheme, host and port of an address (RFC 6454)."""
    split = urlsplit(url)
    port = split.port or (443 if split.scheme == "https" else 80)
    return split.scheme, (split.hostname or "").lower(), port


def user_agent() -> str:
    """How we introduce ourselves. `FAIRSCAN_CONTACT`: an e-mail or web address of who runs it."""
    contact = os.environ.get("FAIRSCAN_CONTACT", "").strip()
    if not (contact.isascii() and contact.isprintable()):
        raise UsageError("FAIRSCAN_CONTACT has characters that no header may carry")
    if "@" in contact and "/" not in contact:
        contact = f"mailto:{contact}"
    elif contact:
        contact = f"+{contact}"
    about = "; ".join(filter(None, ["FAIR catalogue of public medical scans", contact]))
    return f"fairscan/{version('fairscan')} ({about})"


def without_query(url: str) -> str:
    """An address as errors show it: a query may hold what is nobody else's business."""
    try:
        split = urlsplit(url)
    except ValueError:
        return "an address that is none"
    host = split.netloc.rpartition("@")[2]
    return f"{split.scheme}://{host}{split.path}"[:300]


def _looks_like(body: bytes) -> str:
    """What a body that is no JSON seems to be, for people; none of its text, which is hostile."""
    start = body[:500].lstrip().lower()
    if not start:
        return "nothing"
    if start.startswith((b"<!doctype html", b"<html")):
        return "an HTML page (a login page or a proxy?)"
    if start.startswith(b"<"):
        return "XML"
    return f"{len(body):,} bytes of text"


def _told(error: httpx.RequestError) -> str:
    name = type(error).__name__
    words = {
        "ConnectError": "no connection",
        "ConnectTimeout": "no connection in time",
        "ReadTimeout": "no answer in time",
        "RemoteProtocolError": "the answer was cut short",
        "ReadError": "the answer was cut short",
        "DecodingError": "the answer cannot be unpacked",
    }
    return words.get(name, f"the connection failed ({name})")
