"""Names found as a whole text or among its words: longest first, in one pass over the text."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Generic, NamedTuple, TypeVar

from schemas.vocabulary import spelling, table

T = TypeVar("T")

_LONGEST_TEXT = 10_000
"""Characters of a text that are read; titles are far shorter."""


class Found(NamedTuple, Generic[T]):
    """What a name means, and the words that named it, as the text has them (case folded)."""

    meaning: T
    words: str


class Names(Generic[T]):
    """Names with a meaning each; None marks a phrase that means nothing, whatever is in it.

    Names are compared without case, punctuation and plural, in either spelling of English.
    """

    def __init__(self, named: Iterable[tuple[str, T | None]]) -> None:
        self._meanings: dict[tuple[str, ...], T | None] = {}
        lengths: dict[str, set[int]] = {}
        for name, meaning in named:
            key = tuple(map(_stem, _words(name)))
            if key:
                self._meanings[key] = meaning
                lengths.setdefault(key[0], set()).add(len(key))
        self._lengths = {word: sorted(found, reverse=True) for word, found in lengths.items()}

    def whole(self, text: str) -> T | None:
        """What all of `text` means; None if it is no name."""
        return self._meanings.get(tuple(map(_stem, _words(text[:_LONGEST_TEXT]))))

    def knows(self, text: str) -> bool:
        """Whether all of `text` is one of the names, whatever it means."""
        return tuple(map(_stem, _words(text[:_LONGEST_TEXT]))) in self._meanings

    def among(self, text: str) -> list[Found[T]]:
        """The names among the words of `text`, in their order; a name within a longer one is not
        told."""
        words = _words(text[:_LONGEST_TEXT])
        stems = list(map(_stem, words))
        found: list[Found[T]] = []
        place = 0
        while place < len(stems):
            for length in self._lengths.get(stems[place], ()):
                key = tuple(stems[place : place + length])
                if key in self._meanings:
                    meaning = self._meanings[key]
                    if meaning is not None:
                        found.append(Found(meaning, " ".join(words[place : place + length])))
                    place += length
                    break
            else:
                place += 1
        return found


@lru_cache(maxsize=256)
def _words(text: str) -> tuple[str, ...]:
    """The words, without the "s" that an apostrophe leaves."""
    return tuple(word for word in table.words(text) if word != "s")


@lru_cache(maxsize=20_000)
def _stem(word: str) -> str:
    """`word` in American spelling and without the "s" of a plural."""
    word = spelling.american(word)
    return word[:-1] if len(word) > 3 and word.endswith("s") and word[-2] not in "su" else word
