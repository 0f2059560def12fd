"""What is known to identify the patients of a run, found again wherever it stands."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from curation.phi.fold import fold
from curation.phi.lexicon import CLINICAL, EPONYM, HARMLESS, NAME, lexicon
from curation.phi.pseudonym import is_dummy
from curation.phi.span import Kind, Span

_RUN = re.compile(r"[^\W\d_]+|\d+")
_SEPARATED = re.compile(r"\d+(?:[ ./()-]{1,2}\d+)+")
_GLUED = re.compile(r"([^\W\d_]{1,12})\d{5,}")
_DATE = re.compile(r"(\d{4})[-./]?(\d\d)[-./]?(\d\d)")
_MONTHS = (
    "january february march april may june july august september october november december".split()
)
_RUNS = 24
_PARTS = 6
"""Words that a name has at most: more are prose in the place of a name."""
_GLUED_DIGITS = 5
_OWN_ONLY = 6
"""Numbers shorter than this are looked for in the texts of their own patient alone."""
_PLACES = (Kind.ADDRESS, Kind.INSTITUTION)


class Known:
    """Values of identity attributes by patient, matched without case, accents and separators.

    Whole runs of letters or digits match only: "Ana" is not found in "anaesthesia". A name that is
    a word too counts in texts of its own patient alone: capitalised ("Rose"), or, if imaging uses
    the word ("Head"), beside another of the patient's names.
    """

    def __init__(self) -> None:
        self._owners: dict[str, dict[str, Kind]] = {}
        self._lengths: dict[str, int] = {}
        self._weak: dict[str, set[str]] = {}

    def add(self, patient: str, kind: Kind, value: str) -> None:
        """Remember a value of this patient; "ANONYMOUS" and the like are not kept."""
        if is_dummy(value):
            return
        start = _RUN.search(value)
        marks = lexicon()
        if kind is not Kind.NAME and marks.get(fold(value.strip()), 0) & HARMLESS:
            return  # an id such as "HEAD", a place such as "Radiology": a word of others too
        for key in _keys(kind, value):
            if kind is Kind.NAME and marks.get(key, 0) & HARMLESS:
                self._weak.setdefault(key, set()).add(patient)
                continue
            self._owners.setdefault(key, {})[patient] = kind
            first = _RUN.match(key)
            for run in {fold(match[0]) for match in (start, first) if match}:
                self._lengths[run] = max(self._lengths.get(run, 0), len(key))

    @property
    def tokens(self) -> frozenset[str]:
        """Everything that is looked for, folded and without separators."""
        return frozenset(self._owners)

    def owned(self, token: str, patient: str) -> bool:
        """Whether a token identifies this patient, or anyone if it is long enough to.

        Letters before an id do not hide it: "IDpt801759" has "pt801759".
        """
        glued = _GLUED.fullmatch(token)
        tails = range(1, glued.end(1)) if glued else ()
        return any(
            patient in owners or not (key.isdigit() and len(key) < _OWN_ONLY)
            for key in (token, *(token[start:] for start in tails))
            if (owners := self._owners.get(key)) is not None
        )

    def spans(self, text: str, patient: str | None = None) -> list[Span]:
        """Where known values stand; those of `patient`, where it is named, more readily."""
        if not self._owners and not self._weak:
            return []
        runs = [(m.start(), m.end(), fold(m[0])) for m in _RUN.finditer(text)]
        found = list(self._found(text, runs, patient))
        if patient is not None and self._weak:
            found += self._words(text, runs, patient, found)
        return sorted(found, key=lambda s: (s.start, -s.end))

    def merge(self, other: Known) -> None:
        """Take in what another process gathered."""
        for key, owners in other._owners.items():
            self._owners.setdefault(key, {}).update(owners)
        for start, length in other._lengths.items():
            self._lengths[start] = max(self._lengths.get(start, 0), length)
        for key, patients in other._weak.items():
            self._weak.setdefault(key, set()).update(patients)

    def _found(
        self, text: str, runs: list[tuple[int, int, str]], patient: str | None
    ) -> Iterator[Span]:
        reached = 0
        for index, (start, end, folded) in enumerate(runs):
            limit = self._lengths.get(folded)
            if start < reached:
                continue
            if limit is None:
                after = runs[index + 1] if index + 1 < len(runs) else None
                if after and after[0] == end and (kind := self._glued(folded, after[2], patient)):
                    reached = after[1]
                    yield Span(start, reached, kind)
                continue
            joined = ""
            best: Span | None = None
            for _, end, following in runs[index : index + _RUNS]:
                joined += following
                if len(joined) > limit:
                    break
                if kind := self._kind(joined, patient):
                    best = Span(start, end, kind)
            if best:
                reached = best.end
                yield best
        for match in _SEPARATED.finditer(text):
            if kind := self._kind(re.sub(r"\D", "", match[0]), patient):
                yield Span(*match.span(), kind)

    def _glued(self, letters: str, digits: str, patient: str | None) -> Kind | None:
        """What an id of letters and digits that follows other letters at once is known as."""
        if not digits.isdigit() or len(digits) < _GLUED_DIGITS or len(letters) > _RUNS:
            return None
        tails = (letters[start:] for start in range(1, len(letters)))
        found = (self._kind(tail + digits, patient) for tail in tails if tail in self._lengths)
        return next(filter(None, found), None)

    def _kind(self, key: str, patient: str | None) -> Kind | None:
        owners = self._owners.get(key)
        if owners is None:
            return None
        if patient is not None and patient in owners:
            return owners[patient]
        if key.isdigit() and len(key) < _OWN_ONLY:
            return None
        return next(iter(owners.values()))

    def _words(
        self, text: str, runs: list[tuple[int, int, str]], patient: str, found: list[Span]
    ) -> Iterator[Span]:
        """The patient's names that are words too."""
        names = [span for span in found if span.kind is Kind.NAME]
        marks = lexicon()
        weak = [
            (start, end, word)
            for start, end, word in runs
            if patient in self._weak.get(word, ()) and not text[start].islower()
        ]
        for start, end, word in weak:
            if marks[word] & (CLINICAL | EPONYM) != CLINICAL:
                names.append(Span(start, end, Kind.NAME))
        yield from (name for name in names if name not in found)
        for start, end, _ in weak:
            if any(_touch(text, start, end, name) for name in names):
                yield Span(start, end, Kind.NAME)


def _touch(text: str, start: int, end: int, name: Span) -> bool:
    """Whether at most two signs are between a place and a name, and no letter or digit."""
    gap = text[name.end : start] if name.end <= start else text[end : name.start]
    apart = start - name.end if name.end <= start else name.start - end
    return 0 <= apart <= 2 and not any(c.isalnum() for c in gap)


def _keys(kind: Kind, value: str) -> Iterator[str]:
    """What to look for: folded runs, joined."""
    runs = [fold(run) for run in _RUN.findall(value)][:_RUNS]
    joined = "".join(runs)
    if kind is Kind.DATE:
        yield from _spelled(value)
    elif kind is Kind.NAME:
        parts = [run for run in runs if run.isalpha()]
        yield from (part for part in parts if len(part) >= 3 or not part.isascii())
        pairs = {one + other for one, other in pairwise(parts) if _borne(one) or _borne(other)}
        if len(parts) <= _PARTS:
            pairs |= {"".join(parts), "".join(reversed(parts))}
        yield from (key for key in pairs if len(parts) > 1 and len(key) >= 5)
    elif kind is Kind.PHONE:
        digits = "".join(run for run in runs if run.isdigit())
        if len(digits) >= 7:
            yield from {digits, digits[-10:]}
    elif len(joined) >= 4:
        yield joined
        for piece in re.split(r"[,;^\n]", value) if kind in _PLACES else ():
            key = "".join(fold(run) for run in _RUN.findall(piece)[:_RUNS])
            if len(key) >= 8:
                yield key


def _borne(word: str) -> bool:
    """Whether people bear the word, or no list has it: prose in the place of a name has others."""
    marks = lexicon().get(word, 0)
    return not marks & HARMLESS or bool(marks & NAME and not marks & CLINICAL)


def _spelled(value: str) -> Iterator[str]:
    """The spellings of one day, without separators."""
    match = _DATE.match(value.strip())
    if not match or not ("01" <= match[2] <= "12" and "01" <= match[3] <= "31"):
        return
    y, m, d = match.groups()
    month, day = str(int(m)), str(int(d))
    yield from {y + m + d, d + m + y, m + d + y, day + month + y, month + day + y, y + month + day}
    for name in {_MONTHS[int(m) - 1], _MONTHS[int(m) - 1][:3]}:
        for number in {d, day}:
            yield from (f"{number}{name}{y}", f"{name}{number}{y}", f"{y}{name}{number}")
