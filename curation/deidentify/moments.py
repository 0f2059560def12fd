"""DICOM dates and times moved by days, cut to years, or left out (PS3.5 section 6.2)."""

from __future__ import annotations

import re
from datetime import date, timedelta
from functools import lru_cache

_DATE = re.compile(r"(\d{4})\.?(\d\d)\.?(\d\d)")
_DATETIME = re.compile(r"(\d{4})(?:(\d\d)(?:(\d\d)(\d*(?:\.\d+)?))?)?([+-]\d{4})?")


@lru_cache(1 << 14)
def moved_date(value: str, days: int) -> str:
    """A DA value moved by `days`; "" if it is no date or leaves the calendar."""
    match = _DATE.fullmatch(value.strip())
    if match is None:
        return ""
    year, month, day = match.groups()
    return _moved(int(year), int(month), int(day), days)


def moved_datetime(value: str, days: int) -> str:
    """A DT value moved by `days` with its time and precision kept; "" if it is none.

    Of a year or month alone the middle is moved, and the same precision written.
    """
    match = _DATETIME.fullmatch(value.strip())
    if match is None:
        return ""
    year, month, day, time, zone = match.groups()
    whole = _moved(int(year), int(month or 7), int(day or 15), days)
    if not whole:
        return ""
    length = 8 if day else 6 if month else 4
    return whole[:length] + (time or "") + (zone or "")


def year_date(value: str) -> str:
    """A DA value cut to its year: the first of January; "" if it is no date."""
    return moved_date(value, 0)[:4] + "0101" if moved_date(value, 0) else ""


def year_datetime(value: str) -> str:
    """A DT value cut to its year; "" if it is none."""
    return value.strip()[:4] if _DATETIME.fullmatch(value.strip()) else ""


def _moved(year: int, month: int, day: int, days: int) -> str:
    try:
        there = date(year, month, day) + timedelta(days=days)
    except (ValueError, OverflowError):
        return ""
    return f"{there.year:04d}{there.month:02d}{there.day:02d}"
