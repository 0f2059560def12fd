"""PathDB: the slides of TCIA's pathology collections, one row an image.

A Drupal site: `GET {root}/collections?_format=json` lists collections, and
`GET {root}/listofimages/{tid}?_format=json&page=N` the images of one, page by page until `[]`.
Every value is wrapped, `[{"value": …}]`; an absent value is an empty list. Collections are matched
to datasets by their name, letters alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from harvesters.http import Client, StatusError
from harvesters.series import connect
from harvesters.tcia.rows import whole
from harvesters.tcia.words import text
from schemas.errors import SourceError
from schemas.vocabulary import table

PAGES = 5000
"""Pages of one collection, at most: a server that never ends is no source."""
_VALUE = '[{"value": "VARCHAR"}]'
_SHAPE = (
    f'[{{"nid": {_VALUE}, "imageid": {_VALUE}, "clinicaltrialsubjectid": {_VALUE}, '
    '"field_wsiimage": [{"url": "VARCHAR"}]}]'
)
_ROWS = f"""
INSERT INTO slides SELECT r.nid[1].value, r.imageid[1].value, r.clinicaltrialsubjectid[1].value,
    r.field_wsiimage[1].url FROM (SELECT unnest(from_json($1, '{_SHAPE}')) AS r)
"""
_SELECT = """
SELECT 'tcia' AS source, $1 AS dataset_id, subject, coalesce(nid, image) AS series,
    'SM' AS modality_raw, image AS description, 1 AS instances, $2 AS licence_raw, $3 AS doi,
    url FROM slides WHERE coalesce(nid, image) IS NOT NULL ORDER BY subject, series
"""


def collections(client: Client, root: str) -> dict[str, dict[str, str]]:
    """Every collection's `tid`, `name` and day of change, by the letters of its name.

    Raises:
        SourceError: if they cannot be had.
    """
    answer = client.get(f"{root}/collections", params={"_format": "json"})
    found = answer.json()
    if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
        raise SourceError("not a list of collections", where=f"{root}/collections")
    known = {}
    for row in found:
        values = {key: _value(row.get(key)) for key in ("tid", "name", "changed")}
        if values["tid"] and values["name"]:
            known[table.squeeze(values["name"])] = {k: v for k, v in values.items() if v}
    return known


def slides(
    client: Client,
    root: str,
    tid: str,
    folder: Path,
    *,
    dataset_id: str,
    doi: str | None,
    licence: str | None,
) -> pa.Table | None:
    """The slides of a collection in the schema `harvesters.series.RAW`; None if it is not there.

    Raises:
        SourceError: if a page cannot be had, is none, or comes again and again.
    """
    connection = connect(folder)
    try:
        connection.execute(
            "CREATE TABLE slides (nid VARCHAR, image VARCHAR, subject VARCHAR, url VARCHAR)"
        )
        try:
            for page in _pages(client, root, tid):
                connection.execute(_ROWS, [page])
        except StatusError as error:
            if error.status != 404:
                raise
            return None
        return whole(connection.execute(_SELECT, [dataset_id, licence, doi]).to_arrow_table())
    except duckdb.InvalidInputException as error:
        raise SourceError("not JSON", where=f"{root}/listofimages/{tid}") from error
    finally:
        connection.close()


def asks(root: str) -> list[str]:
    """What reading asks for."""
    return [
        f"GET {root}/collections?_format=json",
        f"GET {root}/listofimages/…?_format=json&page=0… (a collection with open slides)",
    ]


def _pages(client: Client, root: str, tid: str) -> Iterator[str]:
    url, before = f"{root}/listofimages/{tid}", ""
    for number in range(PAGES):
        answer = client.get(url, params={"_format": "json", "page": number})
        found = answer.json()
        if not isinstance(found, list):
            raise SourceError("not a list of images", where=url)
        if not found:
            return
        page = answer.text()
        if page == before:
            raise SourceError("the same page of images came twice", where=url)
        before = page
        yield page
    raise SourceError(f"more than {PAGES:,} pages of images", where=url)


def _value(wrapped: Any) -> str | None:
    return text(wrapped[0].get("value")) if wrapped and isinstance(wrapped, list) else None
