"""Kaggle's API v1 for datasets: nothing without a key, twenty rows a page, no total.

The shapes are those of kaggle's and kagglesdk's sources (kagglesdk 0.1.38: ApiDataset, in
camelCase). A list is a bare array, its pages are numbered from 1, a page after the last is empty;
rows have no description; a dataset that is not there, or not for us, is 404 or 403.
"""

from __future__ import annotations

import base64
from typing import Any

from tests.emulators.server import Emulator, Reply, Request, as_json

SIZE = 20
USER, KEY, TOKEN = "reader", "0123456789abcdef", "KGAT_0123456789"


def uploaded(ref: str, title: str, **changes: Any) -> dict[str, Any]:
    """A dataset in the shape of ApiDataset, as a view gives it."""
    owner = ref.partition("/")[0]
    return {
        "id": sum(map(ord, ref)),
        "ref": ref,
        "subtitle": "",
        "creatorName": "Some Uploader",
        "creatorUrl": owner,
        "totalBytes": 1_000_000,
        "url": f"https://www.kaggle.com/datasets/{ref}",
        "lastUpdated": "2020-03-01T10:20:30.123Z",
        "downloadCount": 42,
        "isPrivate": False,
        "isFeatured": False,
        "licenseName": "CC0: Public Domain",
        "description": f"About {title}",
        "ownerName": "Some Uploader",
        "ownerRef": owner,
        "kernelCount": 3,
        "title": title,
        "topicCount": 0,
        "viewCount": 1000,
        "voteCount": 10,
        "currentVersionNumber": 3,
        "usabilityRating": 0.75,
        "tags": [],
        "files": [],
        "versions": [],
        "thumbnailImageUrl": "https://storage.example/thumb.png",
    } | changes


DATASETS = [
    uploaded("nih-chest-xrays/data", "NIH Chest X-rays", totalBytes=45_096_463_360),
    uploaded("kmader/mias-mammography", "MIAS Mammography"),
    uploaded(
        "paultimothymooney/chest-xray-pneumonia",
        "Chest X-Ray Images (Pneumonia)",
        licenseName="Other (specified in description)",
        usabilityRating=0.8125,
    ),
    uploaded("someone/ct-scan-sinograms", "CT scan sinograms", licenseName="CC BY-NC-SA 4.0"),
    uploaded("someone/city-ct-scan-prices", "What cities pay", subtitle="No picture of anybody"),
    uploaded(
        "someone/tagged-only",
        "Lesions of the head",
        tags=[{"ref": "brain-mri", "name": "MRI", "competitionCount": 4}],
    ),
]


class Kaggle(Emulator):
    """Serves `datasets`; a search finds every one whose text has its first word, in order."""

    def __init__(self, datasets: list[dict[str, Any]] | None = None) -> None:
        super().__init__()
        self.datasets = list(DATASETS if datasets is None else datasets)
        basic = base64.b64encode(f"{USER}:{KEY}".encode()).decode()
        self.keys = {f"Basic {basic}", f"Bearer {TOKEN}"}
        self.forbidden: set[str] = set()

    def answer(self, request: Request) -> Reply:
        """A page of a search, or the view of one dataset."""
        if request.headers.get("authorization") not in self.keys:
            return as_json({"code": 401, "message": "Unauthorized"}, 401)
        path = request.path.removeprefix("/api/v1").strip("/").split("/")
        if path == ["datasets", "list"]:
            word = (request.one("search") or "").split(" ")[0].casefold()
            found = [one for one in self.datasets if word in str(one).casefold()]
            start = SIZE * (request.number("page", 1) - 1)
            return as_json(
                [
                    {name: one[name] for name in one if name != "description"}
                    for one in found[start : start + SIZE]
                ]
            )
        if path[:2] == ["datasets", "view"]:
            ref = "/".join(path[2:])
            if ref in self.forbidden:
                return as_json({"code": 403, "message": "Permission denied"}, 403)
            for one in self.datasets:
                if one["ref"] == ref:
                    return as_json(one)
        return as_json({"code": 404, "message": "Not found"}, 404)
