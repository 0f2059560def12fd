"""The signs by which a word is taken for a name: what goes before it, what follows, its look."""

from __future__ import annotations

import re

from curation.phi.lexicon import (
    CLINICAL,
    COMMON,
    COMMON_FAMILY,
    COMMON_GIVEN,
    EPONYM,
    FAMILY,
    GIVEN,
    NAME,
    TOP,
)
from curation.phi.span import Style
from curation.phi.word import Word

# Titles that are also modalities, or common nouns: what follows must be a name by itself.
_DOUBTFUL = frozenset(
    "mr ms dr fr sr hr pt patient patientin nurse sister bay pan pani sig κ κα ασθενησ пациент"
    " пациентка больной больная".split()
)
_NOUNS = frozenset("pt patient patientin nurse sister bay pan pani sig ασθενησ пациент".split())
_STRICT = frozenset("mr mrs ms miss dr prof professor doctor herr herrn frau mme madame".split())
INTRODUCING = frozenset(
    "for by per ref referred requested performed read reported dictated transcribed signed"
    " attending physician radiologist radiographer technologist tech technician operator name"
    " surname cc consultant surgeon from attn called mother father wife husband son daughter"
    " brother sister born nee notified vorname nachname nom nombre nome cognome"
    " volunteer subject interpreted patient".split()
)
_AFFIRMED = frozenset(
    "mother father wife husband son daughter brother sister called name surname signed physician"
    " radiologist attending technologist nom".split()
)
SPACE = frozenset((" ", "  ", "_"))
COMMA = frozenset((", ", ","))
_BETWEEN = SPACE | COMMA
PATH_GAPS = frozenset("-.+^")
_YEAR = re.compile(r"_?-?(?:19|20)\d\d(?!\d)")


def titled(title: Word, gap: str, word: Word, style: Style) -> bool:
    """Dr Smith, Mrs. Brown; after a title in capitals that is a modality too, only a clear name."""
    if not gap or not set(gap) <= set(". _:"):
        return False
    shouted = title.text.isupper() and len(title.text) > 1 and "." not in gap
    if word.strong:
        return word.capital or title.folded not in _NOUNS
    if not word.capital:
        return False
    if word.alien:
        plain = not shouted and title.folded not in _NOUNS and not word.text.isupper()
        return word.like > 0 or plain
    if not word.marks & NAME or (style is Style.TECHNICAL and (shouted or word.clinical)):
        return False
    if word.marks & CLINICAL:
        if shouted and (title.folded != "dr" or word.clinical):
            return False
        return title.folded in _STRICT and word.text.istitle() and bool(word.marks & COMMON)
    if title.folded in _NOUNS:
        return bool(word.marks & COMMON_FAMILY) and word.text.istitle()
    return word.text.istitle() or title.folded not in _DOUBTFUL


def introduced(said: Word, gap: str, word: Word) -> bool:
    """for Smith, by Smith, Name: Smith."""
    if not word.capital or not set(gap) <= set(" _:=,-."):
        return False
    if word.strong:
        return True
    if word.alien:
        return word.like > 0 and len(word.text) > 3
    return (
        bool(word.marks & COMMON)
        and not word.clinical
        and word.text.istitle()
        and (":" in gap or said.folded in _AFFIRMED)
    )


def careted(first: Word, second: Word, text: str) -> bool:
    """Family^Given, where scanners also write region^protocol."""
    if first.marks & CLINICAL and second.marks & CLINICAL:
        return False
    if first.marks & COMMON_FAMILY and (second.strong or second.like > 1):
        return True
    if first.marks & COMMON_FAMILY and second.marks & GIVEN and not second.marks & CLINICAL:
        return True
    names = sum(word.borne or (word.alien and word.like > -2) for word in (first, second))
    return names == 2 or (
        names == 1 and (second.initial(text) or (first.borne and bool(second.marks & NAME)))
    )


def paired(first: Word, gap: str, second: Word, style: Style) -> bool | None:
    """Given Family, or FAMILY, Given: both borne by people, or one and the other reads like it."""
    if len(first.text) < 2 or len(second.text) < 2 or max(len(first.text), len(second.text)) < 4:
        return None
    path = style is Style.PATH
    if gap in PATH_GAPS and not path:
        return None
    comma = gap in COMMA
    capital = first.capital and second.capital
    alike = first.text.isupper() == second.text.isupper()
    if not (capital or path or (first.strong and second.strong)):
        return None
    named = second.marks & GIVEN or (second.alien and second.like > 1)
    if named and comma and capital and (first.strong or first.like > 1):
        return True
    given = bool(first.marks & COMMON_GIVEN)
    if first.clinical and not (comma and second.strong and second.marks & COMMON_GIVEN):
        return None
    if second.clinical:
        called = first.strong and given and second.marks & COMMON_FAMILY and second.text.istitle()
        return True if called and gap == " " and style in (Style.PHRASE, Style.PROSE) else None
    fits = bool(
        (first.marks & GIVEN and second.marks & FAMILY)
        or (first.marks & FAMILY and second.marks & GIVEN)
    )
    if first.strong and second.strong:
        likely = fits or first.marks & second.marks & COMMON or first.like + second.like > 2
        return True if likely else None
    if fits and ((first.strong and second.borne) or (second.strong and first.borne)):
        return True
    if fits and first.marks & COMMON and second.marks & COMMON:
        turned = bool(second.marks & COMMON_GIVEN and first.marks & COMMON_FAMILY)
        both = (given and second.marks & COMMON_FAMILY) or (turned and (comma or path or not given))
        return True if both and alike else None
    if first.alien and second.alien:
        titles = first.text.istitle() and second.text.istitle() and gap in SPACE
        both = ((comma and alike) or titles) and capital and first.like + second.like > -1
        return False if both or min(first.like, second.like) > 1 else None
    if first.alien and (second.strong or (second.borne and first.like > 1)):
        before = (comma or path) and second.strong and second.marks & COMMON_GIVEN
        return True if first.like > (-4 if before else 0) else None
    if second.alien and ((first.strong and first.marks & COMMON) or given or first.like > 1):
        floor = (-5 if second.text.istitle() else -2) if first.strong and given else 0
        return True if second.like > floor else None
    if second.alien and comma and first.marks & COMMON_FAMILY:
        return True if second.like > 0 else None
    return None


def wordy(words: list[Word], index: int, text: str) -> bool:
    """Mark White, LONG, WILL: a given and a family name that are words too.

    They are likely a person where nothing else is said, or where both begin with a capital and the
    words around them do not.
    """
    first, second = words[index], words[index + 1]
    gap = text[first.end : second.start]
    if not (first.capital and second.capital) or gap not in _BETWEEN:
        return False
    orders = [(second, first)] if gap in COMMA else [(first, second)]
    if gap == "_":
        orders.append((second, first))
    if not any(
        family.marks & COMMON_FAMILY and given.marks & GIVEN and not given.clinical
        for given, family in orders
    ):
        return False
    if len(text.strip(" .,;_")) == second.end - first.start:
        return True
    if not (first.text.istitle() and second.text.istitle()):
        return False
    before = words[index - 1] if index else None
    after = words[index + 2] if index + 2 < len(words) else None
    return not (
        (before and before.text.istitle() and text[before.end : first.start] == " ")
        or (after and after.text.istitle() and text[second.end : after.start] == " ")
    )


def whole(word: Word, text: str, style: Style) -> bool:
    """Whether a word that is all of a text, and that imaging does not use, may be a name."""
    if word.end - word.start != len(text.strip()) or len(word.text) < 5 or not word.capital:
        return False
    if word.marks & EPONYM:  # "Barrett" is a diagnosis
        return bool(word.marks & COMMON_FAMILY) and word.text.isupper()
    if style is Style.TECHNICAL:
        return word.strong and word.like > -2
    return (word.strong and word.like > -4) or (word.alien and word.like > 0)


def initialled(before: Word | None, word: Word, after: Word | None, text: str) -> bool:
    """J. Smith, J Smith, Smith J."""
    if not word.capital or len(word.text) < 3:
        return False
    family = bool(word.marks & COMMON_FAMILY)
    if before and before.initial(text):
        gap = text[before.end : word.start]
        preceding = text[before.start - 1 : before.start]
        if gap in {". ", "."} and not preceding.isalnum():
            bearer = family and not word.clinical and word.text.istitle()
            return word.strong or (word.like > -1 and word.alien and word.text.istitle()) or bearer
        if gap == " " and word.strong and family and word.like > 1:
            return True
    if after and after.initial(text) and text[word.end : after.start] in {" ", ", ", "_"}:
        following = text[after.end : after.end + 1]
        return word.strong and family and len(word.text) > 4 and not following.isalnum()
    return False


def alone(word: Word, text: str, style: Style) -> bool | None:
    """A name by itself, without anything that points to it, is never more than likely."""
    if not (word.capital or style is Style.PATH):
        return None
    length = len(word.text)
    common = word.strong and word.marks & COMMON
    if word.glued(text):  # PATH: smith1954
        return (
            False
            if length > 3
            and _YEAR.match(text, word.end)
            and (word.strong or word.marks & TOP or word.like > 1)
            else None
        )
    if style is Style.TECHNICAL:
        if word.marks & TOP and not (word.marks & EPONYM and length == len(text.strip())):
            return False if length > 5 else None
        return False if common and length > 4 and word.like > 0 else None
    if word.marks & TOP and word.marks & EPONYM and style is not Style.PATH:
        return None if word.text.istitle() and length == len(text.strip()) else False
    if common:
        floor = 2 if length == 4 else -1 if length == 5 else -9
        return False if length > 3 and word.like > floor else None
    if length < 5 or not (word.strong or word.alien):
        return None
    title = word.text.istitle()
    least = (-4.0 if title else 0.5) if word.strong else 1.5 if title else 3.0
    return False if word.like > least else None
