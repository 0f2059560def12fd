"""A file that appears whole or not at all: written beside its place, then renamed into it."""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from schemas.errors import FairscanError

_OPEN = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)


@contextmanager
def placed(path: Path, *, mode: int = 0o666) -> Iterator[BinaryIO]:
    """A file to write, which takes the place of `path` when the block ends without an error.

    `mode` are its permissions, before the umask. Raises FairscanError if it cannot be written.
    """
    new = path.with_name(f".{path.name}.{secrets.token_hex(4)}.new")
    try:
        with open(os.open(new, _OPEN, mode), "wb") as file:  # noqa: PTH123 - needs permissions
            yield file
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
        sync_folder(path.parent)
    except OSError as error:
        if error.filename not in (None, str(new), str(path), str(path.parent)):
            raise
        raise unwritable(path, error) from error
    finally:
        new.unlink(missing_ok=True)


def sync_folder(folder: Path) -> None:
    """Flush the entries of a folder to the disk, where the system can."""
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def unwritable(path: Path, error: OSError) -> FairscanError:
    """The error for a place that cannot be written."""
    what = {
        errno.ENOSPC: "the disk is full",
        errno.EDQUOT: "the disk quota is used up",
        errno.EROFS: "the file system is read-only",
        errno.EACCES: "it may not be written",
        errno.ENOENT: "its folder does not exist",
    }.get(error.errno or 0, error.strerror or type(error).__name__)
    return FairscanError(what, where=str(path), do="Free or open the place, or name another")
