"""Listings of a QIDO-RS archive (PS3.18 §10.6), page by page to their true end.

The standard leaves much open and archives take more liberties, so nothing is taken on trust. A
page shorter than `limit` is no end: the archive may have a smaller limit of its own. The end is an
empty page, or one that brings nothing new: the archive ignores `offset`. What an archive refuses
(a media type, `includefield`, paging, a large page) is left out at the first page, never later.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from harvesters.dicomweb.model import rows_of, tags
from harvesters.http import Answer, Client, StatusError
from harvesters.text import plain_text
from schemas.errors import SourceError

PAGE = 500
SMALLEST = 20
MEDIA = (
    'application/dicom+json, application/json;q=0.9, multipart/related;type="application/dicom+xml"'
    ";q=0.1",
    "application/dicom+json",
    "application/json",
    'multipart/related; type="application/dicom+xml"',
)
"""What is asked for (PS3.18 §8.7.5), and instead if the archive refuses it."""
FORMS = ((True, True), (False, True), (True, False), (False, False))
"""Whether `includefield` and paging are asked for: the first that the archive does not refuse."""
NOT_SO = frozenset({400, 403, 404, 405, 406, 413, 414, 415, 422, 500, 501})
"""Statuses that say "not in this way"; any other stands for the whole archive."""


class IncompleteError(SourceError):
    """A listing that has more rows than the archive lets one read."""


@dataclass
class Way:
    """How the archive lets one kind of listing be asked for; what it refuses is left out.

    limit: rows asked for at once. form: which of `FORMS` the archive has not refused.
    matching: keywords and the values that rows must have.
    """

    keywords: Sequence[str]
    limit: int = field(default_factory=lambda: PAGE)
    form: int = 0
    matching: Mapping[str, str] = field(default_factory=dict)
    warned: set[str] = field(default_factory=set)

    @property
    def paged(self) -> bool:
        """Whether the listing is asked for by pages."""
        return FORMS[self.form][1]

    def params(self, offset: int) -> dict[str, Any]:
        """The query of one page."""
        including, paged = FORMS[self.form]
        fields = [tags()[keyword] for keyword in self.keywords] if including else []
        told: dict[str, Any] = {tags()[name]: value for name, value in self.matching.items()}
        told |= {"includefield": fields} if fields else {}
        return told | ({"limit": self.limit, "offset": offset} if paged else {})

    def give_way(self, status: int) -> bool:
        """Leave out what may have been refused; False if there is nothing left to leave out."""
        if status == 413 and self.paged and self.limit > SMALLEST:
            self.limit = max(SMALLEST, self.limit // 4)
        elif status in (400, 422, 501) and self.form + 1 < len(FORMS):
            self.form += 1
        elif status in (414, 500) and self.form == 0:
            self.form = 1
        else:
            return False
        return True


class Archive:
    """Asks one archive for listings; `root` is its address without a slash at the end."""

    def __init__(self, client: Client, root: str, say: Callable[[str], None]) -> None:
        self._client, self._root, self._say = client, root, say
        self._media = 0

    def walk(
        self,
        path: str,
        way: Way,
        keep: Callable[[list[Any]], int],
        enough: int | None = None,
    ) -> None:
        """Read a listing to its end, or until `enough` new rows have come.

        `keep` takes the rows of a page and says how many of them were new.

        Raises:
            IncompleteError: if there are more rows that the archive does not give.
            SourceError: if a page cannot be had.
        """
        offset = came = 0
        while True:
            answer, rows = self._page(path, way, offset)
            new = keep(rows) if rows else 0
            more = self._warned(answer, way)
            offset += len(rows)
            came += new
            if enough is not None and came >= enough:
                return
            if new == 0 or not way.paged:
                first_again = 0 < offset == 2 * len(rows)
                full = way.paged and len(rows) == way.limit
                if rows and (more or (first_again and full)):
                    raise IncompleteError(
                        f"the archive gives the first {len(rows):,} rows whatever offset is asked",
                        where=self._root + path,
                    )
                return

    def _page(self, path: str, way: Way, offset: int) -> tuple[Answer, list[Any]]:
        while True:
            try:
                answer = self._client.get(
                    self._root + path,
                    params=way.params(offset),
                    accept=MEDIA[self._media],
                    keep=False,  # archives answer with names, whatever is asked
                )
                return answer, rows_of(answer)
            except StatusError as error:
                if error.status in (401, 403):
                    raise _not_admitted(error, self._client.source.key) from error
                if offset or not (self._other_media(error.status) or way.give_way(error.status)):
                    raise

    def _other_media(self, status: int) -> bool:
        if status not in (406, 415) or self._media + 1 == len(MEDIA):
            return False
        self._media += 1
        return True

    def _warned(self, answer: Answer, way: Way) -> bool:
        """Repeat a warning once; whether it says that rows were held back (PS3.18 §8.3.4.4)."""
        warning = answer.headers.get("warning", "")
        told = (plain_text(warning) or "")[:200]
        if told and told not in way.warned:
            way.warned.add(told)
            self._say(f"{self._client.source.key}: the archive warns: {told}")
        return warning.lstrip().startswith("299") and "additional results" in warning.lower()


def _not_admitted(error: StatusError, key: str) -> StatusError:
    told = StatusError(error.status, error.what, where=error.where or "")
    told.do = (
        f"Set FAIRSCAN_{key.upper()}_USER and _PASSWORD, _TOKEN or _HEADER, "
        "if you have an account there"
    )
    return told
