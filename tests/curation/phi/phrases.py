"""Reads the labelled phrases, and says what of them `find` saw and `scrub` cut or kept."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from curation.phi import Span, Style
from curation.phi.find import find
from curation.phi.scrub import scrub

_MARKED = re.compile(r"\[\[(.*?)\]\]|\(\((.*?)\)\)")
_WORDS = re.compile(r"[^\W_]+")


@dataclass(frozen=True)
class Phrase:
    """A text, where its identifiers stand, and the words of it that must stay."""

    style: Style
    text: str
    identifiers: tuple[tuple[int, int], ...]
    kept: tuple[str, ...]


@dataclass
class Score:
    """Identifiers seen and cut, words kept, and clean phrases that were flagged."""

    identifiers: int = 0
    seen: int = 0
    cut: int = 0
    words: int = 0
    kept: int = 0
    clean: int = 0
    flagged: int = 0


@cache
def phrases(name: str) -> tuple[Phrase, ...]:
    """The phrases of `phrases_<name>.tsv`."""
    lines = Path(__file__).with_name(f"phrases_{name}.tsv").read_text(encoding="utf-8")
    return tuple(_phrases(lines))


def _phrases(lines: str) -> Iterator[Phrase]:
    for line in lines.splitlines():
        if line.startswith("#"):
            continue
        style, marked = line.split("\t")
        text, position = "", 0
        identifiers = []
        kept: list[str] = []
        for match in _MARKED.finditer(marked):
            before = marked[position : match.start()]
            kept += _WORDS.findall(before)
            text += before
            if match[1] is not None:
                identifiers.append((len(text), len(text) + len(match[1])))
            text += match[1] or match[2]
            position = match.end()
        kept += _WORDS.findall(marked[position:])
        yield Phrase(Style(style), text + marked[position:], tuple(identifiers), tuple(kept))


def score(name: str) -> Score:
    """The figures of one file of phrases."""
    total = Score()
    for phrase in phrases(name):
        spans = find(phrase.text, phrase.style)
        left = _WORDS.findall(scrub(phrase.text, phrase.style))
        for start, end in phrase.identifiers:
            words = set(_WORDS.findall(phrase.text[start:end])) - set(phrase.kept)
            total.identifiers += 1
            total.seen += any(_meet(span, start, end) for span in spans)
            total.cut += words.isdisjoint(left)
        total.words += len(phrase.kept)
        total.kept += sum(word in left for word in phrase.kept)
        if not phrase.identifiers:
            total.clean += 1
            total.flagged += bool(spans)
    return total


def _meet(span: Span, start: int, end: int) -> bool:
    return span.start < end and span.end > start
