"""A served release, and a browser that reports everything it should not have had to say."""

from __future__ import annotations

import os
import re
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.commands import Fairscan

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]


@pytest.fixture(scope="session")
def server(release_home: Path, fairscan: Fairscan) -> Iterator[str]:
    """The address of a site over the release of the whole IDC index."""
    with served(fairscan, release_home) as address:
        yield address


@pytest.fixture(scope="session")
def demo_server(demo_home: Path, fairscan: Fairscan) -> Iterator[str]:
    """The address of a site over the release of every packaged snapshot."""
    with served(fairscan, demo_home) as address:
        yield address


@contextmanager
def served(fairscan: Fairscan, home: Path) -> Iterator[str]:
    """The address of `fairscan serve` on a free port; afterwards, it must have logged no error."""
    log: list[str] = []
    with fairscan.running("serve", "--port", "0", home=home) as serving:
        address = re.search(r"http://127\.0\.0\.1:\d+", serving.stderr.readline())
        assert address, "the server gave no address"
        reading = threading.Thread(target=log.extend, args=(serving.stderr,))
        reading.start()
        yield address.group()
        serving.process.terminate()
        reading.join(timeout=30)
    assert not [line for line in log if "Traceback" in line], "".join(log)


def chromium() -> str | None:
    """The path of Chromium: $CHROMIUM, else the system's."""
    return os.environ.get("CHROMIUM") or shutil.which("chromium")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium; where there is none the test is skipped, but in CI it fails."""
    path = chromium()
    if path is None:
        reason = "Chromium is not installed (or set CHROMIUM to its path)"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield running
        running.close()


@pytest.fixture
def visit(browser: Browser, server: str) -> Iterator[Callable[..., Page]]:
    """Open a path of the site over the IDC index: see `opener`."""
    with opener(browser, server) as open_page:
        yield open_page


@pytest.fixture
def demo_visit(browser: Browser, demo_server: str) -> Iterator[Callable[..., Page]]:
    """Open a path of the site over every packaged snapshot: see `opener`."""
    with opener(browser, demo_server) as open_page:
        yield open_page


@contextmanager
def opener(browser: Browser, server: str) -> Iterator[Callable[..., Page]]:
    """Open a path of a site in a fresh context.

    After the test, any console error, CSP violation, script error or request to another host
    fails it.
    """
    complaints: list[str] = []
    contexts: list[BrowserContext] = []

    def open_page(path: str, **options: Any) -> Page:
        context = browser.new_context(base_url=server, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda m: complaints.append(m.text) if m.type != "log" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: _check_host(request.url))
        page.goto(path)
        return page

    def _check_host(url: str) -> None:
        if not url.startswith((f"{server}/", "data:")):
            complaints.append(f"a request left the host: {url}")

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []
