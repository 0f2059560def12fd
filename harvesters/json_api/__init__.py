"""Any repository with a list in JSON, TSV or CSV, read as its source file declares (`[api]`).

The file says where the list is, how its pages follow, which rows are datasets of images, what is
asked besides for each, and which value becomes which field: see `schemas/api.py`. Nothing of a row
is kept but what is read of it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from functools import cached_property, partial
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from harvesters import base
from harvesters.credentials import credentials
from harvesters.earlier import earlier
from harvesters.http import StatusError
from harvesters.json_api import lists
from harvesters.json_api.paths import is_addressable, meets, projected, values, within
from harvesters.json_api.records import dataset, refused
from schemas.api import PLACE, Api, Group, Named
from schemas.errors import SourceError

_EVERY = 25
"""Datasets between two lines of progress."""
_OURS = frozenset({"named", "details", "read"})
"""What is written into a row here; a row that comes with such a key does not speak for us."""


class Harvester(base.Harvester):
    """Reads the API that the source declares."""

    remembers = True

    def digest(self) -> str:
        """SHA-256 over what is read of the list and of the rows asked for by id."""
        told = sorted(
            json.dumps(projected(row, self._paths), sort_keys=True)
            for row in (*self._listed[1], *self._asked_for.values())
        )
        return hashlib.sha256("\n".join([self._api.model_dump_json(), *told]).encode()).hexdigest()

    def harvest(self, folder: Path, last: Path | None = None) -> base.Harvest:  # noqa: ARG002
        """Read the list, the rows asked for by id, and what is asked besides for each."""
        retrieved = datetime.now(UTC)
        stated, listed = self._listed
        rows = [row for row in listed if not isinstance(row, dict) or meets(row, self._api.keep)]
        if self._api.groups:
            return self._harvest(None, self._grouped(rows, retrieved))
        found = {**self._asked_for}
        if self._api.part and last is not None:
            found = {**self._missed(last, [*rows, *found.values()]), **found}
        named = {str(self._id(row)) for row in found.values()}
        rows = [*found.values(), *(row for row in rows if str(self._id(row)) not in named)]
        total = None if stated is None else stated - len(listed) + len(rows)
        return self._harvest(total, self._single(rows, retrieved))

    def asks(self) -> list[str]:
        """The list, once a search; then each row asked for by id, and each detail."""
        told = []
        if self._api.path is not None:
            pages = " (page after page)" if self._api.pager else ""
            for search in self._api.searches:
                asked = urlencode({**self._api.params, **search})
                query = f"?{asked}" if asked else ""
                told.append(f"GET {self._at(self._api.path)}{query}{pages}")
        told += [f"GET {self._address(self._api.one, one.id)}" for one in self._api.named]
        told += [f"GET {self._at(one.address)} (a dataset each)" for one in self._api.details]
        return told

    @property
    def _api(self) -> Api:
        if self.source.api is None:
            raise SourceError(
                "an API that is not declared",
                where=f"source {self.source.key}",
                do="Write its [api] table: see schemas/api.py",
            )
        return self.source.api

    @cached_property
    def _paths(self) -> list[str]:
        """Every path that is read of a row."""
        api = self._api
        told = [
            api.id,
            "named",
            "read",
            *api.fields.values(),
            *(one.address for one in api.details),
        ]
        told += [api.distributions.each] if api.distributions else []
        return [*told, *within(told, "rows"), *(p for keep in api.keep for p in keep.paths)]

    @cached_property
    def _listed(self) -> tuple[int | None, list[Any]]:
        """The stated total and the rows of the list, each once whichever search found it."""
        api = self._api
        self._needs_key()
        if api.path is None:
            return None, []
        if len(api.searches) == 1:
            total, rows = self._search(api.path, api.searches[0])
        else:
            total = None
            found = [row for search in api.searches for row in self._search(api.path, search)[1]]
            rows = list(
                {self._id(row) or f" {place}": row for place, row in enumerate(found)}.values()
            )
        if not rows:
            raise SourceError("the list is empty", where=self._at(api.path))
        return total, rows

    def _search(self, path: str, search: dict[str, Any]) -> tuple[int | None, list[Any]]:
        where = self._at(path)
        try:
            total, rows = lists.whole(self.client, self._api, where, search)
        except StatusError as error:
            if error.status not in (401, 403):
                raise
            what = "the key was refused" if credentials(self.source.key) else "a key is needed"
            raise SourceError(what, where=where, do=self._key) from error
        self.say(f"{self.source.key}: {len(rows):,} rows{f' of {search}' if search else ''}")
        return total, [_theirs(row) for row in rows]

    @cached_property
    def _asked_for(self) -> dict[str, Any]:
        """The rows that the source file names, by local id; what is not shown is left out."""
        self._needs_key()
        return self._ones(self._api.named)

    def _missed(self, last: Path, rows: Iterable[Any]) -> dict[str, Any]:
        """Rows of the last harvest that the list left out, asked for anew.

        One that is not found then may need a login, or be withdrawn: what was read of it stays,
        as read when it was.
        """
        came = {self._id(row) for row in rows}
        old = {
            name: row
            for row in earlier(last)
            if (name := self._id(row)) is not None and name not in came
        }
        return {**old, **self._ones([Named(id=name) for name in old])}

    def _ones(self, wanted: list[Named]) -> dict[str, Any]:
        ask = partial(lists.one, self.client)
        addresses = [self._address(self._api.one, one.id) for one in wanted]
        answers = self.client.many(ask, addresses)
        return {
            one.local or one.id: {
                **_theirs(row),
                "named": {"local": one.local or one.id, **one.more},
            }
            for one, row in zip(wanted, answers, strict=True)
            if row is not None
        }

    def _harvest(self, stated: int | None, records: Iterator[base.RawRecord]) -> base.Harvest:
        digest = self.digest()
        return base.Harvest(
            version=digest[:12], dated=None, stated=stated, series=None, records=records
        )

    def _single(self, rows: list[Any], retrieved: datetime) -> Iterator[base.RawRecord]:
        """A record of each row; one without an id of its own goes to quarantine."""
        seen: set[str] = set()
        for done, (row, place) in enumerate(self.client.many(self._detailed, enumerate(rows)), 1):
            if done % _EVERY == 0:
                self.say(f"{self.source.key}: {done:,} of {len(rows):,} datasets")
            local = self._local(row)
            is_row = isinstance(row, dict)
            raw = projected(row, self._paths) if is_row else {"came": type(row).__name__}
            if self._api.part:
                raw.setdefault("read", retrieved.isoformat())
            if local is None or local in seen:
                why = "two rows with one id" if local else "a row without an id that can be one"
                name = f"row-{place}"
                yield base.RawRecord(name, raw, partial(refused, why, local or name))
                continue
            seen.add(local)
            when = datetime.fromisoformat(raw["read"]) if "read" in raw else retrieved
            yield base.RawRecord(
                local, raw, partial(dataset, self.source, self._api, local, raw, when)
            )

    def _grouped(self, rows: list[Any], retrieved: datetime) -> Iterator[base.RawRecord]:
        """A record of each group that has rows; of the others, what was known stays."""
        for group in self._api.groups:
            raw = {"rows": self._of(group, rows)}
            if raw["rows"]:
                yield base.RawRecord(
                    group.local,
                    raw,
                    partial(dataset, self.source, self._api, group.local, raw, retrieved),
                )

    def _of(self, group: Group, rows: list[Any]) -> list[dict[str, Any]]:
        return [
            projected(row, self._paths)
            for row in rows
            if isinstance(row, dict) and meets(row, group.keep)
        ]

    def _detailed(self, numbered: tuple[int, Any]) -> tuple[Any, int]:
        """A row with what is asked besides for it, and its place."""
        place, row = numbered
        if not isinstance(row, dict) or not self._api.details:
            return row, place
        details = {}
        for one in self._api.details:
            if addresses := values(row, one.address):
                details[one.name] = lists.detail(self.client, self._at(str(addresses[0])))
        return {**row, "details": details}, place

    def _id(self, row: Any) -> str | None:
        found = values(row, self._api.id)
        text = str(found[0]) if found and isinstance(found[0], str | int) else ""
        return text if is_addressable(text) else None

    def _local(self, row: Any) -> str | None:
        """The name that the source file gives the row, else its id."""
        named = values(row, "named.local")
        return str(named[0]) if named else self._id(row)

    def _at(self, path: str) -> str:
        if not self.source.base_url:
            raise SourceError("an API without its `base_url`", where=f"source {self.source.key}")
        return f"{self.source.base_url.rstrip('/')}/{path.lstrip('/')}"

    def _address(self, template: str | None, name: str) -> str:
        if not is_addressable(name):
            raise SourceError(f"{name!r} is no id", where=f"source {self.source.key}")
        return self._at(PLACE.sub(lambda _: name, template or ""))

    def _needs_key(self) -> None:
        if self._api.needs_key and not credentials(self.source.key):
            raise SourceError("nothing is told without a key", where=self._where, do=self._key)

    @property
    def _where(self) -> str:
        return self.source.base_url or f"source {self.source.key}"

    @property
    def _key(self) -> str:
        name = f"FAIRSCAN_{self.source.key.upper()}"
        return f"Set {name}_USER and {name}_PASSWORD, or {name}_TOKEN, to a key of yours"


def _theirs(row: Any) -> Any:
    return {k: v for k, v in row.items() if k not in _OURS} if isinstance(row, dict) else row
