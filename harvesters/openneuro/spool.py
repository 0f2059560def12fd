"""Records on disk between reading and use, so that memory does not grow with their number."""

from __future__ import annotations

import json
import tempfile
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from harvesters.earlier import undamaged


class Spool:
    """JSON objects in a file without a name, which goes when it is closed."""

    def __init__(self, folder: Path) -> None:
        self._file = tempfile.TemporaryFile("w+", dir=folder, encoding="utf-8")  # noqa: SIM115
        weakref.finalize(self, self._file.close)

    def add(self, raw: dict[str, Any]) -> None:
        """Put one object at the end."""
        self._file.write(json.dumps(raw, ensure_ascii=False) + "\n")

    def read(self) -> Iterator[dict[str, Any]]:
        """Every object in order, once; the file is gone afterwards."""
        with self._file as file:
            file.seek(0)
            yield from map(json.loads, file)


def last_records(folder: Path | None) -> Iterator[dict[str, Any]]:
    """The raw records of the harvest in `folder`; none if there was none.

    What is not of our making, and everything after a damage, is left out: those datasets are then
    read anew, so nothing is lost but time.
    """
    return filter(_is_ours, undamaged(folder))


def _is_ours(raw: dict[str, Any]) -> bool:
    return isinstance(raw.get("id"), str)
