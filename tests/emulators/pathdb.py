"""PathDB: collections of slides as a Drupal site lists them, page by page until `[]`.

Names are those of the packaged snapshot's datasets whose downloads link to PathDB; the images are
made up, in the shape that tcia-utils reads.
"""

from __future__ import annotations

from typing import Any

from tests.emulators.server import Emulator, Reply, Request, as_json
from tests.emulators.wordpress import packaged

CHANGED = "2026-08-01T10:00:00+00:00"


def names() -> list[str]:
    """The short names of the datasets with a download that links to PathDB."""
    found = []
    for row in packaged():
        prefix = "collection" if row["post"] == "collections" else "result"
        links = [str(one["search url"]) for one in row["record"][f"{prefix}_downloads"]]
        if any("pathdb." in link for link in links):
            found.append(row["record"][f"{prefix}_short_title"])
    return found


class Pathdb(Emulator):
    """Serves `slides` images for each name of `collections`, `size` a page.

    gone: ids of collections that are listed, and answered with 404.
    stuck: whether every page is the first. bare: whether images have neither address nor subject.
    """

    def __init__(self, collections: list[str] | None = None, slides: int = 3) -> None:
        super().__init__()
        self.collections = names() if collections is None else collections
        self.slides = dict.fromkeys(self.collections, slides)
        self.changed: dict[str, str] = {}
        self.size = 2
        self.gone: set[str] = set()
        self.stuck = False
        self.bare = False

    def tid(self, name: str) -> int:
        """A collection's id."""
        return 100 + self.collections.index(name)

    def answer(self, request: Request) -> Reply:
        """The collections, or a page of one's images."""
        if request.one("_format") != "json":
            return Reply(b"Not Acceptable", 406, "text/plain")
        if request.path == "/collections":
            return as_json([self._collection(name) for name in self.collections])
        tid = request.path.rpartition("/")[2]
        by_tid = {str(self.tid(name)): name for name in self.collections}
        if not request.path.startswith("/listofimages/") or tid in self.gone or tid not in by_tid:
            return as_json({"message": "No route found"}, 404)
        page = 0 if self.stuck else request.number("page", 0)
        count = self.slides[by_tid[tid]]
        shown = range(count)[page * self.size : (page + 1) * self.size]
        return as_json([self._image(by_tid[tid], int(tid), number) for number in shown])

    def _collection(self, name: str) -> dict[str, Any]:
        changed = self.changed.get(name, CHANGED)
        return _wrapped(tid=self.tid(name), name=name, changed=changed, status=True)

    def _image(self, name: str, tid: int, number: int) -> dict[str, Any]:
        image = f"{name.upper()}-{number:04d}"
        address = f"https://pathdb.cancerimagingarchive.net/system/files/wsi/{image}.svs"
        image_row = {
            **_wrapped(
                nid=tid * 1000 + number,
                studyid=name,
                clinicaltrialsubjectid=f"{name}-{number // 2}",
                imageid=image,
                imagedvolumewidth=98_304,
                imagedvolumeheight=65_536,
                created=CHANGED,
                changed=CHANGED,
            ),
            "field_collection": [{"target_id": tid}],
            "referencepixelphysicalvaluex": [],
            "referencepixelphysicalvaluey": [],
            "field_wsiimage": [{"url": address}],
        }
        empty: dict[str, Any] = {"field_wsiimage": [], "clinicaltrialsubjectid": []}
        return image_row | empty if self.bare else image_row


def _wrapped(**values: Any) -> dict[str, Any]:
    return {name: [{"value": value}] for name, value in values.items()}
