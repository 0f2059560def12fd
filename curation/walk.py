"""The files below a folder, in one order everywhere, with what cannot be read said and not lost."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from curation.formats.file import File

STATE = ".fairscan"
"""The folder in which a run keeps its own state, which is no part of the data."""


def files_below(root: Path) -> Iterator[File | tuple[str, str]]:
    """Each file below `root` (or `root` itself) by name, or (name, reason) where there is none.

    Links are not followed: what they point at may lie anywhere.
    """
    try:
        mode = root.lstat().st_mode
    except OSError as error:
        yield root.name, error.strerror or "it cannot be read"
        return
    if stat.S_ISDIR(mode) or (stat.S_ISLNK(mode) and root.is_dir()):
        yield from _below(root, "")
    else:
        yield File(root, root.name)


def _below(folder: Path, name: str) -> Iterator[File | tuple[str, str]]:
    try:
        with os.scandir(folder) as found:
            entries = sorted(found, key=lambda entry: entry.name)
    except OSError as error:
        yield name or folder.name, error.strerror or "it cannot be read"
        return
    for entry in entries:
        below = name + shown(entry.name)
        if entry.is_symlink():
            yield below, "a link, which is not followed"
        elif entry.is_dir(follow_symlinks=False):
            if entry.name != STATE:
                yield from _below(Path(entry.path), below + "/")
        elif entry.is_file(follow_symlinks=False):
            yield File(Path(entry.path), below)
        else:
            yield below, "neither a file nor a folder"


def shown(name: str) -> str:
    """A name as text that can be printed and encoded: what cannot be is written as ?."""
    return "".join(
        c if c.isprintable() else "?"
        for c in name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    )
