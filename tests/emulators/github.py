"""GitHub's REST API and its raw files: one commit a repository, ids as git makes them.

Shapes after GitHub's documentation of the API of 2022-11-28: a repository, a commit asked for as
its id alone, a recursive tree, the limit of requests. The files of the two datasets are those of
`tests/recordings/github`; their images are empty but for their names, and the API says 1,000 bytes
more for each than the last.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from tests.emulators.server import Emulator, Reply, Request, as_json

RECORDED = Path(__file__).parents[1] / "recordings" / "github"
RESET = 1_790_000_000
_SHA = "application/vnd.github.sha"


@dataclass
class Repository:
    """A repository; `sizes` are of files whose bytes nobody asks for."""

    name: str
    files: dict[str, bytes] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)
    description: str | None = None
    licence: tuple[str, str, str] | None = None
    branch: str = "master"
    pushed: str = "2020-10-29T17:11:06Z"
    truncated: bool = False
    more: dict[str, Any] = field(default_factory=dict)

    @property
    def commit(self) -> str:
        """An id that changes with every file."""
        return hashlib.sha1(repr((self.files, self.sizes, self.pushed)).encode()).hexdigest()

    def said(self) -> dict[str, Any]:
        """The answer to GET /repos/{owner}/{name}, as far as harvesters are concerned."""
        owner = self.name.partition("/")[0]
        told = dict(zip(("key", "name", "spdx_id"), self.licence or (), strict=False))
        return {
            "id": 236_000_000 + len(self.name),
            "name": self.name.partition("/")[2],
            "full_name": self.name,
            "private": False,
            "owner": {"login": owner, "id": 1, "type": "User", "site_admin": False},
            "html_url": f"https://github.com/{self.name}",
            "description": self.description,
            "fork": False,
            "created_at": "2020-02-14T23:22:23Z",
            "updated_at": "2026-11-20T08:00:00Z",
            "pushed_at": self.pushed,
            "homepage": "",
            "size": 642_000,
            "stargazers_count": 3_000,
            "archived": False,
            "disabled": False,
            "license": {**told, "url": None, "node_id": "x"} if self.licence else None,
            "default_branch": self.branch,
            **self.more,
        }

    def tree(self) -> dict[str, Any]:
        """The answer to GET /repos/{owner}/{name}/git/trees/{commit}?recursive=1."""
        folders = {path.rpartition("/")[0] for path in (*self.files, *self.sizes)} - {""}
        entries: list[dict[str, Any]] = [
            {"path": path, "mode": "040000", "type": "tree", "sha": _id(path.encode())}
            for path in folders
        ]
        for path, size in {**{p: len(b) for p, b in self.files.items()}, **self.sizes}.items():
            body = self.files.get(path, path.encode())
            entries.append(
                {"path": path, "mode": "100644", "type": "blob", "sha": _id(body), "size": size}
            )
        entries.sort(key=lambda entry: str(entry["path"]))
        return {"sha": self.commit, "tree": entries, "truncated": self.truncated}


class GitHub(Emulator):
    """Serves repositories: the API at its root, the raw files below `/raw`.

    moved: old name → new one, answered with a redirect to the number of the repository.
    left: requests of the API that are left; None for no limit. secret: the only token it takes.
    """

    def __init__(self, *repositories: Repository) -> None:
        super().__init__()
        self.repositories = {one.name: one for one in repositories}
        self.moved: dict[str, str] = {}
        self.left: int | None = None
        self.secret = "right"

    @property
    def services(self) -> dict[str, str]:
        """The addresses that a source calls its services."""
        return {"files": f"{self.url}/raw"}

    def answer(self, request: Request) -> Reply:
        """Any request that the harvester has to make."""
        path = unquote(request.path)
        if path.startswith("/raw/"):
            return self._raw(path.removeprefix("/raw/"))
        if path == "/rate_limit":
            core = {
                "limit": 60,
                "remaining": 60 if self.left is None else self.left,
                "reset": RESET,
                "used": 60,
            }
            return as_json({"resources": {"core": core}, "rate": core})
        if self.left is not None:
            if self.left == 0:
                return _refused(403, "API rate limit exceeded for 127.0.0.1.")
            self.left -= 1
        if request.headers.get("authorization", f"Bearer {self.secret}") != f"Bearer {self.secret}":
            return _refused(401, "Bad credentials")
        return self._api(path, request)

    def _api(self, path: str, request: Request) -> Reply:
        if found := re.fullmatch(r"/repositories/(\d+)", path):
            known = [one for one in self.repositories.values() if str(one.said()["id"]) == found[1]]
            return self._described(known[0]) if known else _refused(404, "Not Found")
        found = re.fullmatch(r"/repos/([^/]+/[^/]+)(?:/(commits|git/trees)/(.+))?", path)
        if found and found[1] in self.moved:
            number = self.repositories[self.moved[found[1]]].said()["id"]
            rest = path.removeprefix(f"/repos/{found[1]}")
            return Reply(
                status=301, headers={"Location": f"{self.url}/repositories/{number}{rest}"}
            )
        one = self.repositories.get(found[1]) if found else None
        if found is None or one is None:
            return _refused(404, "Not Found")
        if found[2] is None:
            return self._described(one)
        if found[2] == "commits":
            if found[3] not in (one.branch, one.commit):
                return _refused(422, f"No commit found for SHA: {found[3]}")
            if request.headers.get("accept") != _SHA:
                return as_json(
                    {"sha": one.commit, "commit": {"author": {"email": "a@example.org"}}}
                )
            return Reply(one.commit.encode(), type=f"{_SHA}; charset=utf-8")
        if found[3] != one.commit or request.one("recursive") is None:
            return _refused(404, "Not Found")
        return as_json(one.tree())

    def _described(self, one: Repository) -> Reply:
        said = {**one.said(), "url": f"{self.url}/repos/{one.name}"}
        return as_json(said, etag=f'W/"{hashlib.sha1(repr(said).encode()).hexdigest()}"')

    def _raw(self, path: str) -> Reply:
        owner, name, commit, *rest = path.split("/", 3)
        one = self.repositories.get(f"{owner}/{name}")
        body = one.files.get(rest[0]) if one and rest and commit == one.commit else None
        if body is None:
            return Reply(b"404: Not Found", 404, "text/plain")
        return Reply(body, type="text/plain; charset=utf-8")


def covid_chestxray(table: bytes | None = None) -> Repository:
    """The COVID-19 Image Data Collection of early 2020, or with another table."""
    body = table if table is not None else (RECORDED / "covid_chestxray.csv").read_bytes()
    rows = csv.DictReader(io.StringIO(body.decode("utf-8", "replace"), newline=""))
    paths = [f"{row.get('folder')}/{(row.get('filename') or '').strip()}" for row in rows]
    return Repository(
        "ieee8023/covid-chestxray-dataset",
        {"metadata.csv": body, "README.md": b"COVID-19 image data collection"},
        {path: 1_000 * place for place, path in enumerate(paths, start=1)},
        description="We are building an open database of COVID-19 cases with chest X-rays or CT.",
        licence=None,
    )


def figure1(table: bytes | None = None) -> Repository:
    """The Figure 1 dataset; every third image is a PNG."""
    body = table if table is not None else (RECORDED / "figure1.csv").read_bytes()
    ids = [row["patientid"] for row in csv.DictReader(io.StringIO(body.decode("cp1252")))]
    return Repository(
        "agchung/Figure1-COVID-chestxray-dataset",
        {"metadata.csv": body, "README.md": b"For research purposes only."},
        {
            f"images/{name}.{'png' if place % 3 == 0 else 'jpg'}": 1_000 * (place + 1)
            for place, name in enumerate(ids)
        },
        description="Figure 1 COVID-19 Chest X-ray Dataset Initiative",
        pushed="2020-05-08T18:30:55Z",
    )


def bimcv() -> Repository:
    """BIMCV's repository, which GitHub calls MIT for the text at its top."""
    return Repository(
        "BIMCV-CSUSP/BIMCV-COVID-19",
        {"license.md": b"MIT License", "BIMCV-COVID19+/LICENSE.md": b"Research Use Agreement"},
        description="Valencia Region Image Bank (BIMCV) COVID-19 datasets",
        licence=("mit", "MIT License", "MIT"),
        pushed="2023-03-29T10:46:00Z",
    )


def _id(body: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(body) + body).hexdigest()


def _refused(status: int, message: str) -> Reply:
    limits = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(RESET)}
    told = {"message": message, "documentation_url": "https://docs.github.com/rest"}
    return as_json(told, status, headers=limits if "limit" in message else {})
