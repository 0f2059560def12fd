"""The last run of each source: one that was held or failed made no release, and is told too."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from catalog.home import Home

COLUMNS = (
    "source", "state", "started", "finished", "version", "dated", "datasets", "series",
    "withdrawn", "quarantined", "message", "requests", "bytes", "retries",
)  # fmt: skip
"""What is told of a run; null is unknown."""


class Latest(NamedTuple):
    """The last run of each source, in order of source, and the records that they set aside."""

    runs: list[dict[str, Any]]
    quarantine: list[dict[str, Any]]


def place_of(release: Path) -> Home:
    """The home that a release lies in, if it lies in one."""
    return Home(release.resolve().parent.parent)


def stamp(release: Path) -> str:
    """A text that changes with every run that is remembered; empty if there is no history."""
    path = place_of(release).runs
    if not path.is_file():
        return ""
    status = path.stat()
    return f"{status.st_mtime_ns:x}-{status.st_size:x}"


def latest(
    release: Path, runs: Iterable[Mapping[str, Any]], quarantine: Iterable[Mapping[str, Any]]
) -> Latest:
    """The last runs from the history beside a release, and else those that the release was made of.

    runs and quarantine: the release's own.

    Raises:
        ReleaseError: if the history is not what fairscan wrote.
    """
    from catalog.refresh import history, newest

    newer = newest(history(place_of(release)))
    told = {run["source"]: {name: run.get(name) for name in COLUMNS} for run in runs}
    told |= {key: {name: run.get(name) for name in COLUMNS} for key, run in newer.items()}
    aside = [dict(entry) for entry in quarantine if entry["source"] not in newer]
    aside += [
        {"source": key, "local_id": entry["local_id"], "reason": entry["reason"]}
        for key, run in newer.items()
        for entry in run.get("quarantine", [])
    ]
    return Latest(
        [told[key] for key in sorted(told)],
        sorted(aside, key=lambda entry: (entry["source"], entry["local_id"])),
    )
