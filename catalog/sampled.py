"""A sample of a dataset's files checked where they lie: only heads are read, by ranges.

What is read is kept in a folder that only its owner may open until the run has ended well, so that
one that was stopped goes on where it was.
"""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import Callable, Generator, Iterable
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from catalog import heads
from catalog.home import Home, now
from catalog.picked import Picking, Remote, Seed, picked
from schemas.errors import DownloadError, FairscanError, UsageError
from schemas.file_finding import FileFinding
from schemas.source import Source

if TYPE_CHECKING:
    from catalog.reader import Reader
    from curation.formats.file import File
    from harvesters.http import Client

SAMPLE = 50
"""Files that are looked at if nobody says how many."""
MOST = 100_000
_STEP = 25
_FORGOTTEN = 7 * 86400
"""Seconds after which what a stopped run had read is removed."""

Emit = Callable[[FileFinding], None]
Check = Callable[[Iterable["File"], Emit], object]
Say = Callable[[str], None]


@dataclass(frozen=True)
class Plan:
    """A sample to be taken of a dataset of a release; nobody was asked for anything yet."""

    dataset_id: str
    release: str
    seed: int
    asked: int
    source: Source
    picking: Picking

    def told(self) -> dict[str, Any]:
        """What it would do: requests and bytes at most, and bytes as they usually are."""
        return {
            "dataset": self.dataset_id,
            "release": self.release,
            "seed": self.seed,
            "sample": self.picking.way,
            "files": self.picking.most,
            "requests": self.picking.requests,
            "bytes": self.picking.bytes,
            "usual_bytes": self.picking.most * heads.FIRST,
            "requests_per_second": self.source.requests_per_second,
            "at_once": self.source.concurrency,
        }


@dataclass
class Sampled:
    """How a sample went. asked: files that were wanted; failed: name and reason of each that

    could not be read. bytes: what came over the wire for them.
    """

    dataset_id: str
    release: str
    seed: int
    asked: int
    time: datetime
    read: int = 0
    bytes: int = 0
    requests: int = 0
    failed: list[tuple[str, str]] = field(default_factory=list)
    findings: list[FileFinding] = field(default_factory=list)


def plan(
    reader: Reader, sources: dict[str, Source], dataset_id: str, count: int, seed: int = 0
) -> Plan:
    """How `count` files of a dataset are to be sampled.

    Raises:
        UsageError: if there is no such dataset, or no part of its files can be read.
    """
    if not 1 <= count <= MOST:
        raise UsageError(f"a sample of {count:,} files", do=f"Ask for 1 to {MOST:,}")
    page = reader.dataset(dataset_id)
    if page is None:
        raise UsageError(
            f"no dataset {dataset_id!r}", do=f"Look for it: fairscan search {dataset_id!r}"
        )
    source = sources.get(page.record["source"])
    if source is None:
        raise UsageError(f"no source {page.record['source']!r} is described any more")
    order = Seed(dataset_id, reader.info.id, str(seed))
    with reader.cursor() as cursor:
        picking = picked(cursor, page.record, source, count, order)
    return Plan(dataset_id, reader.info.id, seed, count, source, picking)


def take(place: Home, plan: Plan, check: Check, say: Say) -> Sampled:
    """Read the heads of the sample and hand them to `check`, which reports findings.

    Raises:
        DownloadError: if no file could be read: that is no clean dataset.
    """
    from harvesters.http import Client

    sampled = Sampled(plan.dataset_id, plan.release, plan.seed, plan.asked, now())
    folder = _folder(place, plan)
    client = Client(plan.source)
    files = _files(client, plan, folder, sampled, say)
    try:
        check(files, sampled.findings.append)
    finally:
        files.close()  # first: what is being asked still ends on the open client
        client.close()
        sampled.bytes, sampled.requests = client.traffic.bytes, client.traffic.requests
    if not sampled.read:
        name, reason = sampled.failed[0] if sampled.failed else ("", "no file was found")
        raise DownloadError(
            f"none of its files could be read: {reason}",
            where=name or plan.dataset_id,
            do="Try again later, or fetch some of it and run: fairscan check FOLDER",
        )
    shutil.rmtree(folder)
    return sampled


def _files(client: Client, plan: Plan, folder: Path, sampled: Sampled, say: Say) -> Generator[File]:
    """The head of each file of the sample, as it comes."""
    from curation.formats.file import File

    wanted = plan.picking.most

    def part(one: Any) -> list[Remote | tuple[str, str]]:
        try:
            return list(plan.picking.files(client, one))
        except FairscanError as error:
            return [(str(error.where or plan.dataset_id), error.what)]

    def read(one: Remote | tuple[str, str]) -> tuple[str, Path | str]:
        if not isinstance(one, Remote):
            return one
        try:
            return one.name, _kept(client, one, folder)
        except (FairscanError, ValueError) as error:
            return one.name, error.what if isinstance(error, FairscanError) else str(error)

    with (
        closing(client.many(part, plan.picking.parts)) as groups,
        closing(client.many(read, (one for group in groups for one in group))) as heads_read,
    ):
        for name, found in heads_read:
            if isinstance(found, Path):
                sampled.read += 1
                yield File(found, name)
            else:
                sampled.failed.append((name, found))
            done = sampled.read + len(sampled.failed)
            if done % _STEP == 0:
                say(f"{done:,} of {wanted:,} files")


def _kept(client: Client, remote: Remote, folder: Path) -> Path:
    """The head of a file, read unless it was read before in this run."""
    suffixes = "".join(PurePosixPath(remote.name).suffixes[-2:])
    suffix = suffixes if re.fullmatch(r"[.\w]{1,12}", suffixes, re.ASCII) else ""
    told = hashlib.sha256(f"{remote.url}\x1f{remote.etag}".encode()).hexdigest()
    path = folder / f"{told}{suffix}"
    if remote.etag is None or not path.is_file():
        new = path.with_name(f".{told}")
        new.write_bytes(_head(client, remote))
        new.replace(path)
    return path


def _head(client: Client, remote: Remote) -> bytes:
    """The head of a file, read from its beginning until it is whole.

    Raises:
        SourceError: if the bytes do not come, or the file changes meanwhile.
        ValueError: if the head is longer than what is read, or is none.
    """
    from harvesters import ranges

    data, etag, size, begins = b"", remote.etag, remote.size, False
    length = heads.FIRST
    for _ in range(heads.READS):
        start = 0 if begins else len(data)
        part = ranges.read(client, remote.url, start, length - 1, etag)
        data = part.body if start == 0 else data + part.body
        etag, begins = part.etag or etag, not part.ranges
        size = part.size if part.size is not None else size
        if remote.size is not None and size != remote.size:
            raise ValueError(f"it has {size:,} bytes, not the {remote.size:,} of the list")
        whole = size == len(data)
        found = heads.head(data, whole=whole)
        if found is not None:
            return found
        if whole or (size is not None and len(data) > size):
            raise ValueError("more bytes came than the file has")
        if len(data) >= length:
            length = 2 * length
    raise ValueError(f"its head is longer than {heads.LONGEST >> 20} MiB, or comes in small parts")


def _folder(place: Home, plan: Plan) -> Path:
    """Where the heads of this sample are kept meanwhile; nobody else may read it."""
    told = f"{plan.dataset_id}\x1f{plan.release}\x1f{plan.seed}"
    folder = place.cache / "heads" / hashlib.sha256(told.encode()).hexdigest()[:32]
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    for other in folder.parent.iterdir():
        if other != folder and now().timestamp() - other.stat().st_mtime > _FORGOTTEN:
            shutil.rmtree(other)
    return folder
