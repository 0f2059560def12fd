"""figshare's API v2 over public articles: single ones, their versions, and their files by pages.

Shapes as the service's own documentation and its OpenAPI description give them: an article names
its first ten files alone; an unknown one answers 404 with a code and a message; fields that are
not filled are null, texts hold HTML.
"""

from __future__ import annotations

import re
from typing import Any

from tests.emulators.server import Emulator, Reply, Request, as_json

NAMED = 10
_FLAGS = dict.fromkeys(
    "is_embargoed is_metadata_record is_confidential download_disabled has_linked_file".split(),
    False,
) | {"is_public": True}
_TEXTS = (
    "figshare_url citation confidential_reason funding metadata_reason status embargo_title"
    " embargo_reason handle url url_public_api url_private_html url_private_api thumb resource_doi"
    " resource_title"
).split()
_LISTS = "custom_fields embargo_options funding_list tags keywords categories references".split()
CC0 = {"value": 2, "name": "CC0", "url": "https://creativecommons.org/publicdomain/zero/1.0/"}


def article(
    number: int, *, files: int = 1, version: int = 1, licence: Any = CC0, **more: Any
) -> dict[str, Any]:
    """An article in figshare's shape, with all its files; the server shows ten of them."""
    return {
        "id": number,
        "title": f"Scans of article {number}",
        "doi": f"10.6084/m9.figshare.{number}.v{version}",
        "version": version,
        "description": "<p>Chest CT. Write to <b>someone@example.org</b>.</p>",
        "license": licence,
        "size": sum(1000 + place for place in range(files)),
        "published_date": "2021-01-05T10:14:41Z",
        "modified_date": "2021-01-05T10:14:41Z",
        "created_date": "2021-01-05T10:14:41Z",
        "url_public_html": f"https://figshare.com/articles/dataset/x/{number}",
        **_FLAGS,
        **dict.fromkeys(_TEXTS, ""),
        **{name: [] for name in _LISTS},
        "timeline": {"firstOnline": "2021-01-05T10:14:41", "posted": "2021-01-05T10:14:41"},
        "folder_structure": {},
        "defined_type": 3,
        "defined_type_name": "dataset",
        "embargo_date": None,
        "authors": [
            {
                "id": 7,
                "full_name": "Doe, Jane",
                "first_name": "Jane",
                "last_name": "Doe",
                "url_name": "Jane_Doe",
                "orcid_id": "0000-0002-1825-0097",
                "is_active": True,
            }
        ],
        "files": [
            {
                "id": 1000 + place,
                "name": f"part{place}.nii.gz",
                "size": 1000 + place,
                "is_link_only": False,
                "download_url": f"https://ndownloader.figshare.com/files/{1000 + place}",
                "supplied_md5": "",
                "computed_md5": f"{place:032x}",
                "mimetype": "application/gzip",
            }
            for place in range(files)
        ],
        **more,
    }


class Figshare(Emulator):
    """Serves `articles`: the newest version by its number, an earlier one by version."""

    def __init__(self, *articles: dict[str, Any]) -> None:
        super().__init__()
        self.articles = {(one["id"], one["version"]): one for one in articles}

    def answer(self, request: Request) -> Reply:
        """`/articles/<id>`, `/articles/<id>/versions/<n>`, and `/files` below either."""
        found = re.fullmatch(
            r"(?:/v2)?/articles/(\d+)(?:/versions/(?P<version>\d+))?(?P<files>/files)?",
            request.path.rstrip("/"),
        )
        known = [one for one in self.articles if found and one[0] == int(found[1])]
        if found and found["version"]:
            known = [one for one in known if one[1] == int(found["version"])]
        if not found or not known:
            return as_json({"message": "Entity not found: article", "code": "EntityNotFound"}, 404)
        told = self.articles[max(known)]
        if found["files"]:
            size = min(request.number("page_size", 10), 1000)
            start = (request.number("page", 1) - 1) * size
            return as_json(told["files"][start : start + size])
        return as_json({**told, "files": told["files"][:NAMED]})
