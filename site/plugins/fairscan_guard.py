"""What every answer carries: security headers, cache rules, and refusals that say what to do."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Generator
from typing import Any

from datasette import hookimpl
from datasette.app import Datasette
from datasette.utils.asgi import Base400, Request, Response
from datasette.views.base import DatasetteError

from schemas.errors import FairscanError, QueryError, UsageError

HEADERS = {
    b"content-security-policy": (
        b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        b"font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
        b"frame-ancestors 'none'"
    ),
    b"x-content-type-options": b"nosniff",
    b"x-frame-options": b"DENY",
    b"referrer-policy": b"no-referrer",
    b"cross-origin-resource-policy": b"same-origin",
    b"permissions-policy": b"camera=(), geolocation=(), microphone=()",
}
FOREVER = b"public, max-age=31536000, immutable"
A_DAY = b"public, max-age=86400"
METHODS = ("GET", "HEAD")

_READ_ONLY = Response.text(
    "This site is read-only. Ask with GET or HEAD.\n", 405, {"allow": ", ".join(METHODS)}
)

log = logging.getLogger("fairscan.site")

App = Callable[[Any, Any, Any], Awaitable[None]]


@hookimpl
def asgi_wrapper() -> Callable[[App], App]:
    """Refuse to be written to; set our headers on every response, in place of those of a view."""

    def wrap(app: App) -> App:
        async def guarded(scope: Any, receive: Any, send: Any) -> None:
            async def send_guarded(message: Any) -> None:
                if message["type"] == "http.response.start":
                    headers = {**HEADERS, **_cache(scope, message["status"])}
                    kept = [h for h in message.get("headers", []) if h[0].lower() not in headers]
                    message = {**message, "headers": [*kept, *headers.items()]}
                await send(message)

            if scope["type"] != "http":
                await app(scope, receive, send)
            elif scope["method"] not in METHODS:
                await _READ_ONLY.asgi_send(send_guarded)
            else:
                await app(scope, receive, send_guarded)

        return guarded

    return wrap


@hookimpl(hookwrapper=True)
def handle_exception(
    datasette: Datasette, request: Request, exception: Exception
) -> Generator[None, Any, None]:
    """Answer an error with our page, and keep the default handler from printing local values."""
    outcome = yield
    for default in outcome.get_result():
        if hasattr(default, "close"):
            default.close()
    outcome.force_result([_answer(datasette, request, exception)])


async def _answer(datasette: Datasette, request: Request, exception: Exception) -> Response:
    status, what, do = _explained(exception)
    if status >= 500:
        ours = isinstance(exception, FairscanError)
        log.error(
            "%s %s: %s", request.method, request.path, what, exc_info=None if ours else exception
        )
    if request.path.endswith(".json"):
        return Response.json({"ok": False, "error": what, "do": do, "status": status}, status)
    template = datasette.jinja_env.get_template("error.html")
    context = {"status": status, "what": what, "do": do, "path": request.path}
    return Response.html(await template.render_async(context), status)


def _explained(exception: Exception) -> tuple[int, str, str | None]:
    """(HTTP status, what happened, what to do)."""
    if isinstance(exception, FairscanError):
        known = {UsageError: 400, QueryError: 503}.get(type(exception), 500)
        return getattr(exception, "status", known), exception.what, exception.do
    if isinstance(exception, Base400):
        return exception.status, str(exception), None
    if isinstance(exception, DatasetteError):
        # Datasette leaves a refused `_sort` at 500; only what SQLite raised is a fault of ours.
        refused = exception.status == 500 and exception.__context__ is None
        status = 400 if refused else exception.status
        return status, str(exception.message or exception.title or ""), None
    return 500, "Something went wrong on our side; it has been logged.", "Try again in a minute"


def _cache(scope: Any, status: int) -> dict[bytes, bytes]:
    if "/static/" not in scope["path"] or status != 200:
        return {}
    return {b"cache-control": FOREVER if scope.get("query_string") else A_DAY}
