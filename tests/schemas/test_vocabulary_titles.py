"""Titles tell anatomy and modality only by words that mean nothing else."""

from __future__ import annotations

import pytest

from schemas.vocabulary import anatomy, modality, table


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Pediatric Chest/Abdomen/Pelvic CT Exams", ["Chest", "Abdomen", "Pelvis"]),
        ("Topology-Aware Segmentation of the Circle of Willis", ["Circle of Willis"]),
        ("Head and Neck Tumor Segmentation", ["Head and Neck"]),
        ("Brain connectivity, brain networks", ["Brain"]),
        ("Delayed Auditory Feedback of Heart Sounds", []),
        ("EEG with eyes open and eyes closed", []),
        ("Hand-grasp task, face perception and head motion", []),
    ],
)
def test_a_title_tells_the_anatomy_that_it_names(title: str, expected: list[str]) -> None:
    assert [one.meaning.label for one in anatomy.find(title)] == expected


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Low-dose Computed Tomography", ["CT"]),
        ("ToothFairy2: Multi-Structure Segmentation in CBCT Volumes", ["CT"]),
        ("Simultaneous PET/MRI", ["PT", "MR"]),
        ("Fundus photographs", ["OP"]),
        ("Endoscopic ultrasound", ["US"]),
        ("SNEMI3D: neurites in electron microscopy", []),
        ("Chest X-ray", []),
        ("OCT of October", []),
        ("Join us", []),
    ],
)
def test_a_title_tells_the_modality_that_it_names(title: str, expected: list[str]) -> None:
    assert [one.meaning for one in modality.find(title)] == expected


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("MG", ("Breast", "derived")),
        ("OP", ("Eye", "derived")),
        ("mri_functional", ("Brain", "derived")),
        ("mri_structural", ("Brain", "assumed")),
        ("CT", None),
        ("MR", None),
        ("US", None),
    ],
)
def test_a_modality_that_shows_one_thing_tells_it(
    word: str, expected: tuple[str, str] | None
) -> None:
    shown = anatomy.shown_by(word)
    assert (shown and (shown[0].label, shown[1])) == expected


@pytest.mark.parametrize("raw", ["Tumor", "tumour", "Metastasis"])
def test_a_disease_is_no_part_of_the_body(raw: str) -> None:
    assert anatomy.normalise(raw) is None
    assert anatomy.is_not_anatomy(raw)


def test_every_label_and_code_of_the_tables_is_known() -> None:
    for row in (*table.read("anatomy_in_titles"), *table.read("modality_anatomy")):
        if row["label"]:
            concept = anatomy.normalise(row["label"])
            assert concept is not None and concept.label == row["label"]
    for row in table.read("modality_in_titles"):
        assert row["code"] == "" or modality.get(row["code"]).code == row["code"]
