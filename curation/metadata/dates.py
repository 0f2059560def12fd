"""Checks of dates: written out in free text, or impossible for a scan."""

from __future__ import annotations

from curation.checks import Evidence, check
from curation.metadata.sql import matches
from schemas.finding import Severity

_Y = r"(?:19|20)\d\d"
_M = r"(?:0?[1-9]|1[0-2])"
_D = r"(?:0?[1-9]|[12]\d|3[01])"
_MM = r"(?:0[1-9]|1[0-2])"
_DD = r"(?:0[1-9]|[12]\d|3[01])"
_CLOCK = r"(?:[T_ ]?(?:[01]\d|2[0-3])[0-5]\d(?:[0-5]\d)?)?"
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
_BEFORE = r"(?:^|[^0-9A-Za-z.+/-])"
_AFTER = r"(?:$|[^0-9./-]|[./-](?:$|[^0-9]))"

WRITTEN_DATES = (
    # 20040312, 20040312T0930: no digit, point (UID) or hexadecimal letter may touch it
    rf"(?:^|[^0-9A-Fa-f.]){_Y}{_MM}{_DD}{_CLOCK}(?:$|[^0-9A-Fa-f.])",
    # 2004-03-12, always padded: GE writes (2002/8/1) for exam, series and image
    rf"{_BEFORE}(?:{'|'.join(_Y + s + _MM + s + _DD for s in ('-', '/', '_', '[.]'))}){_AFTER}",
    # 12/03/2004, 3-12-2004, 12.03.2004
    rf"{_BEFORE}(?:{_D}/{_M}|{_M}/{_D})/{_Y}{_AFTER}",
    rf"{_BEFORE}(?:{_D}-{_M}|{_M}-{_D})-{_Y}{_AFTER}",
    rf"{_BEFORE}{_DD}\.{_MM}\.{_Y}{_AFTER}",
    # 10-16-02, 1/14/13
    rf"{_BEFORE}(?:{_D}/{_M}|{_M}/{_D})/\d\d{_AFTER}",
    rf"{_BEFORE}(?:{_D}-{_M}|{_M}-{_D})-\d\d{_AFTER}",
    # 12 March 2004, Mar 12, 2004
    rf"(?i){_BEFORE}{_D}(?:st|nd|rd|th)?[ .-]?{_MONTH}[ ,.-]*{_Y}(?:$|[^0-9])",
    rf"(?i)(?:^|[^0-9A-Za-z]){_MONTH}[ .-]*{_D}(?:st|nd|rd|th)?[ ,.-]+{_Y}(?:$|[^0-9])",
    # Mar 2004, Sep1999: the month identifies as well
    rf"(?i)(?:^|[^0-9A-Za-z]){_MONTH}[ ,.-]?{_Y}(?:$|[^0-9])",
)
"""Shapes of a calendar date in free text."""

# GE writes (exam/series/image)-(exam/series/image) for a difference of two images.
_GE_IMAGES = r"\(\d+/\d+/\d+\)[+-]\(\d+/\d+/\d+\)"

# Two numbers and a separator, or eight digits, or a month: rules most texts out in one pass.
_LIKELY = rf"\d[-/._]\d|(?:19|20)\d{{6}}|(?i:\d ?{_MONTH}|{_MONTH}[ .-]*\d)"


@check(
    "date-in-text",
    title="Date in free text",
    severity=Severity.WARNING,
    fields=("description", "study_description", "subject"),
    message="A date is written in free text, where the shifting of dates does not reach: remove it",
    reference="45 CFR 164.514(b)(2)(i)(C); DICOM PS3.15 Table E.1-1",
)
def in_text() -> str:
    """The day of a scan can be matched with other records about the same person.

    Dates in the date elements are shifted by de-identification; a date in a description or an
    identifier is left as it was.
    """
    shapes = " OR ".join(matches(shape) for shape in WRITTEN_DATES)
    return f"""
        SELECT dataset_id, field, value, n AS affected FROM facts_texts
        WHERE NOT starts_with(field, 'dataset.') AND {matches(_LIKELY)}
          AND ({shapes}) AND NOT {matches(_GE_IMAGES)}
    """


@check(
    "date-implausible",
    title="Implausible date",
    severity=Severity.WARNING,
    fields=("study_date", "series_date"),
    message="No X-ray had been taken yet, or the day has not come: correct or remove the date",
    evidence=Evidence.PLAIN,
)
def implausible() -> str:
    """A date before 8 November 1895, when X-rays were discovered, or after the harvest.

    The evidence is the year alone.
    """
    return " UNION ALL ".join(
        f"""
        SELECT dataset_id, '{field}' AS field, year({field})::VARCHAR AS value,
               count(*) AS affected
        FROM series
        WHERE {field} < DATE '1895-11-08' OR {field} > getvariable('checked_on') + INTERVAL 1 DAY
        GROUP BY ALL
        """
        for field in ("study_date", "series_date")
    )
