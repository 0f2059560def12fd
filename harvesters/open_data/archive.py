"""A small file inside a large tar archive (POSIX ustar), found by its headers alone.

Each member begins with a header of 512 bytes that tells its name and size, so that one can step
from header to header by ranges. The archives that we read begin with their description; one whose
description lies far behind its images is given up, as every image is another request.
"""

from __future__ import annotations

import tarfile
from collections.abc import Callable

_BLOCK = 512
FIRST = 128 * 1024
"""Bytes of the first look: the description of hundreds of cases fits in."""
STEPS = 16
"""Requests for one archive, at most."""
_LARGEST = 8 * 1024 * 1024


def member(read: Callable[[int, int], bytes], size: int, name: str) -> bytes | None:
    """The first file called `name`, in whatever folder; None if it is not near the beginning.

    read: gives so many bytes from an offset, fewer only at the end. size: of the archive in bytes.

    Raises:
        ValueError: if it is no tar archive.
    """
    place = 0
    for _ in range(STEPS):
        if place + _BLOCK > size:
            return None
        start, window = place, read(place, FIRST)
        while start + len(window) >= place + _BLOCK:
            header = window[place - start : place - start + _BLOCK]
            if not any(header):
                return None  # the end of the archive
            try:
                found = tarfile.TarInfo.frombuf(header, "utf-8", "replace")
            except tarfile.HeaderError as error:
                raise ValueError(f"no header of a tar archive at byte {place:,}") from error
            data = place + _BLOCK
            if found.size < 0:
                raise ValueError(f"a member of {found.size} bytes")
            if found.isreg() and found.name.rpartition("/")[2] == name:
                if found.size > _LARGEST:
                    raise ValueError(f"{name} has {found.size:,} bytes")
                held = window[data - start : data - start + found.size]
                return held if len(held) == found.size else read(data, found.size)
            place = data + -(-found.size // _BLOCK) * _BLOCK
    return None
