"""Opens connections, and refuses the way to addresses that are not public.

A repository may send us elsewhere: by a redirect, or by a name that now points into our own
network. So the address is looked at where the connection is opened, after the name is resolved,
and the connection goes to the very address that was looked at.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterable

import httpcore
import httpx

from schemas.errors import SourceError

Origin = tuple[str, str, int]


class Guard:
    """Lets through what is public, and the origins that the settings name, whatever they are."""

    def __init__(self, named: set[Origin]) -> None:
        self._named = named
        self._hosts = {(host, port) for _, host, port in named}

    def look_at(self, scheme: str, host: str, port: int | None) -> None:
        """Refuse an address that is written out and not public, before any connection.

        Raises:
            SourceError: if it is refused.
        """
        origin = scheme, host.lower(), port or (443 if scheme == "https" else 80)
        if origin in self._named:
            return
        try:
            address = ipaddress.ip_address(host)
        except ValueError:
            return  # a name: looked at when it is resolved
        self._refuse_unless_public(address, host)

    def addresses(self, host: str, port: int) -> list[str]:
        """The addresses that `host` stands for, all of which may be contacted.

        Raises:
            SourceError: if one of them is refused.
            httpcore.ConnectError: if the name stands for nothing.
        """
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except OSError as error:
            raise httpcore.ConnectError(f"no such host: {host}") from error
        addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
        if (host.lower(), port) not in self._hosts:
            for address in addresses:
                self._refuse_unless_public(ipaddress.ip_address(address.split("%")[0]), host)
        return addresses

    @staticmethod
    def _refuse_unless_public(
        address: ipaddress.IPv4Address | ipaddress.IPv6Address, host: str
    ) -> None:
        inner = getattr(address, "ipv4_mapped", None) or address
        if not inner.is_global or inner.is_multicast:
            raise SourceError(
                "refused: a private address that no setting names",
                where=host,
                do="If it is meant, name it as base_url of the source in fairscan.toml",
            )


class _Backend(httpcore.NetworkBackend):
    """Connects to the address that was looked at, not to a name resolved a second time."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard
        self._inner = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        options = [*(socket_options or ()), (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)]
        problem: Exception | None = None
        for address in self._guard.addresses(host, port):
            try:
                return self._inner.connect_tcp(address, port, timeout, local_address, options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                problem = error
        raise problem or httpcore.ConnectError(f"no address: {host}")

    def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ARG002
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,  # noqa: ARG002
    ) -> httpcore.NetworkStream:
        """Refused: no repository is a socket of this machine."""
        raise SourceError("refused: a Unix socket", where=path)

    def sleep(self, seconds: float) -> None:
        self._inner.sleep(seconds)


def guarded_transport(guard: Guard) -> httpx.HTTPTransport:
    """httpx's own transport, with HTTP/2 where offered, whose connections pass the guard."""
    transport = httpx.HTTPTransport(http2=True, trust_env=True)
    # httpx has no parameter for the network backend of its pool.
    transport._pool._network_backend = _Backend(guard)
    return transport
