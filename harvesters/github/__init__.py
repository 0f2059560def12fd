"""A dataset that is published as a GitHub repository, with a table of its images or without.

The repository is asked for its newest commit, and everything else is read at that commit: the list
of its files, which knows the size of each, and the table, whose bytes must have the id that git
gives them. An image of the table becomes a row of `series`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

import duckdb

from harvesters import base, series
from harvesters import facts as facts_of
from harvesters.earlier import earlier
from harvesters.github import api, records, table
from harvesters.http import Answer, StatusError
from harvesters.liveness import Landing, checked
from harvesters.series_facts import facts, rows
from schemas.dataset import Dataset
from schemas.errors import SourceError
from schemas.github import NAME, GitHub

_PERMANENT = (301, 308)


class Harvester(base.Harvester):
    """Reads one repository."""

    remembers = True

    @property
    def _settings(self) -> GitHub:
        if self.source.github is None:
            raise SourceError(
                "no repository is named", where=f"source {self.source.key}", do="Add [github]"
            )
        return self.source.github

    @property
    def _root(self) -> str:
        return (self.source.base_url or api.ADDRESS).rstrip("/")

    @property
    def _files(self) -> str:
        return self.source.services.get("files", api.FILES).rstrip("/")

    def digest(self) -> str:
        """SHA-256 over what is kept of the repository; a commit changes its `pushed_at`."""
        found = self._repository()
        told = "gone" if isinstance(found, Landing) else json.dumps(_kept(found[0]), sort_keys=True)
        return hashlib.sha256(told.encode()).hexdigest()

    def harvest(self, folder: Path, last: Path | None = None) -> base.Harvest:
        """Read the repository, and write its images to `folder/series.parquet`."""
        retrieved = datetime.now(UTC)
        found = self._repository()
        if isinstance(found, Landing):
            return self._without(found, last)
        said, answer = found
        name = _name(said) or self._settings.repository
        at = api.commit(self.client, self._root, name, said["default_branch"])
        raw = {**_kept(said), "commit": at, "read": retrieved.isoformat()}
        written = None
        if self._settings.table is not None:
            written = self._images(folder, name, at)
            raw["table"] = _added_up(folder, self._settings.table.columns.get("licence"))
            self.say(
                f"{self.source.key}: {written:,} images of {raw['table']['subjects']} subjects"
            )
        return base.Harvest(
            version=at,
            dated=_day(said),
            stated=1,
            series=written,
            records=iter([self._record(raw)]),
            landing=self._landing(said, answer, retrieved),
        )

    def asks(self) -> list[str]:
        """The repository, its newest commit, and with a table the list of files and the table."""
        at = f"{self._root}/repos/{self._settings.repository}"
        asked = [f"GET {at}", f"GET {at}/commits/…"]
        if self._settings.table is not None:
            asked.append(f"GET {at}/git/trees/…?recursive=1")
            where = self._file(self._settings.repository, "…", self._settings.table.path)
            asked.append(f"GET {where}")
        return asked

    def _repository(self) -> tuple[dict[str, Any], Answer] | Landing:
        """What GitHub says of the repository, or that there is none of that name any more."""
        try:
            return api.repository(self.client, self._root, self._settings.repository)
        except StatusError as error:
            if error.status not in (404, 410, 451):
                raise
            page = f"https://github.com/{self._settings.repository}"
            why = f"GitHub answered {error.status}"
            return Landing("gone", page, None, datetime.now(UTC), why)

    def _record(self, raw: dict[str, Any]) -> base.RawRecord:
        """What was read of the repository, at the moment that it says."""
        name = self._settings.local_id
        known = {one.id: one for one in self.source.datasets}.get(name)
        build = partial(
            records.dataset,
            raw,
            f"{self.source.key}:{name}",
            known,
            datetime.fromisoformat(raw["read"]),
        )
        return base.RawRecord(name, raw, build)

    def _without(self, landing: Landing, last: Path | None) -> base.Harvest:
        """What is known of a repository that is gone: what was read of it, else its facts."""
        read = [self._record(raw) for raw in earlier(last) if "read" in raw]
        names = {one.local_id for one in read}
        known = [one for one in facts_of.curated(self.source) if one.local_id not in names]
        self.say(f"{self.source.key}: {landing.why}")
        records = (
            replace(one, build=partial(_unreachable, one.build, landing)) for one in (*read, *known)
        )
        return facts_of.looked_at(self.source, landing, records)

    def _images(self, folder: Path, name: str, at: str) -> int:
        """Write a row an image; returns how many."""
        settings = self._settings.table
        assert settings is not None
        blobs = api.files(self.client, self._root, name, at)
        where = self._file(name, at, settings.path)
        if settings.path not in blobs:
            raise SourceError("the commit has no such file", where=where)
        body = api.content(self.client, where, blobs[settings.path])
        found, nameless = table.rows(
            body,
            settings,
            f"{self.source.key}:{self._settings.local_id}",
            blobs,
            partial(self._file, name, at),
        )
        lost = found.column("url").null_count
        for count, what in ((nameless, "name no image"), (lost, "name a file that is not there")):
            if count:
                self.say(f"{self.source.key}: {count:,} rows of {settings.path} {what}")
        return series.write(folder, [found])

    def _file(self, name: str, at: str, path: str) -> str:
        return f"{self._files}/{name}/{at}/{quote(path)}"

    def _landing(self, said: dict[str, Any], answer: Answer, when: datetime) -> Landing | None:
        """What became of the source's page, if that is the repository itself."""
        page = f"https://github.com/{self._settings.repository}"
        if self.source.landing_url.rstrip("/").casefold() != page.casefold():
            return None
        moved = any(status in _PERMANENT for status, _ in answer.hops)
        to = str(said.get("html_url"))
        if moved and to.startswith("https://"):
            return Landing("moved", self.source.landing_url, to, when, None)
        return Landing("alive", self.source.landing_url, None, when, None)


def _unreachable(build: Callable[[], Dataset], landing: Landing) -> Dataset:
    return checked(build(), landing)


def _name(said: dict[str, Any]) -> str | None:
    """What the repository is called now, if that can be part of an address."""
    name = said.get("full_name")
    return name if isinstance(name, str) and NAME.fullmatch(name) else None


def _kept(said: dict[str, Any]) -> dict[str, Any]:
    kept = {name: said.get(name) for name in records.KEPT}
    held = kept["license"]
    names = ("key", "name", "spdx_id")
    kept["license"] = {n: held.get(n) for n in names} if isinstance(held, dict) else None
    return kept


def _added_up(folder: Path, licences: str | None) -> dict[str, Any]:
    """What the written rows add up to; bytes only if those of every image are known."""
    path = folder / series.FILE
    with duckdb.connect() as connection:
        connection.execute(f"CREATE VIEW series AS FROM read_parquet('{series.quoted(path)}')")
        (known,) = facts(connection, "dataset_id").values()
        (more,) = rows(
            connection,
            "SELECT count(DISTINCT subject) AS subjects, count(*) = count(bytes) AS whole "
            "FROM series",
        )
        said = rows(
            connection,
            "SELECT licence_raw AS word, count(*) AS n FROM series GROUP BY ALL "
            "ORDER BY n DESC, word",
        )
    return {
        "images": known["images"],
        "subjects": more["subjects"],
        "bytes": known["bytes"] if more["whole"] else None,
        "modalities": [word for word in known["modalities_raw"] if word],
        "sexes": known["sexes"],
        "age_bands": known["bands"],
        "licences": [[row["word"], row["n"]] for row in said] if licences else None,
    }


def _day(said: dict[str, Any]) -> date | None:
    try:
        return datetime.fromisoformat(str(said.get("pushed_at"))).date()
    except ValueError:
        return None
