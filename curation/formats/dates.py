"""Dates as JSON, tables and forms write them: read, and moved in the same spelling."""

from __future__ import annotations

import re
from datetime import date, timedelta

from curation.profiles import Profile

BIDS_EARLIER = 40_180
"""Days (110 years, whole weeks) by which a shifted date of a BIDS dataset is moved further, since
BIDS recommends that shifted dates lie in 1925 or before, so that nobody takes them for real."""

_BIDS_LAST = 1925

_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()
_ISO = re.compile(r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})(?=$|[T ])")
_COMPACT = re.compile(r"((?:18|19|20)\d\d)(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])(?=$|[T ]|\d{2,6})")
_LOCAL = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4}|\d\d)(?=$|[T ,])")
_NAMED = re.compile(r"(\d{1,2})([-/. ])([A-Za-z]{3})[a-z]*\.?([-/., ]{1,2})(\d{4})(?=$|[T ,])")
_YEAR = re.compile(r"(?:18|19|20)\d\d")
_REST = re.compile(r"[T ,]*[\d:.,+\-Z]{0,32}(?: ?[AaPp][Mm])?")
_DUMMIES = frozenset({(1, 1, 1), (1900, 1, 1), (1970, 1, 1), (9999, 12, 31), (1899, 12, 30)})


class NoDate(ValueError):  # noqa: N818 - an answer, not a mistake
    """A text is not a date that is read here."""


class Spelled:
    """A date and how it was written; `full` is false for a year alone."""

    def __init__(self, text: str, *, day_first: bool | None = None) -> None:
        """Read a date (with or without a time after it). Raises NoDate.

        Where day and month could change places, `day_first` decides; if it is not known, the
        month comes first between slashes and the day between dots and hyphens.
        """
        text = text.strip()
        self.full = True
        self.order = ""
        if found := _ISO.match(text):
            self.order, self.separator = "ymd", found[2]
            year, month, day = int(found[1]), int(found[3]), int(found[4])
        elif found := _COMPACT.match(text):
            self.order, self.separator = "compact", ""
            year, month, day = int(found[1]), int(found[2]), int(found[3])
        elif found := _LOCAL.match(text):
            first, second, year = int(found[1]), int(found[3]), int(found[4])
            self.separator, self.short = found[2], len(found[4]) == 2
            if self.short:
                year += 2000 if year < 40 else 1900
            if first > 12 or second > 12:
                day_first = first > 12
            elif day_first is None:
                day_first = found[2] != "/"
            self.order = "dmy" if day_first else "mdy"
            day, month = (first, second) if day_first else (second, first)
        elif found := _NAMED.match(text):
            self.order, self.separator = "named", found[2]
            self.case = found[3]
            self.after = found[4]
            if found[3].lower() not in _MONTHS:
                raise NoDate
            year, month, day = int(found[5]), _MONTHS.index(found[3].lower()) + 1, int(found[1])
        elif _YEAR.fullmatch(text):
            self.full = False
            self.rest = ""
            self.date = date(int(text), 1, 1)
            return
        else:
            raise NoDate
        self.rest = text[found.end() :]
        if not _REST.fullmatch(self.rest):
            raise NoDate
        try:
            self.date = date(year, month, day)
        except ValueError:
            raise NoDate from None

    @property
    def dummy(self) -> bool:
        """Whether it stands for no date at all."""
        return (self.date.year, self.date.month, self.date.day) in _DUMMIES

    @property
    def early(self) -> bool:
        """Whether BIDS takes it for a shifted date."""
        return self.date.year <= _BIDS_LAST

    def shifted(self, days: int) -> str:
        """The date this many days later, written as it was. Raises NoDate out of the calendar."""
        try:
            new = self.date + timedelta(days=days)
        except OverflowError:
            raise NoDate from None
        if self.order == "compact":
            return f"{new.year:04d}{new.month:02d}{new.day:02d}{self.rest}"
        s = self.separator
        year = f"{new.year:04d}"
        if self.order == "ymd":
            return f"{year}{s}{new.month:02d}{s}{new.day:02d}{self.rest}"
        if self.order == "named":
            month = _MONTHS[new.month - 1].title()
            month = month.upper() if self.case.isupper() else month
            return f"{new.day:02d}{s}{month}{self.after}{year}{self.rest}"
        first, second = (new.day, new.month) if self.order == "dmy" else (new.month, new.day)
        return f"{first:02d}{s}{second:02d}{s}{year}{self.rest}"


def moved(text: str, profile: Profile, days: int, *, day_first: bool | None = None) -> str | None:
    """A date as the profile lets it through, or None where nothing of it may stay.

    What cannot be read as a date is not let through, except where dates are kept.
    """
    if profile.dates == "keep":
        return text
    if profile.dates == "remove":
        return None
    try:
        read = Spelled(text, day_first=day_first)
        if profile.dates == "year":
            return f"{read.date.year:04d}"
        return read.shifted(days) if read.full else text.strip()
    except NoDate:
        return None
