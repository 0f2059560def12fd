"""The errors a person may meet: each says what happened, where, and what to do.

FairscanError
├── UsageError        what was asked for does not exist or is malformed
├── VocabularyError   a code that a vocabulary does not hold
├── SourceError       a repository or a source file could not be read
├── RecordError       one record of a repository is not a valid dataset
├── ReleaseError      a release is missing, damaged, locked or could not be written
│   └── BusyError     another process is changing the home
├── QueryError        a query was refused, failed, or ran out of its time
├── DownloadError     bytes did not arrive whole
└── PolicyError       the publication policy is not valid
"""

from __future__ import annotations


class FairscanError(Exception):
    """What happened, to which file or source (`where`), and what to do about it (`do`)."""

    def __init__(self, what: str, *, where: str | None = None, do: str | None = None) -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.do = do

    def __str__(self) -> str:
        line = self.what if self.where is None else f"{self.what} ({self.where})"
        return line if self.do is None else f"{line}. {self.do}"


class UsageError(FairscanError):
    """What was asked for does not exist or is malformed."""


class VocabularyError(FairscanError):
    """A code that a vocabulary does not hold."""


class SourceError(FairscanError):
    """A repository or a source file could not be read."""


class RecordError(FairscanError):
    """One record of a repository is not a valid dataset."""


class ReleaseError(FairscanError):
    """A release is missing, damaged, locked or could not be written."""


class BusyError(ReleaseError):
    """Another process is changing the home."""


class QueryError(FairscanError):
    """A query was refused, failed, or ran out of its time."""


class DownloadError(FairscanError):
    """Bytes did not arrive whole."""


class PolicyError(FairscanError):
    """The publication policy is not valid."""
