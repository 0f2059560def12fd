"""Asks idc-index for the same cohort, as its documentation shows: SQL, then a dry run of the fetch.

Run with the Python of an environment that has idc-index; it needs nothing of ours.
"""

from __future__ import annotations

import sys
from importlib.metadata import version

from idc_index import IDCClient


def main(folder: str) -> None:
    """Print how many series it selects, and the versions that did it."""
    client = IDCClient()
    found = client.sql_query(
        "SELECT SeriesInstanceUID FROM index "
        "WHERE Modality = 'MR' AND BodyPartExamined = 'PROSTATE'"
    )
    series = found["SeriesInstanceUID"].tolist()
    client.download_from_selection(folder, seriesInstanceUID=series, dry_run=True, quiet=True)
    names = ("idc-index", "pandas", "duckdb")
    print(len(series))
    print("beside: " + ", ".join(f"{name} {version(name)}" for name in names))


if __name__ == "__main__":
    main(sys.argv[1])
