"""Opens connections, and refuses the way to addresses that are not public.

A repository may send us elsewhere: by a redirect, or by a name that now points into our own
network. So the address is looked at where the connection is opened, after the name is resolved,
and the connection goes to the very address that was looked at.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterable, Iterator

import httpcore
import httpx

from schemas.errors import SourceError

Origin = tuple[str, str, int]
Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_TRANSLATED = (ipaddress.IPv6Network("64:ff9b::/96"), ipaddress.IPv6Network("64:ff9b:1::/48"))
_CLOUD_HOST = ipaddress.IPv4Address("168.63.129.16")
"""Public by its number, but answered by the host below a virtual machine."""


ALWAYS_THERE = "a.root-servers.net"
"""A name that is known wherever names are: if it is not, the name service is not there."""


class NoSuchNameError(httpcore.ConnectError):
    """The name service works, and knows no such name."""


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
            NoSuchNameError: if the name stands for nothing, and others do for something.
            httpcore.ConnectError: if it is not known what the name stands for.
        """
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except OSError as error:
            unknown = error.errno == socket.EAI_NONAME and _names_are_known()
            kind = NoSuchNameError if unknown else httpcore.ConnectError
            raise kind(f"no such host: {host}") from error
        addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
        if (host.lower(), port) not in self._hosts:
            for address in addresses:
                self._refuse_unless_public(ipaddress.ip_address(address.split("%")[0]), host)
        return addresses

    @staticmethod
    def _refuse_unless_public(address: Address, host: str) -> None:
        if any(not one.is_global or one.is_multicast for one in _meant(address)):
            raise SourceError(
                "refused: a private address that no setting names",
                where=host,
                do="If it is meant, name it as base_url of the source in fairscan.toml",
            )


def _names_are_known() -> bool:
    """Whether the name service answers; without a network some say that no name exists."""
    try:
        socket.getaddrinfo(ALWAYS_THERE, 53, type=socket.SOCK_STREAM)
    except OSError:
        return False
    return True


def _meant(address: Address) -> Iterator[Address]:
    """The address, and the IPv4 ones that it stands for on its way through a translator.

    RFC 4291 (mapped, compatible), RFC 2765 (translated), RFC 3056 (6to4), RFC 6052 (NAT64). An
    address of RFC 3879 (site-local) and the one of a cloud's own host are not public either.
    """
    if isinstance(address, ipaddress.IPv6Address):
        number = int(address)
        inner = ipaddress.IPv4Address(number & 0xFFFFFFFF)
        if address.ipv4_mapped is not None:
            yield inner
            return
        if number >> 32 in (0, 0xFFFF << 16) or any(address in net for net in _TRANSLATED):
            yield inner
        if address.sixtofour is not None:
            yield address.sixtofour
        yield ipaddress.IPv6Address("::1") if address.is_site_local else address
    else:
        yield ipaddress.IPv4Address("127.0.0.1") if address == _CLOUD_HOST else address


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
