"""Which addresses may be contacted: proved where connections open, without opening one."""

from __future__ import annotations

import socket
from typing import Any

import httpcore
import httpx
import pytest

from harvesters import connector
from harvesters.connector import Guard
from harvesters.http import Client
from schemas.errors import SourceError
from tests.harvesters.test_http import source

PUBLIC, PRIVATE = "93.184.215.14", "10.1.2.3"


class Recorder(httpcore.NetworkBackend):
    """Records where a connection would go, and refuses to open it."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, int]] = []

    def connect_tcp(self, host: str, port: int, *_: Any, **__: Any) -> httpcore.NetworkStream:
        self.asked.append((host, port))
        raise httpcore.ConnectError("recorded")


class Refusing(httpx.BaseTransport):
    """Records requests and lets none leave; answers with a redirect to `target` if there is one."""

    def __init__(self, target: str | None = None) -> None:
        self.asked: list[str] = []
        self._target = target

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(str(request.url))
        headers = {"Location": self._target} if self._target else {}
        return httpx.Response(302 if self._target else 200, headers=headers, content=b"{}")


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """What names stand for; nothing is asked of a name server."""
    known: dict[str, list[str]] = {}

    def resolve(host: str, port: int, **_: Any) -> list[Any]:
        if host not in known:
            raise socket.gaierror("unknown")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (a, port)) for a in known[host]]

    monkeypatch.setattr(connector.socket, "getaddrinfo", resolve)
    return known


def backend(named: set[connector.Origin] | None = None) -> tuple[Any, Recorder]:
    made = connector._Backend(Guard(named or set()))
    made._inner = recorder = Recorder()  # type: ignore[assignment]
    return made, recorder


def test_a_public_name_is_connected_to_by_the_address_that_was_looked_at(
    names: dict[str, list[str]],
) -> None:
    names["example.org"] = [PUBLIC]
    made, recorder = backend()
    with pytest.raises(httpcore.ConnectError):
        made.connect_tcp("example.org", 443)
    assert recorder.asked == [(PUBLIC, 443)]


@pytest.mark.parametrize(
    "address",
    [PRIVATE, "127.0.0.1", "169.254.169.254", "192.168.1.1", "172.16.0.1", "100.64.0.1", "0.0.0.0",
     "224.0.0.1", "::1", "fe80::1%eth0", "fc00::1", "::ffff:10.0.0.1", "64:ff9b::7f00:1",
     "64:ff9b:1::a00:1", "2002:7f00:1::", "::127.0.0.1", "::ffff:0:127.0.0.1", "fec0::1",
     "168.63.129.16"],
)  # fmt: skip
def test_a_name_that_points_into_a_private_network_is_refused(
    names: dict[str, list[str]], address: str
) -> None:
    names["example.org"] = [address]
    made, recorder = backend()
    with pytest.raises(SourceError, match="refused: a private address"):
        made.connect_tcp("example.org", 443)
    assert recorder.asked == []


@pytest.mark.parametrize(
    "address", [PUBLIC, "2606:2800:21f:cb07::1", "64:ff9b::5db8:d70e", "2002:5db8:d70e::"]
)
def test_a_public_address_is_let_through_in_every_form(
    names: dict[str, list[str]], address: str
) -> None:
    names["example.org"] = [address]
    made, recorder = backend()
    with pytest.raises(httpcore.ConnectError, match="recorded"):
        made.connect_tcp("example.org", 443)
    assert recorder.asked == [(address, 443)]


def test_one_private_address_among_public_ones_is_enough_to_refuse(
    names: dict[str, list[str]],
) -> None:
    names["example.org"] = [PUBLIC, PRIVATE]
    made, recorder = backend()
    with pytest.raises(SourceError, match="refused"):
        made.connect_tcp("example.org", 443)
    assert recorder.asked == []


def test_a_private_host_that_a_setting_names_is_contacted_at_its_port_alone(
    names: dict[str, list[str]],
) -> None:
    names["xnat.intern"] = [PRIVATE]
    made, recorder = backend({("http", "xnat.intern", 8080)})
    with pytest.raises(httpcore.ConnectError):
        made.connect_tcp("xnat.intern", 8080)
    with pytest.raises(SourceError, match="refused"):
        made.connect_tcp("xnat.intern", 22)
    assert recorder.asked == [(PRIVATE, 8080)]


@pytest.mark.usefixtures("names")
def test_a_name_that_stands_for_nothing_is_no_connection() -> None:
    made, _ = backend()
    with pytest.raises(httpcore.ConnectError, match="no such host"):
        made.connect_tcp("nowhere.example", 443)


def test_a_unix_socket_is_refused() -> None:
    made, _ = backend()
    with pytest.raises(SourceError, match="Unix socket"):
        made.connect_unix_socket("/run/docker.sock")


@pytest.mark.parametrize(
    "target", [f"http://{PRIVATE}/", "http://127.0.0.1:6379/", "https://[fc00::1]/", "http://[::]/"]
)
def test_a_public_repository_cannot_send_us_to_a_private_address(target: str) -> None:
    transport = Refusing(target)
    client = Client(source("https://repository.example.org"), transport=transport)
    with pytest.raises(SourceError, match=r"refused|https to http"):
        client.get("https://repository.example.org/a")
    assert transport.asked == ["https://repository.example.org/a"]


def test_a_private_address_is_not_asked_for_even_once() -> None:
    transport = Refusing()
    client = Client(source("https://repository.example.org"), transport=transport)
    with pytest.raises(SourceError, match="refused"):
        client.get(f"http://{PRIVATE}/a")
    assert transport.asked == []


def test_the_transport_that_is_used_has_the_guard(names: dict[str, list[str]]) -> None:
    names["repository.example.org"] = [PRIVATE]
    client = Client(source("https://elsewhere.example.org"))
    with pytest.raises(SourceError, match="refused: a private address"):
        client.get("https://repository.example.org/a")
