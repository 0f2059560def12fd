"""Which datasets a text finds, and which of them first: by name, by DOI, by words."""

from __future__ import annotations

import heapq
import re
import sqlite3
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from catalog import wording
from catalog.postings import Postings, bits
from catalog.postings import rows as rows_of

_DOI = re.compile(r"10\.\d{4,9}/\S*[^\s.,;:)\]}]")
_ADDRESS = re.compile(r"https?://\S+")
_OWN = -1000.0
"""The score of what is called exactly so: before anything that words find."""
_FIRST = -500.0
"""Added to the score of what comes before all else that words find."""
_WEIGHTS = "10.0, 8.0, 4.0, 1.0, 3.0, 0.5"
"""Of a word in title, names, keywords, description, and of a concept in the first or the last."""
_ENOUGH = 10
"""Datasets; who finds fewer is also shown what lacks one word."""
_TELLING = 0.02
"""Words that a larger share of all datasets have say too little by themselves."""
_BROAD = 5000
"""Datasets; of more, those that are called by the words come first, and only they are weighed."""

_ANY = "No dataset has every word; these have at least one of them."
_NONE_HAS_ALL = "No dataset has every word; these have all but one of them."
_FEW_HAVE_ALL = "Few datasets have every word; these are joined by those that lack one of them."
_OTHER_VERSION = "No dataset here has this DOI; this is another version of what it names."


@dataclass(frozen=True, slots=True)
class Found:
    """A set of rows, None if every dataset was found, and a score of each, the lowest first.

    exact: how many of them are all that was asked for. match: what gives the rows without a score
    one, if there are so many that not all have been weighed.
    """

    rows: int | None
    scores: Mapping[int, float]
    exact: int = 0
    note: str | None = None
    match: str | None = None

    @property
    def total(self) -> int:
        """How many datasets were found, if not every one was."""
        return 0 if self.rows is None else self.rows.bit_count()


def found(connection: sqlite3.Connection, postings: Postings, text: str) -> Found:
    """What the words, the name, the DOI or the address find, before any facet."""
    if doi := _DOI.search(text.lower()):
        return _by_doi(connection, postings, doi.group())
    if _ADDRESS.fullmatch(text) and (rows := by_name(connection, text)):
        return _together(postings, rows)
    terms = wording.terms(text)
    if not terms:
        return Found(0, {}) if text and not wording.has_words(text) else Found(None, {})
    named = _named(connection, [text])
    strict = _by_words(connection, postings, wording.every(terms), named)
    if named or strict.exact >= _ENOUGH:
        return strict
    return _extended(connection, postings, terms, strict)


def relaxed(connection: sqlite3.Connection, postings: Postings, text: str) -> Found | None:
    """What at least one word finds; None if there are not several words."""
    match = wording.some(wording.terms(text))
    if match is None or _DOI.search(text.lower()):
        return None
    return _by_words(connection, postings, match, {}, _ANY)


def ranked(
    connection: sqlite3.Connection, postings: Postings, found: Found, hits: int, most: int
) -> list[int]:
    """The `most` best of `hits`, a part of what was found, the best first."""
    scores = found.scores
    if found.match:
        weighed = hits & bits(scores)
        if weighed.bit_count() >= most:
            hits = weighed
        else:
            scores = postings.together(_scored(connection, found.match)) | dict(scores)
    best = heapq.nsmallest(most, ((scores[row], row) for row in rows_of(hits)))
    return [row for _, row in best]


def by_name(connection: sqlite3.Connection, text: str) -> dict[int, float]:
    """Rows that a name, a DOI or a web address names as their own; none if there are none."""
    if doi := _DOI.search(text.lower()):
        names = {doi.group()}
    else:
        names = {text, *re.split(r"[/?#&=:]+", text), *re.split(r"[/?#&=:.]+", text)} - {""}
    return {row: score for row, score in _named(connection, names).items() if score == _OWN}


def is_named(connection: sqlite3.Connection, text: str) -> bool:
    """Whether `text` is a DOI, an address or a name, which nobody spells better."""
    if _DOI.search(text.lower()) or _ADDRESS.fullmatch(text):
        return True
    return bool(_named(connection, [text]))


def versionless(doi: str) -> str:
    """A DOI without the version at its end, as OpenNeuro and figshare write it."""
    return re.sub(r"\.v\d+(\.\d+)*$", "", doi)


def _by_doi(connection: sqlite3.Connection, postings: Postings, doi: str) -> Found:
    if rows := _named(connection, [doi]):
        return _together(postings, rows)
    return _together(postings, _named(connection, [versionless(doi)]), _OTHER_VERSION)


def _named(connection: sqlite3.Connection, names: Collection[str]) -> dict[int, float]:
    """The rows that any of `names` names, those that have it for their own first."""
    marks = ", ".join("?" * len(names))
    rows = connection.execute(
        f"SELECT dataset, CASE max(own) WHEN 1 THEN {_OWN} ELSE 0.0 END FROM names "
        f"WHERE name IN ({marks}) GROUP BY dataset",
        [name.lower() for name in names],
    )
    return dict(rows.fetchall())


def _by_words(
    connection: sqlite3.Connection,
    postings: Postings,
    match: str,
    named: dict[int, float],
    note: str | None = None,
) -> Found:
    """What an expression finds, beside what is `named`."""
    rows = connection.execute("SELECT rowid FROM search WHERE search MATCH ?", [match]).fetchall()
    if len(rows) < _BROAD:
        return _together(postings, _scored(connection, match) | named, note)
    called = _scored(connection, f"{{title names}} : ({match})")
    first = {row: score + _FIRST for row, score in called.items()} | named
    scores = postings.together(first)
    together = postings.standing(row for (row,) in rows) | bits(scores)
    return Found(together, scores, together.bit_count(), note, match)


def _extended(
    connection: sqlite3.Connection, postings: Postings, terms: list[str], strict: Found
) -> Found:
    """What has every term, then what lacks one, unless the others say too little without it."""
    most = max(_ENOUGH, int(_TELLING * postings.everything.bit_count()))
    more: dict[int, float] = {}
    for match in wording.all_but_one(terms):
        rest = _scored(connection, match, most + 1)
        if len(rest) <= most:
            more |= rest
    more = {row: s for row, s in postings.together(more).items() if row not in strict.scores}
    if not more:
        return strict
    first = {row: score + _FIRST for row, score in strict.scores.items()}
    scores = first | more
    return Found(bits(scores), scores, len(first), _FEW_HAVE_ALL if first else _NONE_HAS_ALL)


def _together(postings: Postings, scores: dict[int, float], note: str | None = None) -> Found:
    merged = postings.together(scores)
    return Found(bits(merged), merged, len(merged), note)


def _scored(connection: sqlite3.Connection, match: str, most: int = -1) -> dict[int, float]:
    """The rows that an expression finds, or any `most` of them, with their scores."""
    rows = connection.execute(
        f"SELECT rowid, bm25(search, {_WEIGHTS}) FROM search WHERE search MATCH ? LIMIT ?",
        [match, most],
    )
    return dict(rows.fetchall())
