"""Every repository at once, on loopback, and the settings that send fairscan there.

What they serve is what the packaged snapshots know of them (299 TCIA datasets, 1,848 OpenNeuro
datasets, 217 challenges), and synthetic XNAT projects of the names that the snapshots have.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from harvesters import snapshots
from tests.emulators import openneuro
from tests.emulators.crossref import Crossref
from tests.emulators.datacite import Datacite
from tests.emulators.grand_challenge import GrandChallenge
from tests.emulators.openneuro import OpenNeuro
from tests.emulators.server import Emulator
from tests.emulators.tcia import Tcia
from tests.emulators.xnat import Xnat
from tests.emulators.xnat_site import Site, large
from tests.emulators.zenodo import Zenodo, record


@dataclass
class World:
    """The emulators while entered; `few` keeps only so many OpenNeuro datasets."""

    few: int | None = None
    openneuro: OpenNeuro = field(init=False)
    tcia: Tcia = field(init=False)
    grand_challenge: GrandChallenge = field(init=False)
    zenodo: Zenodo = field(init=False)
    nitrc_ir: Xnat = field(init=False)
    health_ri: Xnat = field(init=False)
    datacite: Datacite = field(init=False)
    crossref: Crossref = field(init=False)

    def __post_init__(self) -> None:
        datasets = openneuro.packaged()
        self.openneuro = OpenNeuro(datasets[: self.few])
        self.tcia = Tcia()
        self.grand_challenge = GrandChallenge()
        self.zenodo = Zenodo(*_zenodo_records())
        self.nitrc_ir = Xnat(_projects("nitrc_ir"), root="/ir")
        self.health_ri = Xnat(_projects("health_ri"))
        self.datacite = self.tcia.datacite
        self.crossref = Crossref([])
        self._stack = ExitStack()

    @property
    def all(self) -> dict[str, Emulator]:
        """Every server by its name."""
        return {
            "openneuro": self.openneuro,
            "wordpress": self.tcia.wordpress,
            "nbia": self.tcia.nbia,
            "pathdb": self.tcia.pathdb,
            "datacite": self.datacite,
            "crossref": self.crossref,
            "grand_challenge": self.grand_challenge,
            "zenodo": self.zenodo,
            "nitrc_ir": self.nitrc_ir,
            "health_ri": self.health_ri,
        }

    def __enter__(self) -> Self:
        for server in self.all.values():
            self._stack.enter_context(server)
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def settings(self) -> str:
        """`fairscan.toml` for all of them, in a hurry."""
        datacite = self.datacite.url
        tables: dict[str, dict[str, Any]] = {
            "openneuro": {"base_url": self.openneuro.url},
            "tcia": {
                "base_url": self.tcia.wordpress.root,
                "nbia": self.tcia.nbia.root,
                "pathdb": self.tcia.pathdb.url,
                "datacite": datacite,
            },
            "grand_challenge": {
                "base_url": f"{self.grand_challenge.url}/api/v1/",
                "zenodo": f"{self.zenodo.url}/api/",
                "enabled": True,
            },
            "nitrc_ir": {"base_url": self.nitrc_ir.base},
            "health_ri": {"base_url": self.health_ri.base},
            "datacite": {"base_url": datacite},
            "crossref": {"base_url": self.crossref.url},
        }
        hurry = {"requests_per_second": 5000.0, "concurrency": 4}
        return "\n".join(
            f"[sources.{key}]\n"
            + "".join(f"{name} = {_toml(value)}\n" for name, value in {**hurry, **table}.items())
            for key, table in tables.items()
        )

    def write_settings(self, home: Path) -> None:
        """Put the settings into a home."""
        home.mkdir(parents=True, exist_ok=True)
        (home / "fairscan.toml").write_text(self.settings())

    @property
    def requests(self) -> dict[str, int]:
        """How many requests each server has had."""
        return {name: len(server.log) for name, server in self.all.items()}

    @property
    def sent(self) -> int:
        """Bytes of bodies sent by all."""
        return sum(server.sent for server in self.all.values())

    def forget(self) -> None:
        """Switch every fault off and clear every log."""
        for server in self.all.values():
            server.forget()


def _toml(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool | int | float) else f'"{value}"'


def _zenodo_records() -> list[dict[str, Any]]:
    """A record for each number that a packaged challenge names."""
    snapshot = snapshots.load("grand_challenge")
    assert snapshot is not None
    numbers = {number for row in snapshot.rows() for number in row.get("zenodo", ())}
    return [record(int(number)) for number in sorted(numbers)]


def _projects(key: str) -> Site:
    """The projects that a packaged snapshot names; the public ones with twenty scans each."""
    snapshot = snapshots.load(key)
    assert snapshot is not None
    rows = list(snapshot.rows())
    site = large(len(rows), 20 * len(rows))
    for project, row in zip(site.projects, rows, strict=True):
        for found in (*site.subjects, *site.sessions):
            if found.project == project.id:
                found.project = row["ID"]
        project.id, project.name = row["ID"], row.get("name") or row["ID"]
        project.access = row["access"]
    return site
