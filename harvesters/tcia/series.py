"""Which of TCIA's datasets have rows of their own: series from NBIA, slides from PathDB.

NBIA is asked for datasets with an open DICOM download whose DOI IDC does not hold; PathDB for those
with open slides. What the last harvest has of a dataset whose page is unchanged is taken from it,
but not that it had none: such a dataset is asked for again. Rows of a dataset whose record cannot
be read stay. Each service must bring nearly as many rows as it did of the datasets
still looked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from harvesters import series
from harvesters.http import Client
from harvesters.tcia import nbia as tcia_nbia
from harvesters.tcia import pathdb as tcia_pathdb
from harvesters.tcia import records as tr
from harvesters.tcia import words as tw
from harvesters.tcia.downloads import parts
from harvesters.tcia.last import Last, counted
from schemas.dataset import Access, Distribution
from schemas.errors import RecordError, SourceError
from schemas.vocabulary import table

LEAST = 0.9
"""Part of its last rows that a service must bring again."""

_Open = list[tuple[dict[str, Any], Distribution]]


class Reader:
    """Reads the rows of one harvest.

    services: addresses by name; one that is absent or empty is not asked.
    """

    def __init__(
        self,
        client: Client,
        services: Mapping[str, str],
        last: Last,
        folder: Path,
        say: Callable[[str], None],
    ) -> None:
        self._client, self._services, self._last = client, services, last
        self._folder, self._say = folder, say
        self._had = {slides: last.counts(slides=slides) for slides in (False, True)}
        self._meant: dict[bool, set[str]] = {False: set(), True: set()}

    def write(self, envelopes: Sequence[dict[str, Any]]) -> int:
        """Write the rows of the datasets of `envelopes`; returns how many there are.

        Raises:
            SourceError: if a service cannot be read whole, or brings far fewer rows than last.
        """
        written = series.write(self._folder, self._tables(envelopes))
        for slides, service in ((False, "NBIA"), (True, "PathDB")):
            self._compare(service, slides=slides)
        return written

    def _compare(self, service: str, *, slides: bool) -> None:
        meant = self._meant[slides]
        before = sum(self._had[slides][one] for one in meant)
        if not before:
            return
        brought = counted(self._folder / series.FILE, slides=slides)
        now = sum(brought[one] for one in meant)
        if now < LEAST * before:
            raise SourceError(
                f"{service} brings {now:,} rows of datasets that had {before:,}",
                where=self._services[service.lower()],
                do="If they are gone for good, a full refresh takes what is there",
            )

    def _tables(self, envelopes: Sequence[dict[str, Any]]) -> Iterator[pa.Table]:
        if root := self._services.get("nbia"):
            yield from self._nbia(root.rstrip("/"), envelopes)
        if root := self._services.get("pathdb"):
            yield from self._pathdb(root.rstrip("/"), envelopes)

    def _unreadable(
        self, envelopes: Sequence[dict[str, Any]], *, slides: bool
    ) -> Iterator[pa.Table]:
        """The last rows of datasets whose records say nothing that can be read."""
        for envelope in envelopes:
            local = tr.slug(tr.record_of(envelope)) or envelope.get("local")
            if local and not _is_readable(envelope):
                rows = self._last.rows(f"tcia:{local}", slides=slides)
                if rows is not None:
                    yield rows

    def _nbia(self, root: str, envelopes: Sequence[dict[str, Any]]) -> Iterator[pa.Table]:
        yield from self._unreadable(envelopes, slides=False)
        held = tcia_nbia.held_by_idc()
        wanted: dict[str, tuple[tcia_nbia.Wanted, dict[str, Any]]] = {}
        for envelope in envelopes:
            one = _wanted(envelope)
            if one is None or one.doi in held:
                continue
            self._meant[False].add(one.dataset_id)
            known = self._last.part(envelope, "nbia") if self._last.is_same(envelope) else {}
            rows = self._last.rows(one.dataset_id, slides=False) if known else None
            if rows is not None:
                envelope |= known
                yield rows
            else:
                wanted[one.dataset_id] = one, envelope
                envelope["nbia"] = 0
        asked = [one for one, _ in wanted.values()]
        for name, rows in tcia_nbia.tables(
            self._client, root, asked, self._folder, self._had[False]
        ):
            self._say(f"{rows.num_rows:,} series in {name}")
            for dataset_id in rows["dataset_id"].to_pylist():
                wanted[dataset_id][1]["nbia"] += 1
            yield rows
        for one, known in wanted.values():
            if not known["nbia"] and (before := self._had[False][one.dataset_id]):
                raise SourceError(
                    f"NBIA has none of the {before:,} series that {one.short_name} had",
                    where=root,
                    do="If they are gone for good, a full refresh takes what is there",
                )
        if without := [one.short_name for one, known in wanted.values() if not known["nbia"]]:
            self._say(f"NBIA has no series of {', '.join(without)}")

    def _pathdb(self, root: str, envelopes: Sequence[dict[str, Any]]) -> Iterator[pa.Table]:
        yield from self._unreadable(envelopes, slides=True)
        listed = tcia_pathdb.collections(self._client, root)
        asked = []
        for envelope in envelopes:
            record, post = tr.record_of(envelope), envelope["post"]
            name = tw.text(tr.named(record, post, "short_title")) or ""
            slides = [way for _, way in _open(envelope) if "SM" in way.modalities]
            collection = listed.get(table.squeeze(name))
            if not slides:
                continue
            dataset_id = f"tcia:{tr.slug(record)}"
            self._meant[True].add(dataset_id)
            if collection is None:
                continue
            envelope["pathdb"] = collection
            same = self._last.is_same(envelope, "pathdb")
            if same and (rows := self._last.rows(dataset_id, slides=True)) is not None:
                yield rows
            else:
                asked.append((collection["tid"], dataset_id, tr.doi_of(record, post), slides[0]))

        def read(one: tuple[str, str, str | None, Distribution]) -> pa.Table | None:
            tid, dataset_id, doi, way = one
            return tcia_pathdb.slides(
                self._client,
                root,
                tid,
                self._folder,
                dataset_id=dataset_id,
                doi=doi,
                licence=way.licence_raw,
            )

        for number, rows in enumerate(self._client.many(read, asked), start=1):
            if rows is None:
                self._say(f"PathDB lists {asked[number - 1][1]} and does not have it")
            else:
                yield rows
            if number % 10 == 0:
                self._say(f"slides of {number:,} of {len(asked):,} datasets")


def _open(envelope: Mapping[str, Any]) -> _Open:
    """The open downloads of a dataset that is in TCIA's tables."""
    record = tr.record_of(envelope)
    if tr.is_hidden(record) or tr.slug(record) is None:
        return []
    try:
        found = parts(tr.named(record, envelope["post"], "downloads"))
    except RecordError:
        return []  # the record itself says so when it is built
    return [(one, way) for one, way in found if way.access is Access.OPEN]


def _is_readable(envelope: Mapping[str, Any]) -> bool:
    record = tr.record_of(envelope)
    if tr.slug(record) is None:
        return False
    try:
        parts(tr.named(record, envelope["post"], "downloads"))
    except RecordError:
        return False
    return True


def _wanted(envelope: Mapping[str, Any]) -> tcia_nbia.Wanted | None:
    """What NBIA is asked for, None if the dataset has no open DICOM or no DOI."""
    record, post = tr.record_of(envelope), envelope["post"]
    dicom = [one for one, _ in _open(envelope) if "DICOM" in tw.words(one.get("file type"))]
    bare = tr.doi_of(record, post)
    if not dicom or bare is None:
        return None
    written = tw.text(tr.named(record, post, "doi")) or bare
    return tcia_nbia.Wanted(
        f"tcia:{tr.slug(record)}",
        bare,
        written[-len(bare) :],
        tw.text(tr.named(record, post, "short_title")) or "",
        tuple(name for one in dicom for name in tcia_nbia.names_in(one.get("search url"))),
    )
