"""The report as JSON lines: one finding a line, as it comes."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from curation.reports.placed import placed
from curation.reports.plain import encodable
from curation.reports.summary import Summary
from schemas.file_finding import FileFinding


@contextmanager
def lines(path: Path | None, _: Summary) -> Iterator[Callable[[FileFinding], None]]:
    """Write findings to `path`, or to the standard output. The summary is not among the lines."""
    if path is None:
        yield lambda finding: print(line(finding), flush=False)
        sys.stdout.flush()
        return
    with placed(path) as file:
        yield lambda finding: _put(file.write, finding)


def line(finding: FileFinding) -> str:
    """One finding as JSON on one line, in ASCII: nothing in it can steer a terminal."""
    said = {k: encodable(v) if isinstance(v, str) else v for k, v in finding.as_dict().items()}
    return json.dumps(said)


def _put(write: Callable[[bytes], int], finding: FileFinding) -> None:
    write(line(finding).encode("ascii") + b"\n")
