"""The tables of an emulated XNAT host: which columns a list has, in which case, and which rows.

A column is asked for by its short name or by its path in the data model; one that the server does
not know is left out without a word. A path comes back in lower case.
"""

from __future__ import annotations

import fnmatch
import hashlib
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from tests.emulators.server import Request
from tests.emulators.xnat_site import (
    Project,
    Resource,
    Scan,
    Session,
    Site,
    Subject,
    dicom_file,
)

T = TypeVar("T")
Row = dict[str, str]
_PAGE = 100
_SCAN = "xnat:imagescandata/"
_SHARE = "xnat:imagesessiondata/sharing/share/project"


def page(rows: Sequence[T], request: Request) -> tuple[list[T], bool]:
    """The rows that LIMIT and OFFSET leave, and whether either was asked for."""
    paged = "limit" in request.query or "offset" in request.query
    if not paged or request.one("limit") == "*":
        return list(rows), paged
    start = request.number("offset", 0)
    return list(rows[start : start + request.number("limit", _PAGE)]), True


def filtered(sessions: Iterable[Session], request: Request) -> list[Session]:
    """The sessions that the query's short names and paths let through."""
    found = list(sessions)
    if (kind := request.one("xsiType")) and kind != "xnat:imageSessionData":
        found = [s for s in found if s.kind == kind]
    elif kind:
        found = [s for s in found if s.kind.endswith("SessionData")]
    read: dict[str, Callable[[Session], list[str]]] = {
        "project": lambda s: [s.project],
        "ID": lambda s: [s.id],
        "label": lambda s: [s.label],
        _SHARE: lambda s: list(s.shared),
    }
    for name, values in read.items():
        if wanted := next(
            (v[0] for k, v in request.query.items() if k in (name, name.lower())), None
        ):
            patterns = [word.replace("%", "*") for word in wanted.split(",")]
            found = [
                s for s in found
                if any(fnmatch.fnmatchcase(value, p) for value in values(s) for p in patterns)
            ]  # fmt: skip
    return found


def accessible(project: Project, tells: bool) -> Row:
    """A row of the list of accessible projects: lower-case keys, and what nobody should keep."""
    pi = ", ".join(filter(None, (project.pi_lastname, project.pi_firstname)))
    row = {
        "id": project.id,
        "name": project.name,
        "description": project.description,
        "secondary_id": project.secondary_id,
        "pi": pi,
        "project_invs": "",
        "project_access": project.access,
        "project_access_img": "/@WEBAPP/images/globe.gif",
        "insert_date": project.inserted,
        "insert_user": "uploader",
        "user_role_2": "",
        "last_accessed_2": "",
        "quarantine_status": "active",
        "URI": f"/data/projects/{project.id}",
    }
    return row if tells else {k: v for k, v in row.items() if k != "project_access"}


def projects(found: Iterable[Project], request: Request) -> list[Row]:
    """Rows of the list of readable projects; asking for aliases gives a row for each."""
    read: dict[str, Callable[[tuple[Project, str]], str]] = {
        "ID": lambda p: p[0].id,
        "secondary_ID": lambda p: p[0].secondary_id,
        "name": lambda p: p[0].name,
        "description": lambda p: p[0].description,
        "keywords": lambda p: p[0].keywords,
        "alias": lambda p: p[1],
        "pi_firstname": lambda p: p[0].pi_firstname,
        "pi_lastname": lambda p: p[0].pi_lastname,
    }
    default = "ID,secondary_ID,name,description,pi_firstname,pi_lastname"
    columns = _columns(request, default, read)
    each = [
        (project, alias)
        for project in found
        for alias in ((project.aliases or [""]) if "alias" in columns else [""])
    ]
    return [
        {name: read[name](one) for name in columns} | {"URI": f"/data/projects/{one[0].id}"}
        for one in each
    ]


def project_item(project: Project) -> Row:
    """The data fields of a project's own page."""
    return {"ID": project.id, "name": project.name, "description": project.description,
            "keywords": project.keywords}  # fmt: skip


def subjects(found: Iterable[tuple[Subject, str]], request: Request) -> list[Row]:
    """Rows of a list of subjects, each with the project that lists it."""
    read: dict[str, Callable[[tuple[Subject, str]], str]] = {
        "ID": lambda s: s[0].id,
        "project": lambda s: s[1],
        "label": lambda s: s[0].label,
        "insert_date": lambda _: "2021-01-01 00:00:00.0",
        "insert_user": lambda _: "uploader",
        "gender": lambda s: s[0].gender,
        "age": lambda s: s[0].age,
        "yob": lambda s: s[0].yob,
        "dob": lambda s: s[0].dob,
    }
    columns = _columns(request, "ID,project,label,insert_date,insert_user", read)
    return [
        {name: read[name](one) for name in columns} | {"URI": f"/data/subjects/{one[0].id}"}
        for one in found
    ]


_SESSION: dict[str, Callable[[Any], str]] = {
    "ID": lambda r: r[0].id,
    "project": lambda r: r[0].project,
    "date": lambda r: r[0].date,
    "xsiType": lambda r: r[0].kind,
    "label": lambda r: {**r[0].shared, r[0].project: r[0].label}.get(r[1], r[0].label),
    "insert_date": lambda r: r[0].inserted,
    "last_modified": lambda r: r[0].modified,
    "subject_ID": lambda r: r[0].subject,
    "subject_label": lambda r: r[2].get(r[0].subject, ""),
    "xnat:subjectassessordata/age": lambda r: r[0].age,
}
_JOINED: dict[str, Callable[[Scan | None, Resource | None], Any]] = {
    "id": lambda s, _: s and s.id,
    "type": lambda s, _: s and s.type,
    "series_description": lambda s, _: s and s.description,
    "modality": lambda s, _: s and s.modality,
    "frames": lambda s, _: s and s.frames,
    "extension_item/element_name": lambda s, _: s and s.kind,
    "scanner/manufacturer": lambda s, _: s and s.manufacturer,
    "scanner/model": lambda s, _: s and s.model,
    "file/label": lambda _, f: f and f.label,
    "file/file_count": lambda _, f: f and f.count,
    "file/file_size": lambda _, f: f and f.size,
}


def experiments(found: Iterable[tuple[Session, str]], site: Site, request: Request) -> list[Row]:
    """Rows of a list of experiments; columns of scans and files are joined, with what has none."""
    known = {**_SESSION, **{f"{_SCAN}{name}": None for name in _JOINED}}
    columns = _columns(request, "ID,project,date,xsiType,label,insert_date", known)
    columns += [name for name in ("xsiType", "project") if name not in columns]
    labels = {subject.id: subject.label for subject in site.subjects}
    joins_scans = any(name.startswith(_SCAN) for name in columns)
    joins_files = any(name.startswith(f"{_SCAN}file/") for name in columns)
    rows = []
    for session, at in found:
        for scan in (session.scans or [None]) if joins_scans else [None]:
            for part in ((scan.resources if scan else []) or [None]) if joins_files else [None]:
                row = {}
                for name in columns:
                    if name.startswith(_SCAN):
                        value = _JOINED[name.removeprefix(_SCAN)](scan, part)
                        row[name] = "" if value is None else str(value)
                    else:
                        row[name] = _SESSION[name]((session, at, labels))
                rows.append(row | {"URI": f"/data/experiments/{session.id}"})
    return rows


def scans(session: Session, request: Request) -> list[Row]:
    """Rows of the list of a session's scans."""
    read: dict[str, Callable[[Scan], str]] = {
        "xnat_imagescandata_id": lambda s: f"{session.id[-3:]}{s.id}",
        "ID": lambda s: s.id,
        "type": lambda s: s.type,
        "quality": lambda s: s.quality,
        "xsiType": lambda s: s.kind,
        "note": lambda _: "",
        "series_description": lambda s: s.description,
        "modality": lambda s: s.modality,
        "frames": lambda s: s.frames,
    }
    default = "xnat_imagescandata_id,ID,type,quality,xsiType,note,series_description"
    columns = _columns(request, default, read)
    place = f"/data/experiments/{session.id}/scans"
    return [
        {name: read[name](scan) for name in columns} | {"URI": f"{place}/{scan.id}"}
        for scan in session.scans
    ]


def resource(scan: Scan, part: Resource) -> Row:
    """A row of a list of resources, which has neither ID nor URI."""
    return {
        "xnat_abstractresource_id": number(part),
        "label": part.label,
        "element_name": "xnat:resourceCatalog",
        "category": "scans",
        "cat_id": scan.id,
        "cat_desc": scan.type,
        "file_count": "" if part.count is None else str(part.count),
        "file_size": "" if part.size is None else str(part.size),
        "tags": "",
        "content": "RAW",
        "format": part.label,
    }


def file(session: str, scan: Scan, part: Resource, name: str) -> Row:
    """A row of a list of files."""
    body = dicom_file(name)
    home = f"/data/experiments/{session}/scans/{scan.id}/resources/{number(part)}"
    return {
        "Name": name,
        "Size": str(len(body)),
        "URI": f"{home}/files/{name}",
        "collection": part.label,
        "file_tags": "",
        "file_format": part.label,
        "file_content": "RAW",
        "cat_ID": number(part),
        "digest": hashlib.md5(body).hexdigest(),
    }


def number(part: Resource) -> str:
    """The number by which a resource is known beside its label."""
    return str(9000 + sum(map(ord, part.label)) % 900)


def _columns(request: Request, default: str, known: Iterable[str]) -> list[str]:
    """The columns asked for that are known, each in the case in which it comes back."""
    asked = request.one("columns") or default
    names = {name.lower(): name for name in known}
    wanted = (default if asked == "DEFAULT" else asked).split(",")
    return list(dict.fromkeys(names[word.lower()] for word in wanted if word.lower() in names))
