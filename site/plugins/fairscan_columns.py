"""Says on Datasette's own pages what each column holds, in the words of the schemas."""

from __future__ import annotations

from functools import cache
from typing import Any

from datasette import hookimpl

from schemas.arrow import descriptions, schema_of
from schemas.dataset import Dataset
from schemas.finding import Finding
from schemas.link import Link
from schemas.source import Source

MODELS = {"datasets": Dataset, "findings": Finding, "links": Link, "sources": Source}
ONLY_HERE = {
    "datasets": {
        "summary": "The beginning of its description",
        "accesses": "How it and its parts can be reached, the loosest first",
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
        table: {"columns": {**descriptions(schema_of(model)), **ONLY_HERE.get(table, {})}}
        for table, model in MODELS.items()
    }
