"""Every repository at once, on loopback, and the settings that send fairscan there.

What they serve is what the packaged snapshots know of them (299 TCIA datasets, 1,848 OpenNeuro
datasets, 217 challenges), synthetic XNAT projects of the names that the snapshots have, recorded
tables, and for every repository that is only looked at a page that answers.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from harvesters import snapshots
from harvesters.registry import load_sources
from tests.emulators import github, kaggle, landing, openneuro
from tests.emulators.aws_open_data import AwsOpenData
from tests.emulators.crossref import Crossref
from tests.emulators.datacite import Datacite
from tests.emulators.figshare import Figshare, article
from tests.emulators.girder import Girder
from tests.emulators.github import GitHub
from tests.emulators.grand_challenge import GrandChallenge
from tests.emulators.isic import Isic
from tests.emulators.kaggle import Kaggle
from tests.emulators.nda import Nda
from tests.emulators.openneuro import OpenNeuro
from tests.emulators.server import Emulator
from tests.emulators.tcia import Tcia
from tests.emulators.ukb import Showcase
from tests.emulators.xnat import Xnat
from tests.emulators.xnat_site import Site, large
from tests.emulators.zenodo import Zenodo, record

LOOKED_AT = ("curated", "landing_page")
"""Kinds of source of which nothing but a page is asked for."""
KAGGLE = {"FAIRSCAN_KAGGLE_USER": kaggle.USER, "FAIRSCAN_KAGGLE_PASSWORD": kaggle.KEY}
"""The environment of who has an account there."""


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
    isic: Isic = field(init=False)
    kaggle: Kaggle = field(init=False)
    camus: Girder = field(init=False)
    nda: Nda = field(init=False)
    ukbiobank: Showcase = field(init=False)
    github: GitHub = field(init=False)
    aws: AwsOpenData = field(init=False)
    figshare: Figshare = field(init=False)
    pages: landing.Site = field(init=False)

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
        self.isic, self.kaggle, self.camus = Isic(), Kaggle(), Girder()
        self.nda, self.ukbiobank = Nda(), Showcase()
        self.github = GitHub(github.covid_chestxray(), github.figure1(), github.bimcv())
        self.aws = AwsOpenData()
        self.figshare = Figshare(article(13521488, files=3, version=2), article(13521509))
        self.datacite.records += [_registered(doi) for doi in _dois("doi_record")]
        looked = (s for s in load_sources().values() if s.kind in LOOKED_AT)
        self.pages = landing.Site(**{s.key: landing.page(s.name) for s in looked})
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
            "isic": self.isic,
            "kaggle": self.kaggle,
            "camus": self.camus,
            "nda": self.nda,
            "ukbiobank": self.ukbiobank,
            "github": self.github,
            "aws": self.aws,
            "figshare": self.figshare,
            "pages": self.pages,
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
            **self._others(),
        }
        hurry = {"requests_per_second": 5000.0, "concurrency": 4}
        return "\n".join(
            f"[sources.{key}]\n"
            + "".join(f"{name} = {_toml(value)}\n" for name, value in {**hurry, **table}.items())
            for key, table in tables.items()
        )

    def _others(self) -> dict[str, dict[str, Any]]:
        """Settings of the repositories that have few datasets each."""
        challenges = {"base_url": f"{self.grand_challenge.url}/api/v1/", "enabled": True}
        files = {"base_url": self.github.url, "files": self.github.services["files"]}
        doi = {"base_url": self.datacite.url}
        pages = {
            key: {"base_url": f"{self.pages.url}/{key}"}
            for key in (path.strip("/") for path in self.pages.pages)
        }
        return {
            "drive": challenges,
            "covid_segmentation_gc": challenges,
            "oasis": {"base_url": self.nitrc_ir.base},
            "isic": {"base_url": f"{self.isic.url}/api/v2/"},
            "kaggle": {"base_url": f"{self.kaggle.url}/api/v1/", "enabled": True},
            "camus": {"base_url": f"{self.camus.url}/api/v1/"},
            "nda": {"base_url": f"{self.nda.url}/api/"},
            "ukbiobank": {"base_url": self.ukbiobank.url},
            "covid_chestxray": files,
            "figure1_covid": files,
            "bimcv_covid19": {"base_url": self.github.url},
            "msd": {"base_url": self.aws.registry, "s3": self.aws.services["s3"]},
            "hcp": {"base_url": self.aws.registry},
            "mias": doi,
            "echonet_dynamic": doi,
            "covid19_ct_seg": {**doi, "figshare": self.figshare.url},
            **pages,
        }

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


def _dois(kind: str) -> list[str]:
    """The DOIs of the datasets that sources of a kind describe."""
    sources = (source for source in load_sources().values() if source.kind == kind)
    return [facts.doi for source in sources for facts in source.datasets if facts.doi]


def _registered(doi: str) -> dict[str, Any]:
    """A record of a DOI as DataCite gives it."""
    told = {"doi": doi, "titles": [{"title": f"Title of {doi}"}], "publicationYear": 2024}
    return {"id": doi, "type": "dois", "attributes": told, "relationships": {}}


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
