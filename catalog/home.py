"""Where fairscan keeps its things, and the lock that lets one process at a time change them."""

from __future__ import annotations

import errno
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from schemas.errors import BusyError, ReleaseError

VARIABLE = "FAIRSCAN_HOME"
BUILDING = ".building-"
REPLACED = ".replaced-"


@dataclass(frozen=True, slots=True)
class Home:
    """The folder of all state: last good harvests, releases, and the link to the current one."""

    root: Path

    @property
    def sources(self) -> Path:
        """Last good harvest of each source, one folder a key."""
        return self.root / "sources"

    @property
    def releases(self) -> Path:
        """Releases, one folder each, named by UTC time."""
        return self.root / "releases"

    @property
    def cache(self) -> Path:
        """Answers of repositories, kept to be asked for again on condition."""
        return self.root / "cache"

    @property
    def current(self) -> Path:
        """The link to the release that is served."""
        return self.root / "current"

    @property
    def runs(self) -> Path:
        """Every run of every source, one JSON object a line, oldest first."""
        return self.root / "runs.jsonl"


def home() -> Home:
    """The home from `FAIRSCAN_HOME`, else the platform's data directory."""
    named = os.environ.get(VARIABLE)
    if named:
        return Home(Path(named).expanduser().absolute())
    from platformdirs import user_data_path

    return Home(user_data_path("fairscan", appauthor=False))


def current_release(place: Home) -> Path:
    """The folder of the release that is served, with its link resolved.

    Raises:
        ReleaseError: if there is none yet.
    """
    if not (place.current / "release.json").is_file():
        raise ReleaseError(
            "there is no release yet", where=str(place.root), do="Run: fairscan refresh"
        )
    return place.current.resolve()


@contextmanager
def locked(place: Home, doing: str) -> Iterator[None]:
    """Hold the home for the length of a change; leftovers of a killed one are cleared first.

    Raises:
        BusyError: if another process holds it (says which).
        ReleaseError: if the home cannot be written.
    """
    from filelock import FileLock, Timeout

    try:
        place.releases.mkdir(parents=True, exist_ok=True)
        place.sources.mkdir(exist_ok=True)
        lock = FileLock(place.root / "lock", timeout=0)
        lock.acquire()
    except Timeout as error:
        raise BusyError(
            f"another fairscan is at work: {_holder(place)}",
            where=str(place.root),
            do="Wait for it to end, or stop it",
        ) from error
    except OSError as error:
        raise unwritable(place.root, error) from error
    try:
        holder = {"pid": os.getpid(), "doing": doing, "since": now().isoformat(timespec="seconds")}
        write_whole(place.root / "lock.json", json.dumps(holder))
        _clear_leftovers(place)
        yield
    except OSError as error:
        raise unwritable(place.root, error) from error
    finally:
        with suppress(OSError):
            (place.root / "lock.json").unlink()
        lock.release()


def replace_folder(new: Path, target: Path) -> None:
    """Put the whole folder `new` in the place of `target`, which may exist, and make it last."""
    sync_tree(new)
    old = target.with_name(f"{REPLACED}{target.name}")
    if target.exists():
        target.rename(old)
    new.rename(target)
    sync_folder(target.parent)
    shutil.rmtree(old, ignore_errors=True)


def point_current(place: Home, release: Path) -> None:
    """Make `release` the current one, by one atomic rename of a link."""
    link = place.root / ".current.new"
    link.unlink(missing_ok=True)
    link.symlink_to(os.path.relpath(release, place.root), target_is_directory=True)
    link.replace(place.current)
    sync_folder(place.root)


def write_whole(path: Path, text: str) -> None:
    """Write a file so that a reader sees the old text or the new one, never a part."""
    new = path.with_name(f".{path.name}.new")
    with new.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)


def sync_tree(folder: Path) -> None:
    """Flush every file and folder below `folder` to the disk."""
    for path in [*folder.rglob("*"), folder]:
        sync_folder(path)


def sync_folder(path: Path) -> None:
    """Flush one file or folder to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def unwritable(path: Path, error: OSError) -> ReleaseError:
    """The error for a place that cannot be written: full, read-only, or not ours."""
    what = {
        errno.ENOSPC: "the disk is full",
        errno.EDQUOT: "the disk quota is used up",
        errno.EROFS: "the file system is read-only",
        errno.EACCES: "the folder may not be written",
    }.get(error.errno or 0, error.strerror or str(error))
    return ReleaseError(what, where=str(path), do=f"Free or open it, or set {VARIABLE} elsewhere")


def now() -> datetime:
    """The present time (UTC)."""
    return datetime.now(UTC)


def _clear_leftovers(place: Home) -> None:
    """Remove what a killed process left half-built; put back what it had only moved aside."""
    for folder in (place.releases, place.sources):
        for leftover in folder.glob(f"{BUILDING}*"):
            shutil.rmtree(leftover)
        for moved in folder.glob(f"{REPLACED}*"):
            target = moved.with_name(moved.name.removeprefix(REPLACED))
            if target.exists():
                shutil.rmtree(moved)
            else:
                moved.rename(target)


def _holder(place: Home) -> str:
    try:
        holder = json.loads((place.root / "lock.json").read_text())
        return f"process {holder['pid']} ({holder['doing']}) since {holder['since']}"
    except (OSError, ValueError, KeyError):
        return "its name is not known"
