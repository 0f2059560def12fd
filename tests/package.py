"""Tries the wheel where nothing else is: an empty environment, another folder, the demo.

Run as `python -m tests.package DIST UV`, after `uv build --wheel`.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path

PAGES = {
    "/": "2,748",
    "/sources": "CHASE_DB1",
    "/tools": "3D Slicer",
    "/cohort": "1,044,191",
    "/dataset/idc:nlst": "NLST",
    "/dataset/openneuro:ds000117": "face processing",
    "/dataset/msd:Task01_BrainTumour": "Medical Segmentation Decathlon",
    "/dataset/idc:nlst?format=datacite": "10.7937/tcia.hmq8-j677",
    "/static/site.css": "{",
}
_ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+")


def main(dist: Path, uv: str) -> None:
    """Install the newest wheel of `dist`, run its demo, and look at its pages."""
    wheel = max(dist.glob("fairscan-*.whl"), key=lambda path: path.stat().st_mtime).absolute()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        tool = str(Path(uv).absolute()) if os.sep in uv else uv
        python = folder / "env" / "bin" / "python"
        _run([tool, "venv", "--quiet", "--python", sys.executable, "env"], folder)
        _run([tool, "pip", "install", "--quiet", "--python", str(python), str(wheel)], folder)
        _demo(folder, python.with_name("fairscan"))
        _steward(folder, python)
    print(f"{wheel.name} runs the demo in an empty environment")


def _run(command: list[str], folder: Path) -> None:
    subprocess.run(command, cwd=folder, check=True, env=_environment(folder))


def _demo(folder: Path, fairscan: Path) -> None:
    demo = subprocess.Popen(
        [str(fairscan), "demo", "--port", "0"],
        cwd=folder,
        env=_environment(folder),
        stderr=subprocess.PIPE,
        text=True,
    )
    assert demo.stderr is not None
    try:
        address = next(
            (found.group() for line in demo.stderr if (found := _ADDRESS.search(line))), None
        )
        if address is None:
            raise SystemExit(f"the demo ended with {demo.wait()} before it served")
        for page, expected in PAGES.items():
            with urllib.request.urlopen(address + page, timeout=30) as answer:
                text = answer.read().decode()
            if expected not in text:
                raise SystemExit(f"{page} does not show {expected!r}")
    finally:
        demo.send_signal(signal.SIGINT)
        demo.wait(timeout=30)


def _steward(folder: Path, python: Path) -> None:
    """De-identify a file that pydicom ships; without the extra `pixels` that is all there is."""
    find = "from pydicom.data import get_testdata_file as f; print(f('MR_small.dcm'))"
    scan = subprocess.check_output([str(python), "-c", find], text=True, cwd=folder).strip()
    fairscan = str(python.with_name("fairscan"))
    _run([fairscan, "deidentify", scan, "shared", "--no-pixels"], folder)
    if not list((folder / "shared").iterdir()):
        raise SystemExit("nothing was de-identified")
    _run([fairscan, "check", "shared", "--report", "report.html"], folder)


def _environment(folder: Path) -> dict[str, str]:
    """The caller's environment without what would let the checkout leak in."""
    hidden = {"PYTHONPATH", "VIRTUAL_ENV", "UV_PROJECT_ENVIRONMENT"}
    kept = {name: value for name, value in os.environ.items() if name not in hidden}
    return {**kept, "FAIRSCAN_HOME": str(folder / "home")}


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
