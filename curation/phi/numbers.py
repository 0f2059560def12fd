"""Numbers that lead to a person: telephones, national numbers, records, devices, great ages."""

from __future__ import annotations

import re
from collections.abc import Iterator

from curation.phi.reading import Reading
from curation.phi.span import Kind, Span, Style

_L = r"(?<![^\W_])"  # no letter or digit before
_END = r"(?![\w-]|\.\d)"
_PHONE = re.compile(
    r"(?<![\w.,+-])(?:"
    r"(?:\+?1[ .-]?)?\([2-9]\d\d\) ?[2-9]\d\d[ .-]\d{4}"
    r"|(?:\+?1[ .-])?[2-9]\d\d-[2-9]\d\d-\d{4}"
    r"|(?:\+?1\.)?[2-9]\d\d\.[2-9]\d\d\.\d{4}"
    r"|\+[1-9]\d{0,2}[ .-]?\(?\d{1,4}\)?(?:[ ./-]?\d{2,5}){1,5}"
    r"|00[1-9]\d{0,2}[ .-]\d{1,4}(?:[ ./-]\d{2,5}){1,4}"
    r"|\(?0[1-9]\d{1,4}\)?[ /-]{1,3}\d{3,4}[ -]?\d{2,5}(?:[ -]?\d{1,4})?"
    r"|69\d{8}|2[1-8]\d{8}"  # Greek, without the country
    r")(?: ?(?:x|ext\.?) ?\d{1,5})?(?![\w]|[.,-]\d)"
)
_CALLED = re.compile(
    rf"(?i){_L}(?:tel|telephone|telefon|phone|ph|fax|mobile|cell|pager|beeper|call|handy|τηλ"
    r"|τηλέφωνο|κιν|тел)[.:# =_-]{1,4}(?:(?:no|nr|number)[.: ]{0,2})?"
    r"(\+?\(?\d(?:[ ()./-]{0,2}\d){5,14})(?!\d)"
)
_SSN = re.compile(
    r"(?<![\w.-])(?:00[1-9]|0[1-9]\d|[1-578]\d\d|6[0-57-9]\d|66[0-57-9])([- ])"
    rf"(?:0[1-9]|[1-9]\d)\1\d{{4}}{_END}"
)
_NATIONAL = re.compile(
    r"(?<![\w.-])(?:"
    r"[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\d\d ?\d\d ?\d\d ?[A-D]"  # UK National Insurance
    r"|[A-Z]{6}\d\d[A-EHLMPR-T][0-7]\d[A-Z]\d{3}[A-Z]"  # Italian codice fiscale
    r"|[12] ?\d\d ?(?:0[1-9]|1[0-2]) ?\d[\dAB] ?\d{3} ?\d{3} ?\d\d"  # French NIR
    r"|(?P<dni>\d{8}-?[A-HJ-NP-TV-Z])|[XYZ]-?\d{7}-?[A-Z]"  # Spanish DNI, NIE
    r"|(?:0[1-9]|[12]\d|3[01])(?:0[1-9]|1[0-2])\d\d[-+A]\d{3}[0-9A-Y]"  # Danish, Finnish
    r"|\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])[-+]\d{4}"  # Swedish
    r"|\d{3}\.\d{3}\.\d{3}-\d\d"  # Brazilian CPF
    r"|756\.\d{4}\.\d{4}\.\d\d"  # Swiss AHV
    r"|(?P<nhs>\d{3}[ -]\d{3}[ -]\d{4})"
    rf"){_END}"
)
ANNOUNCED = (
    r"(?:(?:patient|pat|pt|subject|hospital|unit|clinic|medical|med|health|chart|case|study|exam"
    r"|order|visit|encounter|insurance|policy|account|acct?|accession|record|member|group|plan"
    r"|licen[cs]e|certificate|passport|employee|fall|patienten|versicherten|krankenkassen|dossier"
    r"|historia|cartella|nhs|chi|ssn?|social security|soc sec|medicare|medicaid|national|tax|id"
    r"|dni|nif|amka|αμκα|αφμ|pesel|bsn|nir|steuer)[ _.-]{0,2}"
    r"(?:(?:record|card|insurance|file|security|health|history|plan)[ _.-]{0,2})?"
    r"(?:ids?|no|nr|num|number|nummer|n°|nº|#|code|key|mrn|ref)"
    r"|mrn|mr#|pid|patid|ptid|patientid|accession|acct?|amka|αμκα|αφμ|α\.μ\.κ\.α\.?|ssn|nhs|dni"
    r"|nif|nie|bsn|pesel|npi|dea|hicn?|fin|csn|dob|kvnr|ipp|nir|uhid|empi|umrn|rut|curp|cpf|hkid"
    r"|nric|vin|policy|account|record|passport|licen[cs]e|member|insurance|chart|encounter|visit)"
)
"""What announces a number of a record, a plan, an account or a person."""
_LABELLED = re.compile(
    rf"(?i){_L}{ANNOUNCED}(?![^\W\d_])[ .:#=_-]{{0,4}}(?:is )?"
    r"(\d{3,4}(?: \d{2,5}){1,4}|[A-Z]{0,5}[-/ ]?\d[A-Z0-9/-]{2,24}|[A-Z]{1,3}\d{2,}[A-Z0-9-]*)"
    r"(?![^\W_])"
)
_GLUED = re.compile(
    rf"{_L}(?:ID|Id|HN|NR|(?i:PID|PAT|MRN|ACC))[-_#:.]?"
    r"([A-Z]{0,4}[-_]?\d[\d-]{4,14}\d)(?![^\W_])"
)
_NUMBERED = re.compile(rf"{_L}(?:ID|Id|No|Nr|#)[ .:#=]{{1,3}}(\d{{6,12}})(?![\w.])")
_BIRTH = re.compile(
    rf"(?i){_L}(?:dob|d\.o\.b\.?|birth ?date|date of birth|born(?: on)?|geb(?:oren)?(?: am)?\.?"
    r"|geburtsdatum|née? le|nacid[oa](?: el)?|nat[oa] il|ημ\. ?γέννησης|д\.р\.)[ .:=]{1,4}"
    r"(\d{1,4}[-./ ]?\d{1,2}[-./ ]?\d{1,4})(?!\d)"
)
_RECORD = re.compile(
    r"(?<![^\W_])(?<![\d.-])(?:(?i:MRN|PID|ACCN?|UHID|NHS|HN)[-_#]?\d{5,12}|MR[-_#]?\d{5,12}"
    r"|(?i:PAT(?:IENT)?|RAD|REQ|ORD|POL)[-_#]?(?!000)\d{6,12}"
    r"|(?!IM|SE|SR|IMG|CT|MR|US|DX|CR)[A-Z]{1,3}-?\d{7,10}"
    r"|(?!IM|SE|SR|CT|MR|US|DX|CR|MG|NM|RF|XA|SW|SV|SN|V[A-E]|VX|MP|20)[A-Z]{2}"
    r"(?!000|20[0-4]\d(?:0\d|1[0-2]))\d{6})(?![^\W_]|[.-]\d)"
)
"""Ids by their letters: two before six digits are many a hospital's, and no month's version."""
_LONG = re.compile(r"(?<![\w.+-])\d{8,11}(?![\w]|[.-]\d)")
_SERIAL = re.compile(
    rf"(?i){_L}(?:s/n|serial(?: ?(?:no|nr|number))?|sn#?|device ?(?:id|serial)|seriennummer)"
    r"[ .:#=]{1,4}([A-Z]{0,6}-?\d[A-Z0-9-]{2,20})(?![^\W_])"
)
_AGE = re.compile(
    rf"(?i){_L}(?:(?:aged?|alter|edad|âge)[ :=]{{1,2}}(?:9\d|1[0-2]\d)(?![\d.,])"
    r"|(?:9\d|1[0-2]\d)[ -]?(?:y/?o|y\.o\.|years?(?:[- ]olds?)?|yrs?(?: old)?|jahre?(?: alt)?"
    r"|j[aä]hrig\w{0,3}|ans|años|anni|ετών|лет)(?![^\W_])|(?:09\d|1[0-2]\d)Y(?![^\W_]))"
)
_FEW = 5
_STRONG = frozenset("mrn ssn mr# amka αμκα dob nhs pesel patientid".split())
_WRITTEN = (Style.PHRASE, Style.PROSE)


def numbers(seen: Reading, style: Style) -> Iterator[Span]:
    """Numbers whose own shape tells what they are."""
    text = seen.text
    if seen.digits >= 9 and style is not Style.PATH:
        sure = style is not Style.TECHNICAL
        yield from _spans(_PHONE, text, Kind.PHONE, sure=sure)
        yield from _spans(_SSN, text, Kind.NATIONAL_NUMBER, sure=sure)
    if seen.longest >= 5:
        yield from _spans(_RECORD, text, Kind.ID, sure=False)
    if seen.digits >= 6 and seen.longest >= 4:
        for match in _GLUED.finditer(text):
            if sum(c.isdigit() for c in match[1]) > _FEW and not match[1].startswith("000"):
                yield Span(*match.span(), Kind.ID, False)
    if seen.longest >= 8 and style is not Style.TECHNICAL:
        yield from _spans(_LONG, text, Kind.ID, sure=False)
    if style not in _WRITTEN:
        return
    if seen.digits >= 7:
        for match in _NATIONAL.finditer(text):
            if (right := _checked(match)) is not None:
                yield Span(*match.span(), Kind.NATIONAL_NUMBER, right)
    if seen.aged:
        yield from _spans(_AGE, text, Kind.AGE, sure=True)
    if len(text) < 12 and len(text.strip()) == seen.longest == 7:
        yield Span(0, len(text), Kind.ID, False)


def labelled(seen: Reading, style: Style) -> Iterator[Span]:
    """Numbers, and dates of birth, that the word before them explains."""
    text = seen.text
    for match in _LABELLED.finditer(text):
        if not _counts(match[0], match[1], style):
            yield Span(*match.span(1), Kind.ID)
    if style in _WRITTEN and seen.longest > 5:
        for match in _NUMBERED.finditer(text):
            yield Span(*match.span(1), Kind.ID, False)
    if seen.digits >= 6:
        for match in _BIRTH.finditer(text):
            yield Span(*match.span(1), Kind.DATE)
    if style is not Style.PATH:
        for match in _CALLED.finditer(text):
            yield Span(*match.span(1), Kind.PHONE)
        for match in _SERIAL.finditer(text):
            yield Span(*match.span(1), Kind.DEVICE)


def _checked(match: re.Match[str]) -> bool | None:
    """Whether check digits make it sure that a national number is meant; None if none is."""
    if match["nhs"]:
        digits = [int(c) for c in match[0] if c.isdigit()]
        rest = sum(digit * (10 - place) for place, digit in enumerate(digits[:9]))
        return (11 - rest % 11) % 11 == digits[9] or None
    if match["dni"]:
        return "TRWAGMYFPDXBNJZSQVHLCKE"[int(match[0][:8]) % 23] == match[0][-1] or None
    return False


def _counts(whole: str, value: str, style: Style) -> bool:
    """Whether a number after a label only counts: "study 12", "Exam 123", "case 007"."""
    label = whole[: len(whole) - len(value)].strip(" .:#=_-").lower()
    digits = sum(c.isdigit() for c in value)
    return digits < (3 if label in _STRONG else 5 if style is Style.PATH else 4)


def _spans(pattern: re.Pattern[str], text: str, kind: Kind, *, sure: bool) -> Iterator[Span]:
    for match in pattern.finditer(text):
        yield Span(*match.span(), kind, sure)
