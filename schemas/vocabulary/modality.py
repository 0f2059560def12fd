"""What kind of device or process made a series: DICOM's modality codes, and words for them."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from schemas.errors import VocabularyError
from schemas.vocabulary import table
from schemas.vocabulary.phrases import Found, Names


class Modality(NamedTuple):
    """A code of Modality (0008,0060), PS3.3 C.7.3.1.1.1 and PS3.16 CID 29 and 32.

    `kind` is "image" (acquired), "derived" (made from images) or "other" (waveforms,
    measurements, protocols and documents).
    """

    code: str
    label: str
    kind: str


def normalise(raw: str | None) -> str | None:
    """The DICOM code that `raw` means ("MRI" is "MR"); None if unknown or more than one."""
    return None if raw is None else _meanings().get(table.squeeze(raw))


def find(text: str) -> list[Found[str]]:
    """The DICOM codes that the words of a title name, each once.

    Reads fewer words than `normalise`: only those that mean one modality and nothing else.
    """
    found: dict[str, Found[str]] = {}
    for one in _in_titles().among(text):
        found.setdefault(one.meaning, one)
    return list(found.values())


def get(code: str) -> Modality:
    """The modality of an exact DICOM `code`. Raises VocabularyError if there is none."""
    try:
        return _modalities()[code]
    except KeyError:
        raise VocabularyError(
            f"{code!r} is not a DICOM modality code", do="Use a code such as CT, MR or SEG"
        ) from None


def codes() -> tuple[str, ...]:
    """Every code the vocabulary holds, in alphabetical order."""
    return tuple(sorted(_modalities()))


@cache
def _modalities() -> dict[str, Modality]:
    return {row["code"]: Modality(**row) for row in table.read("modalities")}


@cache
def _meanings() -> dict[str, str]:
    # A code always means itself, so codes are written last.
    named = table.read("modality_aliases")
    meanings = {table.squeeze(row["alias"]): row["code"] for row in named}
    modalities = _modalities().values()
    meanings |= {table.squeeze(modality.label): modality.code for modality in modalities}
    return meanings | {table.squeeze(modality.code): modality.code for modality in modalities}


@cache
def _in_titles() -> Names[str]:
    return Names((row["phrase"], row["code"] or None) for row in table.read("modality_in_titles"))
