"""The Cancer Imaging Archive, from the four services that each know a part of it.

- WordPress (its Collection Manager, version 2) is the authority: which datasets there are, their
  downloads, licences and DOIs.
- NBIA, version 4, lists the series of open DICOM that IDC does not hold.
- PathDB lists the slides of pathology collections.
- DataCite knows creators, funders and relations by DOI. It alone may be missing: then what it said
  at the last good harvest stays, and the datasets come.

TCIA's own client library, tcia-utils, is not used here: it answers None or fewer rows where a
request failed, which would look like data withdrawn. It is the independent witness in the tests.

A hidden record (`hide_from_browse_table`) is either retired or not yet published. It is kept, as
deprecated, only if its DOI is registered; else it is left out.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import Any

from harvesters import base
from harvesters.record import midnight
from harvesters.snapshots import load
from harvesters.tcia import datacite as tcia_datacite
from harvesters.tcia import nbia as tcia_nbia
from harvesters.tcia import pathdb as tcia_pathdb
from harvesters.tcia import records as tcia_records
from harvesters.tcia import wordpress as tcia_wordpress
from harvesters.tcia import words as tw
from harvesters.tcia.last import Last
from harvesters.tcia.series import Reader
from harvesters.tcia.wordpress import POSTS
from harvesters.text import without_addresses
from schemas.dataset import Dataset
from schemas.errors import SourceError

ROOT = "https://cancerimagingarchive.net/api/v2"


class Harvester(base.Harvester):
    """Reads TCIA: every collection and analysis result, and the series that only it lists."""

    def digest(self) -> str:
        """SHA-256 over every record's id, day of update and hiding, and the number of DOIs.

        It does not see an edit that leaves `date_updated` as it was, nor new slides or series of
        a dataset whose page did not change: a full refresh does.
        """
        told = {post: tcia_wordpress.listing(self.client, self._root, post) for post in POSTS}
        try:
            total: int | str = self._has("datacite") and tcia_datacite.total(
                self.client, self.source.services["datacite"]
            )
        except SourceError:
            total = "unknown"  # no reason to miss the datasets
        text = json.dumps([told, total], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()

    def harvest(self, folder: Path, last: Path | None = None) -> base.Harvest:
        """Read every record, and write the rows of series and slides.

        Raises:
            SourceError: if a service other than DataCite cannot be read whole.
        """
        known = Last(last)
        found = [
            {"post": post, "record": record}
            for post in POSTS
            for record in tcia_wordpress.read(self.client, self._root, post)
        ]
        self._tell(f"{len(found):,} records")
        self._relate(found)
        self._cite(found, known)
        shown = [one for one in found if _is_shown(one)]
        if len(shown) < len(found):
            self._tell(f"{len(found) - len(shown)} hidden records left out")
        self._call(shown, known)
        reader = Reader(self.client, self.source.services, known, folder, self._tell)
        rows = reader.write(shown) if self._has("nbia") or self._has("pathdb") else None
        days = filter(
            None, (tw.day(tcia_records.record_of(one).get("date_updated")) for one in shown)
        )
        newest = max((moment.date() for moment in days), default=None)
        version = newest.isoformat() if newest else "undated"
        return base.Harvest(version, newest, len(shown), rows, self._records(shown))

    def asks(self) -> list[str]:
        """The requests of a whole harvest."""
        lines = [line for post in POSTS for line in tcia_wordpress.asks(self._root, post)]
        if self._has("datacite"):
            lines.append(tcia_datacite.asks(self.source.services["datacite"]))
        if self._has("nbia"):
            lines += tcia_nbia.asks(self.source.services["nbia"])
        if self._has("pathdb"):
            lines += tcia_pathdb.asks(self.source.services["pathdb"])
        return lines

    def from_snapshot(self, raw: dict[str, Any], day: date) -> Dataset:
        """A row of the packaged snapshot, which has the shape of an envelope."""
        return tcia_records.dataset(raw, midnight(day), day)

    def _records(self, envelopes: list[dict[str, Any]]) -> Iterator[base.RawRecord]:
        retrieved = datetime.now(UTC)
        for envelope in envelopes:
            local = tcia_records.slug(tcia_records.record_of(envelope)) or envelope["local"]
            yield base.RawRecord(
                local,
                without_addresses(envelope),
                partial(tcia_records.dataset, envelope, retrieved),
            )

    def _call(self, envelopes: list[dict[str, Any]], last: Last) -> None:
        """Give each record without page and slug, under `local`, the local id it had before.

        Only so is it seen to be a dataset that is known, and whose facts stay.
        """
        nameless = [
            one for one in envelopes if tcia_records.slug(tcia_records.record_of(one)) is None
        ]
        if not nameless:
            return
        snapshot = load(self.source.key)
        packaged = {
            (row["post"], tw.number(row["record"].get("id"))): row["_id"]
            for row in (snapshot.rows() if snapshot else ())
        }
        for place, one in enumerate(nameless):
            number = tw.number(tcia_records.record_of(one).get("id"))
            before = last.known(one)
            one["local"] = (
                (tcia_records.slug(tcia_records.record_of(before)) if before else None)
                or before.get("local")
                or (packaged.get((one["post"], number)) if number is not None else None)
                or (f"wordpress-{number}" if number is not None else f"{one['post']}-{place}?")
            )

    def _relate(self, envelopes: list[dict[str, Any]]) -> None:
        """Say of each analysis result which collections it derives from."""
        slugs = {
            name: slug
            for one in envelopes
            if one["post"] == "collections"
            and (slug := tcia_records.slug(tcia_records.record_of(one)))
            for name in tcia_records.names(tcia_records.record_of(one), one["post"])
        }
        for one in envelopes:
            if one["post"] == "analysis-results":
                one["derived_from"] = tcia_records.derived_from(tcia_records.record_of(one), slugs)

    def _cite(self, envelopes: list[dict[str, Any]], last: Last) -> None:
        """Put to each envelope what DataCite says of its DOI, or said at the last good harvest."""
        if not self._has("datacite"):
            return
        now = datetime.now(UTC).isoformat()
        try:
            cited: dict[str, dict[str, Any]] | None = tcia_datacite.read(
                self.client, self.source.services["datacite"]
            )
        except SourceError as error:
            cited = None
            self._tell(f"DataCite's facts are those of the last harvest: {error}")
        for one in envelopes:
            if cited is None:
                one |= last.part(one, "datacite", "datacite_read")
            elif attributes := cited.get(
                tcia_records.doi_of(tcia_records.record_of(one), one["post"]) or ""
            ):
                one |= {"datacite": attributes, "datacite_read": now}

    @property
    def _root(self) -> str:
        return (self.source.base_url or ROOT).rstrip("/")

    def _tell(self, what: str) -> None:
        self.say(f"{self.source.key}: {what}")

    def _has(self, service: str) -> bool:
        return bool(self.source.services.get(service))


def _is_shown(envelope: dict[str, Any]) -> bool:
    return not tcia_records.is_hidden(tcia_records.record_of(envelope)) or "datacite" in envelope
