"""A site of plain pages: some moved, some gone, some behind a login, some with JSON-LD.

Pages are the shapes that web servers send: a redirect has a body of its own, a page that is gone is
HTML too. The JSON-LD is in the shape that schema.org's guide for datasets shows and that research
repositories embed; no page was recorded from a live server.
"""

from __future__ import annotations

import json
from typing import Any

from tests.emulators.server import Emulator, Reply, Request

HTML = "text/html; charset=utf-8"


def page(title: str, *scripts: Any, body: str = "<p>Scans.</p>", charset: str = "utf-8") -> Reply:
    """A page with each of `scripts` as JSON-LD: a value, or a text that is put in as it is."""
    told = "".join(
        f'<script type="application/ld+json">{one if isinstance(one, str) else json.dumps(one)}'
        "</script>"
        for one in scripts
    )
    text = (
        f'<!DOCTYPE html><html lang="en"><head><meta charset="{charset}"><title>{title}</title>'
        f"{told}</head><body>{body}</body></html>"
    )
    return Reply(text.encode(charset, "replace"), type=f"text/html; charset={charset}")


def moved(to: str, status: int = 301) -> Reply:
    """A redirect, with the page that servers send along."""
    return Reply(b"<html><head><title>Moved</title></head></html>", status, HTML, {"Location": to})


def refusal(status: int) -> Reply:
    """An error page."""
    return Reply(f"<html><title>{status}</title></html>".encode(), status, HTML)


def dataset(**more: Any) -> dict[str, Any]:
    """A schema.org Dataset node."""
    return {
        "@context": "https://schema.org",
        "@type": "Dataset",
        "name": "Retinal vessel reference dataset",
        "description": "28 retinal images.",
        **more,
    }


class Site(Emulator):
    """Serves `pages` by path; any other path is not found."""

    def __init__(self, **pages: Reply) -> None:
        super().__init__()
        self.pages = {f"/{name}": reply for name, reply in pages.items()}

    def answer(self, request: Request) -> Reply:
        """The page of a path."""
        return self.pages.get(request.path, refusal(404))
