"""Says on Datasette's own pages what each column holds, in the words of the schemas."""

from __future__ import annotations

from functools import cache
from typing import Any

from datasette import hookimpl

from schemas.arrow import descriptions, schema_of
from schemas.dataset import Dataset
from schemas.finding import Finding
from schemas.link import Link
from schemas.source import HOW_IT_IS_READ, Source
from schemas.tool import Tool

SCHEMAS = {
    "datasets": schema_of(Dataset),
    "findings": schema_of(Finding),
    "links": schema_of(Link),
    "sources": schema_of(Source, without=HOW_IT_IS_READ),
    "tools": schema_of(Tool),
}
ONLY_HERE = {
    "datasets": {
        "summary": "The beginning of its description",
        "accesses": "How it and its parts can be reached, the loosest first",
        "stands": "The rowid of the copy that a search shows in its place",
        "elsewhere": "Ids of the same dataset in other repositories",
        "findings": "How many findings are more than information",
        "worst": "The worst severity among its findings",
        "record": "Everything that is known of it, as JSON",
    }
}


@hookimpl
def get_metadata() -> dict[str, Any]:
    """Column descriptions, merged by Datasette into metadata.yaml."""
    return {"databases": {"site": {"tables": _tables()}}}


@cache
def _tables() -> dict[str, Any]:
    return {
        table: {"columns": {**descriptions(schema), **ONLY_HERE.get(table, {})}}
        for table, schema in SCHEMAS.items()
    }
