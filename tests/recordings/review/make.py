"""Writes rows.csv anew from gathered facts: `python make.py sources.jsonl > rows.csv`."""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path

FIELDS = (
    "key seed_name seed_url in_table status_code access_code licence_spdx dois subjects images"
).split()


def main(facts: Path) -> None:
    """One line a repository, in the order of the facts; lists are joined by spaces."""
    print("# The rows of the review's Table 5 and two of its text, and what was known of each on")
    print("# 2026-11-23 (unverified live). seed_*: word for word as the review has it.")
    writer = csv.DictWriter(sys.stdout, FIELDS, lineterminator="\n")
    writer.writeheader()
    for line in facts.read_text("utf-8").splitlines():
        row = json.loads(line)
        told = {name: row[name] for name in FIELDS}
        writer.writerow({**told, "dois": " ".join(told["dois"])})


if __name__ == "__main__":
    main(Path(sys.argv[1]))
