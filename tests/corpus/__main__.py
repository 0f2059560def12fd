"""Writes the corpus: `python -m tests.corpus OUT [--seed 7] [--size small|full]`.

OUT gets the folders raw, residual and hostile, and key.jsonl.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from tests.corpus.make import SIZES, make


def main() -> None:
    """Write it and say how much it is."""
    parser = argparse.ArgumentParser(prog="python -m tests.corpus", description=__doc__)
    parser.add_argument("out", type=Path, help="a folder that is not there yet")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--size", choices=SIZES, default="small")
    options = parser.parse_args()
    entries = make(options.out, options.seed, options.size)
    files = sum(1 for path in options.out.rglob("*") if path.is_file()) - 1
    print(f"{files} files, {len(entries)} expectations")


if __name__ == "__main__":
    main()
