"""Words that no check could judge alone, judged when every file has been seen."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from curation.phi.fold import fold
from curation.phi.known import Known
from curation.phi.lexicon import HARMLESS, NAME, lexicon, name_like
from curation.phi.pseudonym import is_pseudonym
from curation.phi.span import Kind, Style
from schemas.file_finding import FileFinding
from schemas.finding import Severity

_TOKEN = re.compile(r"[^\W_]+")
_UID = re.compile(r"\d+(?:\.\d+){3,}")
_FEW = 6
_WORDS = 200_000
_PLACES = 200
_ALL_PLACES = 400_000
_PATIENTS = 3
"""Of fewer patients than this, a word that only one has says nothing."""
_LONGEST = 40


class _Place(NamedTuple):
    file: str
    where: str
    rule: str


class _Seen:
    """Where a word was seen, and with whom; `patient` is None once a second one has it."""

    __slots__ = ("likely", "patient", "places", "shape")

    def __init__(self, patient: str, shape: str, *, likely: bool) -> None:
        self.patient: str | None = patient
        self.places: list[_Place] = []
        self.shape = shape
        self.likely = likely


class Leftovers:
    """Unusual words with who has them and where, within bounds; filled file by file."""

    def __init__(self) -> None:
        self._known = Known()
        self._seen: dict[str, _Seen] = {}
        self._patients: set[str] = set()
        self._room = _ALL_PLACES

    def add(self, text: str, style: Style, patient: str, file: str, where: str, rule: str) -> None:
        """Keep the unusual words of a text in which nothing was found."""
        if patient:
            self._patients.add(patient)
        if style in (Style.PERSON, Style.IDENTIFIER):
            return
        for key, shape, likely in _unusual(text, style):
            seen = self._seen.get(key)
            if seen is None:
                if len(self._seen) >= _WORDS:
                    continue
                seen = self._seen[key] = _Seen(patient, shape, likely=likely)
            elif seen.patient != patient:
                seen.patient = None
            seen.likely = seen.likely or likely
            place = _Place(file, where, rule)
            if len(seen.places) < _PLACES and self._room and seen.places[-1:] != [place]:
                seen.places.append(place)
                self._room -= 1

    def belongs(self, patient: str, kind: Kind, value: str) -> None:
        """Say that an identity attribute of this patient has this value; a pseudonym is none."""
        style = Style.PERSON if kind is Kind.NAME else Style.IDENTIFIER
        if kind not in (Kind.NAME, Kind.ID) or not is_pseudonym(value, style):
            self._known.add(patient, kind, value)

    def merge(self, other: Leftovers) -> None:
        """Take in what another process gathered."""
        self._known.merge(other._known)
        self._patients |= other._patients
        for key, theirs in other._seen.items():
            ours = self._seen.get(key)
            if ours is None:
                if len(self._seen) >= _WORDS:
                    continue
                ours = self._seen[key] = _Seen("", theirs.shape, likely=theirs.likely)
                ours.patient = theirs.patient
            elif ours.patient != theirs.patient:
                ours.patient = None
            ours.likely = ours.likely or theirs.likely
            more = theirs.places[: min(_PLACES - len(ours.places), self._room)]
            ours.places += more
            self._room -= len(more)

    def judge(self) -> Iterator[FileFinding]:
        """What the words turn out to be: a patient's identity, or words of one patient alone."""
        many = len(self._patients) >= _PATIENTS
        for key, seen in self._seen.items():
            if self._known.owned(key, seen.patient or ""):
                check, severity = "identity-elsewhere", Severity.ERROR
                message = "A text repeats a value of a patient's identity; remove it"
            elif many and seen.likely and seen.patient and key not in fold(seen.patient):
                check, severity = "word-of-one-patient", Severity.WARNING
                message = "A word that reads as a name or an id stands with one patient alone"
            else:
                continue
            for place in seen.places:
                yield FileFinding(check, severity, *place, message, Kind.UNKNOWN, seen.shape)


@lru_cache(1 << 15)
def _unusual(text: str, style: Style) -> tuple[tuple[str, str, bool], ...]:
    """The unusual words of a text, folded; the shape of each; whether it reads as an identifier."""
    words = _TOKEN.findall(_UID.sub(" ", text))
    found = [
        (fold(word), _shape(word), likely)
        for word in words
        if 3 < len(word) <= _LONGEST and (likely := _likely(word, style)) is not None
    ]
    whole = "".join(words)
    if 1 < len(words) < _FEW and len(whole) <= _LONGEST and any(map(str.isdigit, whole)):
        found.append((fold(whole), _shape(whole), False))  # an id with separators
    return tuple(found)


def _likely(word: str, style: Style) -> bool | None:
    """Whether a word, if one patient alone has it, is likely an identifier; None if it is usual."""
    if word.isalpha():
        folded = fold(word)
        marks = lexicon().get(folded, 0)
        if marks & HARMLESS:
            return None
        like = name_like(folded)
        if style is Style.TECHNICAL:
            return bool(marks & NAME) and len(word) > 4 and like > 1
        if marks & NAME:
            return len(word) > 4 and like > -2
        return len(word) > 4 and like > (0.5 if word.istitle() else 1.5 if word.isupper() else 2)
    digits = sum(c.isdigit() for c in word)
    if digits < 4:
        return None
    return style is not Style.TECHNICAL and not is_pseudonym(word, Style.IDENTIFIER)


def _shape(word: str) -> str:
    return "".join("9" if c.isdigit() else "A" if c.isupper() else "a" for c in word)
