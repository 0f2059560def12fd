"""What is asked of an XNAT host about one project: its subjects, its sessions, all its scans.

All scans of a project come with one request, as a list of sessions to which columns of the scan
and of its resources are joined: one row for each resource of each scan, and one with an empty scan
for a session that has none. That list holds the sessions that the project owns; those that others
share into it are asked for by another filter.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

from harvesters.http import Client
from harvesters.xnat import table as xnat_table
from harvesters.xnat.table import Row

SUBJECTS = "ID,gender,age"
SESSIONS = "ID,label,subject_ID,date,xsiType,insert_date"
SCAN = "xnat:imagescandata/"
FILE = f"{SCAN}file/"
AGE = "xnat:subjectassessordata/age"
SCAN_TYPE = f"{SCAN}extension_item/element_name"
_OF_SCAN = (
    "ID type series_description modality frames extension_item/element_name scanner/manufacturer "
    "scanner/model file/label file/file_count file/file_size"
).split()
SCANS = ",".join(
    # The server takes the first column for the session whose readers it looks up.
    ["ID", "project", "xnat:subjectAssessorData/age"]
    + [f"xnat:imageScanData/{name}" for name in _OF_SCAN]
)
SESSION_TYPE = "xnat:imageSessionData"
SHARED = "xnat:imagesessiondata/sharing/share/project"


@dataclass(frozen=True, slots=True)
class Swept:
    """What a project lists.

    subjects, sessions: by ID; imaging sessions alone, shared ones too, as it labels them. newest:
    when the last experiment was put in. scans: a row for each resource of each scan of the sessions
    that it owns.
    """

    project: str
    subjects: dict[str, Row]
    sessions: dict[str, Row]
    newest: str | None
    scans: list[Row]


def sweep(client: Client, base: str, project: str) -> Swept:
    """Ask for the subjects, the sessions and every scan of a project that may be read.

    Raises:
        StatusError: with 403 if it may not.
        SourceError: if one of the lists cannot be had whole.
    """
    home = address(base, "projects", project)
    subjects = xnat_table.read(client, f"{home}/subjects", columns=SUBJECTS, keep=False)
    sessions = xnat_table.read(client, f"{home}/experiments", columns=SESSIONS, keep=False)
    imaging = {
        name: row
        for row in sessions
        if (name := row.get("id")) and (row.get("xsitype") or "").casefold().endswith("sessiondata")
    }
    return Swept(
        project,
        {name: row for row in subjects if (name := row.get("id"))},
        imaging,
        max((day for row in sessions if (day := row.get("insert_date"))), default=None),
        owned_scans(client, base, project) if imaging else [],
    )


def owned_scans(client: Client, base: str, project: str) -> list[Row]:
    """Every scan of the sessions that a project owns.

    Raises: as `sweep`.
    """
    found = _scans(client, base, project=project)
    return [row for row in found if row.get("project") in (project, None)]


def shared_scans(client: Client, base: str, project: str) -> list[Row]:
    """Every scan of the sessions that others share into a project.

    Raises: as `sweep`.
    """
    return _scans(client, base, **{SHARED: project})


def address(base: str, *steps: str) -> str:
    """The address of a thing: `address(base, "projects", "P1")`."""
    return "/".join((base, "data", *(quote(step, safe="") for step in steps)))


def _scans(client: Client, base: str, **which: str) -> list[Row]:
    return xnat_table.read(
        client,
        f"{base}/data/experiments",
        keep=False,
        xsiType=SESSION_TYPE,
        columns=SCANS,
        **which,
    )
