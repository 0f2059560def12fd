"""A sex is M, F or O; everything else that archives write there is unknown."""

from __future__ import annotations

import pytest

from schemas.errors import VocabularyError
from schemas.vocabulary import sex


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ("M", "M"),
        ("F", "F"),
        ("O", "O"),
        ("f", "F"),
        ("male", "M"),
        ("Female ", "F"),
        ("OTHER", "O"),
    ],
)
def test_a_sex_is_read_as_its_code(raw: str, code: str) -> None:
    assert sex.normalise(raw) == code


@pytest.mark.parametrize("raw", [None, "", " ", "0000", "6657", "U", "unknown", "MF", "N"])
def test_anything_else_is_unknown(raw: str | None) -> None:
    assert sex.normalise(raw) is None


def test_a_label_reads_back_as_its_code() -> None:
    assert [sex.label(code) for code in "FMO"] == ["Female", "Male", "Other"]
    assert [sex.normalise(sex.label(code)) for code in "FMO"] == ["F", "M", "O"]


@pytest.mark.parametrize("code", ["U", "m", ""])
def test_a_code_that_is_not_dicom_has_no_label(code: str) -> None:
    with pytest.raises(VocabularyError, match="not a code of Patient's Sex"):
        sex.label(code)
