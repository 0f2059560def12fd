"""What the audit says about one run of the de-identifier."""

from __future__ import annotations

import getpass
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from curation.reports.summary import Summary, software

if TYPE_CHECKING:
    from curation.profiles import Profile


@dataclass
class Run:
    """One run. Digests are of `curation.audit.tree`; null is unknown or not done.

    `command` is what was asked for without the names of files. `actions` counts what was done to
    elements by its word, `quarantined` files by reason. No machine is named, and no input file.
    """

    command: list[str]
    profile: Mapping[str, Any]
    operator: str
    key_fingerprint: str
    key_kept: bool
    table_kept: bool
    software: str = field(default_factory=software)
    started: datetime = field(default_factory=lambda: datetime.now(UTC))
    ended: datetime | None = None
    complete: bool = False
    files_read: int = 0
    files_written: int = 0
    bytes_written: int = 0
    input_digest: str | None = None
    output_digest: str | None = None
    detail_digest: str | None = None
    actions: Counter[str] = field(default_factory=Counter)
    regions_hidden: int = 0
    quarantined: Counter[str] = field(default_factory=Counter)
    check: Summary | None = None

    def end(self) -> None:
        """Say that the run came to its end now, with everything done that was asked for."""
        self.complete = True
        self.ended = datetime.now(UTC)

    def as_dict(self) -> dict[str, Any]:
        """The run as the chain has it: text, whole numbers and null alone."""
        return {
            "what": "de-identification",
            "command": list(self.command),
            "profile": dict(self.profile),
            "operator": self.operator,
            "key_fingerprint": self.key_fingerprint,
            "key_kept": self.key_kept,
            "table_kept": self.table_kept,
            "software": self.software,
            "started": _time(self.started),
            "ended": None if self.ended is None else _time(self.ended),
            "complete": self.complete,
            "files_read": self.files_read,
            "files_written": self.files_written,
            "bytes_written": self.bytes_written,
            "input_digest": self.input_digest,
            "output_digest": self.output_digest,
            "detail_digest": self.detail_digest,
            "actions": _counts(self.actions),
            "regions_hidden": self.regions_hidden,
            "quarantined": _counts(self.quarantined),
            "check": None if self.check is None else self.check.as_dict(),
        }


def described(profile: Profile) -> dict[str, Any]:
    """A profile as the audit has it: which it is, and in words what it does."""
    return {
        "name": profile.name,
        "version": profile.version,
        "title": profile.title,
        "edition": profile.edition,
        "digest": profile.digest,
        "options": sorted(profile.options),
        "deviations": list(profile.deviations),
        "method_codes": [list(code) for code in profile.method_codes()],
        "says": [list(sentence) for sentence in profile.describe()],
    }


def operator(given: str | None) -> str:
    """Who runs this: as given, else the user of the system, else `unknown`."""
    if given:
        return given
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return "unknown"


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds")


def _counts(counts: Counter[str]) -> dict[str, int]:
    return {str(name): counts[name] for name in sorted(counts, key=str)}
