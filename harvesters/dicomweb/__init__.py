"""Any archive that answers QIDO-RS (PS3.18 §10.6): Orthanc, dcm4chee, Kheops, Dicoogle and others.

No such archive is shipped as a source; one is described in `fairscan.toml`:

    [sources.hospital]
    kind = "dicomweb"
    name = "Teaching archive of the hospital"
    base_url = "https://dicom.example.org/dicom-web"   # the root: what `/studies` is added to

and, if it admits only those it knows, FAIRSCAN_HOSPITAL_USER and _PASSWORD, _TOKEN or _HEADER.

An archive is one dataset, `<key>:archive`; studies that state a Clinical Trial Protocol ID
(0012,0020) make one dataset a protocol instead, and `<key>:archive` holds the rest. Studies are
listed first, then series: all at once (`/series`), or study by study where the archive does not
answer that, cut it short, or where few studies changed since the last harvest.

The digest is the listing of studies with the numbers of series and instances that each states: a
request for every 500 studies, and the first part of a harvest that follows. It does not see a
series that is corrected without a change of those numbers; a whole reading does.

How whole a listing is can be told from what studies state of their series. Of the studies
themselves nothing is stated: an archive that ignores `offset` and says nothing of the rows that
it holds back cannot be told from one that has no more.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import tempfile
import weakref
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from harvesters import base, series, series_facts
from harvesters.dicomweb import query as dicomweb_query
from harvesters.dicomweb.model import reduced, tags
from harvesters.dicomweb.query import NOT_SO, Archive, IncompleteError, Way
from harvesters.dicomweb.records import archive, unreadable
from harvesters.dicomweb.stage import Stage, scan
from schemas.errors import SourceError

WHOLE = 0.9
"""Less than this share of the series that studies state is not the archive."""

_STUDY_FIELDS = (
    "StudyDescription PatientAge ClinicalTrialProtocolID ClinicalTrialProtocolName "
    "NumberOfStudyRelatedSeries NumberOfStudyRelatedInstances"
).split()
_SERIES_FIELDS = (
    "BodyPartExamined Manufacturer ManufacturerModelName SeriesDescription SeriesDate SOPClassUID "
    "AvailableTransferSyntaxUID NumberOfSeriesRelatedInstances"
).split()
"""What is asked for beyond what comes by itself (PS3.18 Tables 10.6.3-3 and 10.6.3-4)."""

_SLUG = re.compile(r"[^A-Za-z0-9._-]+")
_REST = "archive"


class Harvester(base.Harvester):
    """Reads one archive."""

    def digest(self) -> str:
        """SHA-256 over the listing of studies."""
        return self._listed().digest()

    def harvest(self, folder: Path, last: Path | None = None) -> base.Harvest:
        """Read every series; a study that states what `last` holds of it is not asked again."""
        stage = self._listed()
        self._read_series(stage, last)
        stage.complete()
        protocols = stage.protocols()
        named = {told["protocol"]: self._id(told["protocol"]) for told in protocols}
        count = series.write(
            folder, stage.rows(self.source.key, self.source.licence, self._root, named)
        )
        records = list(self._records(folder, protocols, named, stage.odd))
        self._forget()
        del self._stage
        return base.Harvest(datetime.now(UTC).date().isoformat(), None, None, count, iter(records))

    def asks(self) -> list[str]:
        """The listings of a whole harvest."""
        studies = "&".join(f"includefield={tags()[name]}" for name in _STUDY_FIELDS)
        scans = "&".join(f"includefield={tags()[name]}" for name in _SERIES_FIELDS)
        page = f"limit={dicomweb_query.PAGE}&offset=0…"
        return [
            f"GET {self._root}/studies?{studies}&{page} (until a page brings nothing new)",
            f"GET {self._root}/series?{scans}&{page} (until a page brings nothing new)",
            f"GET {self._root}/studies/{{uid}}/series?{scans}&{page} "
            "(for each study whose series that did not list)",
        ]

    @property
    def _root(self) -> str:
        if not self.source.base_url:
            raise SourceError(
                "no address of a DICOMweb archive",
                where=f"source {self.source.key}",
                do=f"Set base_url in [sources.{self.source.key}] of fairscan.toml",
            )
        return self.source.base_url.rstrip("/")

    def _listed(self) -> Stage:
        """The studies of the archive, listed once for digest and harvest."""
        if "_stage" not in self.__dict__:
            folder = Path(tempfile.mkdtemp(prefix="fairscan-"))
            stage = Stage(folder)
            self._forget = weakref.finalize(self, _forget, stage, folder)
            self._archive = Archive(self.client, self._root, self.say)
            self._archive.walk("/studies", Way(_STUDY_FIELDS), stage.keep_studies)
            self._stage = stage
            self._digest = stage.digest()
        return self._stage

    def _read_series(self, stage: Stage, last: Path | None) -> None:
        key = self.source.key
        studies, stated, _ = stage.counts()
        if last is not None and self._changed(last):
            kept = stage.keep_last(last / series.FILE)
            self.say(f"{key}: {kept:,} series of studies that did not change are kept")
        wanting = stage.wanting()
        if len(wanting) > (1 if stated is None else stated // dicomweb_query.PAGE + 1):
            self.say(f"{key}: listing the series of {len(wanting):,} of {studies:,} studies")
            stage.drop_scans()
            try:
                self._archive.walk("/series", Way(_SERIES_FIELDS), stage.keep_scans)
            except SourceError as error:
                if not _asks_otherwise(error):
                    raise
                self.say(f"{key}: study by study, for {error.what}")
            for uid in stage.strangers():
                way = Way(_STUDY_FIELDS, matching={"StudyInstanceUID": uid})
                self._archive.walk("/studies", way, stage.keep_studies, 1)
            wanting = stage.wanting()
        self._read_each(stage, wanting)
        studies, stated, came = stage.counts()
        if studies and (came == 0 != stated or came < (stated or 0) * WHOLE):
            raise IncompleteError(
                f"only {came:,} series could be read of {_number(stated)} that "
                f"{studies:,} studies state",
                where=f"{self._root}/series",
            )
        if stated is not None and came < stated:
            self.say(f"{key}: {came:,} series are listed, {stated:,} are stated")

    def _read_each(self, stage: Stage, wanting: list[tuple[str, int | None]]) -> None:
        """Ask for the series of each study; what is kept grows by batches, not in their threads."""
        way = Way(_SERIES_FIELDS)
        work = partial(self._of_study, way)
        answers = self.client.many(work, wanting)
        for done, (uid, rows) in enumerate(answers, start=1):
            stage.keep_scans(rows, uid)
            if done % 500 == 0:
                self.say(f"{self.source.key}: {done:,} of {len(wanting):,} studies")

    def _of_study(self, way: Way, study: tuple[str, int | None]) -> tuple[str, list[Any]]:
        uid, stated = study
        found: dict[str, Any] = {}
        odd: list[Any] = []

        def keep(rows: list[Any]) -> int:
            before = len(found)
            for row in rows:
                told = scan(reduced(row), uid)
                if told is None:
                    odd.append(row)
                else:
                    found.setdefault(told["series"], row)
            return len(found) - before

        try:
            self._archive.walk(f"/studies/{uid}/series", way, keep, stated)
        except IncompleteError:
            if stated is None or len(found) < stated:
                raise
        except SourceError as error:
            if getattr(error, "status", None) != 404:
                raise
        return uid, [*found.values(), *odd]

    def _changed(self, last: Path) -> bool:
        """Whether the studies differ from those of `last`: if not, all is to be read afresh."""
        path = last / "run.json"
        if not path.is_file():
            return False
        return bool(json.loads(path.read_text(encoding="utf-8")).get("digest") != self._digest)

    def _id(self, protocol: str | None) -> str:
        """`<key>:<protocol>`; a name that had to be changed for that is told apart by a hash."""
        slug = _SLUG.sub("_", protocol or _REST).strip("_")
        if protocol is not None and (slug != protocol or slug == _REST):
            slug = f"{slug}-{hashlib.sha256(protocol.encode()).hexdigest()[:8]}".lstrip("-")
        return f"{self.source.key}:{slug}"

    def _records(
        self,
        folder: Path,
        protocols: list[dict[str, Any]],
        named: dict[str | None, str],
        odd: dict[str, set[bytes]],
    ) -> Iterator[base.RawRecord]:
        retrieved = datetime.now(UTC)
        with series.connect(folder) as connection:
            path = series.quoted(folder / series.FILE)
            connection.execute(f"CREATE VIEW series AS FROM read_parquet('{path}')")
            known = series_facts.facts(connection, "dataset_id")
            images = {
                row["id"]: row["n"]
                for row in series_facts.rows(
                    connection,
                    "SELECT dataset_id AS id, CASE WHEN count(instances) = count(*) "
                    "THEN sum(instances)::BIGINT END AS n FROM series GROUP BY 1",
                )
            }
        for told in protocols:
            identifier = named[told["protocol"]]
            raw = {**told, "root": self._root, "images": images.get(identifier)}
            raw |= {"shown": known.get(identifier)}
            local = identifier.partition(":")[2]
            build = partial(archive, self.source, identifier, raw, retrieved)
            yield base.RawRecord(local, raw, build)
        for level, rows in odd.items():
            if rows:
                raw = {"rows": len(rows), "level": level}
                yield base.RawRecord(f"{level}-rows", raw, partial(unreadable, level, len(rows)))


def _forget(stage: Stage, folder: Path) -> None:
    stage.close()
    shutil.rmtree(folder, ignore_errors=True)


def _asks_otherwise(error: SourceError) -> bool:
    """Whether the archive only refuses to list every series at once."""
    return isinstance(error, IncompleteError) or getattr(error, "status", None) in NOT_SO


def _number(stated: int | None) -> str:
    return "those" if stated is None else f"{stated:,}"
