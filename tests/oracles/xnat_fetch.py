"""Downloads one scan with xnatpy, whole and as one file, and prints what came as JSON.

Run with the Python of an environment that has xnatpy and pydicom: URL, a file that is no netrc
file, project, session and scan.
"""

from __future__ import annotations

import json
import sys
import tempfile
import zipfile
from io import BytesIO
from pathlib import Path

import pydicom
import xnat


def main(url: str, netrc: str, project: str, session: str, scan: str) -> None:
    """Print how many files the archive has, and what the first one shows."""
    with xnat.connect(url, netrc_file=netrc, loglevel="ERROR") as connection:
        found = connection.projects[project].experiments[session].scans[scan]
        with tempfile.TemporaryDirectory() as folder:
            packed = Path(folder) / "scan.zip"
            found.download(str(packed), verbose=False)
            with zipfile.ZipFile(packed) as archive:
                files = len(archive.namelist())
            single = Path(folder) / "one.dcm"
            next(iter(found.files.values())).download(str(single), verbose=False)
            image = pydicom.dcmread(BytesIO(single.read_bytes()))
    print(json.dumps({"files": files, "modality": image.Modality, "rows": image.Rows}))


if __name__ == "__main__":
    main(*sys.argv[1:])
