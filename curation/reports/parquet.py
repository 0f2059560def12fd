"""The report as Parquet: one row a finding, with the summary in the file's own metadata."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from curation.reports.placed import placed
from curation.reports.plain import encodable
from curation.reports.summary import Summary
from schemas.file_finding import FileFinding

_BATCH = 8192
_TEXTS = {
    "check": "The check that saw it, a stable slug",
    "severity": "error: surely an identifier; warning: likely; info: an observation",
    "file": "The file, below the folder that was checked",
    "where": "Where in the file: a path of tags, pixel, preamble, padding, filename, a key",
    "rule": "The rule that the finding rests on",
    "message": "What was seen and what to do",
    "kind": "The sort of identifier",
    "evidence": "What was found, masked: its shape without its content",
}


@contextmanager
def parquet(path: Path, summary: Summary) -> Iterator[Callable[[FileFinding], None]]:
    """Write findings to `path` in batches."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    fields = [
        pa.field(name, pa.string(), metadata={"description": t}) for name, t in _TEXTS.items()
    ]
    fields.append(pa.field("frame", pa.int32(), metadata={"description": "The frame, from 0"}))
    box = "x0, y0, x1, y1 in pixels; x1 and y1 outside"
    fields.append(pa.field("bbox", pa.list_(pa.int32()), metadata={"description": box}))
    schema = pa.schema(fields)
    rows: list[dict[str, Any]] = []

    with placed(path) as file, pq.ParquetWriter(file, schema, compression="zstd") as writer:

        def flush() -> None:
            writer.write_batch(pa.RecordBatch.from_pylist(rows, schema))
            rows.clear()

        def put(finding: FileFinding) -> None:
            said = asdict(finding)
            rows.append({k: encodable(v) if isinstance(v, str) else v for k, v in said.items()})
            if len(rows) >= _BATCH:
                flush()

        yield put
        flush()
        writer.add_key_value_metadata({"fairscan.summary": json.dumps(summary.as_dict())})
