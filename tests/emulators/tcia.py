"""All four services of TCIA at once, and the source that reads them."""

from __future__ import annotations

import copy
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self

from harvesters import base
from harvesters.registry import load_sources
from schemas.source import Source
from schemas.vocabulary import doi
from tests.emulators.datacite import Datacite, recorded
from tests.emulators.nbia import Nbia
from tests.emulators.pathdb import Pathdb
from tests.emulators.wordpress import Wordpress, packaged

REGISTERED = 317
"""DOIs of TCIA in August 2026, as DataCite stated them."""


def registered() -> list[dict[str, Any]]:
    """DataCite's records of TCIA: the nine recorded ones, and one made up for every other DOI."""
    records = recorded("tcia")
    known = {record["id"] for record in records}
    for row in packaged():
        prefix = "collection" if row["post"] == "collections" else "result"
        name = doi.normalise(row["record"][f"{prefix}_doi"])
        if name and name not in known:
            known.add(name)
            records.append(_made_up(name, row["record"][f"{prefix}_title"]))
    others = (f"10.7937/other-{number}" for number in range(REGISTERED - len(records)))
    return records + [_made_up(name, "Of no page") for name in others]


class Tcia:
    """The services while entered: `wordpress`, `nbia`, `pathdb` and `datacite`."""

    def __init__(self) -> None:
        self.wordpress, self.nbia, self.pathdb = Wordpress(), Nbia(), Pathdb()
        self.datacite = Datacite(registered())
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        for service in self.all:
            self._stack.enter_context(service)
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    @property
    def all(self) -> tuple[Wordpress, Nbia, Pathdb, Datacite]:
        """Every service."""
        return self.wordpress, self.nbia, self.pathdb, self.datacite

    @property
    def requests(self) -> int:
        """How many requests came in so far."""
        return sum(len(service.log) for service in self.all)

    @property
    def sent(self) -> int:
        """How many bytes of bodies went out so far."""
        return sum(service.sent for service in self.all)

    def source(self, **services: str) -> Source:
        """The shipped source at these addresses; `services` replaces some."""
        here = {
            "nbia": self.nbia.root,
            "pathdb": self.pathdb.url,
            "datacite": self.datacite.url,
        }
        changes = {
            "base_url": self.wordpress.root,
            "services": here | services,
            "requests_per_second": 1000.0,
            "concurrency": 4,
        }
        return load_sources()["tcia"].model_copy(update=changes)

    def harvester(self, cache: Path | None = None, **services: str) -> base.Harvester:
        """A harvester of these services."""
        return base.harvester_for(self.source(**services), cache)


def _made_up(name: str, title: str) -> dict[str, Any]:
    template = copy.deepcopy(recorded("tcia")[0])
    template["id"] = template["attributes"]["doi"] = name
    template["attributes"] |= {
        "identifiers": [],
        "titles": [{"title": title}],
        "creators": [{"name": "Archive, The", "nameType": "Organizational"}],
        "relatedIdentifiers": None,
        "descriptions": [],
        "rightsList": [],
    }
    return template
