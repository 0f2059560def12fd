"""Measures speed and memory: `python -m tests.bench [NAME…] [--json] [--quick]`; prints one table.

It asserts nothing: a bar that is not met is said in the table.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import tempfile
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any

from schemas.errors import FairscanError
from tests.bench.figures import Measured, table
from tests.bench.place import Place, say

PARTS = (
    "refresh", "select", "pages", "openneuro", "xnat", "identity", "tenfold", "vocabulary",
    "search", "relevancy", "deid",
)  # fmt: skip


def main() -> int:
    """Exit 0 if everything could be measured, 1 if something failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="NAME", help=f"of {', '.join(PARTS)}; or all")
    parser.add_argument("--json", action="store_true", help="print data instead of a table")
    parser.add_argument("--quick", action="store_true", help="one run of each, and no tenfold")
    options = parser.parse_args()
    unknown = [name for name in options.parts if name not in PARTS]
    if unknown:
        parser.error(f"no part is called {unknown[0]!r}; there are {', '.join(PARTS)}")
    chosen = [name for name in PARTS if name in (options.parts or PARTS)]
    if options.quick and not options.parts:
        chosen.remove("tenfold")
    machine = _machine()
    measured: dict[str, Measured] = {}
    failed: dict[str, str] = {}
    with tempfile.TemporaryDirectory(prefix="fairscan-bench-") as folder:
        place = Place(Path(folder), options.quick)
        for name in chosen:
            try:
                measured[name] = import_module(f"tests.bench.{name}").measure(place)
            except (FairscanError, OSError) as error:
                failed[name] = str(error)
                say(f"{name}: failed: {error}")
    _print(options.json, machine, measured, failed)
    return 1 if failed else 0


def _print(
    as_json: bool, machine: dict[str, Any], measured: dict[str, Measured], failed: dict[str, str]
) -> None:
    if as_json:
        parts = {
            name: {"figures": [f.as_data() for f in part.figures], "notes": part.notes}
            for name, part in measured.items()
        }
        print(json.dumps({"machine": machine, "parts": parts, "failed": failed}, indent=1))
        return
    for name, part in measured.items():
        if part.notes:
            print(f"{name}:")
            print("\n".join(f"  {note}" for note in part.notes), end="\n\n")
    print(", ".join(f"{name} {value}" for name, value in machine.items()), end="\n\n")
    print(table(figure for part in measured.values() for figure in part.figures))
    for name, reason in failed.items():
        print(f"{name} could not be measured: {reason}")


def _machine() -> dict[str, Any]:
    """What the figures depend on."""
    load = f"{os.getloadavg()[0]:.1f}"
    return {
        "cores": os.cpu_count(),
        "load at the start": load,
        "Python": platform.python_version(),
        **{name: version(name) for name in ("duckdb", "datasette", "idc-index-data")},
    }


if __name__ == "__main__":
    raise SystemExit(main())
