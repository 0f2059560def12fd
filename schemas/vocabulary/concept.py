"""What the words of a text or a query mean, whichever words they are: concepts and their kinds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import NamedTuple

from schemas.errors import VocabularyError
from schemas.vocabulary import spelling, table

_FILLERS = frozenset("a an and in of the to with".split())
_RELATIONS = frozenset({"same", "asked", "narrower", "parts"})


class Meaning(NamedTuple):
    """Consecutive words of a query, and the concepts that they name; none if it is one word."""

    words: tuple[str, ...]
    concepts: tuple[str, ...]


class _Concepts(NamedTuple):
    """The table: names by their first word, wider concepts, and what several together make.

    A name is (its words as compared, the concept, whether it means so in a text too).
    """

    names: Mapping[str, Sequence[tuple[tuple[str, ...], str, bool]]]
    wider: Mapping[str, Sequence[str]]
    made: Sequence[tuple[frozenset[str], str]]


def named(text: str) -> set[str]:
    """The concepts that `text` names, and those that they are kinds of."""
    words = [_plain(word) for word in table.words(text) if word not in _FILLERS]
    known = _concepts().names
    return widened(
        concept
        for place, word in enumerate(words)
        for name, concept, in_texts in known.get(word, ())
        if in_texts and tuple(words[place : place + len(name)]) == name
    )


def widened(concepts: Iterable[str]) -> set[str]:
    """`concepts` with all that they are kinds of, and what they are together ("chest x-ray")."""
    found: set[str] = set()
    waiting = list(concepts)
    while waiting:
        concept = waiting.pop()
        if concept not in found:
            found.add(concept)
            waiting += _concepts().wider.get(concept, ())
            waiting += [whole for parts, whole in _concepts().made if parts <= found]
    return found


def split(words: Sequence[str], longest: int) -> Iterator[Meaning]:
    """The words of a query in order: the longest names of concepts first, of at most `longest`."""
    plain = [_plain(word) for word in words]
    place = 0
    while place < len(words):
        named = [
            (len(name), concept)
            for name, concept, _ in _concepts().names.get(plain[place], ())
            if len(name) <= longest and tuple(plain[place : place + len(name)]) == name
        ]
        length = max((size for size, _ in named), default=1)
        meant = dict.fromkeys(concept for size, concept in named if size == length)
        yield Meaning(tuple(words[place : place + length]), tuple(meant))
        place += length


def names() -> Iterator[str]:
    """Every name of every concept, as the table writes it."""
    for row in table.read("concepts"):
        yield row["concept"]
        if row["relation"] in ("same", "asked"):
            yield from row["terms"].split("|")


@cache
def _concepts() -> _Concepts:
    rows = table.read("concepts")
    keys = {row["concept"] for row in rows}
    named: dict[tuple[tuple[str, ...], str], bool] = {
        (_compared(key), key): True for key in sorted(keys)
    }
    wider: dict[str, list[str]] = {}
    made: list[tuple[frozenset[str], str]] = []
    for row in rows:
        concept, relation, terms = row["concept"], row["relation"], row["terms"].split("|")
        if relation not in _RELATIONS or (
            relation in ("narrower", "parts") and not keys.issuperset(terms)
        ):
            raise VocabularyError(
                f"{concept!r}: no such relation, or no such concept: {relation} {row['terms']}",
                where="schemas/vocabulary/concepts.csv",
            )
        if relation == "narrower":
            for term in terms:
                wider.setdefault(term, []).append(concept)
        elif relation == "parts":
            made.append((frozenset(terms), concept))
        else:
            for term in terms:
                named.setdefault((_compared(term), concept), relation == "same")
    by_word: dict[str, list[tuple[tuple[str, ...], str, bool]]] = {}
    for (words, concept), in_texts in named.items():
        by_word.setdefault(words[0], []).append((words, concept, in_texts))
    return _Concepts(by_word, wider, made)


def _compared(name: str) -> tuple[str, ...]:
    return tuple(_plain(word) for word in table.words(name) if word not in _FILLERS)


def _plain(word: str) -> str:
    """A word as it is compared: in one spelling of English, and not in the plural."""
    word = min(spelling.variants(word))
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return min(spelling.variants(word[:-1]))
    return word
