"""Makes the packaged snapshots anew: `python -m harvesters.snapshots.make FACTS [SOURCE …]`.

FACTS is a folder of gathered facts, one JSON object a line. What each source takes from it is
said by `from_<source>.py` beside this file: `facts(folder)` gives the day, the origin in words and
the records, each with its local id under `_id`.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

from harvesters.snapshots import FOLDER, write


def main(arguments: list[str]) -> None:
    """Write the snapshots named, all if none is."""
    facts, *chosen = arguments
    there = sorted(path.stem.removeprefix("from_") for path in FOLDER.glob("from_*.py"))
    for key in chosen or there:
        module = importlib.import_module(f"harvesters.snapshots.from_{key}")
        day, origin, rows = module.facts(Path(facts))
        print(f"{key}: {write(key, day, origin, rows):,} records of {day}")


if __name__ == "__main__":
    main(sys.argv[1:])
