"""Dates in text, in every usual spelling; a year alone is none."""

from __future__ import annotations

import re
from collections.abc import Iterator

from curation.phi.span import Kind, Span, Style

_L = r"(?<![^\W_])"  # no letter or digit before
_R = r"(?![^\W_])"  # none after
_Y4 = r"(?:18[89]\d|19\d\d|20[0-4]\d)"
_M = r"(?:1[0-2]|0?[1-9])"
_D = r"(?:3[01]|[12]\d|0?[1-9])"
_M2 = r"(?:1[0-2]|0[1-9])"
_D2 = r"(?:3[01]|[12]\d|0[1-9])"
_TIME = (
    r"(?:[T ,;@-]{1,3}(?:at )?(?:[01]?\d|2[0-3])[:.h][0-5]\d"
    r"(?:[:.][0-5]\d(?:[.,]\d{1,6})?)?(?: ?[AaPp]\.?[Mm]\.?)?)?"
)
_MONTH = (
    r"(?:jan(?:uary|uar|vier|eiro)?|jän(?:ner)?|f[eé]b(?:ruary|ruar|rero)?|f[eé]vr?(?:ier|ereiro)?"
    r"|m[aä]r(?:ch|z|s|zo|t)?|mrz|mars|ma[rg]gio|apr(?:il|ile)?|avr(?:il)?|abr(?:il)?|ma[yi]o?|mei"
    r"|june?|juni|juin|junio|giu(?:gno)?|july?|juli|juil(?:let)?|julio|lug(?:lio)?"
    r"|aug(?:ust|ustus)?|ao[uû]t|ago(?:sto)?|sept?(?:ember|embre|iembre|tembre)?"
    r"|set(?:tembre|embro)?"
    r"|o[ck]t(?:ober|obre|ubre)?|ott(?:obre)?|out(?:ubro)?|nov(?:ember|embre|iembre|embro)?"
    r"|de[czs](?:ember|embre|iembre)?|d[eé]c(?:embre)?|dic(?:iembre|embre)?|dez(?:ember|embro)?"
    r"|ιαν\w{0,8}|φεβ\w{0,9}|μ[αά]ρ\w{0,6}|απρ\w{0,6}|μα[ΐίϊι]\w{0,3}|ιο[υύ]ν\w{0,4}"
    r"|ιο[υύ]λ\w{0,4}|α[υύ]γ\w{0,7}|σεπ\w{0,8}|οκτ\w{0,7}|νο[εέ]\w{0,7}|δεκ\w{0,8}"
    r"|янв\w{0,4}|фев\w{0,5}|мар\w{0,3}|апр\w{0,4}|ма[йя]|июн[ья]|июл[ья]|авг\w{0,5}|сен\w{0,6}"
    r"|окт\w{0,5}|ноя\w{0,4}|дек\w{0,5})"
)
_DIGITS = re.compile(
    rf"{_L}(?:"
    rf"(?P<iso>{_Y4}(?P<s>[-./])(?:{_M}(?P=s){_D}|{_D}(?P=s){_M}))"
    rf"|(?P<under>{_Y4}_{_M2}_{_D2})"
    rf"|(?P<compact>{_Y4}{_M2}{_D2})"
    rf"(?:(?:[01]\d|2[0-3])[0-5]\d(?:[0-5]\d(?:\.\d{{1,6}})?)?(?:[+-]\d{{4}})?)?"
    rf"|(?P<long>(?:{_D}(?P<t>[-./]){_M}|{_M}(?P<u>[-./]){_D})(?:(?P=t)|(?P=u)){_Y4})"
    rf"|(?P<short>(?:{_D}/{_M}|{_M}/{_D})/\d\d)"
    rf"|(?P<dotted>{_D2}\.{_M2}\.\d\d)"
    rf"|(?P<kanji>{_Y4}年{_M}月(?:{_D}日)?)"
    rf"){_R}(?![.:/-]\d){_TIME}"
)
_NUMBER_BEFORE = re.compile(r"\d[./-]$")
_WORDED = re.compile(
    rf"(?i){_L}(?:"
    rf"(?P<day>{_D}(?:st|nd|rd|th|er|\.)?[ ._/-]{{0,2}}(?:of |de )?{_MONTH}"
    rf"\.?(?: de | del )?[ ,._/-]{{0,2}}(?:{_Y4}|'?\d\d(?!\d)))"
    rf"|(?P<us>{_MONTH}\.?[ ._-]?{_D}(?:st|nd|rd|th)?(?:, ?| |-|_){_Y4})"
    rf"|(?P<iso>{_Y4}[ ._-]?{_MONTH}[ ._-]?{_D})"
    rf"|(?P<month>{_MONTH}\.?[ ,/-]{{1,2}}(?:de )?{_Y4})"
    rf"|(?P<yearless>{_D}(?:st|nd|rd|th)?(?: of)? {_MONTH}|{_MONTH} {_D}(?:st|nd|rd|th))"
    rf"){_R}{_TIME}"
)
_VERSION = re.compile(
    r"(?i)(?<![\w.])v?\d{1,3}\.\d|version|latest|release|build|rev|syngo|software|patch"
)
_SOFTWARE = "1985"
"""No software that wrote DICOM is older: a day before it is a date of birth."""
_WRITTEN = (Style.PHRASE, Style.PROSE)


def dates(text: str, style: Style) -> Iterator[Span]:
    """Dates in digits with a day and a month, with their times (45 CFR 164.514(b)(2)(i)(C)).

    In a TECHNICAL text a date counts if it is written out, or too early to be that of software,
    and no version goes before it.
    """
    for match in _DIGITS.finditer(text):
        start = match.start()
        if start and _NUMBER_BEFORE.search(text, max(0, start - 2), start):
            continue
        full = bool(match["iso"] or match["long"] or match["kanji"])
        if style is Style.TECHNICAL:
            birth = bool(match["compact"]) and match["compact"] < _SOFTWARE
            if not (full or birth) or _VERSION.search(text, 0, start):
                continue
        sure = (full or bool(match["compact"])) and style in _WRITTEN
        yield Span(*match.span(), Kind.DATE, sure)


def worded_dates(text: str, style: Style) -> Iterator[Span]:
    """Dates with the name of a month in one of nine languages; without a year in PROSE alone."""
    for match in _WORDED.finditer(text):
        full = bool(match["day"] or match["us"] or match["iso"])
        if (style is Style.TECHNICAL and not full) or (
            match["yearless"] and style is not Style.PROSE
        ):
            continue
        yield Span(*match.span(), Kind.DATE, full and style in _WRITTEN)
