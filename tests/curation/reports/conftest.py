"""A few findings of every shape, and the summary of the check that saw them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from curation.reports.summary import Summary
from schemas.file_finding import FileFinding
from schemas.finding import Severity

STARTED = datetime(2026, 11, 20, 8, 30, tzinfo=UTC)


@pytest.fixture
def findings() -> list[FileFinding]:
    """Five findings in three files, one of them hostile in its name."""
    return [
        FileFinding(
            "header-identifier",
            Severity.ERROR,
            "p1/scan 1.dcm",
            "00100010",
            "PS3.15 Table E.1-1",
            "PatientName holds a name; remove it or de-identify the file",
            "name",
            "Aaaa^Aaa",
        ),
        FileFinding(
            "header-identifier",
            Severity.ERROR,
            "p1/scan 1.dcm",
            "00081140[0].00081155",
            "PS3.15 Table E.1-1",
            "ReferencedSOPInstanceUID was not replaced",
            "id",
            "9.9.999",
        ),
        FileFinding(
            "burned-in-text",
            Severity.WARNING,
            "p1/us.dcm",
            "pixel",
            "PS3.15 Section E.3.1",
            "Burned-in text reads as a date; hide it",
            "date",
            "99.99.9999",
            3,
            (10, 20, 110, 40),
        ),
        FileFinding(
            "name-of-file",
            Severity.WARNING,
            "p2/\x1b[31m<b>%41#?\u202e\udce9.dcm",
            "filename",
            "HIPAA Safe Harbor",
            "The file name reads as a name; rename it",
            "name",
        ),
        FileFinding(
            "declared-profile",
            Severity.INFO,
            "p2/clean.dcm",
            "00120062",
            "PS3.3 Section C.7.1.1",
            "PatientIdentityRemoved is absent",
        ),
    ]


@pytest.fixture
def summary(findings: list[FileFinding]) -> Summary:
    """Five DICOM files and a JSON file read, two not, and the findings counted."""
    made = Summary("study", {"name": "basic", "version": "2", "digest": "ab" * 32}, started=STARTED)
    for _ in range(5):
        made.read("dicom", 1000)
    made.read("json", 24)
    made.unread("p3/half.dcm", "it ends inside an element")
    made.unread("p3/notes.xyz", "no format takes it")
    made.pixels.looked = 7
    made.pixels.skipped["the transfer syntax has no decoder here"] = 1
    made.faces.skipped["no head volume"] = 5
    for finding in findings:
        made.found(finding)
    made.ended = STARTED.replace(minute=31)
    return made
