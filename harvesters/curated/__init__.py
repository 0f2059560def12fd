"""A repository that no program can read: its facts are written down, and its page is looked at.

There is no interface and no machine-readable page, so nothing of its datasets is read live. One
request tells whether the page is still there, and that is laid over the curated facts.
"""

from __future__ import annotations

import hashlib
from functools import cached_property, partial
from pathlib import Path

from harvesters import base, facts
from harvesters.liveness import Landing, checked, reached
from schemas.dataset import Dataset
from schemas.facts import Facts
from schemas.source import Source


class Harvester(base.Harvester):
    """Looks at the page of the source once."""

    @property
    def _address(self) -> str:
        return self.source.base_url or self.source.landing_url

    @cached_property
    def _landing(self) -> Landing:
        return reached(self.client, self._address)[0]

    def digest(self) -> str:
        """SHA-256 over what became of the page, and over the facts."""
        told = [self._landing.state, str(self._landing.to)]
        told += [one.model_dump_json() for one in self.source.datasets]
        return hashlib.sha256("\n".join(told).encode()).hexdigest()

    def harvest(self, folder: Path, last: Path | None = None) -> base.Harvest:  # noqa: ARG002
        """The curated facts, changed where the look at the page says otherwise."""
        landing = self._landing
        self.say(f"{self.source.key}: its page is {landing.state}")
        found = {"state": landing.state, "to": landing.to, "why": landing.why}
        records = (
            base.RawRecord(
                one.id,
                {**one.model_dump(mode="json"), "landing": found},
                partial(_record, one, self.source, landing),
            )
            for one in self.source.datasets
        )
        return facts.looked_at(self.source, landing, records)

    def asks(self) -> list[str]:
        """One page."""
        return [f"GET {self._address}"]


def _record(one: Facts, source: Source, landing: Landing) -> Dataset:
    known = facts.described(one, source)
    # A dataset with a page of its own is not judged by the source's.
    return checked(known, landing) if known.landing_url == source.landing_url else known
