"""A release on disk: immutable, described by `release.json`, verified by its checksums."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from catalog.home import Home, current_release
from schemas.errors import ReleaseError, UsageError

SCHEMA_VERSION = 4
DESCRIPTION = "release.json"
CATALOGUE = "catalogue.duckdb"
SITE = "site.db"
_STAMP = "%Y%m%dT%H%M%SZ"


@dataclass(frozen=True, slots=True)
class ReleaseInfo:
    """What `release.json` says: when and from what the release was made, and what it holds.

    counts: datasets, records, series, subjects, studies, instances, bytes, findings, masked,
    withheld.
    files: path below the release → {"sha256": hex, "bytes": size}.
    sources: source key → digest of the harvest that went in.
    """

    id: str
    created: datetime
    schema_version: int
    generator: str
    policy: str
    previous: str | None
    counts: Mapping[str, int]
    sources: Mapping[str, str]
    files: Mapping[str, Mapping[str, Any]]


def generator() -> str:
    """The program and version that makes releases."""
    return f"fairscan {importlib.metadata.version('fairscan')}"


def new_id(place: Home, moment: datetime) -> str:
    """A release id that does not exist yet: UTC time to the second, with a count if needed."""
    stamp = moment.astimezone(UTC).strftime(_STAMP)
    names = (stamp if n == 0 else f"{stamp}-{n}" for n in range(1000))
    return next(name for name in names if not (place.releases / name).exists())


def describe(folder: Path, **facts: Any) -> ReleaseInfo:
    """Write `release.json` into `folder`, with the checksum of every other file in it."""
    files = {
        str(path.relative_to(folder)): {"sha256": sha256(path), "bytes": path.stat().st_size}
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != DESCRIPTION
    }
    info = ReleaseInfo(schema_version=SCHEMA_VERSION, generator=generator(), files=files, **facts)
    text = json.dumps(asdict(info), indent=1, default=datetime.isoformat)
    (folder / DESCRIPTION).write_text(text + "\n", encoding="utf-8")
    return info


def read_info(folder: Path) -> ReleaseInfo:
    """What `release.json` of `folder` says, once its files are there in their stated sizes.

    Raises:
        ReleaseError: if it is missing, damaged, of another schema, or a file is not as stated.
    """
    path = folder / DESCRIPTION
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
        info = ReleaseInfo(**{**facts, "created": datetime.fromisoformat(facts["created"])})
    except OSError as error:
        raise ReleaseError(
            "not a release", where=str(folder), do="Run: fairscan releases list"
        ) from error
    except (ValueError, TypeError, KeyError) as error:
        raise _damaged(path, "does not read as a release") from error
    if info.schema_version != SCHEMA_VERSION:
        raise ReleaseError(
            f"release of schema {info.schema_version}, this fairscan reads {SCHEMA_VERSION}",
            where=str(folder),
            do="Run: fairscan refresh",
        )
    for name, facts in info.files.items():
        file = folder / name
        if not file.is_file():
            raise _damaged(file, "is missing")
        if file.stat().st_size != facts["bytes"]:
            raise _damaged(file, f"has {file.stat().st_size} bytes, not {facts['bytes']}")
    return info


def verify(folder: Path) -> ReleaseInfo:
    """Read a release and compare every checksum.

    Raises:
        ReleaseError: naming the first file that is not what it was when released.
    """
    info = read_info(folder)
    for name, facts in info.files.items():
        if sha256(folder / name) != facts["sha256"]:
            raise _damaged(folder / name, "is not what was released (checksum)")
    return info


def releases(place: Home) -> Iterator[tuple[Path, bool]]:
    """(folder, whether it is the current one) of every release, newest first."""
    current = place.current.resolve() if place.current.exists() else None
    for folder in sorted(place.releases.glob("*Z*"), reverse=True):
        if (folder / DESCRIPTION).is_file():
            yield folder, folder.resolve() == current


def find(place: Home, name: str | None) -> Path:
    """The release called `name`, or the current one.

    Raises:
        UsageError: if there is no release of that name.
        ReleaseError: if there is no current release.
    """
    if name is None:
        return current_release(place)
    known = {folder.name: folder for folder, _ in releases(place)}
    if name not in known:
        listed = ", ".join(list(known)[:5]) or "none"
        raise UsageError(f"no release {name!r}", do=f"Newest releases: {listed}")
    return known[name]


def prune(place: Home, keep: int) -> list[str]:
    """Remove all but the newest `keep` releases; the current one always stays.

    Returns the names of those removed. The caller holds the lock.
    """
    old = [folder for folder, current in list(releases(place))[keep:] if not current]
    for folder in old:
        doomed = folder.rename(folder.with_name(f".building-pruned-{folder.name}"))
        shutil.rmtree(doomed)
    return [folder.name for folder in old]


def sha256(path: Path) -> str:
    """The SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _damaged(path: Path, what: str) -> ReleaseError:
    return ReleaseError(
        f"damaged release: {path.name} {what}",
        where=str(path),
        do="Publish another one (fairscan releases list), or run: fairscan refresh --full",
    )
