"""An XNAT 1.8 host: its REST API as far as a harvest, a walk with xnatpy and a download go.

What is told here of a real server is read in its source: key case by handler, columns by short name
or path with unknown ones dropped in silence, LIMIT before permissions, totals left out of pages.
"""

from __future__ import annotations

import base64
import hashlib
import io
import re
import zipfile
from collections.abc import Callable
from html import escape
from pathlib import Path
from urllib.parse import parse_qs, unquote

from tests.emulators import xnat_tables
from tests.emulators.server import LOGIN_PAGE, Emulator, Reply, Request, as_json
from tests.emulators.xnat_site import Project, Resource, Scan, Session, Site, dicom_file, small

SCHEMAS = Path(__file__).parents[1] / "contracts" / "xnat"
TYPES = ("xnat:projectData", "xnat:subjectData", "xnat:mrSessionData", "xnat:petSessionData")
_OPEN = re.compile(r"/data/(JSESSION|services/auth)|/xapi/siteConfig/buildInfo|/app/template/.*")
GUEST = "guest"


class Xnat(Emulator):
    """Serves `site` under `root` to guests and to the users of `passwords`.

    login: what a guest gets for everything that is not open to all: None (nobody has to log in),
    "401", "302" (to the login page) or "html" (the login page, status 200).
    tells: whether the list of accessible projects says how accessible each is.
    totals: "text", "number" or "absent", as totalRecords comes.
    """

    def __init__(self, site: Site | None = None, root: str = "") -> None:
        super().__init__()
        self.site = small() if site is None else site
        self.root = root
        self.passwords = {"ada": "lovelace"}
        self.login: str | None = None
        self.tells = True
        self.totals = "text"
        self.opened: dict[str, str] = {}

    @property
    def base(self) -> str:
        """The address that a source names."""
        return self.url + self.root

    def answer(self, request: Request) -> Reply:
        """Route a request as the user whom its cookie or its header names."""
        path = unquote(request.path.removeprefix(self.root)).replace("/data/archive/", "/data/")
        user = self._user(request)
        if user is None:
            return _denied()
        if user == GUEST and self.login and not _OPEN.fullmatch(path):
            return self._refused()
        cookie = {}
        if _cookie(request) not in self.opened:
            cookie = {"Set-Cookie": f"JSESSIONID={self._open(user)}; Path={self.root or '/'}"}
        reply = self._route(request, path.rstrip("/") or "/", user)
        return Reply(reply.body, reply.status, reply.type, {**reply.headers, **cookie})

    # Who asks.

    def _user(self, request: Request) -> str | None:
        """The user of the request, None if its credentials are wrong."""
        word, _, told = request.headers.get("authorization", "").partition(" ")
        if word == "Basic":
            name, _, password = base64.b64decode(told).decode().partition(":")
            return name if self.passwords.get(name) == password else None
        return self.opened.get(_cookie(request), GUEST)

    def _open(self, user: str) -> str:
        token = hashlib.md5(f"{user}{len(self.opened)}".encode()).hexdigest().upper()
        self.opened[token] = user
        return token

    def _refused(self) -> Reply:
        if self.login == "401":
            return _denied()
        if self.login == "302":
            return Reply(status=302, headers={"Location": f"{self.root}/app/template/Login.vm"})
        return Reply(LOGIN_PAGE, 200, "text/html")

    def reads(self, user: str, project: Project) -> bool:
        """Whether a user may read a project's data."""
        return project.access == "public" or user in project.members

    # Routes.

    def _route(self, request: Request, path: str, user: str) -> Reply:
        for pattern, handler in self._routes():
            if match := re.fullmatch(pattern, path):
                return handler(request, user, *match.groups())
        return Reply(b"<h3>Not found</h3>", 404, "text/html")

    def _routes(self) -> tuple[tuple[str, Callable[..., Reply]], ...]:
        project = "/data/projects/([^/]+)"
        scan = r"/data/(?:projects/([^/]+)/)?(?:subjects/[^/]+/)?experiments/([^/]+)/scans/([^/]+)"
        session = r"/data/(?:projects/([^/]+)/)?(?:subjects/[^/]+/)?experiments/([^/]+)"
        return (
            ("/", self._home),
            ("/app/template/Login.vm", lambda *_: Reply(LOGIN_PAGE, 200, "text/html")),
            ("/data/JSESSION", self._session),
            ("/data/services/auth", self._log_in),
            ("/data/auth", lambda _, user: _text(f"User '{user}' is logged in")),
            ("/xapi/siteConfig/buildInfo", lambda *_: as_json({"version": "1.8.10"})),
            ("/xapi/schemas", lambda *_: as_json(["xdat", "xnat"])),
            ("/xapi/schemas/(xdat|xnat)", self._schema),
            ("/data/search/elements", self._elements),
            ("/data/search/elements/(.+)", self._fields),
            ("/data/projects", self._projects),
            (project, self._project),
            (f"{project}/accessibility", self._accessibility),
            (f"(?:{project}|/data)/subjects", self._subjects),
            (f"(?:{project}|/data)/experiments", self._experiments),
            (f"{project}/subjects/([^/]+)", self._subject),
            (f"{project}/subjects/([^/]+)/experiments", self._experiments),
            (session, self._experiment),
            (f"{session}/scans", self._scans),
            (scan, self._scan),
            (f"{scan}/resources", self._resources),
            (f"{scan}/files", self._files),
            (f"{scan}/resources/([^/]+)/files", self._files),
            (f"{scan}/resources/([^/]+)/files/(.+)", self._file),
        )

    def _home(self, _: Request, user: str) -> Reply:
        who = (
            '<span style="color:red;">Guest</span>'
            if user == GUEST
            else f'&nbsp;<a href="/app/template/XDATScreen_UpdateUser.vm">{escape(user)}</a>'
        )
        page = f'<html><body><span id="user_info">Logged in as: {who}</span></body></html>'
        return Reply(page.encode(), 200, "text/html")

    def _session(self, request: Request, user: str) -> Reply:
        known = _cookie(request)
        if request.method == "DELETE":
            self.opened.pop(known, None)
            return Reply()
        return _text(known if known in self.opened else next(reversed(self.opened), user))

    def _log_in(self, request: Request, _: str) -> Reply:
        form = parse_qs(request.body.decode())
        name, password = form.get("username", [""])[0], form.get("password", [""])[0]
        if self.passwords.get(name) != password:
            return Reply(b"<h3>Login attempt failed. Please try again.</h3>", 401, "text/html")
        token = self._open(name)
        cookie = f"JSESSIONID={token}; Path={self.root or '/'}"
        return Reply(token.encode(), 200, "text/plain", {"Set-Cookie": cookie})

    def _schema(self, _: Request, __: str, name: str) -> Reply:
        return Reply((SCHEMAS / f"{name}.xsd").read_bytes(), 200, "application/xml")

    def _elements(self, request: Request, user: str) -> Reply:
        readable, used = (name in request.query for name in ("readable", "used"))
        may = [p.id for p in self.site.projects if not readable or self.reads(user, p)]
        counts = dict.fromkeys(TYPES, 0)
        counts["xnat:projectData"] = len(may)
        for kind, at in [
            *(("xnat:subjectData", one.project) for one in self.site.subjects),
            *((one.kind, one.project) for one in self.site.sessions),
        ]:
            counts[kind] = counts.get(kind, 0) + (at in may)
        return self._list([
            {"ELEMENT_NAME": name, "SINGULAR": "", "PLURAL": "", "SECURED": "true",
             "COUNT": str(count)}
            for name, count in counts.items()
            if (count or not used) and (used or name in TYPES)
        ])  # fmt: skip

    def _fields(self, _: Request, __: str, name: str) -> Reply:
        return self._list([
            {"FIELD_ID": "INSERT_DATE", "HEADER": "INSERT_DATE", "SUMMARY": "", "TYPE": "string",
             "REQUIRES_VALUE": "false", "DESC": "", "ELEMENT_NAME": name, "SRC": "0"}
        ])  # fmt: skip

    # Lists.

    def _projects(self, request: Request, user: str) -> Reply:
        if request.one("accessible") == "true":
            known = [p for p in self.site.projects
                     if p.access != "private" or user in p.members]  # fmt: skip
            rows = [xnat_tables.accessible(project, self.tells) for project in known]
            return self._list(rows, title="Projects", xdat_user_id="2")
        readable = [p for p in self.site.projects if self.reads(user, p)]
        return self._list(xnat_tables.projects(readable, request))

    def _subjects(self, request: Request, user: str, name: str | None) -> Reply:
        if name is None:
            found = [(s, s.project) for s in self.site.subjects]
        else:
            if refused := self._guarded(user, name, "subjects"):
                return refused
            found = [(s, name) for s in self.site.subjects if name in (s.project, *s.shared)]
        page, paged = xnat_tables.page(found, request)
        page = [(s, at) for s, at in page if self._may(user, at)]
        return self._list(xnat_tables.subjects(page, request), paged=paged)

    def _experiments(
        self, request: Request, user: str, name: str | None, subject: str | None = None
    ) -> Reply:
        if name is None:
            found = [(s, s.project) for s in xnat_tables.filtered(self.site.sessions, request)]
        else:
            if refused := self._guarded(user, name, "experiments"):
                return refused
            found = [(s, name) for s in self.site.sessions if name in (s.project, *s.shared)]
            if subject:
                ids = {s.id for s in self.site.subjects if subject in (s.id, s.label)}
                found = [(s, at) for s, at in found if s.subject in ids]
        page, paged = xnat_tables.page(found, request)
        page = [
            (s, at) for s, at in page if any(self._may(user, p) for p in (s.project, *s.shared))
        ]
        rows = xnat_tables.experiments(page, self.site, request)
        return self._list(rows, paged=paged, title="Matching experiments")

    def _scans(self, request: Request, user: str, project: str | None, name: str) -> Reply:
        session = self._found(user, name, project)
        return _missing() if session is None else self._list(
            xnat_tables.scans(session, request)
        )  # fmt: skip

    def _resources(self, _: Request, user: str, project: str | None, name: str, scan: str) -> Reply:
        found = self._parts(user, name, project, scan)
        return self._list([xnat_tables.resource(*part) for part in found])

    def _files(
        self, request: Request, user: str, project: str | None, name: str, scan: str,
        label: str | None = None,
    ) -> Reply:  # fmt: skip
        found = [
            (one, part)
            for one, part in self._parts(user, name, project, scan)
            if label in (None, part.label, xnat_tables.number(part))
        ]
        if request.one("format") == "zip":
            return _zipped(name, found)
        rows = [
            xnat_tables.file(name, one, part, file) for one, part in found for file in part.files
        ]
        return self._list(rows, title="Files")

    # Single things.

    def _project(self, _: Request, user: str, name: str) -> Reply:
        project = self.site.project(name)
        if project is None:
            return _missing()
        if not self.reads(user, project):
            return _forbidden(f"Unable to read project: {name}")
        return _item("xnat:projectData", xnat_tables.project_item(project))

    def _accessibility(self, _: Request, user: str, name: str) -> Reply:
        project = self.site.project(name)
        if project is None or (project.access == "private" and user not in project.members):
            return _missing()
        return _text(project.access.title())

    def _subject(self, _: Request, user: str, project: str, name: str) -> Reply:
        if refused := self._guarded(user, project, "subjects"):
            return refused
        for subject in self.site.subjects:
            if name in (subject.id, subject.label):
                return _item("xnat:subjectData", {"ID": subject.id, "label": subject.label})
        return _missing()

    def _experiment(self, _: Request, user: str, project: str | None, name: str) -> Reply:
        session = self._found(user, name, project)
        if session is None:
            return _missing()
        fields = {"ID": session.id, "project": session.project, "label": session.label,
                  "subject_ID": session.subject, "date": session.date}  # fmt: skip
        return _item(session.kind, fields)

    def _scan(self, _: Request, user: str, project: str | None, name: str, scan: str) -> Reply:
        session = self._found(user, name, project)
        for one in session.scans if session else []:
            if one.id == scan:
                return _item(one.kind, {"ID": one.id, "type": one.type, "quality": one.quality})
        return _missing()

    def _file(
        self,
        _: Request,
        user: str,
        project: str | None,
        name: str,
        scan: str,
        label: str,
        file: str,
    ) -> Reply:
        for _one, part in self._parts(user, name, project, scan):
            if label in (part.label, xnat_tables.number(part)) and file in part.files:
                return Reply(dicom_file(file), 200, "application/dicom")
        return _missing()

    # What may be seen.

    def _may(self, user: str, name: str) -> bool:
        project = self.site.project(name)
        return project is not None and self.reads(user, project)

    def _guarded(self, user: str, name: str, what: str) -> Reply | None:
        if self.site.project(name) is None:
            return _missing()
        if not self._may(user, name):
            return _forbidden(f"Unable to read {what} for Project: {name}")
        return None

    def _found(self, user: str, name: str, project: str | None) -> Session | None:
        session = self.site.session(name, project)
        if session and any(self._may(user, at) for at in (session.project, *session.shared)):
            return session
        return None

    def _parts(
        self, user: str, name: str, project: str | None, scan: str
    ) -> list[tuple[Scan, Resource]]:
        session = self._found(user, name, project)
        wanted = None if scan in ("ALL", "*") else scan.split(",")
        return [
            (one, part)
            for one in (session.scans if session else [])
            if wanted is None or one.id in wanted
            for part in one.resources
        ]

    def _list(self, rows: list[dict[str, str]], *, paged: bool = False, **more: str) -> Reply:
        result: dict[str, object] = {"Result": rows, **more}
        if not paged and self.totals != "absent":
            result["totalRecords"] = str(len(rows)) if self.totals == "text" else len(rows)
        return as_json({"ResultSet": result})


def _cookie(request: Request) -> str:
    match = re.search(r"JSESSIONID=([^;\s]+)", request.headers.get("cookie", ""))
    return match[1] if match else ""


def _text(text: str) -> Reply:
    return Reply(text.encode(), 200, "text/plain")


def _denied() -> Reply:
    return Reply(b"", 401, "text/html", {"WWW-Authenticate": 'Basic realm="XNAT Protected Area"'})


def _forbidden(why: str) -> Reply:
    return Reply(f"<html><body><h3>{escape(why)}</h3></body></html>".encode(), 403, "text/html")


def _missing() -> Reply:
    return Reply(b"<html><body><h3>Not Found</h3></body></html>", 404, "text/html")


def _item(kind: str, fields: dict[str, str]) -> Reply:
    meta = {"isHistory": False, "create_event_id": 1, "xsi:type": kind,
            "start_date": "Thu Apr 08 19:28:45 UTC 2021"}  # fmt: skip
    return as_json({"items": [{"meta": meta, "data_fields": fields, "children": []}]})


def _zipped(session: str, found: list[tuple[Scan, Resource]]) -> Reply:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as packed:
        for scan, part in found:
            for name in part.files:
                place = f"{session}/scans/{scan.id}-{scan.type}/resources/{part.label}/files/{name}"
                packed.writestr(place, dicom_file(name))
    return Reply(buffer.getvalue(), 200, "application/zip")
