"""Whether a value is what a de-identifier writes in the place of a name or an id."""

from __future__ import annotations

import re
from functools import lru_cache

from curation.phi.fold import fold, words_of
from curation.phi.lexicon import (
    CLINICAL,
    COMMON,
    EPONYM,
    HARMLESS,
    NAME,
    ORDINARY,
    lexicon,
    name_like,
)
from curation.phi.span import Style

_DUMMY = re.compile(
    r"(?i)(?:anon|removed|redacted|masked|hidden|deleted|blank|blanked|empty|cleared|unknown|unk"
    r"|unspecified|none|null|nil|nan|na|n/a|not ?applicable|not ?available|withheld|confidential"
    r"|private|dummy|test|phantom|example|sample|value|default|no ?name|name|patient|subject"
    r"|patient ?name|patient ?id|person|physician|doctor|operator|research|study|trial|control"
    r"|volunteer|male|female|other|x{2,}(?:[ ^_-]x+)*)(?:[\W_]*\d{1,12})?|[\W_]*|([^\W\d_])\1{2,}"
)
_SAID = re.compile(
    r"(?i)anonym|pseudonym|de-?identif|^anon(?:[\W_\d]|$)|^xxx|scrubbed|redacted|phantom|volunteer|(?<![a-z])qa(?![a-z])"
)
_LONGEST = 128
_UID = re.compile(r"[0-2](?:\.\d+){2,}")
_UUID = re.compile(r"(?i)\{?[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\}?")
_HEX = re.compile(
    r"(?=[A-F]*[0-9])(?=[0-9]*[A-F])[0-9A-F]{12,128}|(?=[a-f]*[0-9])(?=[0-9]*[a-f])[0-9a-f]{12,128}|[0-9a-fA-F]{32,128}"
)
_BASE32 = re.compile(r"[A-Z2-7]{10,64}={0,6}")
_BASE64 = re.compile(r"(?=[^a-z]*[a-z])(?=[^A-Z]*[A-Z])(?=\D*\d)[A-Za-z0-9+/_-]{16,}={0,2}")
_OURS = re.compile(r"FS-[A-Z2-7]{10}|[A-Z2-7]{12}")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_DIGITS = re.compile(r"\d+")
_FEW = 6
_HASHED = 15
_STAMP = re.compile(r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])")
_RECORD = re.compile(
    r"(?i)(?:(?:pat(?:ient)?|id|pid)[\W_]?)?"
    r"(?:(?:mrn|mr|pid|pat|accn?|hn|uhid|nhs|rad|req|ord|pol|enc|adm|[a-z]{1,2})[\W_]{0,2}\d{7,12}"
    r"|(?:mrn|pid|pat|acc|hn|nhs)[\W_]{0,2}\d{3}[ -]\d{2,3}[ -]\d{4}"
    r"|mrn[\W_]{0,2}\d{3,}|[a-z]{2}\d{6})"
)
_TRIAL = re.compile(r"(?=[^\W\d_]|\d{1,2}[^\W\d_])[^\W_]{3,}(?:[-_.][^\W_]+)*[-_.][^\W_]*\d[^\W_]*")
_NUMBERED = re.compile(r"[\d ().+-]{7,}")


def is_dummy(value: str) -> bool:
    """Whether a value says that there is none: empty, ANONYMOUS, REMOVED, XXXX, Unknown."""
    plain = value.strip().strip("^= ")
    if len(plain) > _LONGEST:
        return False
    return not plain or bool(_DUMMY.fullmatch(plain) or _SAID.search(plain))


@lru_cache(1 << 16)
def is_pseudonym(value: str, style: Style) -> bool:
    """Whether a de-identifier may have written this value: a dummy, a code or a hash.

    A code of letters and digits passes where its digits are few (P001, LIDC-IDRI-0001), since a
    trial numbers its subjects so; an id as hospitals write them (7 to 10 digits, alone or after
    up to three letters, or two letters and six) does not, though some trials use such
    numbers. As a PERSON, words that no list of names has and that read as a code pass; as an
    IDENTIFIER, letters alone do if they are no name.
    """
    plain = value.strip().strip("^= ")
    if is_dummy(plain):
        return True
    if len(plain) > _LONGEST:
        return False
    if _UID.fullmatch(plain) or _UUID.fullmatch(plain) or _OURS.fullmatch(plain):
        return True
    if _HEX.fullmatch(plain):
        return True
    if _BASE32.fullmatch(plain) and any(c.isdigit() for c in plain):
        return True
    if plain.isdigit():
        hashed = len(plain) >= _HASHED and not _STAMP.match(plain)
        return len(plain) <= _FEW or plain.startswith("000") or hashed
    if _NUMBERED.fullmatch(plain):
        return sum(c.isdigit() for c in plain) <= _FEW
    words = [fold(word) for word in words_of(_CAMEL.sub(" ", plain))]
    if not words:
        return len(plain) <= _FEW
    names = _names(words)
    marks = lexicon()
    if any(c.isdigit() for c in plain):
        if names and all(word in names or len(word) == 1 for word in words):
            return False
        if _RECORD.fullmatch(plain):
            return False
        longest = max(map(len, _DIGITS.findall(plain)), default=0)
        return longest <= _FEW or bool(_TRIAL.fullmatch(plain)) or bool(_BASE64.fullmatch(plain))
    if all(_DUMMY.fullmatch(word) for word in words):
        return True
    if _BASE64.fullmatch(plain):
        return True
    if names or not plain.isascii():
        return False
    if style is Style.PERSON:
        if any(marks.get(word, 0) & COMMON for word in words):
            return False
        return not plain.istitle() and _coded(plain, words)
    return len(plain) < 3 or plain.isupper() or not _named(words)


def _coded(plain: str, words: list[str]) -> bool:
    """Letters alone that no one bears: unpronounceable, or of imaging ("QIBA-CT-Liver-Phantom")."""
    marks = lexicon()
    if len(plain) <= 3 or " " in plain or "^" in plain or "," in plain:
        return all(marks.get(word, 0) & (CLINICAL | NAME) == CLINICAL for word in words)
    if len(words) > 1 and plain.isupper():
        return any(name_like(word) < 0 for word in words if len(word) > 2)
    return not _named(words)


def _named(words: list[str]) -> bool:
    marks = lexicon()
    return any(
        not marks.get(word, 0) & HARMLESS and name_like(word) > -2
        for word in words
        if len(word) > 2
    )


def _names(words: list[str]) -> list[str]:
    """Those of the words that people bear and that imaging does not use."""
    marks = lexicon()
    return [
        word
        for word in words
        if len(word) > 2
        and marks.get(word, 0) & NAME
        and (marks.get(word, 0) & COMMON or not marks.get(word, 0) & ORDINARY)
        and (not marks.get(word, 0) & CLINICAL or marks.get(word, 0) & EPONYM)
        and not _DUMMY.fullmatch(word)
    ]
