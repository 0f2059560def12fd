"""Grand Challenge's REST API: challenges and archives behind Django's limit and offset.

`limit` is 100 unless asked, at most `cap` (1,000 there); 0 and what is no number count as unsaid.
A token that is none of `tokens` is refused even on public lists. Links carry the real host's name,
as those of a mirror do.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from zlib import crc32

from harvesters.snapshots import load
from tests.emulators.server import Emulator, Reply, Request, as_json

RECORDINGS = Path(__file__).parents[1] / "recordings" / "grand_challenge"
HOST = "https://grand-challenge.org"
ROBOTS = b"User-agent: *\nDisallow: /api/\nDisallow: /media/\n"
_STATUS = {"active": "OPEN", "completed": "COMPLETED", "upcoming": "OPEN_SOON"}
_SUBMISSION = {"prediction_file": "Predictions", "container_image": "Algorithm"}
ARCHIVES = [
    {
        "pk": f"8a3b1c5e-0000-4000-8000-00000000000{place}",
        "title": title,
        "logo": f"{HOST}/logo.png",
        "description": description,
        "api_url": f"{HOST}/api/v1/archives/8a3b1c5e-0000-4000-8000-00000000000{place}/",
        "url": f"{HOST}/archives/{slug}/",
    }
    for place, (slug, title, description) in enumerate(
        [
            ("lung-ct", "Lung CT archive", "Chest CT of a screening trial"),
            ("prostate-mri", "Prostate MRI archive", None),
            ("camelyon", "Lymph node slides", "Whole-slide images"),
        ]
    )
]


def packaged() -> list[dict[str, Any]]:
    """The packaged snapshot's challenges in the API's shape, in order of their slugs."""
    snapshot = load("grand_challenge")
    assert snapshot is not None
    page = json.loads((RECORDINGS / "challenges_page_3.json").read_text(encoding="utf-8"))
    texts = {row["slug"].lower(): row["description"] for row in page["results"]}
    return [_shaped(row, texts.get(row["_id"], "")) for row in snapshot.rows()]


def _shaped(row: dict[str, Any], description: str) -> dict[str, Any]:
    year = row["year"][0]["text"] if "year" in row else 2020
    papers = row.get("publications", [])
    return {
        "api_url": f"{HOST}/api/v1/challenges/{row['slug']}/",
        "url": row["url"],
        "slug": row["slug"],
        "title": row["title"]["text"][:64],
        "description": description[:1024],
        "public": True,
        "status": _STATUS.get(row.get("status", ""), "CLOSED"),
        "logo": f"{HOST}/logos/{row['slug']}.png",
        "submission_types": [_SUBMISSION[name] for name in row.get("submission_types", [])],
        "start_date": _moment(row.get("start_date")),
        "end_date": _moment(row.get("end_date")),
        "publications": [one["text"] for one in papers if one["from"] == "openchallenges"],
        "created": f"{year}-01-01T00:00:00Z",
        "modified": f"{year}-06-01T00:00:00Z",
        "incentives": [name.replace("_", " ").title() for name in row.get("incentives", [])],
    }


def _moment(day: str | None) -> str | None:
    return day and f"{day}T00:00:00Z"


class GrandChallenge(Emulator):
    """Serves two lists, which may be changed while it runs.

    cap: most objects a page. etags: whether lists carry one. grows: rows put before the others
    after the first page is sent, so that offsets shift and the count changes. shrinks: how many of
    the first rows vanish at that moment.
    """

    def __init__(
        self,
        challenges: list[dict[str, Any]] | None = None,
        archives: list[dict[str, Any]] | None = None,
    ) -> None:
        super().__init__()
        self.challenges = packaged() if challenges is None else challenges
        self.archives = ARCHIVES if archives is None else archives
        self.cap = 1000
        self.tokens: set[str] = set()
        self.etags = False
        self.grows: list[dict[str, Any]] = []
        self.shrinks = 0

    def answer(self, request: Request) -> Reply:
        """Both lists and their single objects, with or without the prefix `/api/v1`."""
        if request.path == "/robots.txt":
            return Reply(ROBOTS, type="text/plain")
        sent = request.headers.get("authorization")
        if sent is not None:
            word, _, token = sent.partition(" ")
            if word.lower() != "bearer" or token not in self.tokens:
                return _recorded("401_invalid_token", 401)
        path = request.path.removeprefix("/api/v1").strip("/").split("/")
        rows = {"challenges": self.challenges, "archives": self.archives}.get(path[0])
        if rows is None:
            return _recorded("404_challenge", 404)
        if len(path) == 1:
            return self._page(request, path[0], rows)
        for row in rows:
            if path[1].lower() in (row.get("slug", "").lower(), row.get("pk")):
                return as_json(row)
        return _recorded("404_challenge", 404)

    def _page(self, request: Request, name: str, rows: list[Any]) -> Reply:
        asked = request.number("limit", 100)
        limit = min(asked if asked > 0 else 100, self.cap)
        offset = max(request.number("offset", 0), 0)
        page = {
            "count": len(rows),
            "next": _link(name, limit, offset + limit) if offset + limit < len(rows) else None,
            "previous": _link(name, limit, max(offset - limit, 0)) if offset else None,
            "results": rows[offset : offset + limit],
        }
        reply = as_json(page)
        if self.etags:
            reply = as_json(page, etag=f'"{crc32(reply.body):x}"')
        if name == "challenges":
            self.challenges[: self.shrinks] = self.grows
            self.grows, self.shrinks = [], 0
        return reply


def _link(name: str, limit: int, offset: int) -> str:
    return f"{HOST}/api/v1/{name}/?{urlencode({'limit': limit, 'offset': offset})}"


def _recorded(name: str, status: int) -> Reply:
    return Reply((RECORDINGS / f"{name}.json").read_bytes(), status)
