"""A word of a text with its place, and what the lists know about it."""

from __future__ import annotations

import re
from functools import lru_cache

from curation.phi.fold import fold, word_spans
from curation.phi.lexicon import CLINICAL, COMMON, EPONYM, HARMLESS, NAME, lexicon, name_like

_UPPER, _LOWER = r"[^\W\d_a-zà-öø-ÿªº]", r"[^\W\d_A-ZÀ-ÖØ-Þªº]"
_WRITTEN = re.compile(rf"{_UPPER}+|{_LOWER}+|(?:{_UPPER}{_LOWER}+){{1,3}}")
_ACCENTED = re.compile(r"[À-ÿ]")


class Word:
    """A word with its place and what is known about it."""

    __slots__ = ("capital", "end", "folded", "like", "marks", "start", "text")

    def __init__(self, start: int, end: int, text: str, folded: str, marks: int) -> None:
        self.start, self.end, self.text, self.folded, self.marks = start, end, text, folded, marks
        self.capital = not text[0].islower()
        self.like = -9.0 if marks & HARMLESS or len(text) < 3 else name_like(folded)

    @property
    def strong(self) -> bool:
        """Borne by people, and no word of any other list."""
        return (
            bool(self.marks & NAME)
            and not self.marks & HARMLESS
            and len(self.text) > 2
            and self.written
        )

    @property
    def borne(self) -> bool:
        """Strong, or an everyday word or eponym that is a name of many, and capitalised."""
        return self.strong or (
            bool(self.marks & COMMON) and self.capital and not self.clinical and len(self.text) > 2
        )

    @property
    def alien(self) -> bool:
        """In no list at all."""
        return not self.marks and len(self.text) > 2 and self.written

    @property
    def written(self) -> bool:
        """Whether somebody wrote it: capitals and accents stand as in words, not as in noise."""
        text = self.text
        if text.isascii():
            return text.islower() or text.isupper() or _WRITTEN.fullmatch(text) is not None
        accents = len(_ACCENTED.findall(text))
        return accents * 3 <= len(text) and _WRITTEN.fullmatch(text) is not None

    @property
    def clinical(self) -> bool:
        """A word of imaging that is not a scholar's name."""
        return self.marks & (CLINICAL | EPONYM) == CLINICAL

    def initial(self, text: str) -> bool:
        """Whether it is a single capital that stands alone: no "T1", no "L-spine"."""
        after = text[self.end : self.end + 1]
        return len(self.text) == 1 and self.text.isupper() and not after.isdigit() and after != "-"

    def glued(self, text: str) -> bool:
        """Whether a digit touches the word, as in codes."""
        before = text[max(0, self.start - 1) : self.start]
        return before.isdigit() or text[self.end : self.end + 1].isdigit()


@lru_cache(1 << 12)
def _spelled_out(folded: str) -> int:
    """What is known of a name whose umlaut was written out: Oesterlund, Mueller."""
    plain = folded.replace("ae", "a").replace("oe", "o").replace("ue", "u")
    return lexicon().get(plain, 0) & NAME if plain != folded else 0


def words_in(text: str) -> list[Word]:
    """The words of a text, in order."""
    get = lexicon().get
    words = []
    for match in word_spans(text):
        folded = fold(match[0])
        marks = get(folded, 0) or (_spelled_out(folded) if "e" in folded else 0)
        words.append(Word(match.start(), match.end(), match[0], folded, marks))
    return words
