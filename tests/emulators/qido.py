"""A QIDO-RS archive (PS3.18 §10.6) that can be as wilful as archives are, one quirk at a time.

Its answers have the shape that Orthanc 1.10 with its DICOMweb plugin 1.7 gives; what people are
called and when they were born comes with every row, as the standard wants, and is invented.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from xml.sax.saxutils import escape

from pydicom.datadict import dictionary_VR, tag_for_keyword

from tests.emulators.server import Emulator, Reply, Request, as_json

ROOT = "/dicom-web"
NAME, BORN, PHYSICIAN = "Nobody^At^All", "19010203", "Doctor^No"
XML = "application/dicom+xml"
_MARK = "a-boundary"
_ALWAYS = {
    "StudyInstanceUID", "StudyDate", "PatientName", "PatientID", "PatientBirthDate", "PatientSex",
    "ReferringPhysicianName", "NumberOfStudyRelatedSeries", "NumberOfStudyRelatedInstances",
    "RetrieveURL", "Modality", "SeriesInstanceUID", "NumberOfSeriesRelatedInstances",
}  # fmt: skip
_NUMBERS = ("IS", "DS", "US", "UL")


@dataclass
class Quirks:
    """What this archive does that others do not.

    cap: rows in an answer, at most, without a word. refuses: parameters answered with 400. only:
    the one media type it speaks; anything else in Accept is answered with 406. top: the status of
    `/series`. nothing: the status of an empty listing. clamps: beyond the end comes the last page
    again. too_large: limits above it are answered with 413. leaves_out: keywords that never come.
    placeless: series do not name their study. hides: studies whose series `/series` leaves out.
    """

    cap: int | None = None
    ignores: set[str] = field(default_factory=set)
    refuses: set[str] = field(default_factory=set)
    only: str | None = None
    answers_as: str = "application/dicom+json"
    top: int = 200
    nothing: int = 204
    clamps: bool = False
    too_large: int | None = None
    leaves_out: set[str] = field(default_factory=set)
    placeless: bool = False
    hides: set[str] = field(default_factory=set)
    nulls: bool = False
    numbers_as_text: bool = False
    keys: str = "tag"
    warning: str | None = None


class Qido(Emulator):
    """Holds `studies`, each a dict of keywords with its series under "series"."""

    def __init__(self, studies: list[dict[str, Any]] | None = None, **quirks: Any) -> None:
        super().__init__()
        self.studies = archive() if studies is None else studies
        self.quirks = Quirks(**quirks)

    @property
    def root(self) -> str:
        """The root of its services."""
        return self.url + ROOT

    def answer(self, request: Request) -> Reply:
        quirks = self.quirks
        if any(name in request.query for name in quirks.refuses):
            return Reply(b"unknown parameter", 400, "text/plain")
        if quirks.too_large is not None and request.number("limit", 0) > quirks.too_large:
            return Reply(b"too many", 413, "text/plain")
        if quirks.only is not None and not _is_only(request.headers["accept"], quirks.only):
            return Reply(b"not acceptable", 406, "text/plain")
        rows = self._listing(request.path.removeprefix(ROOT), request)
        if isinstance(rows, int):
            return Reply(b"no", rows, "text/plain")
        rows = self._page(rows, request)
        if not rows and quirks.nothing == 204:
            return Reply(status=204)
        asked = {tag for value in request.query.get("includefield", []) for tag in value.split(",")}
        headers = {"Warning": quirks.warning} if quirks.warning else {}
        return self._said([self._row(row, asked) for row in rows], headers)

    def _listing(self, path: str, request: Request) -> list[dict[str, Any]] | int:
        if path == "/studies":
            return [_counted(study) for study in self.studies if _matches(study, request)]
        if path == "/series":
            return self._all_series() if self.quirks.top == 200 else self.quirks.top
        for study in self.studies:
            if path == f"/studies/{study['StudyInstanceUID']}/series":
                return [dict(one) for one in study["series"]]
        return 404

    def _all_series(self) -> list[dict[str, Any]]:
        found = [
            _with_study(one, study)
            for study in self.studies
            if study["StudyInstanceUID"] not in self.quirks.hides
            for one in study["series"]
        ]
        for row in found if self.quirks.placeless else ():
            del row["StudyInstanceUID"]
        return found

    def _page(self, rows: list[dict[str, Any]], request: Request) -> list[dict[str, Any]]:
        ignores = self.quirks.ignores
        limit = len(rows) if "limit" in ignores else request.number("limit", len(rows))
        offset = 0 if "offset" in ignores else request.number("offset", 0)
        limit = min(limit, self.quirks.cap or limit)
        if self.quirks.clamps:
            offset = min(offset, max(0, len(rows) - limit))
        return rows[offset : offset + limit]

    def _row(self, row: dict[str, Any], asked: set[str]) -> dict[str, Any]:
        told: dict[str, Any] = {}
        for keyword, value in row.items():
            tag = f"{tag_for_keyword(keyword):08X}" if keyword != "series" else ""
            if keyword in self.quirks.leaves_out or not ({keyword} & _ALWAYS or tag in asked):
                continue
            told[self._key(keyword, tag)] = self._attribute(dictionary_VR(keyword), value)
        return told

    def _key(self, keyword: str, tag: str) -> str:
        return {"tag": tag, "lower": tag.lower(), "keyword": keyword}[self.quirks.keys]

    def _attribute(self, vr: str, value: Any) -> Any:
        if value is None and self.quirks.nulls:
            return {"vr": vr, "Value": [None]}
        if value is None:
            return {"vr": vr}
        if vr == "PN":
            value = {"Alphabetic": value}
        if vr in _NUMBERS and self.quirks.numbers_as_text:
            value = f" {value} "
        return {"vr": vr, "Value": [value]}

    def _said(self, rows: list[dict[str, Any]], headers: dict[str, str]) -> Reply:
        if XML in (self.quirks.only or self.quirks.answers_as):
            kind = f'multipart/related; type="{XML}"; boundary={_MARK}'
            return Reply(_as_xml(rows), type=kind, headers=headers)
        return as_json(rows, type=self.quirks.only or self.quirks.answers_as, headers=headers)


def archive(studies: int = 7, each: int = 3, first: int = 0) -> list[dict[str, Any]]:
    """Studies of `each` series, two studies a patient; every other study belongs to protocol P."""
    return [
        {
            "StudyInstanceUID": f"1.2.{first + place}",
            "PatientName": NAME,
            "PatientBirthDate": BORN,
            "ReferringPhysicianName": PHYSICIAN,
            "PatientID": f"patient {(first + place) // 2}",
            "PatientSex": "FM"[(first + place) // 2 % 2],
            "PatientAge": "050Y",
            "StudyDate": "20200229",
            "StudyDescription": f"study {first + place}",
            "ClinicalTrialProtocolID": None if place % 2 else "P",
            "RetrieveURL": f"http://inside:8042{ROOT}/studies/1.2.{first + place}",
            "series": [
                {
                    "SeriesInstanceUID": f"1.2.{first + place}.{number}",
                    "Modality": ("CT", "MR", "PT")[number % 3],
                    "BodyPartExamined": "CHEST",
                    "Manufacturer": "SIEMENS",
                    "ManufacturerModelName": None,
                    "SeriesDescription": f"series {number}",
                    "SeriesDate": "20200301",
                    "SOPClassUID": "1.2.840.10008.5.1.4.1.1.2",
                    "NumberOfSeriesRelatedInstances": 10 + number,
                    "StudyInstanceUID": f"1.2.{first + place}",
                    "RetrieveURL": f"http://inside:8042{ROOT}/studies/1.2.{first + place}"
                    f"/series/1.2.{first + place}.{number}",
                }
                for number in range(each)
            ],
        }
        for place in range(studies)
    ]


def _matches(study: dict[str, Any], request: Request) -> bool:
    return request.one("0020000D") in (None, study["StudyInstanceUID"])


def _counted(study: dict[str, Any]) -> dict[str, Any]:
    images = [one.get("NumberOfSeriesRelatedInstances") or 0 for one in study["series"]]
    counts = {
        "NumberOfStudyRelatedSeries": len(study["series"]),
        "NumberOfStudyRelatedInstances": sum(images),
    }
    return {**counts, **{name: value for name, value in study.items() if name != "series"}}


def _with_study(one: dict[str, Any], study: dict[str, Any]) -> dict[str, Any]:
    return {
        **{name: value for name, value in study.items() if name not in ("series", "RetrieveURL")},
        **one,
    }


def _is_only(accept: str, media: str) -> bool:
    """Whether a media type is asked for alone: some archives read the whole header as one."""
    return accept.replace(" ", "").replace('"', "") == media.replace(" ", "").replace('"', "")


def _as_xml(rows: list[dict[str, Any]]) -> bytes:
    parts = "".join(
        f"--{_MARK}\r\nContent-Type: {XML}\r\n\r\n"
        '<?xml version="1.0" encoding="utf-8"?>'
        '<NativeDicomModel xmlns="http://dicom.nema.org/PS3.19/models/NativeDICOM">'
        f"{''.join(_element(tag, told) for tag, told in row.items())}</NativeDicomModel>\r\n"
        for row in rows
    )
    return f"{parts}--{_MARK}--".encode()


def _element(tag: str, told: dict[str, Any]) -> str:
    values = "".join(
        f"<PersonName number='1'><Alphabetic><FamilyName>{escape(value['Alphabetic'])}"
        "</FamilyName></Alphabetic></PersonName>"
        if isinstance(value, dict)
        else f"<Value number='1'>{escape(str(value))}</Value>"
        for value in told.get("Value", [])
        if value is not None
    )
    return f'<DicomAttribute tag="{tag}" vr="{told["vr"]}">{values}</DicomAttribute>'
