"""The small tables of a release: links, sources, runs, checks, labels, tools and what is held."""

from __future__ import annotations

import dataclasses
from typing import Any

import duckdb
import pyarrow as pa

from catalog import standing
from catalog.identity import Identity
from catalog.labels import labels
from catalog.tools import load as load_tools
from curation import checks
from curation import policy as policies
from harvesters.registry import load_registries
from schemas.arrow import schema_of
from schemas.link import Link
from schemas.source import HOW_IT_IS_READ, Source
from schemas.tool import Tool

_TIME = pa.timestamp("us", tz="UTC")
SOURCES = schema_of(Source, without=HOW_IT_IS_READ)
RUNS = pa.schema(
    [
        ("source", pa.string()), ("state", pa.string()), ("started", _TIME), ("finished", _TIME),
        ("version", pa.string()), ("dated", pa.string()), ("datasets", pa.int64()),
        ("series", pa.int64()), ("withdrawn", pa.int64()), ("quarantined", pa.int64()),
        ("message", pa.string()), ("requests", pa.int64()), ("bytes", pa.int64()),
        ("retries", pa.int64()), ("landing", pa.string()), ("landing_url", pa.string()),
        ("landing_why", pa.string()),
        ("landing_checked", pa.string()),
    ]
)  # fmt: skip
REVIEW = pa.schema(
    [
        ("dataset_id", pa.string()),
        ("other_id", pa.string()),
        ("score", pa.float64()),
        ("reasons", pa.list_(pa.string())),
    ]
)
QUARANTINE = pa.schema(
    [
        ("source", pa.string()),
        ("local_id", pa.string()),
        ("reason", pa.string()),
        ("raw", pa.string()),
    ]
)
CHECKS = pa.schema(
    [(name, pa.string()) for name in
     ("check_id", "title", "severity", "explanation", "reference", "action", "why")]
)  # fmt: skip
LABELS = pa.schema([(name, pa.string()) for name in ("facet", "value", "label")])


def write(
    connection: duckdb.DuckDBPyConnection,
    identity: Identity,
    sources: list[Source],
    runs: list[dict[str, Any]],
    policy: policies.Policy,
) -> None:
    """Write them beside the table `datasets`, which is there already."""
    _write_links(connection, identity)
    last = {run["source"]: run for run in runs}
    rows = [standing.as_found(source, last.get(source.key)) for source in sources]
    create(connection, "sources", pa.Table.from_pylist(rows, schema=SOURCES))
    create(connection, "runs", pa.Table.from_pylist(runs, schema=RUNS))
    quarantined = [
        {"source": run["source"], **entry} for run in runs for entry in run.get("quarantine", [])
    ]
    create(connection, "quarantine", pa.Table.from_pylist(quarantined, schema=QUARANTINE))
    rules = [
        {"check_id": c.id, "title": c.title, "severity": c.severity, "explanation": c.explanation,
         "reference": c.reference, "action": policy.rules[c.id].action,
         "why": policy.rules[c.id].why}
        for c in checks.registered().values()
    ]  # fmt: skip
    create(connection, "checks", pa.Table.from_pylist(rules, schema=CHECKS))
    named = connection.execute(
        "SELECT id, CASE kind WHEN 'collection' THEN coalesce(list_filter(identifiers, "
        "lambda i: i.scheme = 'short_name')[1].value, title) ELSE title END FROM datasets"
    ).fetchall()
    rows = labels(dict(named), [*sources, *load_registries().values()])
    create(connection, "labels", pa.Table.from_pylist(rows, schema=LABELS))
    rows = [tool.model_dump(mode="json") for tool in load_tools().values()]
    create(connection, "tools", pa.Table.from_pylist(rows, schema=schema_of(Tool)))


def create(connection: duckdb.DuckDBPyConnection, name: str, table: pa.Table) -> None:
    """Write `table` as the table `name`."""
    connection.register("_arrow", table)
    connection.execute(f"CREATE TABLE {name} AS FROM _arrow")
    connection.unregister("_arrow")


def _write_links(connection: duckdb.DuckDBPyConnection, identity: Identity) -> None:
    """`links` between datasets of the release, and `review`: pairs that may be one dataset."""
    there = {row[0] for row in connection.execute("SELECT id FROM datasets").fetchall()}
    links = [
        link.model_dump() for link in identity.links if {link.dataset_id, link.other_id} <= there
    ]
    create(connection, "links", pa.Table.from_pylist(links, schema=schema_of(Link)))
    pairs = [
        dataclasses.asdict(pair)
        for pair in identity.review
        if {pair.dataset_id, pair.other_id} <= there
    ]
    create(connection, "review", pa.Table.from_pylist(pairs, schema=REVIEW))
