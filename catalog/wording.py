"""What a person typed, as an FTS5 expression: each word, or whatever else is called the same.

A concept is a word of its own in the index (`token`), in columns of little weight: what is written
as it was asked for comes before what only means the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from schemas.vocabulary import concept, spelling, table

MOST_WORDS = 32
"""Words of a query that are looked for; who writes more has found it in these."""
_MOST_BUT_ONE = 8
"""Terms of which one may be missing; of more, all are asked for or any."""
_LONGEST_NAME = 6
"""Words of a concept's name that are looked up."""

STOP_WORDS = frozenset(
    "a about all an and any are as at by can data database databases dataset datasets do find for "
    "from have how i image images imaging in is it looking me need of on or public scan scans "
    "show some that the there to using want what where which with without you".split()
)
_WORD = re.compile(r"[^\W_]+", re.UNICODE)


def words(text: str) -> list[str]:
    """The words of `text` that are looked for, lower-case, in their order."""
    found = [word for word in _WORD.findall(text.lower()) if word not in STOP_WORDS]
    return found[:MOST_WORDS]


def has_words(text: str) -> bool:
    """Whether `text` holds any word, even one that is not looked for."""
    return _WORD.search(text) is not None


def terms(text: str) -> list[str]:
    """An FTS5 expression for each term of `text`; the word at its end may be the start of one."""
    return list(_terms(words(text), _LONGEST_NAME, last=True))


def every(terms: Sequence[str]) -> str:
    """What has all of the terms."""
    return " AND ".join(terms)


def all_but_one(terms: Sequence[str]) -> list[str]:
    """What has all of the terms but one, for each of them; none if there are too few or many."""
    if not 1 < len(terms) <= _MOST_BUT_ONE:
        return []
    return [
        every([term for place, term in enumerate(terms) if place != left_out])
        for left_out in range(len(terms))
    ]


def some(terms: Sequence[str]) -> str | None:
    """What has any of several terms; None if there are not several."""
    return " OR ".join(terms) if len(terms) > 1 else None


def token(name: str) -> str:
    """The word that stands for a concept in the index."""
    return f"concept{table.squeeze(name)}"


def tokens(names: set[str]) -> str:
    """Those of several concepts, as a text to index."""
    return " ".join(token(name) for name in sorted(names))


def _terms(found: Sequence[str], longest: int, *, last: bool) -> Iterator[str]:
    """A concept of several words is also found by its words, each of which may be a concept."""
    left = len(found)
    for meaning in concept.split(found, longest):
        left -= len(meaning.words)
        ends = last and not left
        ways = [f'"{token(name)}"' for name in meaning.concepts]
        if len(meaning.words) == 1:
            ways = [*_written(meaning.words[0], starts=ends), *ways]
        else:
            parts = _terms(meaning.words, len(meaning.words) - 1, last=ends)
            ways = [f"({every(list(parts))})", *ways]
        yield f"({' OR '.join(ways)})"


def _written(word: str, *, starts: bool) -> Iterator[str]:
    """A word in its spellings, quoted; with `starts`, also what begins with it."""
    prefix = " *" if starts and len(word) > 2 else ""
    yield from (f'"{variant}"{prefix}' for variant in spelling.variants(word))
