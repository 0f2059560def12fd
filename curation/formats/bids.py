"""Which paths belong to a BIDS dataset, and which of its files state facts of publication."""

from __future__ import annotations

from curation.formats.paths import patient_of

_AT_THE_TOP = ("participants.", "sessions.", "samples.", "dataset_description.")
_PUBLIC = ("readme", "changes", "license", "licence", "citation", "authors", "contributors")


def is_bids(name: str) -> bool:
    """Whether a path is one of a BIDS dataset's."""
    return patient_of(name) is not None or name.rpartition("/")[2].startswith(_AT_THE_TOP)


def is_public(name: str) -> bool:
    """Whether a file says who publishes and how, so that it may name authors."""
    last = name.rpartition("/")[2].lower()
    return last.startswith(_PUBLIC) or last == "dataset_description.json"
