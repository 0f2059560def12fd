"""What a person may have meant to type: words of the catalogue itself that are spelt nearly so."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable

from catalog.wording import MOST_WORDS, STOP_WORDS
from schemas.vocabulary import table

_WORD = re.compile(r"[^\W_]+", re.UNICODE)
_DIGITS = re.compile(r"\d+")
_LONGEST = 30
"""Letters of a word that may be mended; what is longer is no word."""
_MOST_MENDED = 4
"""Words of one query that may be mended."""
_CANDIDATES = 40
_ODD = 2
"""Datasets; a word that more have is no mistake."""
_RARE = 20
"""How many times as frequent the better word must be, if the word as typed occurs at all."""


def spelt(connection: sqlite3.Connection, text: str) -> str | None:
    """`text` with each word that no dataset has replaced by the nearest that some have.

    Near is one letter wrong, missing, too many or swapped with the next, and two in long words; of
    the nearest the most frequent is taken. None if there is nothing to mend.
    """
    seen = mended = 0

    def better(match: re.Match[str]) -> str:
        nonlocal seen, mended
        word = match.group()
        seen += 1
        if seen > MOST_WORDS or mended >= _MOST_MENDED or word.lower() in STOP_WORDS:
            return word
        nearest = _nearest(connection, word.lower())
        mended += nearest is not None
        return nearest or word

    told = _WORD.sub(better, text)
    return told if mended else None


def counted(texts: Iterable[str | None]) -> set[str]:
    """The words of a dataset that another may be mended to: no numbers, no long strings."""
    return {
        word
        for text in texts
        if text
        for word in table.words(text)
        if 2 < len(word) <= _LONGEST and not word.isdigit()
    }


def _nearest(connection: sqlite3.Connection, word: str) -> str | None:
    from rapidfuzz import process  # a command that mends nothing starts without it
    from rapidfuzz.distance import OSA

    most = _wrong_letters(word)
    if not most:
        return None
    occurs = _count(connection, word)
    if occurs > _ODD or (not occurs and _starts_a_word(connection, word)):
        return None
    known = dict(
        connection.execute(
            "SELECT word, datasets FROM words WHERE length(word) BETWEEN ? AND ? AND word <> ?",
            [len(word) - most, len(word) + most, word],
        ).fetchall()
    )
    digits = _DIGITS.findall(word)
    near = [
        (distance, -known[other], other)
        for other, distance, _ in process.extract(
            word, known.keys(), scorer=OSA.distance, score_cutoff=most, limit=_CANDIDATES
        )
        if _DIGITS.findall(other) == digits and known[other] >= _RARE * occurs
    ]
    return min(near)[2] if near else None


def _wrong_letters(word: str) -> int:
    """How many letters of a word may be wrong."""
    if not 3 < len(word) <= _LONGEST or word.isdigit():
        return 0
    return 1 if len(word) < 7 else 2


def _count(connection: sqlite3.Connection, word: str) -> int:
    """How many datasets have `word`."""
    found = connection.execute("SELECT datasets FROM words WHERE word = ?", [word]).fetchone()
    return int(found[0]) if found else 0


def _starts_a_word(connection: sqlite3.Connection, word: str) -> bool:
    """Whether `word` is the beginning of a word, as when it is still being typed."""
    found = connection.execute(
        "SELECT 1 FROM words WHERE word >= ? AND word < ? LIMIT 1", [word, word + "\U0010ffff"]
    )
    return found.fetchone() is not None
