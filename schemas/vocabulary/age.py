"""A patient's age, read from DICOM's Age String."""

from __future__ import annotations

import re
from typing import NamedTuple

from schemas.errors import VocabularyError

OLDEST = 120.0
"""Years above which an age is not believed. The oldest verified human reached 122."""

_AGE_STRING = re.compile(r"([0-9]{3})([DWMY])")
_UNMISTAKABLE = re.compile(r"([0-9]{1,3})\s*(?:([DWMY])|YRS?|YEARS?)?", re.IGNORECASE)
_UNITS_IN_A_YEAR = {"D": 365.25, "W": 365.25 / 7, "M": 12.0, "Y": 1.0}
_PADDING = " \t\r\n\0"


class Age(NamedTuple):
    """Years, or None if unknown, and what is wrong with the value as it was written."""

    years: float | None
    problem: str | None


def parse(raw: str | None) -> Age:
    """Read Patient's Age (0010,1010), VR AS (PS3.5 section 6.2: nnnD, nnnW, nnnM or nnnY).

    `problem` is None or one of
    - "placeholder": zero, which archives write for a removed age; years is None.
    - "malformed": not an Age String; years is given only if the meaning is unmistakable
      ("042y", "90"), else None.
    - "implausible": over 120 years; years is the arithmetic value, to be left out of statistics.
    """
    text = "" if raw is None else raw.strip(_PADDING)
    if not text:
        return Age(None, None)
    match = _AGE_STRING.fullmatch(text)
    well_formed = match is not None
    match = match or _UNMISTAKABLE.fullmatch(text)
    if match is None:
        return Age(None, "malformed")
    years = int(match[1]) / _UNITS_IN_A_YEAR[(match[2] or "Y").upper()]
    if years == 0:
        return Age(None, "placeholder")
    if years > OLDEST:
        return Age(years, "implausible")
    return Age(years, None if well_formed else "malformed")


def band(years: float | None) -> str | None:
    """The ten-year band of an age in years: "0-9" to "80-89", then "90+".

    Raises VocabularyError if the age is negative or not a number.
    """
    if years is None:
        return None
    if not years >= 0:
        raise VocabularyError(f"{years} is not an age", do="Give years from 0, or None if unknown")
    if years >= 90:
        return "90+"
    decade = int(years // 10) * 10
    return f"{decade}-{decade + 9}"
