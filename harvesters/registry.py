"""Source files: one reviewed TOML file a repository, read strictly.

A source is a file in `sources/`; its `kind` names the module here whose `Harvester` reads it.
Adding either is adding a file: no list is edited.
"""

from __future__ import annotations

import re
import sys
import tomllib
from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from schemas.errors import SourceError
from schemas.source import Source

SOURCES = Path(__file__).parent / "sources"
REGISTRIES = Path(__file__).parent / "registries"
_HARVESTER = re.compile(r"^class Harvester\(base\.Harvester\)", re.MULTILINE)
_ERRORS = 3
"""Faults of a source file that are told at once."""


def load_sources(folder: Path = SOURCES) -> dict[str, Source]:
    """Every source by key, from the TOML files of `folder`, in order of key.

    Raises:
        SourceError: if a file is not TOML or does not describe a source: it says which line, and
            which values are allowed.
    """
    found = _load(folder)
    known = kinds()
    for source in found.values():
        if source.kind not in known:
            path = folder / f"{source.key}.toml"
            line = _line(path.read_text("utf-8"), ["kind"]) if path.is_file() else None
            raise SourceError(
                f"no harvester of kind {source.kind!r}",
                where=f"{path.name}, line {line}" if line else f"source {source.key}",
                do=f"Kinds: {', '.join(known)}",
            )
        target = source.alias_of
        if target is not None and (target not in found or found[target].alias_of):
            raise SourceError(
                f"source {source.key} is an alias of {target!r}, which is no source that is read",
                where=f"{source.key}.toml",
                do=f"Known sources: {', '.join(k for k, s in found.items() if not s.alias_of)}",
            )
    return found


def load_registries() -> dict[str, Source]:
    """Where DOIs are registered, by key, described as sources are; they publish no scans.

    Raises:
        SourceError: if a file does not describe one.
    """
    return _load(REGISTRIES)


def kinds() -> list[str]:
    """Every kind of repository that a harvester here reads, in alphabetical order."""
    folders = [Path(folder) for folder in sys.modules["harvesters"].__path__]
    modules = [
        path for folder in folders for path in (*folder.glob("*.py"), *folder.glob("*/__init__.py"))
    ]
    named = {path.parent.name if path.stem == "__init__" else path.stem: path for path in modules}
    return sorted(
        name for name, path in named.items() if _HARVESTER.search(path.read_text("utf-8"))
    )


def _load(folder: Path) -> dict[str, Source]:
    found: dict[str, Source] = {}
    for path in sorted(folder.glob("*.toml")):
        told = path.stat()
        source = _read(path, told.st_mtime_ns, told.st_size)
        if source.key in found:
            raise SourceError(f"a second source {source.key!r}", where=path.name, do="Rename it")
        found[source.key] = source
    return found


@lru_cache(maxsize=256)
def _read(path: Path, _changed: int, _size: int) -> Source:
    """A source file, read once for as long as it does not change."""
    try:
        text = path.read_text(encoding="utf-8")
        source = Source.model_validate(tomllib.loads(text))
    except ValidationError as error:
        raise _refused(path, text, error) from None
    except ValueError as error:
        raise SourceError(
            f"not a source: {str(error) or type(error).__name__}",
            where=path.name,
            do="Correct it; a source file is TOML in UTF-8",
        ) from error
    return source


def _refused(path: Path, text: str, error: ValidationError) -> SourceError:
    """What is wrong in a source file, with lines and allowed values."""
    told = []
    for fault in error.errors(include_url=False)[:_ERRORS]:
        place = [str(part) for part in fault["loc"]]
        line = _line(text, place)
        where = f"line {line}: " if line else ""
        reason = fault["msg"].removeprefix("Value error, ")
        if fault["type"] == "extra_forbidden":
            reason = f"no such key; it takes {', '.join(_keys(fault['loc']))}"
        told.append(f"{where}{'.'.join(place) or 'the file'}: {reason}")
    line = _line(text, [str(part) for part in error.errors()[0]["loc"]])
    return SourceError(
        f"not a source: {'; '.join(told)}",
        where=f"{path.name}, line {line}" if line else path.name,
        do="See schemas/source.py",
    )


def _keys(place: tuple[int | str, ...]) -> list[str]:
    """The keys that a table at this place of a source file takes."""
    model: Any = Source
    for part in place[:-1]:
        if isinstance(part, int):
            continue
        field = getattr(model, "model_fields", {}).get(part)
        inner = [kind for kind in _inner(field.annotation) if field] if field else []
        model = inner[0] if inner else None
    return list(getattr(model, "model_fields", {}))


def _inner(annotation: Any) -> list[Any]:
    """The models that a type is made of."""
    if hasattr(annotation, "model_fields"):
        return [annotation]
    return [one for part in getattr(annotation, "__args__", ()) for one in _inner(part)]


def _line(text: str, place: list[str]) -> int | None:
    """The line on which a value stands, or its table begins; None if it is nowhere."""
    lines = text.splitlines()
    names = [part for part in place if not part.isdigit()]
    nth = [int(part) for part in place if part.isdigit()]
    start = 0
    if nth and names:
        headers = [n for n, line in enumerate(lines) if line.strip() == f"[[{names[0]}]]"]
        if nth[0] >= len(headers):
            return None
        start = headers[nth[0]]
    elif len(names) > 1:
        headers = [n for n, line in enumerate(lines) if line.strip() == f"[{names[0]}]"]
        start = headers[0] if headers else 0
    for number, line in enumerate(lines[start:], start=start + 1):
        if names and re.match(rf"\s*{re.escape(names[-1])}\s*=", line):
            return number
    return start + 1 if start else None
