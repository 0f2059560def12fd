"""Identifiers that their shape gives away: dates, numbers, addresses, and places on a network."""

from __future__ import annotations

import re
from collections.abc import Iterator

from curation.phi.addresses import addresses
from curation.phi.dates import dates, worded_dates
from curation.phi.lexicon import LABEL, MONTH
from curation.phi.numbers import labelled, numbers
from curation.phi.reading import Reading
from curation.phi.span import Kind, Span, Style

_EMAIL = re.compile(
    r"(?<![\w.+-])[\w.%+-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9-]{0,62}[A-Za-z0-9])?"
    r"(?:\.[A-Za-z0-9-]{1,63}){0,6}\.[A-Za-z]{2,24}"
)
_MACHINES = ("git@", "noreply@", "no-reply@")
_URL = re.compile(
    r"(?i)(?<![^\W_])(?:(?:https?|ftp|file)://[^\s<>\"']{1,400}"
    r"|www\.[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){1,5}(?:/[^\s<>\"']{0,300})?)"
)
# Hosts of standards, licences, identifiers and software, which lead to nobody.
_PUBLIC = re.compile(
    r"(?i)(?:[a-z]+://)?(?:[a-z0-9-]{1,63}\.){0,3}(?:w3\.org|github\.com|nema\.org|doi\.org|purl\.org"
    r"|creativecommons\.org|cancerimagingarchive\.net|adobe\.com|iptc\.org|dicomstandard\.org"
    r"|schema\.org|iso\.org|ietf\.org|orcid\.org|openxmlformats\.org|xmlsoap\.org|nih\.gov)(?![\w.-])"
)
_IP = re.compile(
    r"(?<![\w.])(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)\.){3}"
    r"(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?!\w|\.\d)"
)
_MAC = re.compile(
    r"(?i)(?<![0-9a-f:-])[0-9a-f]{2}([:-])[0-9a-f]{2}(?:\1[0-9a-f]{2}){4}(?![0-9a-f:-])"
)


def shaped(seen: Reading, style: Style) -> Iterator[Span]:
    """Every identifier that its shape gives away, in no order; spans may overlap."""
    text = seen.text
    if "@" in text:
        for match in _EMAIL.finditer(text):
            if not match[0].startswith(_MACHINES):
                yield Span(*match.span(), Kind.EMAIL)
    if style is not Style.TECHNICAL and ("://" in text or "www." in text.lower()):
        for match in _URL.finditer(text):
            if not _PUBLIC.match(match[0]):
                yield Span(*match.span(), Kind.URL)
    if (text.count(":") >= 5 or text.count("-") >= 5) and style is not Style.PATH:
        for match in _MAC.finditer(text):
            yield Span(*match.span(), Kind.DEVICE)
    if not seen.digits:
        return
    if seen.dated:
        yield from dates(text, style)
    if seen.marks & MONTH:
        yield from worded_dates(text, style)
    if seen.marks & LABEL or "/N" in text or "/n" in text:
        yield from labelled(seen, style)
    yield from numbers(seen, style)
    if style in (Style.PHRASE, Style.PROSE):
        yield from addresses(seen, style)
    if style is Style.PROSE and text.count(".") >= 3:
        for match in _IP.finditer(text):
            yield Span(*match.span(), Kind.IP)
