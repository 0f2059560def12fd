"""Names of people in text: by what introduces them, by how they are written, by who bears them."""

from __future__ import annotations

from collections.abc import Iterator

from curation.phi.fold import fold, word_spans, words_of
from curation.phi.lexicon import (
    AFTER_EPONYM,
    CLINICAL,
    COMMON,
    COMMON_FAMILY,
    EPONYM,
    HARMLESS,
    NAME,
    TITLE,
    lexicon,
    name_like,
)
from curation.phi.name_signs import (
    COMMA,
    INTRODUCING,
    PATH_GAPS,
    SPACE,
    alone,
    careted,
    initialled,
    introduced,
    paired,
    titled,
    whole,
    wordy,
)
from curation.phi.span import Kind, Span, Style
from curation.phi.unspaced import unspaced_names
from curation.phi.word import Word, words_in

_PARTICLES = frozenset(
    "de da di del della van von der den ten ter la le el al bin ibn abu dos du st mac mc o".split()
)
_SUFFIXES = frozenset("jr sr ii iii iv md phd".split())
_JOINED = frozenset((" ", "-", "'", "’"))


def named(text: str, style: Style) -> Iterator[Span]:
    """Spans of names in a text that is not a name as a whole; they may overlap."""
    words = words_in(text)
    reached = -1
    for index, this in enumerate(words):
        if this.start < reached or len(this.text) < 2:
            continue
        judged = _judged(words, index, text, style)
        if judged:
            sure, last = judged
            first, last = _first(words, index, text), _last(words, index, last, text, style)
            reached = words[last].end
            yield Span(words[first].start, reached, Kind.NAME, sure)
    if not text.isascii():
        yield from unspaced_names(text)


def _judged(words: list[Word], index: int, text: str, style: Style) -> tuple[bool, int] | None:
    """Whether a name begins with the word: surely or likely, and the last word it has at least."""
    word = words[index]
    if word.glued(text) and style is not Style.PATH:
        return None
    following = index + 1
    while (
        following < len(words) - 1
        and following - index < 3
        and (words[following].folded in _PARTICLES)
    ):
        following += 1
    after = words[following] if following < len(words) else None
    if after:
        gap = text[words[following - 1].end : after.start]
        if following - index > 1 and gap in _JOINED:
            gap = text[word.end : words[index + 1].start]
        if "^" in gap and gap.strip() == "^" and careted(word, after, text):
            return True, following
        if gap in SPACE or gap in COMMA or gap in PATH_GAPS:
            if following == index + 1 and wordy(words, index, text):
                return _led(words, index, text, style), following
            pair = paired(word, gap, after, style)
            if pair or (pair is not None and style is not Style.TECHNICAL):
                return pair, following
    if _led(words, index, text, style):
        return True, index
    before = words[index - 1] if index else None
    if word.clinical:
        return None
    after = words[index + 1] if index + 1 < len(words) else None
    if initialled(before, word, after, text):
        return True, index
    if _scholar(words, index, text):
        return None
    sure = False if len(words) == 1 and whole(word, text, style) else alone(word, text, style)
    return None if sure is None else (sure, index)


def _led(words: list[Word], index: int, text: str, style: Style) -> bool:
    """Whether a title, or what introduces a name, stands before the word."""
    if not index:
        return False
    before, word = words[index - 1], words[index]
    gap = text[before.end : word.start]
    if len(gap) >= 4 or before.glued(text):
        return False
    if before.marks & TITLE and titled(before, gap, word, style):
        return True
    return before.folded in INTRODUCING and introduced(before, gap, word)


def _scholar(words: list[Word], index: int, text: str) -> bool:
    """Whether the word names a disease, a sign or a method, by a noun that stands near."""
    near = words[max(0, index - 2) : index] if words[index].marks & EPONYM else []
    if not words[index].marks & EPONYM and text[words[index].end :].startswith("_"):
        return False  # LINDQVIST_TEST
    near += words[index + 1 : index + (3 if words[index].marks & EPONYM else 2)]
    return any(word.marks & AFTER_EPONYM and len(word.text) > 2 for word in near)


def _first(words: list[Word], index: int, text: str) -> int:
    """The first word of a name that has the word: names and initials before it."""
    first = index
    while first and index - first < 3:
        before = words[first - 1]
        gap = text[before.end : words[first].start]
        if (gap in {".", ". ", " ", "^"} and before.initial(text)) or (
            gap in {" ", "^", "-", "'", "’"}
            and before.capital
            and (before.borne or (before.alien and before.like > 0))
        ):
            first -= 1
        else:
            break
    return first


def _last(words: list[Word], index: int, last: int, text: str, style: Style) -> int:
    """The last word of a name: more names, initials and particles after it."""
    least = last
    while last + 1 < len(words) and last - index < 6:
        after = words[last + 1]
        gap = text[words[last].end : after.start]
        if len(gap) > 2 or not set(gap) <= set(" ^,._-'’="):
            break
        lone = words[index] if last == index and gap == " " else None
        if not _goes_on(lone, gap, after, text, style):
            break
        last += 1
    while last > least and words[last].folded in _PARTICLES and text[words[last].start].islower():
        last -= 1
    return last


def _goes_on(lone: Word | None, gap: str, word: Word, text: str, style: Style) -> bool:
    """Whether a name goes on with the word; `lone` is its first word, if it has one so far."""
    if word.initial(text) or word.borne or word.folded in _PARTICLES:
        return True
    if "^" in gap and (word.marks & NAME or word.folded in _SUFFIXES):
        return True
    if gap == "-" and not word.clinical:
        return True
    if style is Style.PATH and word.marks & COMMON and not word.clinical:
        return True
    if not word.capital:
        return False
    if word.alien:
        return word.like > -3
    if word.marks & NAME and not word.marks & CLINICAL:
        return True
    return (
        lone is not None
        and lone.strong
        and bool(word.marks & COMMON_FAMILY)
        and word.text.istitle()
    )


def doubtful(text: str) -> Iterator[Span]:
    """Single words that may be names: too little to report, enough to cut."""
    get = lexicon().get
    for match in word_spans(text):
        word = match[0]
        if len(word) < (4 if word.isupper() else 3) or word[0].islower():
            continue
        folded = fold(word)
        marks = get(folded, 0)
        if marks & HARMLESS or text[match.end() : match.end() + 1].isdigit():
            continue
        if name_like(folded) > (-1 if marks & NAME else 2.5 if word.istitle() else 4):
            yield Span(match.start(), match.end(), Kind.NAME, sure=False)


def person(text: str) -> Iterator[Span]:
    """The whole of a value that is a name by its attribute (PS3.5 section 6.2.1)."""
    plain = text.strip(" ^=\0")
    if plain:
        start = text.index(plain)
        longest = max(map(len, words_of(plain)), default=0)
        yield Span(start, start + len(plain), Kind.NAME, sure=longest > 2 or not plain.isascii())
