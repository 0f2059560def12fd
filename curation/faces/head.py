"""Whether an image is of a head, by what its attributes or its name say."""

from __future__ import annotations

import re

_HEAD = re.compile(
    r"(?<![a-z])head(?![a-z]*er)|brain|skull|(?<![a-z])face(?![a-z])|facial|cereb|crani|cabeza|kopf"
    r"|schaedel|schädel|(?<![a-z])t[eê]te(?![a-z])|(?<![a-z])testa(?![a-z])|maxillo|mandib|pituit"
    r"|hypophys|hippoc|(?<![a-z])neuro|whole ?body|wholebody|eyes?[ _]to[ _]thigh"
)
_OTHER = re.compile(
    r"chest|thora|lung|abdom|pelvi|prostat|breast|mamm|knee|ankle|(?<![a-z])foot|(?<![a-z])hip"
    r"(?![a-z])|(?<![a-z])hand(?![a-z])|wrist|elbow|shoulder|spine|lumb|liver|hepat|kidney|renal"
    r"|pancrea|heart|cardi|coron|colon|rect(?:um|al)|uter|ovar|bladder|femur|tibia"
    r"|(?<![a-z])(?:leg|arm)(?![a-z])|extremit|aort|phantom"
)
# Words of technique that are used for heads more than for all else.
_LIKELY = re.compile(
    r"mprage|mp2rage|tfl3d|bravo|t[12]w|flair|pdw|unit1|orbit|sinus|(?<![a-z])jaw|(?<![a-z])iac"
    r"(?![a-z])|stroke|amyloid"
)
# What is no picture of the surface: masks, maps, and images too coarse for a face.
_NOT_A_SCAN = re.compile(
    r"mask|dseg|probseg|segment|label|aparc|aseg|bold|sbref|_dwi|_epi|_asl|m0scan|fieldmap|_phase"
    r"|magnitude|_cbv|tensor|_fa\b|_adc|brain_?(extract|only|stripped)|localizer|scout"
)

MODALITIES = frozenset(("CT", "MR", "PT"))


def is_head(words: str) -> bool | None:
    """Whether these words (body part, descriptions, a file's name) are of a head; None: silent.

    Words of another part of the body count only where none is of the head.
    """
    low = words.lower()
    if _NOT_A_SCAN.search(low):
        return False
    if _HEAD.search(low):
        return True
    if _OTHER.search(low):
        return False
    return True if _LIKELY.search(low) else None


def modality_in(name: str) -> str:
    """The modality that a file's name tells as BIDS has it: MR, CT, PT, or ""."""
    low = name.lower()
    if re.search(r"_pet\b|[/_]pet[._/]", low):
        return "PT"
    if re.search(r"[/_.-]ct[._/-]", low):
        return "CT"
    if re.search(r"/anat/|_(t1w|t2w|flair|pdw|t2starw|unit1|inplanet[12])\b", low):
        return "MR"
    return ""
