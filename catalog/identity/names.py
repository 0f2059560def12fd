"""The names a dataset goes by, written so that spellings of one name compare equal.

"BraTS 2021", "BraTS'21" and "MICCAI BraTS 2021 challenge" are one name; "BraTS 2020" is another:
numbers are part of a name, because editions, tasks and phases are different datasets.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from schemas.dataset import Dataset

LONGEST = 300
"""Characters of a title that are read."""
_WORD = re.compile(r"[^\W\d_]+|\d+")
_VENUE = re.compile(
    r"\b(?:ieee|isbi|miccai|neurips|spie|aapm|cvpr)\W{0,3}(?:20)?\d\d\b(?=.)|"
    r"\b(?:ieee|isbi|miccai|neurips|spie|cvpr)\b",
    re.IGNORECASE,
)
_FILLING = frozenset(
    "a an and at by challenge challenges collection competition data database dataset datasets "
    "for from grand in of on or set the to with".split()
)
_PART = frozenset("fold part phase subchallenge subtask task track".split())
_ROMAN = {"ii": "2", "iii": "3", "iv": "4"}
_INSIDE = re.compile(r"\(([^()]{3,40})\)")


@dataclass(frozen=True, slots=True)
class Name:
    """One name: its words in order, filling left out, numbers as numbers, 2021 as 21."""

    words: tuple[str, ...]
    key: str
    """What equal names share: the words without spaces."""
    marked: bool
    """Whether it is written as a name is, with capitals inside or digits, and not as a word."""
    whole: bool = True
    """Whether it is the whole title or a short name, and not a piece of a title."""

    @property
    def base(self) -> str:
        """The name without its numbers: what the editions of one series share."""
        return "".join(word for word in self.words if not word.isdigit())

    @property
    def numbers(self) -> tuple[str, ...]:
        """The numbers in it, in order."""
        return tuple(word for word in self.words if word.isdigit())

    @property
    def part(self) -> bool:
        """Whether it names a part: "Task 2", "Phase 1"."""
        return any(word in _PART and after.isdigit() for word, after in pairwise(self.words))

    @property
    def weight(self) -> float:
        """How much it says that two datasets have this name, 0 to 1."""
        if len(self.key) < 3 or not self.base:
            return 0.0
        if len([word for word in self.words if not word.isdigit()]) >= 4:
            return 0.6
        if self.marked:
            return 0.6 if self.numbers or len(self.key) >= 9 else 0.5
        return 0.2


PIECE = 0.1
"""How much less a name says that is only a piece of one of the titles."""


def shared(some: Iterable[Name], others: Iterable[Name]) -> tuple[Name, float] | None:
    """The weightiest name among both, and its weight; None if they share none.

    One of two spellings may be in capitals: the weightier one counts.
    """
    theirs = {one.key: one for one in others}
    found = [
        (one, max(one.weight, other.weight) - (0.0 if one.whole and other.whole else PIECE))
        for one in some
        if (other := theirs.get(one.key)) and max(one.weight, other.weight)
    ]
    return max(found, key=lambda pair: (pair[1], pair[0].key), default=None)


def name(raw: str, whole: bool = True) -> Name:
    """The name that `raw` writes."""
    text = raw[:LONGEST]
    if not text.isascii():
        parts = unicodedata.normalize("NFKD", text)
        text = "".join(c for c in parts if not unicodedata.combining(c))
    shorter = _VENUE.sub(" ", text)
    text = shorter if _WORD.search(shorter) else text
    told = [word.casefold() for word in _WORD.findall(text)]
    words = tuple(_number(word) for word in told if word not in _FILLING)
    compact = re.sub(r"[^\w]", "", text)
    marked = bool(re.search(r"\d", compact)) or bool(re.search(r"[A-Z].*[A-Z]", compact[:40]))
    if len(told) > 2 and not re.search(r"[A-Z]{2}|[a-z][A-Z]|\d", text):
        marked = False  # Title Case Is No Name
    return Name(words, "".join(words), marked, whole)


def of_record(dataset: Dataset) -> list[Name]:
    """The names of a record: its title, the parts of it that are names, its short names."""
    title = dataset.title[:LONGEST]
    head, colon, rest = title.partition(": ")
    pieces = [*([head, rest] if colon else []), *_INSIDE.findall(title)]
    short = [one.value for one in dataset.identifiers if one.scheme == "short_name"]
    found = [*(name(raw, whole=False) for raw in pieces), *map(name, short), name(title)]
    return list({one.key: one for one in found if one.key}.values())


def year(found: Name) -> int | None:
    """The year in a name of an edition, None if it has no number, or more than one, or no year."""
    if len(found.numbers) != 1 or len(found.numbers[0]) != 2:
        return None
    value = int(found.numbers[0])
    return 2000 + value if 5 <= value <= 40 else None


def _number(word: str) -> str:
    if word in _ROMAN:
        return _ROMAN[word]
    if not word.isdigit() or not word.isascii():
        return word
    if len(word) == 4 and word.startswith("20"):
        word = word[2:]
    return word.lstrip("0") or "0"
