"""A modality is one of DICOM's codes, whatever word a repository uses for it."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.errors import VocabularyError
from schemas.vocabulary import modality, table


@pytest.mark.parametrize(
    "raw", ["MR", "mr", " MR ", "MRI", "mri", "Magnetic Resonance", "MR\0", "ＭＲ"]
)
def test_words_for_magnetic_resonance_are_read_as_mr(raw: str) -> None:
    assert modality.normalise(raw) == "MR"


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ("PET", "PT"),
        ("Computed Tomography", "CT"),
        ("Segmentation", "SEG"),
        ("segmentations", "SEG"),
        ("Histopathology", "SM"),
        ("Whole Slide Imaging", "SM"),
        ("Positron emission tomography (PET)", "PT"),
        ("RT Structure Set", "RTSTRUCT"),
        ("Ultrasound", "US"),
        ("MEG", "BI"),
    ],
)
def test_a_name_is_read_as_its_code(raw: str, code: str) -> None:
    assert modality.normalise(raw) == code


@pytest.mark.parametrize("raw", [None, "", "  ", "X-ray", "PET/CT", "Demographic", "QQ"])
def test_a_word_that_means_no_single_modality_is_unknown(raw: str | None) -> None:
    assert modality.normalise(raw) is None


@pytest.mark.parametrize("code", modality.codes())
def test_every_code_means_itself(code: str) -> None:
    assert modality.normalise(code) == code
    assert modality.get(code).code == code


@pytest.mark.parametrize(
    ("code", "kind"),
    [("CT", "image"), ("SM", "image"), ("SEG", "derived"), ("KO", "derived"), ("ECG", "other")],
)
def test_a_modality_says_whether_it_was_acquired_or_derived(code: str, kind: str) -> None:
    assert modality.get(code).kind == kind


def test_every_modality_is_of_a_known_kind() -> None:
    assert {modality.get(code).kind for code in modality.codes()} == {"image", "derived", "other"}


@pytest.mark.parametrize("code", ["mr", "MRI", "", "QQ"])
def test_a_code_that_is_not_dicom_is_refused(code: str) -> None:
    with pytest.raises(VocabularyError, match="not a DICOM modality code"):
        modality.get(code)


def test_the_table_holds_the_codes_and_labels_of_the_standard() -> None:
    from pydicom.sr.codedict import codes

    for group in (codes.CID29, codes.CID32):
        for concept in group.concepts.values():
            known = modality.get(concept.value)
            assert known.label == concept.meaning, concept


def test_a_retired_code_is_read_as_its_successor() -> None:
    assert modality.normalise("DS") == "XA"


def test_no_name_is_given_to_two_modalities() -> None:
    for row in table.read("modality_aliases"):
        assert modality.normalise(row["alias"]) == row["code"], row


@given(st.one_of(st.text(), st.sampled_from(modality.codes())))
def test_normalising_twice_changes_nothing(raw: str) -> None:
    once = modality.normalise(raw)
    assert once is None or modality.normalise(once) == once


def test_reading_modalities_does_not_load_pydicom() -> None:
    script = (
        "import sys; from schemas.vocabulary import modality;"
        "modality.normalise('MRI'); sys.exit('pydicom' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
