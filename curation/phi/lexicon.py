"""What is known about a word: whether imaging uses it, a dictionary has it, or people bear it."""

from __future__ import annotations

from functools import cache, lru_cache
from pathlib import Path

from curation.phi.fold import fold

CLINICAL = 1
"""A word of imaging: harmless wherever a name is not clearly meant."""
ORDINARY = 2
"""An everyday word of a dictionary, in lower case."""
GIVEN = 4
FAMILY = 8
COMMON_GIVEN = 16
COMMON_FAMILY = 32
"""Names that many bear; where a dictionary has them too, only the most common."""
EPONYM = 64
"""The name of a disease, sign, device or method: a CLINICAL word unless a title comes first."""
TITLE = 128
"""What stands before a name."""
MONTH, LABEL, STREET, CARE = 256, 512, 1024, 2048
"""Words of dates, of numbers that follow, of addresses, and of places of care."""
TOP = 4096
"""A family name of very many, and no everyday word."""
AFTER_EPONYM = 8192
"""A noun that follows the name of a scholar: disease, sign, fracture."""

NAME = GIVEN | FAMILY
COMMON = COMMON_GIVEN | COMMON_FAMILY
HARMLESS = CLINICAL | ORDINARY

_MEDICAL = tuple(
    "itis osis iasis ectomy otomy ostomy oma omas omata emia aemia pathy pathies plasty graphy"
    " grafia scopy gram grams algia uria megaly ology plegia trophy plasia plastic genesis lysis"
    " cele rrhea rrhoea rrhage ectasis ectatic sclerosis stenosis graphic metry tomie skopie ische"
    " ation ations ional ular ously ically".split()
)
"""Endings that medicine and dictionaries have and names have not."""

_FILES = (
    ("family.txt", FAMILY),
    ("common_family.txt", FAMILY | COMMON_FAMILY),
    ("given.txt", GIVEN),
    ("common_given.txt", GIVEN | COMMON_GIVEN),
    ("ordinary.txt", ORDINARY),
    ("clinical.txt", CLINICAL),
    ("by_hand_eponyms.txt", CLINICAL | EPONYM),
    ("by_hand_titles.txt", CLINICAL | TITLE),
    ("by_hand_months.txt", ORDINARY | MONTH),
    ("by_hand_labels.txt", CLINICAL | LABEL),
    ("by_hand_streets.txt", STREET),
    ("by_hand_care.txt", CLINICAL | CARE),
    ("by_hand_eponymous.txt", AFTER_EPONYM),
    ("top.txt", TOP),
)


@cache
def lexicon() -> dict[str, int]:
    """Each folded word with its marks; read once, when first asked."""
    marks: dict[str, int] = {}
    for name, mark in _FILES:
        words = _words(name)
        if name.startswith("by_hand"):
            words = list(map(fold, words))
        if marks:
            get = marks.get
            for word in words:
                marks[word] = get(word, 0) | mark
        else:
            marks = dict.fromkeys(words, mark)
    return marks


@cache
def _shapes() -> dict[str, float]:
    return {line[:3]: int(line[3:]) / 10 for line in _words("shapes.txt")}


@lru_cache(1 << 15)
def name_like(word: str) -> float:
    """How much a folded word that no list has looks like a name; above 0 it rather does.

    The sum over its letters, three at a time, of how much likelier each is in names than in other
    words; 0 where the letters are not Latin ones.
    """
    if not word.isascii():
        return 0.0
    if len(word) > 7 and word.endswith(_MEDICAL):
        return -9.0
    get = _shapes().get
    padded = f"^^{word}$"
    return sum(get(padded[index : index + 3], 0.0) for index in range(len(padded) - 2))


def _words(name: str) -> list[str]:
    text = (Path(__file__).with_name("words") / name).read_text(encoding="utf-8")
    while text.startswith("#"):
        text = text[text.index("\n") + 1 :]
    return text.split()
