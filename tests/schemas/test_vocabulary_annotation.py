"""A kind of annotation has one name, whatever an archive or a DICOM modality calls it."""

from __future__ import annotations

import pytest

from schemas.vocabulary import annotation, modality, table


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("Segmentation", "segmentation"),
        ("segmentation masks", "segmentation"),
        ("Bounding box", "bounding box"),
        ("Fiducial", "landmark"),
        ("classification", "class label"),
        ("Radiology reports", "text report"),
        ("structured report", "structured report"),
        ("demographic", None),
    ],
)
def test_a_word_is_its_kind_of_annotation(raw: str, expected: str | None) -> None:
    assert annotation.normalise(raw) == expected


def test_a_modality_that_carries_annotations_is_their_kind() -> None:
    assert annotation.carried_by("RTSTRUCT") == "contour"
    assert annotation.carried_by("CT") is None


def test_every_code_of_the_table_is_a_modality_that_is_derived() -> None:
    for row in table.read("annotations"):
        if row["code"]:
            assert modality.get(row["code"]).kind == "derived"
