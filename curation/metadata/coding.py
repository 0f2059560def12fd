"""Checks of coded words: values that no vocabulary of the catalogue knows."""

from __future__ import annotations

from curation.checks import Evidence, check
from schemas.finding import Severity


@check(
    "modality-unmapped",
    title="Unmapped modality",
    severity=Severity.INFO,
    fields=("modality_raw", "dataset.modalities_raw"),
    message="This modality is no code or known word of DICOM CID 29: correct it, or add the word",
    evidence=Evidence.PLAIN,
    reference="DICOM PS3.16 CID 29",
)
def modality() -> str:
    """A scan whose modality is unknown is not found by those who filter on it."""
    return """
        SELECT dataset_id, 'modality_raw' AS field, modality_raw AS value, count(*) AS affected
        FROM series WHERE modality IS NULL AND modality_raw IS NOT NULL GROUP BY ALL
        UNION ALL
        SELECT id, 'dataset.modalities_raw', unnest(modalities_raw), 1
        FROM datasets WHERE len(modalities) = 0
    """


@check(
    "body-part-unmapped",
    title="Unmapped body part",
    severity=Severity.INFO,
    fields=("body_part_raw",),
    message="This body part maps to no anatomic region of SNOMED CT: code it or leave it empty",
    evidence=Evidence.PLAIN,
    reference="DICOM PS3.16 Annex L",
)
def body_part() -> str:
    """A scan whose body part is unknown is not found by those who filter on it."""
    return _body_parts("is_anatomy")


@check(
    "body-part-not-anatomy",
    title="Body part that is no body part",
    severity=Severity.INFO,
    fields=("body_part_raw",),
    message="This value names no part of the body: leave Body Part Examined empty instead",
    evidence=Evidence.PLAIN,
    reference="DICOM PS3.16 Annex L",
)
def not_anatomy() -> str:
    """Words such as OTHER or SEG look like an answer; they are treated as unknown here."""
    return _body_parts("NOT is_anatomy")


def _body_parts(which: str) -> str:
    return f"""
        SELECT dataset_id, 'body_part_raw' AS field, body_part_raw AS value, n AS affected
        FROM facts_body_parts WHERE {which}
    """
