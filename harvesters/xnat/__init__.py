"""Any XNAT host, over its REST API: each project that may be shown, each scan of the open ones.

A host tells which projects exist in two lists: those that we may read, with their keywords, and
those that we may know of, with their accessibility. Public projects are open; protected ones may be
known of, and their data are asked for; private ones are never published, even if our account sees
them. Only public projects are swept: what an account may read of a protected one is not for all.

It speaks plain HTTP. The `xnat` package asks a question for each data type before the first answer
and two for each session after that, looks into ~/.netrc by itself, and keeps a thread; it is the
second opinion in the tests, and can download. An account comes from our settings alone, and the
session that the host opens for it is kept as a cookie: one for a whole harvest.
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

import pyarrow as pa
import pyarrow.parquet as pq

from harvesters import base, series
from harvesters.credentials import credentials
from harvesters.http import StatusError
from harvesters.xnat import records as xnat_records
from harvesters.xnat import sweep as xnat_sweep
from harvesters.xnat import table as xnat_table
from harvesters.xnat.scans import Tally
from harvesters.xnat.sweep import Swept, address
from harvesters.xnat.table import FORBIDDEN, Row
from schemas.dataset import Dataset
from schemas.errors import SourceError

KNOWN = "ID,secondary_ID,name,description,keywords,alias,pi_firstname,pi_lastname"
"""Columns of the list of projects that we may read. Who put what in is never asked for."""
_SAFE = re.compile(r"[\w.-]+", re.ASCII)
"""An ID that is one word in an address, a filter and a catalogue; commas and stars filter."""
_TELLING = ("id", "name", "description", "secondary_id", "pi", "project_access")


class Harvester(base.Harvester):
    """Reads one XNAT host."""

    _had: frozenset[str] = frozenset()
    _refused = 0

    def digest(self) -> str:
        """SHA-256 over the projects that we may know of, and how much of each kind we may read.

        Two small requests: the number of subjects and of sessions of each kind is kept by the host
        for its own pages. It sees projects that come, go or change their words or access, and
        subjects and sessions that come or go; it does not see a scan that is added to a session,
        new keywords, or a corrected age. Those wait for the time when all is read again.
        """
        self._sign_in()
        projects = xnat_table.read(self.client, f"{self._base}/data/projects", accessible="true")
        projects = [row for row in projects if self._wanted(row.get("id"))]
        kinds = xnat_table.read(
            self.client, f"{self._base}/data/search/elements", readable="true", used="true"
        )
        told = [
            sorted(json.dumps([row.get(name) for name in names]) for row in rows)
            for rows, names in ((projects, _TELLING), (kinds, ("element_name", "count")))
        ]
        return hashlib.sha256(json.dumps(told).encode()).hexdigest()

    def harvest(self, folder: Path, last: Path | None = None) -> base.Harvest:
        """Read every project; write every scan of the public ones.

        Raises:
            SourceError: also if a public project whose scans `last` has may no longer be read.
        """
        self._had = _projects_with_scans(last)
        retrieved = datetime.now(UTC)
        self._sign_in()
        projects = self._projects()
        shown = [raw for raw in projects if raw["access"] != "private"]
        if hidden := len(projects) - len(shown):
            self.say(f"{self.source.key}: {hidden:,} private projects left out")
        read = [raw["ID"] for raw in shown if raw["access"] == "public" and _usable(raw["ID"])]
        counts: dict[str, dict[str, Any]] = {}
        written = series.write(folder, self._tables(read, counts))
        records = (
            base.RawRecord(
                str(raw["ID"] or f"row {place}"),
                full,
                partial(xnat_records.project, full, self.source.key, self._base, retrieved),
            )
            for place, raw in enumerate(shown)
            for full in [raw | {"counts": counts.get(raw["ID"] or "")}]
        )
        return base.Harvest(
            retrieved.date().isoformat(), None, len(shown), written, records,
            partial=self._refused > 0,
        )  # fmt: skip

    def asks(self) -> list[str]:
        """Two lists, and three questions for each public project."""
        ask = f"GET {self._base}/data"
        each = "(one for each public project)"
        return [
            f"{ask}/projects?accessible=true&format=json",
            f"{ask}/projects?columns={KNOWN}&format=json",
            f"{ask}/projects/…/subjects?columns={xnat_sweep.SUBJECTS}&format=json {each}",
            f"{ask}/projects/…/experiments?columns={xnat_sweep.SESSIONS}&format=json {each}",
            f"{ask}/experiments?project=…&xsiType={xnat_sweep.SESSION_TYPE}"
            f"&columns={xnat_sweep.SCANS}&format=json {each}",
        ]

    def from_snapshot(self, raw: dict[str, Any], day: date) -> Dataset:
        """A project of the packaged snapshot."""
        return xnat_records.packaged(raw, self.source.key, self._base, day)

    @property
    def _base(self) -> str:
        if self.source.base_url is None:
            raise SourceError(
                "an XNAT host without an address",
                where=f"source {self.source.key}",
                do="Name it as base_url in the source's file",
            )
        return self.source.base_url.rstrip("/")

    def _wanted(self, project: str | None) -> bool:
        """Whether the source is about this project of its host."""
        return not self.source.only or project in self.source.only

    def _sign_in(self) -> None:
        """Open the account's session; a guest gets one with the first answer."""
        if credentials(self.source.key):
            xnat_table.ask(self.client, f"{self._base}/data/JSESSION", accept="text/plain")

    def _projects(self) -> list[dict[str, Any]]:
        """Every project that we are told of, by ID, with what both lists say of it."""
        url = f"{self._base}/data/projects"
        told = xnat_table.read(self.client, url, accessible="true")
        read = xnat_table.read(self.client, url, columns=KNOWN)
        merged: dict[str | None, dict[str, Any]] = {}
        for row in (*told, *read):
            name = row.get("id")
            merged[name] = _merged(merged.get(name), row)
        names = filter(self._wanted, merged)
        found = [merged[name] for name in sorted(names, key=lambda name: name or "")]
        for raw in found:
            raw["access"] = raw["access"] or self._accessibility(raw["ID"])
        # What may be private is counted, and named nowhere; so is its name in an address.
        known = [raw for raw in found if raw["access"]]
        known += [{"ID": None, "access": None} for raw in found if raw["ID"] is None]
        if hidden := len(found) - len(known):
            self.say(f"{self.source.key}: {hidden:,} projects of unknown accessibility left out")
        return known

    def _accessibility(self, project: str | None) -> str | None:
        """What the host says of one project whose list did not tell; None if it does not say."""
        if not _usable(project):
            return None
        try:
            answer = xnat_table.ask(
                self.client,
                f"{address(self._base, 'projects', str(project))}/accessibility",
                accept="text/plain",
            )
        except StatusError as error:
            if error.status in (FORBIDDEN, 404):
                return None
            error.where = f"{self._base}/data/projects/…/accessibility"
            raise
        except SourceError as error:
            error.where = f"{self._base}/data/projects/…/accessibility"
            raise
        if answer.text().lstrip().startswith("<"):
            raise SourceError(
                "not a word but a page (a login page or a proxy?)",
                where=f"{self._base}/data/projects/…/accessibility",
                do=xnat_table.login(self.client),
            )
        return _access(answer.text())

    def _tables(self, projects: list[str], counts: dict[str, dict[str, Any]]) -> Iterator[pa.Table]:
        """Rows of every scan, each once; `counts` is filled when the last was taken.

        A session belongs to the project that owns it; where that is none of ours, to the first
        that it is shared into.
        """
        tallies: dict[str, Tally] = {}
        homes: dict[str, str] = {}
        for number, swept in enumerate(self.client.many(self._sweep, projects), start=1):
            if number % 10 == 0 or number == len(projects):
                self.say(f"{self.source.key}: {number:,} of {len(projects):,} public projects")
            if swept is None:
                continue
            tally = tallies[swept.project] = Tally(swept)
            homes |= {row["id"]: swept.project for row in swept.scans if row.get("id")}  # type: ignore[misc]
            yield tally.rows(swept.scans, self.source.key, swept.project, self._base)
        for project, tally in tallies.items():
            lone = {session for session in tally.sessions if session not in homes}
            if lone:
                found = xnat_sweep.shared_scans(self.client, self._base, project)
                own = (row for row in found if row.get("id") in lone)
                yield tally.rows(own, self.source.key, project, self._base)
                homes |= dict.fromkeys(lone, project)
        for project, tally in tallies.items():
            at = [homes[session] for session in tally.sessions]
            counts[project] = tally.counts(at.count(project), set(at) - {project})

    def _sweep(self, project: str) -> Swept | None:
        """None for a project that is called public and may not be read: its counts are unknown."""
        try:
            return xnat_sweep.sweep(self.client, self._base, project)
        except StatusError as error:
            if error.status != FORBIDDEN:
                raise
            if f"{self.source.key}:{project}" in self._had:
                raise SourceError(
                    f"{project} is public and was read before, but may not be read now",
                    where=error.where,
                    do="If this is right, run again with --full",
                ) from error
            self.say(f"{self.source.key}: {project} is public, but may not be read: {error}")
            self._refused += 1
            return None


def _projects_with_scans(last: Path | None) -> frozenset[str]:
    """The ids of the projects of which the last harvest has scans."""
    if last is None or not (last / series.FILE).is_file():
        return frozenset()
    column = pq.read_table(last / series.FILE, columns=["dataset_id"]).column(0)
    return frozenset(column.unique().to_pylist())


def _merged(known: dict[str, Any] | None, row: Row) -> dict[str, Any]:
    """A project from a row of either list, over what is known of it; more rows bring aliases."""
    raw = dict(known or {"aliases": []})
    names = [name for name in (row.get("pi_lastname"), row.get("pi_firstname")) if name]
    found = {
        "ID": row.get("id"),
        "name": row.get("name"),
        "description": row.get("description"),
        "keywords": row.get("keywords"),
        "secondary_ID": row.get("secondary_id"),
        "pi": ", ".join(names) or row.get("pi"),
        "insert_date": row.get("insert_date"),
        "access": _access(row.get("project_access")),
    }
    for name, value in found.items():
        raw[name] = value if value is not None else raw.get(name)
    alias = row.get("alias")
    if alias and alias not in raw["aliases"]:
        raw["aliases"] = [*raw["aliases"], alias]
    return raw


def _access(text: str | None) -> str | None:
    word = (text or "").strip().casefold()
    return word if word in ("public", "protected", "private") else None


def _usable(identifier: str | None) -> bool:
    return identifier is not None and _SAFE.fullmatch(identifier) is not None
