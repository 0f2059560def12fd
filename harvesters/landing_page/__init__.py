"""A repository with a page for people: what the page says of itself in JSON-LD is read.

Many pages say nothing that way; then only whether the page is still there is learnt, as with
`curated`. Facts that the page does not state stay as they are written down, and what a page said
before it went, or before it asked for a login, stays as it was read.
"""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from harvesters import base, facts, record
from harvesters.earlier import earlier
from harvesters.http import Answer
from harvesters.landing_page import json_ld
from harvesters.liveness import Landing, checked, reached
from schemas.dataset import Dataset
from schemas.facts import Facts
from schemas.source import Source


class Harvester(base.Harvester):
    """Reads the page of the source once."""

    remembers = True

    @property
    def _address(self) -> str:
        return self.source.base_url or self.source.landing_url

    @cached_property
    def _visit(self) -> tuple[Landing, Answer | None]:
        return reached(self.client, self._address)

    @cached_property
    def _said(self) -> dict[str, dict[str, Any]]:
        """What the page says of datasets, by their local ids."""
        landing, page = self._visit
        if page is None:
            return {}
        found = json_ld.nodes(page.body, page.headers)
        said = {}
        for one in self.source.datasets:
            mine = one.landing_url or self.source.landing_url
            if mine != self.source.landing_url:
                continue
            node = json_ld.about(
                found, [page.url, self._address, landing.to or mine, mine], one.doi
            )
            if node is not None:
                said[one.id] = json_ld.attributes(node)
        # Two datasets of one page cannot both be what it says.
        return said if len(said) == 1 else {}

    def digest(self) -> str:
        """SHA-256 over what became of the page, what it says of datasets, and the facts."""
        landing = self._visit[0]
        told = [landing.state, str(landing.to), json.dumps(self._said, sort_keys=True)]
        told += [one.model_dump_json() for one in self.source.datasets]
        return hashlib.sha256("\n".join(told).encode()).hexdigest()

    def harvest(self, folder: Path, last: Path | None = None) -> base.Harvest:  # noqa: ARG002
        """The curated facts, and over them what the page states of the one dataset it is about."""
        landing, page = self._visit
        now = landing.checked.isoformat()
        said = {name: {"read": now, "says": told} for name, told in self._said.items()}
        if page is None and last is not None:
            said = {row["id"]: row["json_ld"] for row in earlier(last) if row.get("json_ld")}
        self.say(f"{self.source.key}: its page is {landing.state}")
        found = {"state": landing.state, "to": landing.to, "why": landing.why}
        records = (
            base.RawRecord(
                one.id,
                {"id": one.id, "landing": found, "json_ld": said.get(one.id)},
                partial(_record, one, self.source, landing, said.get(one.id)),
            )
            for one in self.source.datasets
        )
        return facts.looked_at(self.source, landing, records)

    def asks(self) -> list[str]:
        """One page."""
        return [f"GET {self._address}"]


def _record(one: Facts, source: Source, landing: Landing, said: dict[str, Any] | None) -> Dataset:
    known = facts.described(one, source)
    layered = known if said is None else _stated(known, said)
    # A dataset with a page of its own is not judged by the source's.
    return checked(layered, landing) if known.landing_url == source.landing_url else layered


def _stated(known: Dataset, said: dict[str, Any]) -> Dataset:
    """`known`, and over it what the page said when it was read."""
    fields = json_ld.fields(said["says"])
    derived = {"licence", "year"} & fields.keys()
    if known.distributions and "distributions" in fields:
        fields["distributions"] = [*fields["distributions"], *known.distributions]
        derived.add("distributions")  # of the page and of the facts, put together
    live = record.dataset(
        {
            "id": known.id,
            "source": known.source,
            "kind": known.kind,
            "title": known.title,
            **fields,
        },
        datetime.fromisoformat(said["read"]),
        derived=derived,
    )
    if "title" not in fields:
        told = {name: one for name, one in live.provenance.items() if name != "title"}
        live = live.model_copy(update={"provenance": told})
    return record.overlaid(known, live)
