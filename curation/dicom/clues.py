"""Whether the value of an identity attribute, a title or a creator names somebody or something."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from pathlib import Path

from curation.phi.fold import fold, words_of
from curation.phi.lexicon import CLINICAL, EPONYM, lexicon
from curation.phi.pseudonym import is_dummy, is_pseudonym
from curation.phi.span import Style
from curation.phi.unusual import unusual
from curation.standard.private import creator_is_known

_A_NAME = 5
"""Letters of a word that no list has, from which on it may name a place."""
_SERIAL = re.compile(r"(?!0+$)(?:[A-Za-z]{0,4}[-_ #:/]{0,2}\d{4,12}|\d{4,}[-/]\d+)[A-Za-z]{0,2}")
_LABELLED = re.compile(r"(?i)(?:pol|mrn|acc|rad|sn|pat|id)[-_ ]?\d+")
_NUMBER = re.compile(r"[A-Za-z]{0,4}[-_ ]?\d{6,12}")
_PRODUCT = re.compile(r"[A-Z][A-Z0-9]{1,15}(?:[ _][A-Z0-9]{1,15}){0,6}[ _]0?\d{1,2}")
_MAKERS = frozenset(
    "siemens gems ge philips toshiba canon hitachi fuji fujifilm agfa kodak hologic elscint picker"
    " acuson aloka samsung mindray varian elekta mitra merge sectra osirix ctp spi marconi"
    " imatron lodox medison konica minolta carestream pmod brainlab accuray amicas cemax"
    " intelerad image info viewer header private pacs".split()
)
_ARCHIVE = re.compile(r"([^\W\d_]{4,16})[-_ ]?(?:PACS|RIS|HIS|VNA|ARCH(?:IVE)?)\d{0,3}")
_ANY_PLACE = frozenset(
    "site center centre hospital institution institute clinic facility clinical trial study"
    " research university medical the of and imaging radiology department dept general local"
    " unknown private service room unit ward lab laboratory group public health school"
    " faculty".split()
)


@lru_cache(1 << 14)
def is_clean(value: str, meaning: str) -> bool:
    """Whether a value of this meaning is what a de-identifier writes there."""
    if meaning == "serial":
        if is_dummy(value) or (is_code(value) and not _LABELLED.fullmatch(value)):
            return True
        return not _SERIAL.fullmatch(value) and is_pseudonym(value, Style.IDENTIFIER)
    if meaning == "institution":
        return is_dummy(value) or not (_is_named(value) or _NUMBER.fullmatch(value))
    if not is_pseudonym(value, Style.PERSON if meaning == "person" else Style.IDENTIFIER):
        return False
    if meaning in ("address", "telephone"):
        return len(value.split()) == 1
    if meaning == "device" and not is_code(value):
        return not any(len(word) >= _A_NAME for word in unusual(value))
    return True


@lru_cache(4096)
def is_product(creator: str) -> bool:
    """Whether a Private Creator names a maker or a product: known, or of the form of these.

    Makers write GEMS_HELIOS_01, "SIEMENS MED", "Philips MR Imaging DD 001".
    """
    if creator_is_known(creator) or _PRODUCT.fullmatch(creator):
        return True
    return any(word in _MAKERS or word in senders() for word in map(fold, words_of(creator)))


def is_code(text: str) -> bool:
    """Whether a value reads as a hash or as letters that a computer chose: many digits in it."""
    return sum(c.isdigit() for c in text) * 3 >= len(text) >= 10


@cache
def senders() -> frozenset[str]:
    """Words in titles of Application Entities that are a program's, not a place's."""
    text = Path(__file__).with_name("senders.txt").read_text(encoding="utf-8")
    return frozenset(text[text.index("\n") :].split())


def names_archive(title: str) -> bool:
    """Whether a title is that of a place's own archive: BOULDER_PACS, not DICOM_ARCHIVE."""
    found = _ARCHIVE.fullmatch(title.upper())
    if not found:
        return False
    word = fold(found[1])
    return word not in senders() and word not in _MAKERS and not _of_imaging(word)


def _is_named(place: str) -> bool:
    """Whether it tells which place of care is meant: not "Site 3", not "Radiology Department"."""
    words = [fold(word) for word in words_of(place) if len(word) > 1]
    return any(word not in _ANY_PLACE and not _of_imaging(word) for word in words)


def _of_imaging(word: str) -> bool:
    return lexicon().get(word, 0) & (CLINICAL | EPONYM) == CLINICAL
