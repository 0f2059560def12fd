"""Checks over records: every registered check is run on a catalogue's series and datasets."""

from __future__ import annotations

from curation.metadata.runner import run

__all__ = ["run"]
