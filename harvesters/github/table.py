"""A table of images in a repository: CSV (RFC 4180) as rows of `harvesters.series.RAW`.

Names in a header are compared without surrounding spaces and in any case, as curators are not
strict with either. Of a row only what `schemas.github.Column` names is kept: notes on a patient,
places and days stay where they are.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator
from pathlib import PurePosixPath
from typing import Any

import pyarrow as pa

from harvesters.github.api import Blob
from harvesters.series import RAW
from harvesters.text import plain_text
from schemas.errors import SourceError
from schemas.github import Column, Table
from schemas.vocabulary import doi

_MOST = 1_000_000
"""Rows, at most."""


def rows(
    body: bytes,
    table: Table,
    dataset_id: str,
    blobs: dict[str, Blob],
    address: Callable[[str], str],
) -> tuple[pa.Table, int]:
    """The images that the table names, and how many of its rows name none.

    blobs: every file of the commit, by path. address: where the file of a path is fetched; a file
    that the commit does not have gets none.

    Raises:
        SourceError: if it is no such table; it says in which line.
    """
    by_stem: dict[str, list[str]] = {}
    for each in blobs:
        by_stem.setdefault(_stem(each), []).append(each)
    made: dict[str, dict[str, Any]] = {}
    nameless = 0
    for row in _read(_text(body, table), table):
        name = row["file"]
        if not name:
            nameless += 1
            continue
        path = _path(row.get("folder") or table.folder or "", name, blobs, by_stem)
        made.setdefault(
            name,
            {
                **dict.fromkeys(RAW.names),
                "source": dataset_id.partition(":")[0],
                "dataset_id": dataset_id,
                "subject": _subject(row["subject"], table),
                "series": name,
                "modality_raw": row["modality"],
                "body_part_raw": table.body_part,
                "description": plain_text(row.get("view")),
                "age_raw": row.get("age"),
                "sex_raw": row.get("sex"),
                "instances": 1,
                "bytes": blobs[path].size if path else None,
                "licence_raw": plain_text(row.get("licence")),
                "doi": doi.normalise(row.get("doi")),
                "url": address(path) if path else None,
            },
        )
    if not made:
        raise SourceError("a table without an image", where=table.path)
    return pa.Table.from_pylist(list(made.values()), schema=RAW), nameless


def _text(body: bytes, table: Table) -> str:
    for encoding in filter(None, ("utf-8-sig", table.encoding)):
        try:
            return body.decode(encoding)
        except UnicodeDecodeError as error:
            place, told = error.start, encoding
    line = body.count(b"\n", 0, place) + 1
    raise SourceError(
        f"not {'UTF-8' if told == 'utf-8-sig' else told}",
        where=f"{table.path}, line {line}",
        do="Name its encoding in the source file, if it has another",
    )


def _read(text: str, table: Table) -> Iterator[dict[Column, str | None]]:
    """What each row says, by meaning; None for an empty field."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = [name.strip().casefold() for name in next(reader, [])]
        places = {
            meaning: header.index(name.casefold())
            for meaning, name in table.columns.items()
            if header.count(name.casefold()) == 1
        }
        if lost := [name for meaning, name in table.columns.items() if meaning not in places]:
            raise SourceError(
                f"not the header of the table: no single column {', '.join(lost)}",
                where=f"{table.path}, line 1",
            )
        for number, fields in enumerate(reader):
            if not any(field.strip() for field in fields):
                continue
            where = f"{table.path}, line {reader.line_num}"
            if len(fields) != len(header):
                raise SourceError(f"{len(fields)} fields in place of {len(header)}", where=where)
            if number >= _MOST:
                raise SourceError(f"more than {_MOST:,} rows", where=where)
            yield {meaning: fields[place].strip() or None for meaning, place in places.items()}
    except csv.Error as error:
        raise SourceError(
            f"not CSV: {error}", where=f"{table.path}, line {reader.line_num}"
        ) from error


def _subject(raw: str | None, table: Table) -> str | None:
    """The subject of an id: "12b" may be the second image of subject 12."""
    if raw is None or table.subject is None:
        return raw
    found = re.match(table.subject, raw)
    return found.group() if found else raw


def _path(
    folder: str, name: str, blobs: dict[str, Blob], by_stem: dict[str, list[str]]
) -> str | None:
    """The file that a row means: of that name, or the only one of that name with an ending."""
    path = str(PurePosixPath(folder, name))
    if path in blobs:
        return path
    found = by_stem.get(path, [])
    return found[0] if len(found) == 1 else None


def _stem(path: str) -> str:
    """A path without the ending of its last part."""
    folder, slash, name = path.rpartition("/")
    return folder + slash + (name.rpartition(".")[0] or name)
