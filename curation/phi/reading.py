"""What a first look at a text tells: its words, its numbers, and so what to look for in it."""

from __future__ import annotations

import re

from curation.phi.fold import fold, words_of
from curation.phi.lexicon import (
    CLINICAL,
    COMMON,
    COMMON_FAMILY,
    EPONYM,
    GIVEN,
    NAME,
    ORDINARY,
    TITLE,
    TOP,
    lexicon,
)

_RUNS = re.compile(r"\d+").findall
_INITIAL = re.compile(r"(?<![^\W_])[A-Z]\. ?[A-Z]")
_AGES = frozenset([*map(str, range(90, 130)), *(f"0{age}" for age in range(90, 100))])
_YEARS = frozenset(str(year) for year in range(1880, 2050))
_COMPACT = frozenset((8, 12, 14))


class Reading:
    """A text with what decides, cheaply, which shapes it can hold at all."""

    __slots__ = ("digits", "longest", "marks", "named", "numbers", "plain", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.plain = text.isascii()
        get = lexicon().get
        marks = 0
        suspect = False
        eponyms = 0
        given = family = False
        for word in words_of(text.lower()) if self.plain else map(fold, words_of(text)):
            mark = get(word, 0)
            marks |= mark
            if not mark & CLINICAL and (mark & COMMON or not mark & ORDINARY) and len(word) > 1:
                suspect = True
            elif mark & NAME:
                if mark & EPONYM and mark & COMMON:
                    eponyms += 1
                if mark & GIVEN and not mark & CLINICAL:
                    given = True
                elif mark & COMMON_FAMILY:
                    family = True
        self.marks = marks
        suspect = suspect or (given and family)
        if eponyms and not suspect:
            alone = text.isupper() and text.isalpha()
            suspect = alone or eponyms > 1 or _INITIAL.search(text) is not None
        self.named = suspect or bool(marks & (TITLE | TOP) and marks & NAME)
        self.numbers: list[str] = _RUNS(text)
        lengths = list(map(len, self.numbers))
        self.digits = sum(lengths)
        self.longest = max(lengths, default=0)

    @property
    def dated(self) -> bool:
        """Whether a date in digits can be in it."""
        if self.longest >= 8 and any(len(run) in _COMPACT or len(run) > 8 for run in self.numbers):
            return True
        if len(self.numbers) < 3:
            return self.longest == 4 and "年" in self.text
        text = self.text
        return (
            text.count("/") > 1
            or text.count(".") > 1
            or (self.longest >= 4 and not _YEARS.isdisjoint(self.numbers))
        )

    @property
    def aged(self) -> bool:
        """Whether a number from 90 to 129 is in it."""
        return not _AGES.isdisjoint(self.numbers)
