"""Names in Chinese characters or Hangul, which no space sets apart."""

from __future__ import annotations

import re
from collections.abc import Iterator

from curation.phi.lexicon import CLINICAL, FAMILY, lexicon
from curation.phi.span import Kind, Span

_LABELLED = re.compile(
    r"(?:患者|病人|姓名|氏名|환자|성명|이름)[:: 名]{0,2}([一-鿿]{2,3}|[가-힣]{2,4})"
)
_ENDS = frozenset("因男女的在于是有及行,，。的。")
_ALONE = re.compile(r"(?<![一-鿿])[一-鿿]{2,4}(?![一-鿿])|(?<![가-힣])[가-힣]{3}(?![가-힣])")


def unspaced_names(text: str) -> Iterator[Span]:
    """Spans after a label, surely, and of runs that begin as a family name does, likely."""
    marks = lexicon()
    for match in _LABELLED.finditer(text):
        name = match[1]
        end = match.end(1) - (1 if len(name) > 2 and name[-1] in _ENDS else 0)
        if marks.get(name[0], 0) & FAMILY or marks.get(name[:2], 0) & FAMILY:
            yield Span(match.start(1), end, Kind.NAME)
    for match in _ALONE.finditer(text):
        if marks.get(match[0][0], 0) & FAMILY and not marks.get(match[0], 0) & CLINICAL:
            yield Span(match.start(), match.end(), Kind.NAME, sure=False)
