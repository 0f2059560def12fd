"""Pages rendered alone over made-up values, hostile ones among them."""

from __future__ import annotations

import importlib.util
import re
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from jinja2 import Environment, FileSystemLoader

from catalog.exports import Exported, exported
from catalog.facets import Facet, FacetValue, Query
from catalog.labels import worded
from catalog.search import Hit
from catalog.tools import Opened
from schemas.dataset import Dataset
from schemas.tool import Tool

SITE = Path(__file__).parents[2] / "site"
HOSTILE = "\"><script>alert(1)</script><img src=x onerror='alert(1)'>"


def formats() -> Any:
    """The site's formats, loaded as Datasette loads a plugin: by path."""
    spec = importlib.util.spec_from_file_location(
        "fairscan_formats", SITE / "plugins" / "fairscan_formats.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def render(template: str, **context: Any) -> str:
    """A page of the site over made-up values."""
    pages = Environment(
        loader=FileSystemLoader(SITE / "templates"), autoescape=True, trim_blocks=True
    )
    formats().prepare_jinja2_environment(pages)
    pages.globals.update(
        href=lambda path: f"/{path}", style_path="static/site.css", script_path="static/site.js"
    )
    info = SimpleNamespace(
        id="20261123T000000Z",
        created=datetime(2026, 11, 23, tzinfo=UTC),
        generator="fairscan",
        counts={"datasets": 1, "records": 1, "series": 1, "subjects": 1, "bytes": 1},
    )
    return pages.get_template(template).render(info=info, **context)


def hostile_hit() -> Hit:
    return Hit(
        id=f"x:{HOSTILE}", source=HOSTILE, kind=HOSTILE, title=HOSTILE, summary=HOSTILE,
        doi=HOSTILE, licence=HOSTILE, licence_raw=HOSTILE, licence_assumed=True, access=HOSTILE,
        accesses=(HOSTILE, "open"), status=HOSTILE, modalities=(HOSTILE,),
        body_parts=(HOSTILE,) * 5, conditions=(HOSTILE,), species=(HOSTILE,), subjects=None,
        studies=None, series=None, bytes=None, year=None, modified=HOSTILE, snapshot="2026-08-21",
        elsewhere=(f"y:{HOSTILE}",), findings=1, worst="warning",
    )  # fmt: skip


def hostile_record() -> dict[str, Any]:
    now = datetime(2026, 11, 23, tzinfo=UTC)
    part = {"title": HOSTILE, "route": HOSTILE, "licence_url": "javascript:alert(1)",
            "doi": HOSTILE, "licence_raw": HOSTILE, "citation": HOSTILE}  # fmt: skip
    return Dataset.model_validate(
        {
            "id": "x:1", "source": "x", "kind": "collection", "title": HOSTILE,
            "description": HOSTILE * 40, "landing_url": "javascript:alert(1)", "doi": HOSTILE,
            "licence_raw": HOSTILE, "publisher": HOSTILE, "species": [HOSTILE],
            "conditions": [{"label": HOSTILE}], "retrieved": now, "distributions": [part],
            "provenance": {"title": {"source": HOSTILE, "retrieved_at": now, "method": "stated"}},
        }
    ).model_dump(mode="json")  # fmt: skip


def assert_harmless(page: str) -> None:
    assert "alert(1)" in page
    assert "<script>alert" not in page
    assert "<img" not in page
    assert not re.search(r"""(href|src|action)=["']?\s*javascript:""", page)


CHARTS = (Facet("modality", "Modality", "any", (FacetValue("MR", "MR", 3, False),)),)


def dataset_page(
    charts: tuple[Facet, ...] = (),
    links: list[dict[str, Any]] | None = None,
    successors: list[dict[str, Any]] | None = None,
    served: dict[str, list[Tool]] | None = None,
    opened: list[Opened] | None = None,
    checked: dict[str, Any] | None = None,
    **fields: Any,
) -> str:
    """The page of a made-up dataset without findings; with `charts`, its series are listed."""
    record = {"id": "x:1", "source": "x", "kind": "collection", "title": "One",
              "retrieved": datetime(2026, 11, 23, tzinfo=UTC), **fields}  # fmt: skip
    page = SimpleNamespace(
        record=Dataset.model_validate(record).model_dump(mode="json"),
        findings=[], links=links or [], charts=charts, successors=successors or [],
        checked=checked,
    )  # fmt: skip
    whole = Query(filters=(("dataset_id", ("x:1",)),))
    told = machine(page.record)
    shown = render(
        "dataset.html", page=page, machine=told, whole=whole, labels=worded(), served=served or {},
        opened=opened or [],
    )  # fmt: skip
    return " ".join(shown.split())


def machine(record: dict[str, Any]) -> Exported:
    """What a dataset's page tells machines, on a site of an invented address."""
    site = "https://scans.example/"
    return exported(record, lambda other: f"{site}dataset/{other}", site, [])
