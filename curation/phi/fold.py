"""Words compared without case and accents, and texts cut into them."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_WORD = re.compile(r"[^\W\d_]+")
_WHOLE = str.maketrans(
    {"ς": "σ", "ł": "l", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i"}
)
words_of = _WORD.findall
word_spans = _WORD.finditer


def fold(word: str) -> str:
    """The word in lower case and without accents ("Müller" becomes "muller")."""
    if word.isascii():
        return word.lower()
    return _fold(word)


@lru_cache(1 << 14)
def _fold(word: str) -> str:
    plain = unicodedata.normalize("NFKD", word.casefold())
    return "".join(c for c in plain if not unicodedata.combining(c)).translate(_WHOLE)
