"""A DOI is compared bare and lower-case, shown as a URL, and never repaired."""

from __future__ import annotations

import re
from urllib.parse import quote, unquote

from schemas.errors import VocabularyError

_DOI = re.compile(r"10\.[0-9]{4,9}/\S+")
_RESOLVER = re.compile(r"(?:https?://)?(?:dx\.|www\.)?doi\.org/", re.IGNORECASE)
_SCHEME = re.compile(r"(?:info:)?doi(?::\s*|/|\s+)", re.IGNORECASE)
_UPPER_TO_LOWER = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz")


def normalise(raw: str | None) -> str | None:
    """The bare DOI in `raw`, in lower case; None if there is none.

    A resolver's address (doi.org, dx.doi.org) or the scheme "doi:" is taken off. An address is
    percent-decoded, as that is how addresses are written; nothing else is changed. Only ASCII
    letters lose their case: the DOI Handbook compares no others without it.
    """
    if raw is None:
        return None
    text = raw.strip()
    if resolver := _RESOLVER.match(text):
        text = unquote(text[resolver.end() :])
    if scheme := _SCHEME.match(text):
        text = text[scheme.end() :]
    return text.translate(_UPPER_TO_LOWER) if _DOI.fullmatch(text) else None


def url(doi: str) -> str:
    """The address of a bare DOI, percent-encoded. Raises VocabularyError if it is not one."""
    if not _DOI.fullmatch(doi):
        raise VocabularyError(f"{doi!r} is not a bare DOI", do="Give it as 10.prefix/suffix")
    return "https://doi.org/" + quote(doi, safe="/:;()!*'@,=~")
