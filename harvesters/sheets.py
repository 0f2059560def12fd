"""What public lists and data sheets write of images, in our words.

Modality, task, anatomy and format stand there in prose, several in one cell. Words become codes by
the vocabularies, and where those are silent by `sheet_words.csv`; what neither knows is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from schemas.dataset import Term
from schemas.vocabulary import anatomy, condition, modality, table

WORDS = Path(__file__).with_name("sheet_words.csv")
_BETWEEN = re.compile(r"[,，、;；/&()：:]|\b(?:etc|and)\b|\.(?=\s|$)")


def pieces(text: str) -> list[str]:
    """What a list of words in prose holds, e.g. "CT, MR (T1, T2w)" is CT, MR, T1 and T2w."""
    parts = (part.strip() for part in _BETWEEN.split(text))
    return [part for part in parts if part]


def modalities(texts: Iterable[str]) -> list[str]:
    """The DICOM codes of the modalities named."""
    codes = [
        code
        for text in texts
        for part in ([text] if _meant("modality", text) else pieces(text))
        if (code := _meant("modality", part) or modality.normalise(part))
    ]
    return list(dict.fromkeys(codes))


def tasks(texts: Iterable[str]) -> list[str]:
    """The tasks named, in our words."""
    return _known("task", texts)


def formats(texts: Iterable[str]) -> list[str]:
    """The media types of the file formats named."""
    return _known("format", texts)


def body_parts(texts: Iterable[str]) -> list[Term]:
    """The anatomy named, each concept once, beside the first word for it."""
    terms: dict[str, Term] = {}
    for text in texts:
        for part in pieces(text):
            found = anatomy.normalise(_meant("anatomy", part) or part)
            if found is not None:
                terms.setdefault(
                    found.label,
                    Term(label=found.label, code=found.code, system=found.system, raw=part),
                )
    return list(terms.values())


def conditions(texts: Iterable[str]) -> list[Term]:
    """The diseases that stand among anatomy, each once, beside the first word for it."""
    terms: dict[str, Term] = {}
    for text in texts:
        for part in pieces(text):
            found = condition.normalise(part)
            if found is not None:
                terms.setdefault(
                    found.label,
                    Term(label=found.label, code=found.code, system=found.system, raw=part),
                )
    return list(terms.values())


def _known(kind: str, texts: Iterable[str]) -> list[str]:
    found = [_meant(kind, part) for text in texts for part in pieces(text)]
    return list(dict.fromkeys(value for value in found if value))


def _meant(kind: str, word: str) -> str | None:
    return _words().get((kind, table.squeeze(word)))


@cache
def _words() -> dict[tuple[str, str], str]:
    rows = table.rows(WORDS, ("kind", "word", "value"))
    return {(row["kind"], table.squeeze(row["word"])): row["value"] for row in rows}
