"""Walks an XNAT host with xnatpy, as its documentation shows, and prints what it met as JSON.

Run with the Python of an environment that has xnatpy: URL, a file that is no netrc file, and for a
user its name and password. It counts its seconds, without the start of Python.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any

import xnat


def main(url: str, netrc: str, user: str | None = None, password: str | None = None) -> None:
    """Print every project with its subjects, and its sessions with their scans."""
    begin = time.perf_counter()
    found: dict[str, Any] = {}
    with xnat.connect(
        url, user=user, password=password, netrc_file=netrc, loglevel="ERROR"
    ) as session:
        who = session.logged_in_user
        for project in session.projects.values():
            found[project.id] = {
                "name": project.name,
                "subjects": sorted(subject.id for subject in project.subjects.values()),
                "sessions": {
                    experiment.id: {scan.id: scan.type for scan in experiment.scans.values()}
                    for experiment in project.experiments.values()
                    if isinstance(experiment, session.classes.ImageSessionData)
                },
            }
    seconds = time.perf_counter() - begin
    print(json.dumps({"user": who, "projects": found, "seconds": seconds}))


if __name__ == "__main__":
    main(*sys.argv[1:])
