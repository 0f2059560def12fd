"""A patient's sex, in DICOM's three codes."""

from __future__ import annotations

from schemas.errors import VocabularyError

_LABELS = {"F": "Female", "M": "Male", "O": "Other"}
_WORDS = {"F": "F", "FEMALE": "F", "M": "M", "MALE": "M", "O": "O", "OTHER": "O"}


def normalise(raw: str | None) -> str | None:
    """Patient's Sex (0010,0040), PS3.3 C.7.1.1: "F", "M" or "O"; None for anything else.

    "U" is not a DICOM code: archives use it for unknown.
    """
    return None if raw is None else _WORDS.get(raw.strip(" \t\r\n\0").upper())


def label(code: str) -> str:
    """The word for a code. Raises VocabularyError if it is not F, M or O."""
    try:
        return _LABELS[code]
    except KeyError:
        raise VocabularyError(
            f"{code!r} is not a code of Patient's Sex", do="Use F, M or O"
        ) from None
