"""Names of hospitals and practices: places of care, which with a date lead to a person."""

from __future__ import annotations

import re
from collections.abc import Iterator

from curation.phi.fold import fold
from curation.phi.lexicon import CLINICAL, EPONYM, lexicon
from curation.phi.span import Kind, Span

_L = r"(?<![^\W_])"  # no letter or digit before
_WORD = r"[^\W\d_][\w'’.-]{0,30}"
_CENTRE = r"cent(?:er|re)"
_CARE = (
    rf"(?:hospitals?|hospice|infirmary|(?:medical|cancer|imaging|health ?care|health) {_CENTRE}"
    r"|clinics?|health system|healthcare|radiology associates|nhs (?:foundation )?trust"
    r"|krankenhaus|klinikum|klinik|spital|ospedale|policlinico|szpital|hastanesi|ziekenhuis"
    r"|sjukhus|sykehus|sairaala|poliklinik)"
)
_BEFORE = re.compile(
    rf"{_L}((?:{_WORD} (?:(?:of|the|and|&) )?){{1,4}})((?i:{_CARE}))(?![^\W_])"
    r"((?: of (?:the )?[A-Z]\w{2,24}(?: [A-Z]\w{2,24})?)?)"
)
_AFTER = re.compile(
    rf"{_L}(?:(?i:universit[äa](?:ts|ets|y)?[- ]?(?:klinikum|spital|krankenhaus|klinik|hospital)"
    r"|klinikum|klinik|krankenhaus|h[oô]pital|centre hospitalier(?: universitaire)?|chu"
    r"|hospital(?: universitario| general| clinico)?|cl[ií]nica|clinique|ospedale"
    r"|policlinico|szpital|university hospital|(?:γενικ[όο] |πανεπιστημιακ[όο] )?νοσοκομε[ίι]ο))"
    r"(?: (?i:rechts|links|de|du|d|des|di|del|della|of|der|am|im|zu|la|le|las|los|san|santa|st\.?"
    r"|the)){0,3} [^\W\d_a-zäöüß][\w'’.-]{2,30}(?: [^\W\d_a-z][\w'’-]{2,30}){0,3}"
)
_OTHER = re.compile(
    r"(?<![^\W_])(?:Charit[eé](?: Berlin)?|[一-鿿]{2,12}(?:医院|病院)|\w{2,30} больниц\w{1,3})"
)
_JOINING = frozenset("of the and & de".split())
_PLACES = frozenset(
    "st saint royal university general memorial county city state national north south east west"
    " northern southern eastern western central regional children children's cancer heart"
    " eye".split()
)
_MAKERS = frozenset(
    "siemens philips ge gems canon toshiba hitachi fuji fujifilm agfa kodak carestream hologic"
    " samsung mindray konica minolta varian elekta esaote shimadzu neusoft united planmed bayer"
    " sectra merge mckesson change cerner bracco guerbet accuray biograph acuson aloka".split()
)
_GENERAL = frozenset(
    "the a an this our your local day general community outside other another same from to at in of"
    " and with no non by for per via pre post our new old clinical hospital medical clinic health"
    " children women any each every patient s referring home animal veterinary".split()
)


def institutions(text: str) -> Iterator[Span]:
    """Spans of places of care that are named, not merely mentioned ("outside hospital")."""
    for match in _BEFORE.finditer(text):
        words = _proper(match[1].split())
        if match[3] or any(map(_names_one, words)):
            named = " ".join(words)
            start = match.start() + (match[1].rindex(named) if named else len(match[1]))
            yield Span(start, match.end(), Kind.INSTITUTION)
    for match in _AFTER.finditer(text):
        kept = match[0].split(" ")
        while len(kept) > 2 and _of_imaging(kept[-1]):
            kept.pop()
        yield Span(match.start(), match.start() + len(" ".join(kept)), Kind.INSTITUTION)
    for match in _OTHER.finditer(text):
        yield Span(*match.span(), Kind.INSTITUTION)


def _names_one(word: str) -> bool:
    """Whether a word before "hospital" tells which: no maker of scanners, no part of the body."""
    plain = word.strip(".,").lower()
    return plain not in _GENERAL and plain not in _MAKERS and not _of_imaging(word)


def _of_imaging(word: str) -> bool:
    folded = fold(word.strip(".,'’"))
    clinical = lexicon().get(folded, 0) & (CLINICAL | EPONYM) == CLINICAL
    return clinical and folded not in _PLACES


def _proper(words: list[str]) -> list[str]:
    """The last words that make up a proper name: capitalised, and of imaging none but a place's."""
    first = len(words)
    while first:
        word = words[first - 1]
        folded = fold(word.strip(".,'’"))
        if word[0].islower() and folded not in _JOINING:
            break
        if word.isupper() and _of_imaging(word):
            break
        first -= 1
    while first < len(words) and (words[first][0].islower() or words[first].lower() in _GENERAL):
        first += 1
    return words[first:]
