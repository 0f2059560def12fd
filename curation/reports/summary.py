"""The summary of a check: what was looked at, what was found, and what could not be read."""

from __future__ import annotations

import hashlib
import importlib.metadata
from array import array
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from curation.reports.plain import encodable
from schemas.file_finding import FileFinding
from schemas.finding import Severity

if TYPE_CHECKING:
    from curation.profiles import Profile

COUNTED = frozenset({Severity.WARNING, Severity.ERROR, Severity.BLOCKER})
"""The severities that count as personal data left; `info` is an observation."""


@dataclass
class Looked:
    """How much of something was looked at, and how much was not, by reason."""

    looked: int = 0
    skipped: Counter[str] = field(default_factory=Counter)

    def as_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        return {"looked": self.looked, "skipped": _sorted(self.skipped)}


@dataclass
class _Names:
    """Counts different names in 8 bytes a name; names that come together are kept once."""

    before: int = 0
    digests: array[int] = field(default_factory=lambda: array("Q"))
    _last: str | None = None

    def add(self, name: str) -> None:
        if name != self._last:
            self._last = name
            digest = hashlib.blake2b(name.encode("utf-8", "surrogatepass"), digest_size=8)
            self.digests.append(int.from_bytes(digest.digest(), "big"))

    def count(self) -> int:
        import numpy

        return self.before + int(numpy.unique(numpy.frombuffer(self.digests, numpy.uint64)).size)


@dataclass
class Summary:
    """Totals of one check. Fill it with `read`, `unread` and `found` while the check runs.

    `root` is the base name of what was checked: where it lies is nobody's business. `pixels`
    counts frames and `faces` volumes, with the reasons why others were not looked at.
    """

    root: str
    profile: dict[str, str] | None = None
    software: str = field(default_factory=lambda: software())
    started: datetime = field(default_factory=lambda: datetime.now(UTC))
    ended: datetime | None = None
    formats: Counter[str] = field(default_factory=Counter)
    bytes: int = 0
    not_read: Counter[str] = field(default_factory=Counter)
    severities: Counter[str] = field(default_factory=Counter)
    checks: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    pixels: Looked = field(default_factory=Looked)
    faces: Looked = field(default_factory=Looked)
    _flagged: _Names = field(default_factory=_Names, repr=False)
    _unclean: _Names = field(default_factory=_Names, repr=False)

    @classmethod
    def of(cls, root: Path, profile: Profile | None = None) -> Summary:
        """A new summary of a check of `root` that starts now."""
        name = encodable(root.name or root.resolve().name)
        if profile is None:
            return cls(name)
        known = {"name": profile.name, "version": profile.version, "digest": profile.digest}
        return cls(name, {key: str(value) for key, value in known.items()})

    def read(self, format: str, size: int) -> None:
        """Count a file that was read whole, of `size` bytes."""
        self.formats[format] += 1
        self.bytes += size

    def unread(self, file: str, reason: str) -> None:
        """Count a file that could not be read, or that no format takes, and why."""
        self.not_read[encodable(reason)] += 1
        self._unclean.add(file)

    def found(self, finding: FileFinding) -> None:
        """Count a finding."""
        self.severities[finding.severity] += 1
        self.checks[finding.check] += 1
        if finding.kind is not None:
            self.kinds[finding.kind] += 1
        if finding.severity in COUNTED:
            self._flagged.add(finding.file)
            self._unclean.add(finding.file)

    def end(self) -> None:
        """Say that the check ended now."""
        self.ended = datetime.now(UTC)

    @property
    def files(self) -> int:
        """Files met, read or not."""
        return self.formats.total() + self.not_read.total()

    @property
    def flagged(self) -> int:
        """Files with a finding that is more than an observation."""
        return self._flagged.count()

    @property
    def clean(self) -> int:
        """Files that were read and have none."""
        return max(0, self.files - self._unclean.count())

    def counted(self) -> int:
        """Findings that are more than observations."""
        return sum(self.severities[severity] for severity in COUNTED)

    def merge(self, other: Summary) -> None:
        """Add the totals of another part of the same check."""
        for mine, its in (
            (self.formats, other.formats),
            (self.not_read, other.not_read),
            (self.severities, other.severities),
            (self.checks, other.checks),
            (self.kinds, other.kinds),
            (self.pixels.skipped, other.pixels.skipped),
            (self.faces.skipped, other.faces.skipped),
        ):
            mine.update(its)
        self.bytes += other.bytes
        self.pixels.looked += other.pixels.looked
        self.faces.looked += other.faces.looked
        for names, others in ((self._flagged, other._flagged), (self._unclean, other._unclean)):
            names.before += others.before
            names.digests.extend(others.digests)
        self.started = min(self.started, other.started)
        ends = [end for end in (self.ended, other.ended) if end is not None]
        self.ended = max(ends, default=None)

    def as_dict(self) -> dict[str, Any]:
        """The summary as JSON has it; counts only whole numbers, times in ISO 8601 (UTC)."""
        return {
            "root": self.root,
            "software": self.software,
            "profile": self.profile,
            "started": _time(self.started),
            "ended": None if self.ended is None else _time(self.ended),
            "files": self.files,
            "files_clean": self.clean,
            "files_with_findings": self.flagged,
            "files_not_read": self.not_read.total(),
            "bytes": self.bytes,
            "formats": _sorted(self.formats),
            "not_read": _sorted(self.not_read),
            "findings": self.severities.total(),
            "findings_by_severity": _sorted(self.severities),
            "findings_by_check": _sorted(self.checks),
            "findings_by_kind": _sorted(self.kinds),
            "pixels": self.pixels.as_dict(),
            "faces": self.faces.as_dict(),
        }

    @classmethod
    def from_dict(cls, said: dict[str, Any]) -> Summary:
        """The summary of a check that was interrupted, to go on from where it stopped.

        Files counted before are taken to be others than those that come.
        """
        known = cls(said["root"], said["profile"], said["software"])
        known.started = datetime.fromisoformat(said["started"])
        known.bytes = said["bytes"]
        known.formats = Counter(said["formats"])
        known.not_read = Counter(said["not_read"])
        known.severities = Counter(said["findings_by_severity"])
        known.checks = Counter(said["findings_by_check"])
        known.kinds = Counter(said["findings_by_kind"])
        known.pixels = Looked(said["pixels"]["looked"], Counter(said["pixels"]["skipped"]))
        known.faces = Looked(said["faces"]["looked"], Counter(said["faces"]["skipped"]))
        known._flagged.before = said["files_with_findings"]
        known._unclean.before = said["files"] - said["files_clean"]
        return known


def software() -> str:
    """The name and version of this program."""
    return f"fairscan {importlib.metadata.version('fairscan')}"


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds")


def _sorted(counts: Counter[str]) -> dict[str, int]:
    """The most frequent first; equals in the order of their names."""
    return dict(sorted(((str(k), n) for k, n in counts.items()), key=lambda kn: (-kn[1], kn[0])))
