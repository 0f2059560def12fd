"""The same word in British and American spelling."""

from __future__ import annotations

from functools import cache

from schemas.vocabulary import table


def variants(word: str) -> tuple[str, ...]:
    """`word` (lower-case) and its other spelling, if it has one."""
    other = _spellings().get(word)
    return (word,) if other is None else (word, other)


def american(word: str) -> str:
    """`word` (lower-case) in American spelling; itself if it is spelt alike, or not known."""
    return _american().get(word, word)


@cache
def _american() -> dict[str, str]:
    return {row["british"]: row["american"] for row in table.read("spellings")}


@cache
def _spellings() -> dict[str, str]:
    rows = table.read("spellings")
    return {
        **{row["british"]: row["american"] for row in rows},
        **{row["american"]: row["british"] for row in rows},
    }
