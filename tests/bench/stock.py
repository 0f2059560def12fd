"""What stock DuckDB does with the index: rewrite it once, sorted, or make it several times as long.

Run in a process of its own: `python -m tests.bench.stock sort TARGET CODEC`, or
`python -m tests.bench.stock multiply FOLDER COPIES`.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import duckdb
import idc_index_data

INSTALLED = Path(idc_index_data.__file__).parent
INDEX = "idc_index.parquet"
ORDER = "ORDER BY collection_id, PatientID, StudyInstanceUID"

# A copy keeps its collection, facts and words; what names a subject, study, series or file differs.
_COPIES = f"""
SELECT * EXCLUDE (tail) REPLACE (
    PatientID || tail AS PatientID,
    StudyInstanceUID || tail AS StudyInstanceUID,
    SeriesInstanceUID || tail AS SeriesInstanceUID,
    crdc_series_uuid || tail AS crdc_series_uuid,
    replace(series_aws_url, crdc_series_uuid, crdc_series_uuid || tail) AS series_aws_url)
FROM read_parquet(?), (SELECT '.' || range AS tail FROM range(?))
{ORDER}
"""


def sort(target: Path, codec: str) -> None:
    """Rewrite the installed index sorted, with DuckDB's own settings."""
    duckdb.execute(
        f"COPY (FROM read_parquet(?) {ORDER}) TO '{target}' (FORMAT parquet, COMPRESSION {codec})",
        [str(INSTALLED / INDEX)],
    )


def multiply(folder: Path, copies: int) -> None:
    """Fill `folder` with the files of the index, its series `copies` times over."""
    folder.mkdir()
    for path in INSTALLED.glob("*.parquet"):
        if path.name != INDEX:
            shutil.copy(path, folder)
    spill = folder / "spill"
    connection = duckdb.connect(config={"memory_limit": "4GB", "temp_directory": str(spill)})
    connection.execute(
        f"COPY ({_COPIES}) TO '{folder / INDEX}' (FORMAT parquet, COMPRESSION zstd)",
        [str(INSTALLED / INDEX), copies],
    )
    connection.close()
    shutil.rmtree(spill, ignore_errors=True)


if __name__ == "__main__":
    verb, target, what = sys.argv[1:]
    if verb == "sort":
        sort(Path(target), what)
    else:
        multiply(Path(target), int(what))
