"""A subset: a cohort written down series by series, with what it takes to cite and fetch it.

The file is JSON with one series a line, so that it can be read whole, streamed, or compared.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from catalog.facets import Query
from catalog.home import now
from catalog.release import ReleaseInfo
from schemas.errors import ReleaseError, UsageError

if TYPE_CHECKING:
    import duckdb

VERSION = 1
FIELDS = (
    "source", "dataset_id", "derived_dataset_id", "subject", "study", "series", "modality",
    "instances", "bytes", "licence", "doi", "url",
)  # fmt: skip
_BATCH = 2_000


@dataclass(frozen=True, slots=True)
class Written:
    """Totals of a manifest; `bytes` are of the files it names; DOIs and licences once each."""

    series: int
    subjects: int
    studies: int
    instances: int
    bytes: int
    licences: list[str | None]
    dois: list[str]
    content_sha256: str


def summary(
    cursor: duckdb.DuckDBPyConnection, where: str, parameters: list[Any]
) -> tuple[dict[str, int], list[dict[str, Any]]]:
    """Totals of a cohort, and one row a (DOI, licence): series, bytes, who publishes it."""
    row = cursor.execute(
        "SELECT count(*), count(DISTINCT subject_id), count(DISTINCT study), "
        "coalesce(sum(instances), 0)::BIGINT, coalesce(sum(bytes), 0)::BIGINT "
        f"FROM series WHERE {where}",
        parameters,
    ).fetchone()
    assert row is not None
    totals = dict(zip(("series", "subjects", "studies", "instances", "bytes"), row, strict=True))
    parts = cursor.execute(
        "SELECT doi, licence, licence_raw, count(*) AS series, coalesce(sum(bytes), 0)::BIGINT, "
        f"list(DISTINCT dataset_id ORDER BY dataset_id) FROM series WHERE {where} "
        "GROUP BY ALL ORDER BY series DESC, doi, licence",
        parameters,
    ).fetchall()
    names = ("doi", "licence", "licence_raw", "series", "bytes", "datasets")
    return totals, [dict(zip(names, part, strict=True)) for part in parts]


def write(
    cursor: duckdb.DuckDBPyConnection,
    info: ReleaseInfo,
    query: Query,
    where: str,
    parameters: list[Any],
    out: TextIO,
) -> Written:
    """Write the manifest of the series that match `where` to `out`, in catalogue order.

    `where` and `parameters` come from `catalog.cohort.condition`. The content hash is the
    SHA-256 of the series lines, each without its comma and ended by a line feed, so that the same
    subset has it again on another day.

    Raises:
        UsageError: if no series matches: an empty subset is a mistake in the question.
    """
    totals, parts = summary(cursor, where, parameters)
    if not totals["series"]:
        raise UsageError("no series matches", do="Widen it; see: fairscan cohort")
    head = {
        "manifest_version": VERSION,
        "created": now().isoformat(timespec="seconds"),
        "generator": info.generator,
        "release": info.id,
        "query": {"params": query.params(), "where": query.where},
        "totals": totals,
        "parts": parts,
    }
    out.write(json.dumps(head, indent=1, ensure_ascii=False)[:-2] + ',\n "series": [\n')
    digest = hashlib.sha256()
    packed = ", ".join(f"{name} := {name}" for name in FIELDS)
    cursor.execute(
        f"SELECT to_json(struct_pack({packed}))::VARCHAR FROM series WHERE {where}",
        parameters,
    )
    first = True
    while rows := cursor.fetchmany(_BATCH):
        lines = [row[0] for row in rows]
        digest.update("".join(f"{line}\n" for line in lines).encode())
        out.write(("" if first else ",\n") + ",\n".join(lines))
        first = False
    content = digest.hexdigest()
    out.write(f'\n ],\n "content_sha256": "{content}"\n}}\n')
    return Written(
        **totals,
        licences=sorted({p["licence"] for p in parts}, key=str),
        dois=sorted({p["doi"] for p in parts if p["doi"]}),
        content_sha256=content,
    )


def write_file(
    cursor: duckdb.DuckDBPyConnection,
    info: ReleaseInfo,
    query: Query,
    where: str,
    parameters: list[Any],
    path: Path,
) -> Written:
    """`write` to a file that appears whole or not at all.

    Raises:
        ReleaseError: if the file cannot be written.
    """
    new = path.with_name(f".{path.name}.new")
    try:
        with new.open("w", encoding="utf-8") as out:
            written = write(cursor, info, query, where, parameters, out)
        new.replace(path)
    except OSError as error:
        raise ReleaseError(
            f"the manifest cannot be written: {error.strerror or error}",
            where=str(path),
            do="Name another file with -o, or free the disk",
        ) from error
    finally:
        with contextlib.suppress(OSError):
            new.unlink()
    return written
