"""Scores findings or outputs: `python -m tests.corpus.score CORPUS check|deidentify PATH`."""

from __future__ import annotations

import argparse
import csv
import json
from pathlib import Path

from tests.corpus import key
from tests.corpus.score_check import score_check
from tests.corpus.score_deidentified import score_deidentified


def written(table: Path) -> dict[str, str]:
    """The file written for each file read: path.csv, as `fairscan reidentify` exports it."""
    with table.open(encoding="utf-8", newline="") as file:
        return {row["id_old"]: row["id_new"] for row in csv.DictReader(file)}


def main() -> None:
    """Print the score; with --list, what was missed as well."""
    parser = argparse.ArgumentParser(prog="python -m tests.corpus.score", description=__doc__)
    parser.add_argument("corpus", type=Path, help="the folder that tests.corpus wrote")
    parser.add_argument("what", choices=("check", "deidentify"))
    parser.add_argument("path", type=Path, help="findings as JSON lines, or the folder written")
    parser.add_argument("--map", type=Path, help="path.csv, exported by fairscan reidentify")
    parser.add_argument("--list", type=int, default=0, metavar="N", help="print N of the misses")
    options = parser.parse_args()
    entries = list(key.read(options.corpus / "key.jsonl"))
    if options.what == "check":
        with options.path.open(encoding="utf-8") as file:
            checked = score_check((json.loads(line) for line in file if line.strip()), entries)
        lines = checked.lines()
        missed = [entry.as_json() for entry in checked.missed]
        missed += [f"wrong: {json.dumps(finding)}" for finding in checked.wrong]
    else:
        mapping = written(options.map) if options.map else None
        done = score_deidentified(options.path, options.corpus / "raw", entries, mapping)
        lines = done.lines()
        missed = [f"left: {entry.as_json()}" for entry in done.left]
        missed += [f"lost: {entry.as_json()}" for entry in done.lost]
        missed += [f"broken: {name}" for name in done.broken]
        missed += [f"missing: {name}" for name in done.missing]
    print("\n".join([*missed[: options.list], *lines]))


if __name__ == "__main__":
    main()
