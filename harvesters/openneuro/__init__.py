"""OpenNeuro, read over its GraphQL API in two phases: which datasets there are, then what each is.

The list is paged by offset, so a dataset that comes or goes meanwhile shifts the rows: ids are
kept once, compared with the stated total, and the list is walked again if it fell short. Details
are asked a few datasets at a time, each under an alias of its own, and only for those whose latest
snapshot changed. A dataset that fails is asked again alone; if it still fails it is set aside with
what the list says of it. One conditional request for the sitemap tells whether anything changed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime
from functools import cached_property, partial
from itertools import islice
from pathlib import Path
from typing import Any

from harvesters import base
from harvesters.openneuro import kept as openneuro_kept
from harvesters.openneuro import records as openneuro_records
from harvesters.openneuro.details import Details
from harvesters.openneuro.listing import Listing, listing
from harvesters.openneuro.queries import BATCH, PAGE
from harvesters.openneuro.sitemap import versions
from harvesters.openneuro.spool import Spool, last_records
from harvesters.openneuro.talk import Talk
from schemas.dataset import Dataset
from schemas.errors import SourceError

ADDRESS = "https://openneuro.org"
MISSED = 100
"""Known datasets that the list no longer names are asked for one by one, if no more than this."""
PATIENCE = 20
"""So many failures in a row mean that the repository is down, not that the datasets are broken."""


class Harvester(base.Harvester):
    """Reads every public dataset of OpenNeuro, or of an installation of its software."""

    def digest(self) -> str:
        """SHA-256 over every dataset and version that the sitemap names.

        If the sitemap cannot be read or names none, over the list of datasets instead.
        """
        try:
            answer = self.client.get(f"{self._address}/sitemap.xml", accept="application/xml")
            named = sorted(versions(answer.body))
            if not named:
                raise SourceError("the sitemap names no dataset", where="sitemap.xml")
        except SourceError as error:
            self.say(f"{self.source.key}: {error}; reading the list of datasets instead")
            return _hash(sorted((local, row.key) for local, row in self._listing.rows.items()))
        return _hash(named)

    def harvest(self, folder: Path, last: Path | None = None) -> base.Harvest:
        """Read the list, then each dataset that is new or changed; the rest is known from `last`.

        Raises:
            SourceError: if the list cannot be read, or the repository stops answering.
        """
        listed = self._listing
        spool = Spool(folder)
        wanted = dict.fromkeys(listed.rows)
        earlier: dict[str, dict[str, Any]] = {}
        stones = 0
        for raw in last_records(last):
            stones += self._reuse(raw, listed, wanted, earlier, spool)
        missed = [local for local in earlier if local not in listed.rows]
        if len(missed) <= MISSED:
            wanted |= dict.fromkeys(missed)
        private, deleted = self._read(wanted, listed, earlier, spool)
        # Tombstones are not in the stated total, so they must not stand in for what is missing.
        total = listed.stated
        stated = None if total is None else total - private + stones + deleted
        records = self._records(spool, datetime.now(UTC))
        return base.Harvest(listed.version or "unstated", None, stated, None, records)

    def asks(self) -> list[str]:
        """The requests of a whole harvest, by kind."""
        graphql = f"POST {self._address}/crn/graphql"
        return [
            f"GET {self._address}/sitemap.xml (1, conditional)",
            f"{graphql} the list of datasets (1 for each {PAGE} datasets)",
            f"{graphql} details of new and changed datasets (1 for each {BATCH})",
            f"{graphql} metadata of the same (1 for each {BATCH})",
        ]

    def from_snapshot(self, raw: dict[str, Any], day: date) -> Dataset:
        """A row of the packaged snapshot as a dataset."""
        return openneuro_records.packaged(raw, day)

    @property
    def _address(self) -> str:
        return (self.source.base_url or ADDRESS).rstrip("/")

    @cached_property
    def _talk(self) -> Talk:
        return Talk(self.client, f"{self._address}/crn/graphql")

    @cached_property
    def _listing(self) -> Listing:
        return listing(self._talk, lambda text: self.say(f"{self.source.key}: {text}"))

    def _reuse(
        self,
        raw: dict[str, Any],
        listed: Listing,
        wanted: dict[str, None],
        earlier: dict[str, dict[str, Any]],
        spool: Spool,
    ) -> bool:
        """Take over a record of the last harvest if nothing changed, else note what it knew.

        True if it is the tombstone of a dataset that is no longer listed.
        """
        local = raw["id"]
        row = listed.rows.get(local)
        if row is not None and row.key is not None and row.key == openneuro_kept.key(raw):
            if local in wanted:
                spool.add({**raw, "publishDate": row.published})
                del wanted[local]
        elif row is None and "deleted" in raw:
            spool.add(raw)
            return True
        elif "failed" not in raw:
            snapshot = raw.get("latestSnapshot") or {}
            earlier[local] = {
                "title": (snapshot.get("description") or {}).get("Name"),
                "metadata": raw.get("metadata"),
            }
        return False

    def _read(
        self,
        wanted: Iterable[str],
        listed: Listing,
        earlier: dict[str, dict[str, Any]],
        spool: Spool,
    ) -> tuple[int, int]:
        """Read the details of the datasets `wanted`.

        How many of those listed are not public, and how many of those not listed were deleted.
        """
        ids = iter(wanted)
        batches = iter(lambda: list(islice(ids, BATCH)), [])
        details = Details(self._talk, listed, earlier)
        in_a_row = private = deleted = done = 0
        for found in self.client.many(details.of, batches):
            for local, raw in found:
                done += 1
                if raw is None:
                    private += local in listed.rows
                    continue
                in_a_row = in_a_row + 1 if "failed" in raw else 0
                if in_a_row >= PATIENCE:
                    raise SourceError(
                        f"{in_a_row} datasets in a row could not be read: {raw['failed']}",
                        where=self._address,
                    )
                deleted += "deleted" in raw and local not in listed.rows
                spool.add(raw)
                if done % 300 == 0:
                    self.say(f"{self.source.key}: {done:,} of {len(listed.rows):,} datasets")
        return private, deleted

    def _records(self, spool: Spool, retrieved: datetime) -> Iterator[base.RawRecord]:
        for raw in spool.read():
            build = partial(openneuro_records.live, raw, retrieved)
            yield base.RawRecord(str(raw["id"]), raw, build)


def _hash(value: Any) -> str:
    return hashlib.sha256(json.dumps(value).encode()).hexdigest()
