"""Grand Challenge, read from its REST API: challenges, archives, and the Zenodo data they name.

`challenges/` and `archives/` answer `{count, next, previous, results}` without a token, a hundred
at a time unless `limit` asks for up to a thousand. There are no filters and no order but that of
creation. Nothing says modality, anatomy, licence or where the data are: the packaged snapshot
knows these of many challenges. A token that is wrong is refused even where none is needed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from harvesters import base
from harvesters.grand_challenge import overlay as grand_challenge_overlay
from harvesters.grand_challenge import zenodo
from harvesters.grand_challenge.records import ARCHIVE, CHALLENGE, Kind, archive, challenge, refused
from harvesters.http import Answer, StatusError
from harvesters.snapshots import load
from schemas.dataset import Dataset
from schemas.errors import SourceError

ADDRESS = "https://grand-challenge.org/api/v1/"
ZENODO = "https://zenodo.org/api/"
LIMIT = 1000
"""Objects a request: the most that the server gives."""
_PAGES = 100
_VOLATILE = {"logo", "status", "submission_types"}
"""A logo's address, a status and an order change without the challenge changing."""


class Harvester(base.Harvester):
    """Reads every public challenge and archive, or the challenges that the source file names."""

    @property
    def _at_zenodo(self) -> str:
        return self.source.services.get("zenodo", ZENODO)

    def digest(self) -> str:
        """SHA-256 over what both lists say, in order of their ids."""
        told = [
            sorted(
                (
                    {name: value for name, value in row.items() if name not in _VOLATILE}
                    if isinstance(row, dict)
                    else row
                    for row in self._listed(kind)[1]
                ),
                key=lambda row: json.dumps(row, sort_keys=True),
            )
            for kind in (CHALLENGE, ARCHIVE)
        ]
        return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()

    def harvest(self, folder: Path, last: Path | None = None) -> base.Harvest:  # noqa: ARG002
        """Read both lists, and every Zenodo record that a challenge names."""
        counts = 0
        records: list[tuple[Kind, list[Any]]] = []
        newest = ""
        overlay = self._overlay()
        retrieved = datetime.now(UTC)
        for kind in (CHALLENGE, ARCHIVE):
            count, rows = self._listed(kind)
            public = [row for row in rows if not (isinstance(row, dict) and _private(row))]
            self.say(f"{self.source.key}: {len(public):,} {kind.name}s")
            counts += count - (len(rows) - len(public))
            records.append((kind, public))
            newest = max([newest, *(_modified(row) for row in public)])
        found = self._resolve(records[0][1], overlay)
        return base.Harvest(
            version=newest or "unknown",
            dated=_day(newest),
            stated=counts,
            series=None,
            records=self._records(records, found, overlay, retrieved),
        )

    def asks(self) -> list[str]:
        """Two lists, and a record for each Zenodo identifier among the publications."""
        root = (self.source.base_url or ADDRESS).rstrip("/")
        if self.source.only:
            return [f"GET {root}/challenges/{slug}/" for slug in self.source.only]
        known = {number for row in self._overlay().values() for number in row.get("zenodo", ())}
        return [
            f"GET {root}/challenges/?limit={LIMIT}",
            f"GET {root}/archives/?limit={LIMIT}",
            f"GET {self._at_zenodo.rstrip('/')}/records/… ({len(known)} known so far, "
            "and each that a challenge newly names)",
        ]

    def from_snapshot(self, raw: dict[str, Any], day: date) -> Dataset:
        """A challenge as public lists and data sheets described it."""
        return grand_challenge_overlay.described(raw, day)

    def _records(
        self,
        lists: list[tuple[Kind, list[Any]]],
        found: dict[str, dict[str, Any]],
        overlay: dict[str, dict[str, Any]],
        retrieved: datetime,
    ) -> Iterator[base.RawRecord]:
        for kind, rows in lists:
            seen: set[str] = set()
            for place, row in enumerate(rows):
                local = kind.local_id(row)
                if local is None or local in seen:
                    why = "two records with one id" if local else "a record without its id"
                    raw = row if isinstance(row, dict) else {"value": row}
                    name = f"{kind.name}-{place}"
                    yield base.RawRecord(name, raw, partial(refused, why, local or name))
                    continue
                seen.add(local)
                raw = {name: row[name] for name in kind.fields if name in row}
                if kind is ARCHIVE:
                    yield base.RawRecord(local, raw, partial(archive, raw, retrieved))
                    continue
                if isinstance(raw.get("submission_types"), list):
                    raw["submission_types"] = sorted(map(str, raw["submission_types"]))
                more = overlay.get(local, {})
                named = [found[number] for number in _numbers(row, more) if number in found]
                raw["zenodo"] = list(
                    {str(told.get("id") or told["asked"]): told for told in named}.values()
                )
                yield base.RawRecord(
                    local,
                    raw,
                    partial(challenge, raw, more.get("buckets", []), retrieved, self.source.key),
                )

    def _resolve(
        self, rows: list[Any], overlay: dict[str, dict[str, Any]]
    ) -> dict[str, dict[str, Any]]:
        """What Zenodo says of every record named, by the number that was asked for."""
        numbers = sorted(
            {
                number
                for row in rows
                if isinstance(row, dict)
                for number in _numbers(row, overlay.get(CHALLENGE.local_id(row) or "", {}))
            },
            key=int,
        )
        ask = partial(zenodo.read, self.client, self._at_zenodo)
        found: dict[str, dict[str, Any]] = {}
        for told in self.client.many(ask, numbers) if numbers else ():
            found[told["asked"]] = told
            if len(found) % 10 == 0 or len(found) == len(numbers):
                self.say(f"{self.source.key}: {len(found)} of {len(numbers)} Zenodo records")
        return found

    def _overlay(self) -> dict[str, dict[str, Any]]:
        """What the packaged snapshot knows of where data lie, by local id."""
        snapshot = load(self.source.key)
        rows = snapshot.rows() if snapshot else ()
        return {
            row["_id"]: {name: row.get(name, []) for name in ("zenodo", "buckets")} for row in rows
        }

    def _listed(self, kind: Kind) -> tuple[int, list[Any]]:
        """A list, asked for once: its robots file asks for restraint."""
        if kind.name not in self._lists:
            self._lists[kind.name] = self._named(kind) if self.source.only else self._whole(kind)
        return self._lists[kind.name]

    def _named(self, kind: Kind) -> tuple[int, list[Any]]:
        """The challenges that the source file names, each asked for by its slug; no archive."""
        if kind is ARCHIVE:
            return 0, []
        slugs = self.source.only
        return len(slugs), [self._asked(f"{self._address(kind)}{slug}/").json() for slug in slugs]

    @cached_property
    def _lists(self) -> dict[str, tuple[int, list[Any]]]:
        return {}

    def _whole(self, kind: Kind) -> tuple[int, list[Any]]:
        """The count that the server states and every row of a list; two walks at most.

        Raises:
            SourceError: if rows are missing after the second walk.
        """
        for again in (False, True):
            count, rows, steady = self._walk(kind)
            different = len({kind.local_id(row) or f" {place}" for place, row in enumerate(rows)})
            if steady and different == count:
                return count, rows
            if again and (different >= count or len(rows) == count):
                return count, rows  # one id twice, for good: the second is put into quarantine
        raise SourceError(
            f"{different:,} of {count:,} {kind.name}s came, twice", where=self._address(kind)
        )

    def _walk(self, kind: Kind) -> tuple[int, list[Any], bool]:
        """Count, rows, and whether the count stayed the same from the first page to the last."""
        rows: list[Any] = []
        counts: list[int] = []
        for _ in range(_PAGES):
            page = self._page(kind, len(rows))
            counts.append(page["count"])
            rows += page["results"]
            if not page["results"] or len(rows) >= page["count"]:
                return counts[-1], rows, len(set(counts)) == 1
        raise SourceError(f"no end after {_PAGES} pages", where=self._address(kind))

    def _page(self, kind: Kind, offset: int) -> dict[str, Any]:
        where = self._address(kind)
        page = self._asked(where, limit=LIMIT, **({"offset": offset} if offset else {})).json()
        if (
            not isinstance(page, dict)
            or type(page.get("count")) is not int
            or not isinstance(page.get("results"), list)
        ):
            raise SourceError("an answer without `count` and `results`", where=where)
        if kind is CHALLENGE and not page["count"]:
            raise SourceError("the list of challenges is empty", where=where)
        return page

    def _asked(self, where: str, **params: int) -> Answer:
        try:
            return self.client.get(where, params=params)
        except StatusError as error:
            if error.status != 401:
                raise
            raise SourceError(
                "the token was refused",
                where=where,
                do=f"Correct FAIRSCAN_{self.source.key.upper()}_TOKEN or unset it: none is needed",
            ) from error

    def _address(self, kind: Kind) -> str:
        return f"{(self.source.base_url or ADDRESS).rstrip('/')}/{kind.name}s/"


def _numbers(row: dict[str, Any], more: dict[str, Any]) -> list[str]:
    """The Zenodo records that a challenge names, and those that are known of it."""
    named = row.get("publications")
    texts = [text for text in named if isinstance(text, str)] if isinstance(named, list) else []
    found = [zenodo.number(text) for text in texts]
    return list(dict.fromkeys([*filter(None, found), *more.get("zenodo", ())]))


def _private(row: dict[str, Any]) -> bool:
    return row.get("public") is False


def _modified(row: Any) -> str:
    text = row.get("modified") if isinstance(row, dict) else None
    return text if isinstance(text, str) and _day(text) else ""


def _day(moment: str) -> date | None:
    try:
        return datetime.fromisoformat(moment).date()
    except ValueError:
        return None
