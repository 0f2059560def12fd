"""Serves the current release; a newer one takes over without dropping a request."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import Any

from catalog.home import Home, current_release
from catalog.release import SITE, read_info
from schemas.errors import FairscanError, ReleaseError

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

_GRACE = 60.0
"""Seconds that requests on a replaced release may still take before its files are closed."""


def site_folder() -> Path:
    """The Datasette folder: beside the rooms in a checkout, inside `catalog` in a wheel."""
    room = Path(__file__).parent
    for folder in (room / "_site", room.parent / "site"):
        if (folder / "templates").is_dir():
            return folder
    raise ReleaseError("the site's files are missing", where=str(room), do="Reinstall fairscan")


def datasette_for(release: Path, secret: str) -> Any:
    """A Datasette over one release, with the site's templates, plugin, settings and metadata.

    Raises:
        ReleaseError: if the release is missing or damaged.
    """
    from datasette.app import Datasette
    from datasette.utils import parse_metadata

    read_info(release)
    folder = site_folder()
    metadata = parse_metadata((folder / "metadata.yaml").read_text(encoding="utf-8"))
    metadata.setdefault("plugins", {})["fairscan"] = {"release": str(release)}
    return Datasette(
        files=[],
        immutables=[str(release / SITE)],
        config_dir=folder,
        metadata=metadata,
        secret=secret,
    )


class Switchboard:
    """An ASGI app that hands each request to the app of the release that is current then."""

    def __init__(self, place: Home, say: Callable[[str], None]) -> None:
        self._place = place
        self._say = say
        self._secret = secrets.token_hex(32)
        self._changing = asyncio.Lock()
        self._link: str | None = None
        self._refused: str | None = None
        self._app: App | None = None
        self._datasette: Any = None
        self._closing: set[asyncio.Task[None]] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; a new release is looked for first (one `readlink`)."""
        link = self._read_link()
        if link not in (self._link, self._refused):
            async with self._changing:
                if link not in (self._link, self._refused):
                    await self._switch(link)
        app = self._app
        if app is None:
            raise ReleaseError("there is no release to serve", where=str(self._place.root))
        await app(scope, receive, send)

    async def start(self) -> None:
        """Open the current release.

        Raises:
            ReleaseError: if there is none, or it is damaged.
        """
        link = self._read_link()
        current_release(self._place)
        await self._open(link)

    async def _switch(self, link: str | None) -> None:
        """Open the new release; if it cannot be opened, say so and go on with the old one."""
        old = self._datasette
        try:
            await self._open(link)
        except FairscanError as error:
            self._refused = link
            self._say(f"staying with the release in use: {error}")
            return
        self._say(f"now serving {self._place.current.resolve().name}")
        if old is not None:
            task = asyncio.create_task(_close_later(old))
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)

    async def _open(self, link: str | None) -> None:
        datasette = datasette_for(current_release(self._place), self._secret)
        await datasette.invoke_startup()
        self._app, self._datasette, self._link, self._refused = (
            datasette.app(),
            datasette,
            link,
            None,
        )

    def _read_link(self) -> str | None:
        try:
            return str(self._place.current.readlink())
        except OSError:
            return None


async def _close_later(datasette: Any) -> None:
    await asyncio.sleep(_GRACE)
    reader = getattr(datasette, "fairscan_reader", None)
    if reader is not None:
        reader.close()
    for database in datasette.databases.values():
        database.close()


def serve(place: Home, host: str, port: int, say: Callable[[str], None]) -> None:
    """Serve until interrupted; `port` 0 takes a free one. The address is said once it answers.

    Raises:
        ReleaseError: if there is no whole release, or the address cannot be bound.
    """
    import socket

    import uvicorn

    current_release(place)
    # Named as TCP, or asyncio leaves Nagle's delay on: 40 ms a page.
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
        bound.listen(2048)
    except OSError as error:
        bound.close()
        raise ReleaseError(
            f"cannot listen on {host}:{port}: {error.strerror}", do="Choose another with --port"
        ) from error

    async def run() -> None:
        board = Switchboard(place, say)
        await board.start()
        config = uvicorn.Config(
            board, lifespan="off", log_level="warning", access_log=False, server_header=False
        )
        shown = f"[{host}]" if ":" in host else host
        say(f"fairscan serves at http://{shown}:{bound.getsockname()[1]}/ (Ctrl-C ends it)")
        await uvicorn.Server(config).serve(sockets=[bound])

    with bound:
        asyncio.run(run())
