"""Values of identity attributes, titles and creators: which name somebody, and which do not."""

from __future__ import annotations

import pytest

from curation.dicom.clues import is_clean, is_product, names_archive


@pytest.mark.parametrize(
    "creator", ["GEMS_HELIOS_01", "SIEMENS MED", "Philips MR Imaging DD 001", "NEWCO_RECON_02"]
)
def test_a_creator_of_the_usual_form_is_a_product(creator: str) -> None:
    assert is_product(creator)


@pytest.mark.parametrize("creator", ["PAPADAKIS GEORGIOS", "Whitfield^Ada", "4456120"])
def test_a_creator_of_another_form_is_judged_as_text(creator: str) -> None:
    assert not is_product(creator)


@pytest.mark.parametrize(
    ("value", "meaning"),
    [
        ("585141", "serial"),
        ("SN445582", "serial"),
        ("POL295967035", "serial"),
        ("Mercy Valley Medical Center", "institution"),
        ("Cedar Ridge Imaging", "institution"),
        ("MRN89429004", "institution"),
        ("KR900370", "id"),
        ("RAD-3926253", "id"),
        ("ALTENFCT126", "device"),
    ],
)
def test_what_tells_a_person_a_place_or_a_device_is_not_clean(value: str, meaning: str) -> None:
    assert not is_clean(value, meaning)


@pytest.mark.parametrize(
    ("value", "meaning"),
    [
        ("5E2A90C1B8", "serial"),
        ("01", "serial"),
        ("000000", "serial"),
        ("Site 3", "institution"),
        ("Radiology Department", "institution"),
        ("REMOVED", "institution"),
        ("LIDC-IDRI-0001", "id"),
        ("281949768489412", "id"),
        ("CT01", "device"),
    ],
)
def test_what_a_de_identifier_leaves_is_clean(value: str, meaning: str) -> None:
    assert is_clean(value, meaning)


def test_an_archive_with_the_name_of_a_place_is_told_from_one_of_a_program() -> None:
    assert names_archive("BOULDER_PACS")
    assert not names_archive("DICOM_ARCHIVE")
    assert not names_archive("ORTHANC_PACS")
