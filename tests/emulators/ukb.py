"""UK Biobank's Showcase: the data dictionary as a file, with its date and an ETag."""

from __future__ import annotations

import hashlib
from pathlib import Path

from tests.emulators.server import Emulator, Reply, Request

RECORDED = Path(__file__).parents[1] / "recordings" / "ukb" / "Data_Dictionary_Showcase.imaging.tsv"


class Showcase(Emulator):
    """Serves `table`, at first the recorded rows."""

    def __init__(self) -> None:
        super().__init__()
        self.table = RECORDED.read_bytes()

    def answer(self, request: Request) -> Reply:
        """The one file."""
        if request.path != "/~bbdatan/Data_Dictionary_Showcase.tsv":
            return Reply(b"<html>not found</html>", 404, "text/html")
        etag = f'"{hashlib.md5(self.table, usedforsecurity=False).hexdigest()}"'
        return Reply(self.table, type="text/tab-separated-values", etag=etag)
