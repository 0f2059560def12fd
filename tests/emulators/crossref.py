"""Crossref's REST API over a list of works: the filter by DOI, single works, and agencies.

Shapes of api.crossref.org in 2026: lists have 20 works unless `rows` asks for up to 1,000; a work
that is not there is answered with plain text although the header promises JSON; who gives an
address by `mailto` is served from the polite pool, whose limits the headers tell.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

from tests.emulators.server import Emulator, Reply, Request, as_json

_SELECTABLE = frozenset(
    "DOI title author publisher issued license abstract funder relation is-referenced-by-count "
    "type published URL subject".split()
)


def work(doi: str, **changes: Any) -> dict[str, Any]:
    """A data paper's work in Crossref's shape, made for tests."""
    made = {
        "DOI": doi,
        "type": "dataset",
        "title": ["A thousand scans"],
        "publisher": "A publisher",
        "issued": {"date-parts": [[2024, 7]]},
        "author": [
            {
                "given": "Josiah",
                "family": "Carberry",
                "ORCID": "https://orcid.org/0000-0002-1825-0097",
                "affiliation": [],
            },
            {"name": "The Imaging Group", "affiliation": []},
        ],
        "license": [
            {
                "URL": "https://creativecommons.org/licenses/by/4.0/legalcode",
                "content-version": "vor",
                "delay-in-days": 0,
            },
            {"URL": "https://example.org/mining", "content-version": "tdm", "delay-in-days": 0},
        ],
        "funder": [{"name": "A foundation", "DOI": "10.13039/1", "award": ["7"]}],
        "relation": {
            "is-supplement-to": [
                {"id-type": "doi", "id": "10.1000/paper", "asserted-by": "subject"}
            ]
        },
        "is-referenced-by-count": 12,
        "abstract": "<jats:p>Scans. Ask jane.doe@example.org</jats:p>",
    }
    return {**made, **changes}


class Crossref(Emulator):
    """Serves `works`, which may be changed while it runs."""

    def __init__(self, works: list[dict[str, Any]]) -> None:
        super().__init__()
        self.works = works

    def answer(self, request: Request) -> Reply:
        """`/works`, `/works/{doi}` and `/works/{doi}/agency`."""
        polite = request.one("mailto") or "mailto:" in request.headers.get("user-agent", "")
        path = request.path.strip("/")
        if path == "works":
            return self._list(request, {**_limits(bool(polite), "list")})
        headers = _limits(bool(polite), "single")
        name = unquote(path.removeprefix("works/")).lower()
        asks_agency = name.endswith("/agency")
        found = self._find(name.removesuffix("/agency"))
        if not path.startswith("works/") or found is None:
            return Reply(b"Resource not found.", 404, headers=headers)
        if asks_agency:
            agency = {"DOI": found["DOI"], "agency": {"id": "crossref", "label": "Crossref"}}
            return _message("work-agency", agency, headers)
        return _message("work", found, headers)

    def _find(self, doi: str) -> dict[str, Any] | None:
        return next((one for one in self.works if one["DOI"].lower() == doi), None)

    def _list(self, request: Request, headers: dict[str, str]) -> Reply:
        chosen = [one for one in self.works if isinstance(one, dict)]
        for part in filter(None, [request.one("filter")]):
            dois = set()
            for rule in part.split(","):
                name, colon, value = rule.partition(":")
                if name != "doi" or not colon:
                    return _failure(f"Filter {name} specified but there is no such filter", headers)
                dois.add(value.lower())
            chosen = [one for one in chosen if one["DOI"].lower() in dois]
        select = (request.one("select") or "").split(",") if request.one("select") else []
        if wrong := set(select) - _SELECTABLE:
            return _failure(f"Select {sorted(wrong)[0]} specified but no such field", headers)
        rows = min(request.number("rows", 20), 1000)
        items = [
            {name: value for name, value in one.items() if not select or name in select}
            for one in chosen[:rows]
        ]
        listed = {"total-results": len(chosen), "items-per-page": rows, "items": items}
        return _message("work-list", listed, headers)


def _limits(polite: bool, kind: str) -> dict[str, str]:
    limit = {("single", False): 5, ("single", True): 10, ("list", False): 1, ("list", True): 3}
    pool = "polite" if polite else "public"
    return {
        "x-api-pool": f"{pool}-{kind}",
        "x-rate-limit-limit": str(limit[kind, polite]),
        "x-rate-limit-interval": "1s",
    }


def _message(kind: str, message: Any, headers: dict[str, str]) -> Reply:
    told = {"status": "ok", "message-type": kind, "message-version": "1.0.0", "message": message}
    return as_json(told, headers=headers)


def _failure(message: str, headers: dict[str, str]) -> Reply:
    told = {
        "status": "failed",
        "message-type": "validation-failure",
        "message": [{"type": "filter-not-available", "value": "", "message": message}],
    }
    return as_json(told, 400, headers=headers)
