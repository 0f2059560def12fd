"""The DICOM JSON Model (PS3.18 Annex F), read for a short list of attributes and no others.

What is not on the list is dropped where a row is first looked at: archives send patients' names
and birth dates with every row (PS3.18 Table 10.6.3-3) whether one asks or not. Archives also write
what Annex F does not allow: numbers as text, a value without its list, null for no value, tags in
lower case, keywords for tags.
"""

from __future__ import annotations

import hashlib
import json
import re
from datetime import date
from functools import cache
from typing import Any

from pydicom.datadict import tag_for_keyword

from harvesters.dicomweb.native import rows_of_multipart
from harvesters.http import Answer, without_query
from schemas.errors import SourceError

READ = (
    "StudyInstanceUID SeriesInstanceUID PatientID PatientSex PatientAge StudyDate "
    "StudyDescription ClinicalTrialProtocolID ClinicalTrialProtocolName "
    "NumberOfStudyRelatedSeries NumberOfStudyRelatedInstances Modality BodyPartExamined "
    "Manufacturer ManufacturerModelName SeriesDescription SeriesDate SOPClassUID "
    "AvailableTransferSyntaxUID NumberOfSeriesRelatedInstances RetrieveURL"
).split()
"""Keywords (PS3.6) of every attribute that is read."""

MOST = 10**12
"""A count above this is no count."""

_PADDING = " \t\r\n\0"
_UID = re.compile(r"(?!\.+$)[0-9A-Za-z._-]{1,128}")
_DAY = re.compile(r"([0-9]{4})[.-]?([0-9]{2})[.-]?([0-9]{2})")

Row = dict[str, list[Any]]
"""The values of one answer by keyword; an attribute without a value is left out."""


@cache
def tags() -> dict[str, str]:
    """Keyword to tag, eight hexadecimal digits as Annex F writes them."""
    return {keyword: f"{tag_for_keyword(keyword):08X}" for keyword in READ}


@cache
def _names() -> dict[str, str]:
    return {tag: keyword for keyword, tag in tags().items()} | {name: name for name in READ}


def rows_of(answer: Answer) -> list[Any]:
    """The rows of an answer, each as it came: JSON, or XML in parts (PS3.18 §8.7.3).

    204 (no content) means that nothing matches; an empty body with another status is a failure.

    Raises:
        SourceError: if the answer is neither.
    """
    if answer.status == 204:
        return []
    if answer.headers.get("content-type", "").lower().startswith("multipart/"):
        return rows_of_multipart(answer)
    try:
        found = answer.json()
    except RecursionError as error:
        raise SourceError("JSON nested beyond reason", where=without_query(answer.url)) from error
    if not isinstance(found, list):
        raise SourceError(
            "not a list of DICOM datasets (PS3.18 Annex F)", where=without_query(answer.url)
        )
    return found


def reduced(row: Any) -> Row:
    """The attributes of `row` that are on the list; empty if it is no dataset at all."""
    kept: Row = {}
    if not isinstance(row, dict):
        return kept
    names = _names()
    for name, told in row.items():
        keyword = names.get(name) or names.get(name.upper())
        if keyword is not None and (values := _values(told)):
            kept.setdefault(keyword, values)
    return kept


def text(row: Row, keyword: str) -> str | None:
    """The first value as text without padding; None if there is none."""
    for value in row.get(keyword, ()):
        found = _text(value)
        if found is not None:
            return found
    return None


def texts(row: Row, keyword: str) -> str | None:
    """Every value as text, separated by commas; None if there is none."""
    found = [_text(value) for value in row.get(keyword, ())]
    return ",".join(dict.fromkeys(value for value in found if value)) or None


def uid(row: Row, keyword: str) -> str | None:
    """A UID as the archive wrote it, or None if no path could hold it.

    Not only what PS3.5 §9 allows: archives hold UIDs that are too long or have letters.
    """
    found = text(row, keyword)
    return found if found and _UID.fullmatch(found) else None


def count(row: Row, keyword: str) -> int | None:
    """A whole number that is not negative, written as a number or as text (VR IS)."""
    found = text(row, keyword)
    try:
        number = float(found or "")
    except ValueError:
        return None
    return int(number) if 0 <= number <= MOST and number.is_integer() else None


def day(row: Row, keyword: str) -> date | None:
    """A date (VR DA; also with the dots of ACR-NEMA or the dashes of ISO 8601)."""
    match = _DAY.fullmatch(text(row, keyword) or "")
    try:
        return date(*map(int, match.groups())) if match else None
    except ValueError:
        return None


def fingerprint(row: Row) -> bytes:
    """A hash of a row, equal for rows of equal values."""
    return hashlib.sha256(json.dumps(row, sort_keys=True).encode()).digest()


def _values(told: Any) -> list[Any]:
    value = told.get("Value") if isinstance(told, dict) else told
    values = value if isinstance(value, list) else [value]
    return [v for v in values if isinstance(v, str | int | float) and not isinstance(v, bool)]


def _text(value: Any) -> str | None:
    # A lone surrogate is text in JSON, but not in Arrow.
    found = str(value).encode("utf-8", "replace").decode().strip(_PADDING)
    return found or None
