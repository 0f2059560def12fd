"""Whether text read in an image identifies a person, or is what devices write on every image."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from curation.phi.fold import fold, words_of
from curation.phi.lexicon import CLINICAL, COMMON, NAME, ORDINARY, lexicon
from curation.phi.span import Kind, Style

if TYPE_CHECKING:
    from curation.phi.known import Known


@dataclass(frozen=True, slots=True)
class Verdict:
    """`identifying` text must go; `sure` is false where that is only likely."""

    kind: Kind | None
    sure: bool
    identifying: bool


HARMLESS = Verdict(None, True, False)
UNREADABLE = Verdict(Kind.UNKNOWN, False, True)

_ALIKE_ENOUGH = 82
_DIGITS = 5
_WORDS = Path(__file__).with_name("screen_words.txt")
_ALIKE = str.maketrans({"Λ": "^", "∧": "^", "；": ";", "：": ":", "，": ",", "。": ".", "—": "-"})
_LABELLED = re.compile(
    r"(?i)\b(?:pat(?:ient)?(?:[ ._-]?(?:name|id|nr|no))?|name|pt|mrn|pid|id|acc(?:ession)?|dob|born"
    r"|birth(?:day|date)?|geb|dr|prof|ref(?:erring)?|phys(?:ician)?|tech|operator|op|ssn|nhs)"
    r"(?:\.|[ .]?[:#=])[ ]?(?=\S)"
)
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_LONG_NUMBER = re.compile(r"(?<![\d.,])[A-Za-z]{0,4}[-_ ]?\d{6,}(?![\d.,]*[A-Za-z%])")
_DATE_LIKE = re.compile(r"\d{1,4}([-./])\d{1,2}\1\d{2,4}")
_UNSPACED = re.compile(
    r"(\d{4}[-./]\d\d[-./]\d\d|\d\d[-./]\d\d[-./]\d{4})(?=(?:[01]\d|2[0-3])[:.][0-5]\d)"
)
_PLACE = re.compile(
    r"(?i)\b(?:hospi\w*|h[oô]pital|clini[ck]\w*|klini\w*|infirmary|krankenhaus|sanatorium|ospedale"
    r"|med(?:ical|\.)? ?(?:cent(?:er|re)|ctr|cntr)|health ?care (?:system|trust)"
    r"|universit\w*|nhs trust|νοσοκομ\w*)\b"
)


def judge(text: str, known: Known | None = None, patient: str | None = None) -> Verdict:
    """What a line of burned-in text is, by the same judgement as any other text (curation.phi).

    What a reader of pixels gets wrong is allowed for: letters that look alike, lost spaces.
    `patient` is whose image it is, in the words of `known`.
    """
    from curation.phi.find import find

    plain = _CAMEL.sub(" ", unicodedata.normalize("NFKC", text.translate(_ALIKE)))
    plain = " ".join(_UNSPACED.sub(r"\1 ", plain).split())
    if known is not None and (spans := known.spans(plain, patient)):
        return Verdict(spans[0].kind, True, True)
    if of_a_device(plain):
        return HARMLESS
    spans = find(plain, Style.PHRASE)
    if worst := next((s for s in spans if s.sure), None):
        return Verdict(worst.kind, True, True)
    if spans:
        return Verdict(spans[0].kind, False, True)
    return _unlike_a_device(plain)


@cache
def _screen_words() -> frozenset[str]:
    lines = _WORDS.read_text("utf-8").splitlines()
    return frozenset(word for line in lines if line[:1] != "#" for word in line.split())


def of_a_device(plain: str) -> bool:
    """Whether every word is one that devices write, and no number could be an id or a date."""
    if _LONG_NUMBER.search(plain) or _DATE_LIKE.search(plain):
        return False
    known = _screen_words()
    return all(len(word) < 3 or fold(word) in known for word in words_of(plain))


def _unlike_a_device(plain: str) -> Verdict:
    """Text in which no identifier was found still is one if no device would have written it."""
    words = [word for word in words_of(plain) if fold(word) not in _screen_words()]
    if _PLACE.search(plain) and len(words) > 1:
        return Verdict(Kind.INSTITUTION, False, True)
    labelled = _LABELLED.search(plain)
    if _LONG_NUMBER.search(plain) or (labelled and sum(c.isdigit() for c in plain) >= _DIGITS):
        return Verdict(Kind.ID, False, True)
    marks = lexicon()
    found = [marks.get(fold(word), 0) for word in words if len(word) > 3]
    names = [m for m in found if m & NAME and not m & CLINICAL and (m & COMMON or not m & ORDINARY)]
    if names:
        return Verdict(Kind.NAME, len(names) > 1, True)
    if any(len(w) > 4 and not marks.get(fold(w)) and _strange(fold(w)) for w in words):
        return Verdict(Kind.NAME, False, True)
    return HARMLESS


@lru_cache(1 << 14)
def _strange(word: str) -> bool:
    """Whether a word that no list has is none of imaging either that was read a little wrong."""
    from rapidfuzz.fuzz import ratio
    from rapidfuzz.process import extractOne

    return (
        _pronounceable(word)
        and extractOne(word, _technical(), scorer=ratio, score_cutoff=_ALIKE_ENOUGH) is None
    )


@cache
def _technical() -> list[str]:
    clinical = (word for word, mark in lexicon().items() if mark & CLINICAL and len(word) > 3)
    return sorted({*clinical, *_screen_words()})


def _pronounceable(word: str) -> bool:
    """Whether a word has the vowels of a name; "MSCSKEL" is a shortening."""
    vowels = sum(c in "aeiouy" for c in fold(word))
    return not word.isascii() or 5 * vowels >= len(word)
