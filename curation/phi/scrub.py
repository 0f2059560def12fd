"""Cutting identifiers out of a text, and keeping the rest of it word for word."""

from __future__ import annotations

import re
from functools import lru_cache

from curation.phi.find import find, merged
from curation.phi.known import Known
from curation.phi.names import doubtful
from curation.phi.numbers import ANNOUNCED
from curation.phi.span import Span, Style

# "MR" and "DR" in capitals are modalities.
_TITLE = (
    r"(?-i:[Dd]rs?|[Mm]rs?|MRS|[Mm]s)|dra|prof|professor|doctor|miss|herrn?|frau|mme|mlle|madame"
    r"|monsieur|sra?|dott|(?:patient|pt|subject)?'?s? ?(?:sur)?name|κος|κα|κ"
)
_CONTACT = (
    r"tel(?:ephone|efon)?|phone|fax|mobile|cell|pager|e-?mail|mail|s/n|serial(?: (?:no|number))?"
    r"|dob|d\.o\.b|born(?: on)?|date of birth|birth ?date|geb(?:oren)?(?: am)?|geburtsdatum|née? le"
    r"|address|adresse|anschrift|zip|nhs(?: no)?|amka"
)
# Goes with what it announced.
_LABELLED = re.compile(
    rf"(?i)(?<![^\W_])(?:{_TITLE}|{_CONTACT}|{ANNOUNCED})(?![^\W\d_])[ .:#=_-]*$"
)
# Goes where nothing follows that it could lead to.
_LEADING = re.compile(
    r"(?i)(?<![^\W_])(?:ref(?:erred)?\.? by|performed by|read by|reported by|requested by"
    r"|dictated by|signed(?: by)?|for|by|ref|from|at|on|of|tech|attending)[ .:=_-]*$"
)
_NOTHING = re.compile(r"[\W_]*\Z|[ ]*[\n.;]")
_EDGE = " \t,;:/^=_-."
_LABEL_LENGTH = 60
_BLANK = re.compile(r"[^\W_]")


def scrub(text: str, style: Style, known: Known | None = None, patient: str | None = None) -> str:
    """The text without identifiers; empty if nothing harmless is left.

    Cut are what `find` finds, what `known` knows, and words of prose and phrases that people bear
    and no other list has; with a cut goes the label that led to it.
    """
    if known is None:
        return _alone(text, style)
    spans = _spans(text, style)
    if extra := known.spans(text, patient):
        spans = merged([*spans, *extra])
    return _cut(text, spans) if spans else text


@lru_cache(1 << 15)
def _alone(text: str, style: Style) -> str:
    spans = _spans(text, style)
    return _cut(text, spans) if spans else text


@lru_cache(1 << 15)
def _spans(text: str, style: Style) -> list[Span]:
    spans = find(text, style)
    if style in (Style.PHRASE, Style.PROSE) and (more := list(doubtful(text))):
        return merged([*spans, *more])
    return spans


def _cut(text: str, spans: list[Span]) -> str:
    kept: list[str] = []
    position = 0
    for span in spans:
        before = text[position : span.start]
        while match := _LABELLED.search(before, max(0, len(before) - _LABEL_LENGTH)):
            before = before[: match.start()]
        if _NOTHING.match(text, span.end) and (
            match := _LEADING.search(before, max(0, len(before) - _LABEL_LENGTH))
        ):
            before = before[: match.start()]
        kept.append(before)
        position = span.end
    kept.append(text[position:])
    result = kept[0]
    for piece in kept[1:]:
        result = _joined(result, piece)
    if not _BLANK.search(kept[0]):
        result = result.lstrip(_EDGE)
    if not _BLANK.search(kept[-1]):
        result = result.rstrip(_EDGE)
    return result if _BLANK.search(result) else ""


def _joined(left: str, right: str) -> str:
    """Two pieces without what separated them from the cut."""
    left, right = left.rstrip(" \t,;:/^=_-("), right.lstrip(" \t^=_-)")
    if not left:
        return right.lstrip(_EDGE)
    if not right:
        return left
    if right[0] in ",.;:!?\r\n)" or left[-1] in "\n":
        return left + right
    return f"{left} {right}"
