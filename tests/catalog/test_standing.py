"""How a source stands, in one sentence for the site and the command."""

from __future__ import annotations

from typing import Any

import pytest

from catalog.standing import standing

LIVE = {"base_url": "https://x.org", "datasets": 5, "on_snapshot": 0,
        "read": "2026-11-02T10:00:00Z", "finished": "2026-11-20T10:00:00Z",
        "state": "ok", "message": None, "requests": 7}  # fmt: skip
PACKED = {**LIVE, "on_snapshot": 5, "oldest": "2026-08-21", "snapshot": "2026-08-21",
          "read": None, "requests": 0}  # fmt: skip


@pytest.mark.parametrize(
    ("row", "basis", "tag", "words"),
    [
        (LIVE, "live", "live", "read live on 2 November 2026"),
        (
            {**LIVE, "state": "unchanged"},
            "live",
            "live",
            "read live on 2 November 2026; found unchanged on 20 November 2026",
        ),
        (
            {**LIVE, "state": "unchanged", "requests": 0},
            "live",
            "live",
            "read live on 2 November 2026",
        ),
        ({**LIVE, "base_url": None}, "installed", "read", "read on 2 November 2026"),
        (PACKED, "snapshot", "snapshot", "packaged snapshot of 21 August 2026, not read live"),
        (
            {**PACKED, "oldest": "2024-05-09"},
            "snapshot",
            "snapshot",
            "packaged snapshot of 9 May 2024 to 21 August 2026, not read live",
        ),
        (
            {**PACKED, "on_snapshot": 2, "read": "2026-11-02"},
            "mixed",
            "live and snapshot",
            "read live on 2 November 2026; 2 datasets from the packaged snapshot of 21 August 2026",
        ),
        (
            {**PACKED, "state": "held", "message": "held: it said 503; its snapshot stays"},
            "snapshot",
            "held",
            "held on 20 November 2026: it said 503; its snapshot stays",
        ),
        (
            {"datasets": 0, "state": "failed", "message": "no page", "finished": "2026-11-20"},
            "nothing",
            "failed",
            "failed on 20 November 2026: no page",
        ),
        (
            {"datasets": 0, "state": "skipped", "message": "not asked: offline"},
            "nothing",
            "not read",
            "not asked: offline",
        ),
        ({"datasets": 0, "state": None}, "nothing", "not read", "never read"),
    ],
)
def test_a_source_says_what_it_rests_on_and_how_its_last_run_went(
    row: dict[str, Any], basis: str, tag: str, words: str
) -> None:
    assert standing(row) == (basis, tag, words)
