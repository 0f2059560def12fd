"""The pages of the site: read the parameters, ask the release, render; nothing is decided here."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple, TypeVar
from unicodedata import category
from urllib.parse import parse_qs, quote, unquote
from weakref import WeakKeyDictionary

from datasette import hookimpl
from datasette.app import Datasette
from datasette.database import Database
from datasette.utils.asgi import NotFound, Request, Response
from jinja2 import Environment

from catalog import cohort, exports, search, tools
from catalog.facets import FacetSpec, Query, query_from
from catalog.home import current_release
from catalog.home import home as home_of_releases
from catalog.latest import stamp
from catalog.reader import DatasetPage, Reader
from schemas.errors import QueryError, UsageError
from schemas.exports.address import PageOf

TIME_LIMIT_SECONDS = 10
WORKERS = 4
MOST_VALUES = 50
"""Values that one query may choose: each is shown with a link that repeats all others."""
LONGEST_QUERY = 4000
"""Characters of a query string."""
SAME = ("same_as", "mirror_of")
"""Relations between records of one dataset."""
SITE = Path(__file__).parent.parent
STATIC = SITE / "static"

Answer = TypeVar("Answer")


class Site(NamedTuple):
    """What one Datasette instance serves: a release, its templates, and the threads that read.

    tag: the entity tag of a page; a release and its templates do not change while served.
    """

    reader: Reader
    pages: Environment
    threads: ThreadPoolExecutor
    tag: str


class UnknownDatasetError(UsageError):
    """A dataset that this release does not hold."""

    status = 404


class UnknownToolError(UsageError):
    """A tool that this release does not list."""

    status = 404


_sites: WeakKeyDictionary[Datasette, Site] = WeakKeyDictionary()


@hookimpl
def startup(datasette: Datasette) -> None:
    """Open the release that this instance serves, and its search database beside it.

    Raises:
        ReleaseError: if there is none, or it is damaged.
    """
    release = _release(datasette)
    reader = Reader(release, threads=1)
    reader.prepare()
    if "site" not in datasette.databases:
        database = Database(datasette, path=str(release / "site.db"), is_mutable=False)
        datasette.add_database(database, name="site")
    pages = datasette.jinja_env.overlay(enable_async=False, trim_blocks=True, lstrip_blocks=True)
    pages.globals.update(href=datasette.urls.path, **_assets())
    datasette.fairscan_reader = reader
    threads = ThreadPoolExecutor(WORKERS, "fairscan-page")
    _sites[datasette] = Site(reader, pages, threads, f'W/"{reader.info.id}-{_digest(*_files())}"')


@hookimpl
def register_routes() -> list[tuple[str, Callable[..., Any]]]:
    """Our pages come before Datasette's own; of its `/-/` pages only static files remain,

    because the others show the paths of this machine or are meant for developers.
    """
    return [
        (r"^/$", home),
        (r"^/dataset/(?P<dataset_id>.+)$", dataset_page),
        (r"^/cohort$", cohort_page),
        (r"^/sources$", sources_page),
        (r"^/tools$", tools_page),
        (r"^/tools/(?P<key>[^/]+)$", tool_page),
        (r"^/status$", status_page),
        (r"^/healthz$", healthz),
        (r"^/-/(?!static)", closed),
    ]


async def home(request: Request, datasette: Datasette) -> Response:
    """Search over datasets."""
    query = _query(request, search.FACETS, sorts=search.SORTS)
    return await _page(
        request,
        datasette,
        "home.html",
        lambda reader: {
            "page": reader.search(query),
            "sorts": search.SORTS,
            "labels": reader.labels(),
            "info": reader.info,
        },
    )


async def dataset_page(request: Request, datasette: Datasette) -> Response:
    """One dataset; with a slash at the end, the way to it; with ?format=…, its machine record."""
    asked = unquote(request.url_vars["dataset_id"])
    dataset_id = asked.rstrip("/")
    if dataset_id != asked:
        page = f"/dataset/{quote(dataset_id, safe=':')}"
        return Response.redirect(datasette.urls.path(page), status=301)
    page_of = partial(_dataset_url, request, datasette)
    headers: dict[str, str] = {}
    if wanted := _params(request).get("format"):
        return await _record(datasette, dataset_id, wanted[-1], page_of)

    def view(reader: Reader) -> dict[str, Any]:
        page = _dataset(reader, dataset_id)
        catalogue = datasette.absolute_url(request, datasette.urls.instance())
        elsewhere = [link["other_id"] for link in page.links if link["relation"] in SAME]
        studies = reader.studies(dataset_id) if page.charts else []
        machine = exports.exported(page.record, page_of, catalogue, elsewhere)
        headers["Link"] = machine.links
        facet = "derived_dataset_id" if page.record["kind"] == "analysis_result" else "dataset_id"
        whole = Query(filters=((facet, (dataset_id,)),))
        return {
            "page": page,
            "machine": machine,
            "served": tools.serving(reader.tools(), page.record),
            "opened": tools.opened(reader.tools(), page.record["source"], studies),
            "whole": whole,
            "labels": reader.labels(),
            "info": reader.info,
        }

    answer = await _page(request, datasette, "dataset.html", view, may_be_missing=True)
    answer.headers.update(headers)
    return answer


async def _record(datasette: Datasette, dataset_id: str, name: str, page_of: PageOf) -> Response:
    """A dataset's machine record, with a link back to its page."""
    site = _sites[datasette]
    page = await _in_time(site.threads, lambda: _dataset(site.reader, dataset_id))
    file = exports.served(page.record, name, page_of)
    headers = {
        "Cache-Control": "no-cache",
        "Content-Disposition": f'inline; filename="{file.name}"',
        "Link": file.links,
    }
    return Response(file.text, headers=headers, content_type=file.content_type)


def _dataset(reader: Reader, dataset_id: str) -> DatasetPage:
    page = reader.dataset(dataset_id)
    if page is None:
        raise UnknownDatasetError(
            f"There is no dataset {dataset_id!r} in this release",
            do="Search for a word of its title",
        )
    return page


def _dataset_url(request: Request, datasette: Datasette, dataset_id: str) -> str:
    path = datasette.urls.path(f"/dataset/{quote(dataset_id, safe=':')}")
    return str(datasette.absolute_url(request, path))


async def cohort_page(request: Request, datasette: Datasette) -> Response:
    """Facets, totals and rows over every series."""
    query = _query(request, cohort.FACETS, ages=True)
    return await _page(
        request,
        datasette,
        "cohort.html",
        lambda reader: {
            "page": reader.cohort(query),
            "opened": partial(tools.opened, reader.tools()),
            "info": reader.info,
        },
    )


async def tools_page(request: Request, datasette: Datasette) -> Response:
    """Every tool, or those of a category that open a format."""
    params = _params(request)
    category, format = (params.get(name, [""])[-1] for name in ("category", "format"))
    return await _page(
        request,
        datasette,
        "tools.html",
        lambda reader: {
            "found": tools.listed(reader.tools(), category, format),
            "labels": reader.labels(),
            "info": reader.info,
        },
        may_be_missing=True,
    )


async def tool_page(request: Request, datasette: Datasette) -> Response:
    """One tool: what it is listed for, what it reads and writes, how well that is known."""
    key = unquote(request.url_vars["key"])

    def view(reader: Reader) -> dict[str, Any]:
        found = next((tool for tool in reader.tools() if tool.key == key), None)
        if found is None:
            raise UnknownToolError(f"There is no tool {key!r}", do="Look at the list of tools")
        return {"tool": found, "labels": reader.labels(), "info": reader.info}

    return await _page(request, datasette, "tool.html", view, may_be_missing=True)


async def sources_page(request: Request, datasette: Datasette) -> Response:
    """Every source, what it rests on, and how its last run went."""
    return await _page(
        request,
        datasette,
        "sources.html",
        lambda reader: {
            "sources": reader.sources(),
            "labels": reader.labels(),
            "info": reader.info,
        },
        with_runs=True,
    )


async def status_page(request: Request, datasette: Datasette) -> Response:
    """The last run of each source, and the release: its findings and changes."""
    return await _page(
        request,
        datasette,
        "status.html",
        lambda reader: {"page": reader.status(), "labels": reader.labels(), "info": reader.info},
        with_runs=True,
    )


async def healthz(datasette: Datasette) -> Response:
    """Which release is served."""
    return Response.json({"ok": True, "release": _sites[datasette].reader.info.id})


async def closed() -> Response:
    """What is not offered."""
    raise NotFound("This page is not offered here.")


async def _page(
    request: Request,
    datasette: Datasette,
    template: str,
    view: Callable[[Reader], Mapping[str, Any]],
    *,
    may_be_missing: bool = False,
    with_runs: bool = False,
) -> Response:
    """Ask and render in a thread, within the time limit.

    What the browser has is not rendered again, nor asked for unless it `may_be_missing`. A page
    `with_runs` changes with every run, all others with the release.
    """
    site = _sites[datasette]
    tag = f'{site.tag[:-1]}-{stamp(site.reader.folder)}"' if with_runs else site.tag
    headers = {"Cache-Control": "no-cache", "ETag": tag}
    if _has(request, tag):
        if may_be_missing:
            await _in_time(site.threads, lambda: view(site.reader))
        return Response.html("", 304, headers)

    def render() -> str:
        return site.pages.get_template(template).render(view(site.reader))

    return Response.html(await _in_time(site.threads, render), headers=headers)


def _has(request: Request, tag: str) -> bool:
    """Whether If-None-Match names `tag`, in its weak comparison (RFC 9110, 13.1.2)."""
    named = [part.strip() for part in request.headers.get("if-none-match", "").split(",")]
    return named == ["*"] or tag.removeprefix("W/") in (n.removeprefix("W/") for n in named)


async def _in_time(threads: ThreadPoolExecutor, work: Callable[[], Answer]) -> Answer:
    loop = asyncio.get_running_loop()
    try:
        return await asyncio.wait_for(loop.run_in_executor(threads, work), TIME_LIMIT_SECONDS)
    except TimeoutError as error:
        raise QueryError(
            f"the answer took longer than {TIME_LIMIT_SECONDS} s",
            do="Choose one more facet, or try again in a minute",
        ) from error


def _query(request: Request, specs: Sequence[FacetSpec], **options: Any) -> Query:
    query = query_from(_params(request), specs, **options)
    if sum(len(values) for _, values in query.filters) > MOST_VALUES:
        raise UsageError(f"more than {MOST_VALUES} values are chosen", do="Choose fewer values")
    return query


def _params(request: Request) -> dict[str, list[str]]:
    if len(request.query_string) > LONGEST_QUERY:
        raise UsageError(f"more than {LONGEST_QUERY} characters", do="Choose fewer values")
    try:
        params = parse_qs(request.query_string, keep_blank_values=True, max_num_fields=500)
    except ValueError as error:
        raise UsageError("more than 500 parameters", do="Choose fewer values") from error
    if "q" in params:
        params["q"] = [_printable(text) for text in params["q"]]
    return params


def _printable(text: str) -> str:
    """`text` without control characters, but for spaces, tabs and line ends."""
    return "".join(char for char in text if char.isspace() or category(char) != "Cc")


def _release(datasette: Datasette) -> Path:
    configured = (datasette.plugin_config("fairscan") or {}).get("release")
    if configured:
        return Path(configured)
    return current_release(home_of_releases())


def _assets() -> dict[str, str]:
    """The addresses of our style and script, which change when they do."""
    return {
        name: f"static/{file}?{_digest(STATIC / file)}"
        for name, file in (("style_path", "site.css"), ("script_path", "site.js"))
    }


def _files() -> list[Path]:
    """Every file of the site that shapes a page."""
    return sorted(p for kind in ("html", "svg", "py", "css", "js") for p in SITE.rglob(f"*.{kind}"))


def _digest(*files: Path) -> str:
    return sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:12]
