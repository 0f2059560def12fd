"""A real Orthanc with its DICOMweb plugin, on loopback, with a folder and settings of its own."""

from __future__ import annotations

import base64
import json
import shutil
import socket
import subprocess
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import ProxyHandler, Request, build_opener

PROGRAM = shutil.which("Orthanc", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")
PLUGIN = Path("/usr/share/orthanc/plugins/libOrthancDicomWeb.so")
MISSING = (
    None
    if PROGRAM and PLUGIN.exists()
    else "no Orthanc with DICOMweb here: apt-get install orthanc orthanc-dicomweb"
)
USER, PASSWORD = "reader", "only for tests"
STARTS = 60.0
"""Seconds after which an Orthanc that does not answer is given up."""

_open = build_opener(ProxyHandler({})).open


@dataclass(frozen=True)
class Orthanc:
    """A running server; `url` is its own REST root."""

    url: str
    guarded: bool

    @property
    def dicomweb(self) -> str:
        """The root of its DICOMweb services."""
        return f"{self.url}/dicom-web"

    def fill(self, files: Iterable[Path]) -> None:
        """Store files."""
        for path in files:
            self.ask("/instances", path.read_bytes())

    def ask(self, path: str, body: bytes | None = None, method: str | None = None) -> Any:
        """An answer of its own REST API."""
        request = Request(self.url + path, data=body, method=method)
        if self.guarded:
            told = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
            request.add_header("Authorization", f"Basic {told}")
        with _open(request, timeout=STARTS) as answer:
            return json.load(answer)


@contextmanager
def running(folder: Path, *, guarded: bool = False) -> Iterator[Orthanc]:
    """Start one whose storage is `folder`; `guarded`: it admits only USER."""
    assert PROGRAM is not None, MISSING
    port = _free_port()
    (folder / "storage").mkdir()
    settings = folder / "orthanc.json"
    settings.write_text(
        json.dumps(
            {
                "Name": "test",
                "StorageDirectory": str(folder / "storage"),
                "IndexDirectory": str(folder / "storage"),
                "HttpPort": port,
                "DicomServerEnabled": False,
                "RemoteAccessAllowed": False,
                "AuthenticationEnabled": guarded,
                "RegisteredUsers": {USER: PASSWORD},
                "Plugins": [str(PLUGIN)],
                "DicomWeb": {"Enable": True, "Root": "/dicom-web/"},
            }
        )
    )
    with (
        (folder / "log").open("w") as log,
        subprocess.Popen([PROGRAM, str(settings)], stdout=log, stderr=log) as process,
    ):
        try:
            server = Orthanc(f"http://127.0.0.1:{port}", guarded)
            _wait(server, process, folder / "log")
            yield server
        finally:
            process.terminate()
            process.wait(STARTS)


def _wait(server: Orthanc, process: subprocess.Popen[bytes], log: Path) -> None:
    ends = time.monotonic() + STARTS
    while time.monotonic() < ends and process.poll() is None:
        try:
            assert "DICOMweb" in str(server.ask("/plugins/dicom-web"))
            return
        except (URLError, ConnectionError):
            time.sleep(0.05)
    raise AssertionError(f"Orthanc did not start: {log.read_text()[-2000:]}")


def _free_port() -> int:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        port: int = bound.getsockname()[1]
        return port
