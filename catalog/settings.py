"""Settings from flags and from `fairscan.toml` (in the working folder, then in the home)."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from pathlib import Path

from catalog.home import home
from schemas.errors import UsageError

FILE = "fairscan.toml"


def base_urls(flags: Iterable[str]) -> dict[str, str]:
    """Source key to base URL, from `[sources.<key>] base_url` and `--set KEY.base_url=URL`.

    Raises:
        UsageError: for a flag or a file that is not of that form.
    """
    urls = {
        key: table["base_url"]
        for folder in (home().root, Path.cwd())
        for key, table in _sources(folder / FILE).items()
    }
    for flag in flags:
        name, equals, value = flag.partition("=")
        key, dot, setting = name.partition(".")
        if not (equals and dot and setting == "base_url" and value):
            raise UsageError(f"not a setting: {flag!r}", do="Write --set KEY.base_url=URL")
        urls[key] = value
    return urls


def _sources(path: Path) -> dict[str, dict[str, str]]:
    if not path.is_file():
        return {}
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8")).get("sources", {})
    except ValueError as error:
        raise UsageError(f"not TOML: {error}", where=str(path)) from error
    if not isinstance(found, dict):
        raise UsageError("[sources] is not a table", where=str(path))
    for key, table in found.items():
        if not isinstance(table, dict) or set(table) != {"base_url"}:
            raise UsageError(f"[sources.{key}] takes base_url and nothing else", where=str(path))
        if not isinstance(table["base_url"], str) or not table["base_url"]:
            raise UsageError(f"[sources.{key}] base_url is not a text", where=str(path))
    return found
