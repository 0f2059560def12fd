"""Where in a text identifiers of people stand."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache

from curation.phi.institutions import institutions
from curation.phi.lexicon import CARE
from curation.phi.names import named, person
from curation.phi.patterns import shaped
from curation.phi.pseudonym import is_pseudonym
from curation.phi.reading import Reading
from curation.phi.span import Kind, Span, Style

_REMEMBERED = 1 << 16
_SHORT = 512
_PIECE = 20_000


def find(text: str, style: Style) -> list[Span]:
    """Identifiers in a text, in order and without overlap; `sure` where no doubt is left."""
    if len(text) <= _SHORT:
        return list(_remembered(text, style))
    return merged(_found(text, style))


@lru_cache(_REMEMBERED)
def _remembered(text: str, style: Style) -> tuple[Span, ...]:
    return tuple(merged(_found(text, style)))


def _found(text: str, style: Style) -> Iterator[Span]:
    if style is Style.PERSON:
        if not is_pseudonym(text, style):
            yield from person(text)
    elif style is Style.IDENTIFIER:
        if not is_pseudonym(text, style):
            yield Span(0, len(text), Kind.ID)
    else:
        for offset in range(0, max(1, len(text)), _PIECE):
            piece = text[offset : offset + _PIECE + 200]
            for span in _in_piece(piece, style):
                yield Span(span.start + offset, span.end + offset, span.kind, span.sure)


def _in_piece(text: str, style: Style) -> Iterator[Span]:
    seen = Reading(text)
    yield from shaped(seen, style)
    if style is not Style.PATH and (seen.marks & CARE or not seen.plain):
        yield from institutions(text)
    if seen.named:
        yield from named(text, style)


def merged(spans: Iterable[Span]) -> list[Span]:
    """Spans in order, those that overlap joined: the surer gives its kind, else the longer."""
    result: list[Span] = []
    for span in sorted(spans, key=lambda s: (s.start, -s.end)):
        if result and span.start < result[-1].end:
            last = result[-1]
            best = max((last, span), key=lambda s: (s.sure, s.end - s.start))
            result[-1] = Span(
                last.start, max(last.end, span.end), best.kind, last.sure or span.sure
            )
        else:
            result.append(span)
    return result
