"""Words of a text that neither imaging nor a dictionary has: names, or codes."""

from __future__ import annotations

from functools import lru_cache

from curation.phi.fold import fold, words_of
from curation.phi.lexicon import HARMLESS, lexicon

_SHORTEST = 3


@lru_cache(1 << 15)
def unusual(text: str) -> tuple[str, ...]:
    """The folded words of three letters and more that are not known to be harmless."""
    marks = lexicon()
    return tuple(
        word
        for word in map(fold, words_of(text))
        if len(word) >= _SHORTEST and not marks.get(word, 0) & HARMLESS
    )
