"""Settings from flags and from `fairscan.toml` (in the working folder, then in the home).

A table `[sources.<key>]` changes a source that is shipped, or describes a new one if it says of
which `kind` it is. `--set KEY.NAME=VALUE` changes one value for one run.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from catalog.home import home
from harvesters.credentials import credentials
from harvesters.registry import load_registries, load_sources
from schemas.errors import UsageError
from schemas.source import Source

FILE = "fairscan.toml"
CHANGEABLE = ("base_url", "requests_per_second", "concurrency", "schedule", "jitter_minutes")
_NEW = {"schedule": "0 3 * * 0"}


@dataclass(frozen=True, slots=True)
class Settings:
    """Every source by key, as shipped and as changed; `enabled` are read live though opt-in.

    registries: where DOIs are registered, described in the same way; they publish no scans.
    """

    sources: dict[str, Source]
    registries: dict[str, Source] = field(default_factory=dict)
    enabled: frozenset[str] = field(default_factory=frozenset)

    def chosen(self, keys: Sequence[str]) -> list[Source]:
        """The sources named by `keys`, all if none is; an alias stands for what it is an alias of.

        Raises:
            UsageError: for a key that names no source.
        """
        for key in keys:
            if key not in self.sources:
                raise _unknown(key, self.sources)
        named = [self.sources[key].alias_of or key for key in (keys or self.sources)]
        return [self.sources[key] for key in dict.fromkeys(named)]


def settings(flags: Iterable[str] = ()) -> Settings:
    """The settings in force: flags first, then the file in the working folder, then the home's.

    Raises:
        UsageError: for a flag or a file that is not of that form.
    """
    registries = load_registries()
    sources = {**load_sources(), **registries}
    enabled: set[str] = set()
    for folder in (home().root, Path.cwd()):
        path = folder / FILE
        for key, table in _tables(path).items():
            if folder != home().root and "base_url" in table and credentials(key):
                raise UsageError(
                    f"[sources.{key}] sends its credentials to another address",
                    where=str(path),
                    do=f"If it is meant, say so in {home().root / FILE} or with --set",
                )
            sources[key] = _changed(sources, enabled, key, table, str(path))
    for flag in flags:
        name, equals, value = flag.partition("=")
        key, dot, setting = name.partition(".")
        if not (equals and dot and setting and value):
            raise UsageError(f"not a setting: {flag!r}", do="Write --set KEY.base_url=URL")
        if key not in sources:
            raise _unknown(key, sources)
        sources[key] = _changed(sources, enabled, key, {setting: _typed(value)}, "--set")
    there = {key: sources.pop(key) for key in registries}
    return Settings(sources, there, frozenset(enabled))


def _changed(
    sources: dict[str, Source], enabled: set[str], key: str, table: dict[str, Any], where: str
) -> Source:
    told = dict(table)
    on = told.pop("enabled", None)
    if on is not None and not isinstance(on, bool):
        raise UsageError(f"[sources.{key}] enabled is true or false", where=where)
    if on:
        enabled.add(key)
    if "kind" in told and key not in sources:
        return _new(key, told, where)
    if key not in sources:
        raise _unknown(key, sources, where)
    source = sources[key]
    services = {name: told.pop(name) for name in list(told) if name in source.services}
    if unknown := [name for name in told if name not in CHANGEABLE]:
        names = ", ".join((*CHANGEABLE, "enabled", *source.services))
        raise UsageError(
            f"[sources.{key}] takes no {', '.join(unknown)}", where=where, do=f"It takes {names}"
        )
    return _valid(
        {**source.model_dump(), **told, "services": {**source.services, **services}}, key, where
    )


def _new(key: str, table: dict[str, Any], where: str) -> Source:
    known = {"key": key, "name": key, "publisher": "", "description": "", **_NEW, **table}
    known.setdefault("landing_url", known.get("base_url"))
    known["publisher"] = known["publisher"] or known["name"]
    return _valid(known, key, where)


def _valid(fields: dict[str, Any], key: str, where: str) -> Source:
    try:
        return Source.model_validate(fields)
    except ValidationError as error:
        faults = error.errors(include_input=False, include_url=False)[:2]
        reason = "; ".join(f"{'.'.join(map(str, f['loc']))}: {f['msg']}" for f in faults)
        raise UsageError(f"[sources.{key}]: {reason}", where=where) from None  # it has the input


def _typed(value: str) -> str | bool:
    return {"true": True, "false": False}.get(value, value)


def _tables(path: Path) -> dict[str, dict[str, Any]]:
    if not path.is_file():
        return {}
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8")).get("sources", {})
    except ValueError as error:
        raise UsageError(f"not TOML: {error}", where=str(path)) from error
    if not isinstance(found, dict) or not all(isinstance(t, dict) for t in found.values()):
        raise UsageError("[sources] is not a table of tables", where=str(path))
    return found


def _unknown(key: str, sources: Iterable[str], where: str | None = None) -> UsageError:
    return UsageError(f"no source {key!r}", where=where, do=f"Known sources: {', '.join(sources)}")
