"""Datasets in public buckets, as the Registry of Open Data on AWS lists them.

The registry describes a dataset in a YAML file and names its bucket. Where the bucket holds one
archive a part, the list of the bucket and the `dataset.json` of each part are read too: from the
part's folder if the bucket has it unpacked, else out of the archive by ranges, a hundred kilobytes
of several gigabytes. A bucket that asks for keys is described, and not listed.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import Any

from harvesters import base, s3
from harvesters.http import StatusError
from harvesters.open_data import archive, records, registry
from schemas.errors import SourceError
from schemas.open_data import OpenData

_DESCRIPTION = "dataset.json"
_LARGEST = 8 * 1024 * 1024
_NOT_THERE = (403, 404)


class Harvester(base.Harvester):
    """Reads one entry of the registry, and the parts that its bucket holds."""

    @property
    def _settings(self) -> OpenData:
        if self.source.open_data is None:
            raise SourceError(
                "no entry is named", where=f"source {self.source.key}", do="Add [open_data]"
            )
        return self.source.open_data

    @property
    def _root(self) -> str:
        return (self.source.base_url or registry.ADDRESS).rstrip("/")

    def digest(self) -> str:
        """SHA-256 over the entry and the list of its bucket."""
        said = registry.entry(self.client, self._root, self._settings.entry)
        told = [said, sorted(self._listed(said)[0])]
        return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()

    def harvest(self, folder: Path, last: Path | None = None) -> base.Harvest:  # noqa: ARG002
        """Read the entry, and the description of each part."""
        retrieved = datetime.now(UTC)
        said = registry.entry(self.client, self._root, self._settings.entry)
        if registry.licence_of(said.get("License"))[1]:
            self.say(f"{self.source.key}: the entry names one licence and links another")
        items, unpacked = self._listed(said)
        read = partial(self._part, said, items, unpacked)
        names = self._names(items, unpacked)
        parts = []
        for part in self.client.many(read, names) if names else ():
            parts.append(part)
            self.say(f"{self.source.key}: {len(parts)} of {len(names)} parts")
        without = [part["name"] for part in parts if part["dataset"] is None]
        if without:
            self.say(f"{self.source.key}: no {_DESCRIPTION} found for {', '.join(without)}")
        newest = max((item.modified for item in items), default="")
        return base.Harvest(
            version=newest or "unknown",
            dated=_day(newest),
            stated=1 + len(parts),
            series=None,
            records=self._records(said, parts, retrieved),
        )

    def asks(self) -> list[str]:
        """The entry; where parts are read, the list of the bucket and the beginning of each."""
        asked = [f"GET {self._root}/{self._settings.entry}.yaml"]
        if self._settings.parts is not None:
            bucket = f"{self.source.services.get('s3', 'https://s3.<region>.amazonaws.com')}/…"
            asked.append(f"GET {bucket}?list-type=2&delimiter=/…")
            asked.append(
                f"GET {bucket}/….tar, its first {archive.FIRST >> 10} KiB (each part once, "
                f"{archive.STEPS} times at most)"
            )
        return asked

    def _listed(self, said: dict[str, Any]) -> tuple[list[s3.Item], list[str]]:
        """Archives and folders of the entry's first bucket that are parts; none of a closed one.

        Raises:
            SourceError: if there is no public bucket, or it holds no part.
        """
        if self._settings.parts is None:
            return [], []
        where = self._bucket(said)
        items, folders = s3.top(self.client, where)
        wanted = re.compile(self._settings.parts)
        found = [item for item in items if wanted.fullmatch(item.key.removesuffix(".tar"))]
        unpacked = [name.rstrip("/") for name in folders if wanted.fullmatch(name.rstrip("/"))]
        if not found:
            raise SourceError("no archive of a part in the bucket", where=where)
        return found, unpacked

    def _bucket(self, said: dict[str, Any]) -> str:
        for bucket in registry.buckets(said)[:1]:
            if bucket.open:
                root = self.source.services.get("s3", f"https://s3.{bucket.region}.amazonaws.com")
                return f"{root.rstrip('/')}/{bucket.name}"
        raise SourceError(
            "the entry names no bucket that is read without keys",
            where=f"{self._root}/{self._settings.entry}.yaml",
        )

    def _names(self, items: list[s3.Item], unpacked: list[str]) -> list[str]:
        return sorted({item.key.removesuffix(".tar") for item in items} | set(unpacked))

    def _part(
        self, said: dict[str, Any], items: list[s3.Item], unpacked: list[str], name: str
    ) -> dict[str, Any]:
        """What is kept of a part; a description that is none is its `problem`."""
        where = self._bucket(said)
        item = next((one for one in items if one.key == f"{name}.tar"), None)
        told: dict[str, Any] = {
            "name": name,
            "bucket": where.rpartition("/")[2],
            "key": item.key if item else None,
            "size": item.size if item else None,
            "modified": item.modified if item else None,
            "dataset": None,
        }
        try:
            body = self._description(where, item, name in unpacked, name)
            if body is not None:
                told["dataset"] = records.kept(json.loads(body))
        except (ValueError, RecursionError) as error:
            told["problem"] = f"its {_DESCRIPTION} cannot be read: {error}"
        return told

    def _description(
        self, bucket: str, item: s3.Item | None, unpacked: bool, name: str
    ) -> bytes | None:
        if unpacked:
            try:
                return s3.whole(self.client, bucket, f"{name}/{_DESCRIPTION}", _LARGEST)
            except StatusError as error:
                if error.status not in _NOT_THERE:
                    raise
        if item is None:
            return None
        return archive.member(partial(s3.part, self.client, bucket, item), item.size, _DESCRIPTION)

    def _records(
        self, said: dict[str, Any], parts: list[dict[str, Any]], retrieved: datetime
    ) -> Iterator[base.RawRecord]:
        key, collection = self.source.key, self._settings.dataset
        curated = {one.id: one for one in self.source.datasets}
        raw = {"entry": said, "parts": parts}
        build = partial(
            records.whole, raw, f"{key}:{collection}", curated.get(collection), retrieved
        )
        yield base.RawRecord(collection, raw, build)
        for one in parts:
            name = one["name"]
            read = partial(
                records.part, one, f"{key}:{name}", f"{key}:{collection}", curated.get(name)
            )
            yield base.RawRecord(name, one, partial(read, retrieved))


def _day(moment: str) -> date | None:
    try:
        return datetime.fromisoformat(moment).date()
    except ValueError:
        return None
