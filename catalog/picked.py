"""Which files of a dataset a sample looks at: spread over its parts, and the same ones each time.

Series of the release, folders of a bucket and single files are put in an order that only the
dataset, the release and a seed decide, such that modalities, makers and subjects take turns.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import unquote, urlsplit

from catalog.heads import LONGEST, READS
from harvesters import s3
from harvesters.http import Client
from schemas.errors import UsageError
from schemas.source import Source

if TYPE_CHECKING:
    import duckdb

LISTS = 4 * 1024 * 1024
"""Bytes that one page of a list can have."""
_KINDS = {
    ".dcm": "image", ".nii": "image", ".nii.gz": "image", ".png": "image", ".jpg": "image",
    ".jpeg": "image", ".tif": "image", ".tiff": "image", ".json": "sidecar", ".tsv": "table",
    ".csv": "table", ".txt": "text", ".md": "text",
}  # fmt: skip
"""Names that the checks know, and what they hold."""
_DO = "Fetch some of it by the way that its page tells, and run: fairscan check FOLDER"
_MADE = {"tcia-manifest", "aspera", "general-commons", "ctdc", "pathdb"}
"""Ways by which images come in archives, or through a program; files beside them are none."""
_CLOSED = ("controlled", "request", "registered", "closed", "gone")


class Remote(NamedTuple):
    """A file of a dataset: its path there, its address, and its size and entity tag if listed."""

    name: str
    url: str
    size: int | None = None
    etag: str | None = None


@dataclass(frozen=True)
class Picking:
    """A sample to be taken: `parts` are asked for their files one by one, by `files`.

    most: how many files that gives at most. lists: pages of lists that are asked for at most.
    """

    way: str
    most: int
    lists: int
    parts: list[Any] = field(repr=False)
    files: Callable[[Client, Any], list[Remote]] = field(repr=False)

    @property
    def requests(self) -> int:
        """Requests that the sample takes, at most."""
        return self.lists + self.most * READS

    @property
    def bytes(self) -> int:
        """Bytes that the sample takes, at most."""
        return self.lists * LISTS + self.most * LONGEST


class Seed:
    """Puts things in an order that looks random and is the same each time."""

    def __init__(self, *parts: str) -> None:
        self.text = "\x1f".join(parts)

    def rank(self, word: str) -> bytes:
        """The place of a word in that order."""
        return hashlib.sha256(f"{self.text}\x1f{word}".encode()).digest()


def picked(
    cursor: duckdb.DuckDBPyConnection,
    record: dict[str, Any],
    source: Source,
    count: int,
    seed: Seed,
) -> Picking:
    """How `count` files of a dataset are chosen.

    Raises:
        UsageError: if its files are not for everybody, or lie where no part of them can be read.
    """
    if record["access"] in _CLOSED:
        raise UsageError(
            f"its files are not for everybody: access is {record['access']}",
            where=record["id"],
            do="Ask its repository, then run: fairscan check FOLDER",
        )
    endpoint = source.services.get("s3")
    column = "derived_dataset_id" if record["kind"] == "analysis_result" else "dataset_id"
    if series := _series(cursor, record["id"], column, count, seed):
        return _of_series(series, count, seed, endpoint)
    ways = [part for part in record["distributions"] if part["access"] not in _CLOSED]
    urls = [part["url"] for part in ways if part["route"] in ("s3", "https") and part["url"]]
    folders = [url for url in urls if url.startswith("s3://") and not PurePosixPath(url).suffix]
    if folders and source.kind != "idc":  # whose buckets hold all collections at once
        return _of_bucket(folders[0], count, seed, endpoint)
    files = [url for url in urls if url.startswith("https://") and _kind(urlsplit(url).path)]
    if files and not _MADE & {part["route"] for part in ways}:
        return _of_files(files, count, seed)
    raise UsageError(_why_not(record), where=record["id"], do=_DO)


def _series(
    cursor: duckdb.DuckDBPyConnection, dataset: str, column: str, count: int, seed: Seed
) -> list[str]:
    """Folders of `count` series: modalities and makers take turns, each with new subjects first."""
    rows = cursor.execute(
        f"WITH own AS (SELECT url, subject, modality_raw, manufacturer_raw, "
        f"sha256(? || chr(31) || series) AS rank FROM series "
        f"WHERE {column} = ? AND starts_with(url, 's3://')), "
        "turns AS (SELECT *, row_number() OVER "
        "(PARTITION BY modality_raw, manufacturer_raw, subject ORDER BY rank) AS turn FROM own) "
        "SELECT url FROM turns ORDER BY row_number() OVER "
        "(PARTITION BY modality_raw, manufacturer_raw ORDER BY turn, rank), rank LIMIT ?",
        [seed.text, dataset, count],
    ).fetchall()
    return [row[0] for row in rows]


def _of_series(folders: list[str], count: int, seed: Seed, endpoint: str | None) -> Picking:
    """Some files of each series: a page of its list is enough, its files are much alike."""
    each, more = divmod(count, len(folders))

    def files(client: Client, part: tuple[str, int]) -> list[Remote]:
        folder, wanted = part
        name, key = s3.split(folder)
        bucket = _bucket(client, name, endpoint)
        found, _ = s3.below(client, bucket, key.rstrip("*"), pages=1)
        chosen = sorted((one for one in found if one.size), key=lambda one: seed.rank(one.key))
        return [_object(bucket, one, "") for one in chosen[:wanted]]

    parts = [(folder, each + (place < more)) for place, folder in enumerate(folders)]
    buckets = ", ".join(sorted({s3.split(folder)[0] for folder in folders}))
    way = f"files of {len(folders):,} series in s3://{buckets}"
    return Picking(way, count, len(folders) * (1 if endpoint else 2), parts, files)


def _of_bucket(url: str, count: int, seed: Seed, endpoint: str | None) -> Picking:
    """Files at the top of a folder of a bucket, and some of each of its inner folders."""
    name, key = s3.split(url)
    prefix = f"{key.rstrip('/')}/" if key.strip("/") else ""

    def files(client: Client, _: Any) -> list[Remote]:
        bucket = _bucket(client, name, endpoint)
        items, folders = s3.top(client, bucket, prefix)
        found = [_object(bucket, one, prefix) for one in items if one.size]
        for folder in sorted(folders, key=seed.rank)[:count]:
            inner, _ = s3.below(client, bucket, folder, pages=1)
            found += [_object(bucket, one, prefix) for one in inner if one.size]
        return turns([one for one in found if _kind(one.name)], count, seed)

    return Picking(f"files in {url}", count, s3.PAGES + count + 1, [None], files)


def _of_files(urls: list[str], count: int, seed: Seed) -> Picking:
    """Single files, each with an address of its own."""
    chosen = sorted(dict.fromkeys(urls), key=seed.rank)[:count]
    hosts = ", ".join(sorted({urlsplit(url).netloc for url in chosen}))
    named = [Remote(unquote(PurePosixPath(urlsplit(url).path).name), url) for url in chosen]
    return Picking(f"files at {hosts}", len(named), 0, named, lambda _, one: [one])


def turns(files: list[Remote], count: int, seed: Seed) -> list[Remote]:
    """`count` files: kinds take turns, and in each kind the first folders (subjects) do."""
    by_kind: dict[str, dict[str, list[Remote]]] = {}
    for one in sorted(files, key=lambda one: seed.rank(one.name)):
        folder = one.name.partition("/")[0] if "/" in one.name else ""
        by_kind.setdefault(_kind(one.name) or "", {}).setdefault(folder, []).append(one)
    queues = [_alternating(list(folders.values())) for _, folders in sorted(by_kind.items())]
    return list(_alternating([list(queue) for queue in queues]))[:count]


def _alternating(queues: list[list[Remote]]) -> Iterator[Remote]:
    """One of each queue after the other, until all are empty."""
    for place in range(max(map(len, queues), default=0)):
        for queue in queues:
            if place < len(queue):
                yield queue[place]


def _object(bucket: str, item: s3.Item, prefix: str) -> Remote:
    name = item.key.removeprefix(prefix)
    return Remote(name, s3.url(bucket, item.key), item.size, item.etag)


def _bucket(client: Client, name: str, endpoint: str | None) -> str:
    address = s3.address(name, endpoint)
    return address if endpoint else s3.located(client, address)


def _kind(name: str) -> str | None:
    """What a file of that name holds, None if no check knows it."""
    suffixes = PurePosixPath(name.lower()).suffixes
    return _KINDS.get("".join(suffixes[-2:])) or _KINDS.get("".join(suffixes[-1:]))


def _why_not(record: dict[str, Any]) -> str:
    routes = {part["route"] for part in record["distributions"]}
    if record["source"] in ("nbia", "tcia") or "tcia-manifest" in routes:
        return "its files come as zip archives that are made when asked for; no part can be read"
    told = ", ".join(sorted(routes)) or "none is told"
    return f"no part of its files can be read where they lie; the ways to them: {told}"
