"""Image-level rows of TCIA: a table of some columns as a table of all that are brought."""

from __future__ import annotations

import pyarrow as pa

from harvesters.series import RAW


def whole(found: pa.Table) -> pa.Table:
    """A table with every column of the schema `RAW`: null where `found` has none."""
    columns = [
        found[field.name].cast(field.type)
        if field.name in found.column_names
        else pa.nulls(found.num_rows, field.type)
        for field in RAW
    ]
    return pa.table(columns, schema=RAW)
