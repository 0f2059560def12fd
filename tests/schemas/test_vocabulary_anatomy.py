"""A body part is one SNOMED CT concept, whatever word or truncated protocol names it."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.vocabulary import anatomy, table


def label(raw: str) -> str | None:
    concept = anatomy.normalise(raw)
    return None if concept is None else concept.label


def test_chest_and_thorax_are_one_concept() -> None:
    assert anatomy.normalise("CHEST") == anatomy.normalise("THORAX")
    assert anatomy.normalise("CHEST") == ("Chest", "816094009", "SCT", None)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("CHESTABDPELVIS", "Chest, Abdomen and Pelvis"),
        ("NECKCHESTABDPELV", "Neck, Chest, Abdomen and Pelvis"),
        ("ABDOMENPELVIS", "Abdomen and Pelvis"),
        ("WHOLEBODY", "Entire body"),
        ("HEADNECK", "Head and Neck"),
        ("LSPINE", "Lumbar spine"),
        ("TLSPINE", "Thoraco-lumbar spine"),
        ("SSPINE", "Sacrum"),
        ("IAC", "Internal Auditory Canal"),
        ("FEMORALA", "Femoral artery"),
        ("HIP", "Hip joint"),
        ("LEG", "Lower leg"),
    ],
)
def test_a_defined_term_of_dicom_is_its_concept(raw: str, expected: str) -> None:
    assert label(raw) == expected


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("TH CT CHEST WO C", "Chest"),
        ("CHEST (THORAX) W", "Chest"),
        ("BD CT ABD WO_W C", "Abdomen"),
        ("PET_ABDOMEN_PELV", "Abdomen and Pelvis"),
        ("LUMBO-SACRAL SPI", "Lumbo-sacral spine"),
        ("CT CHEST W_ENHAN", "Chest"),
        ("AP PORTABLE CHES", "Chest"),
        ("MR BRAIN W CON", "Brain"),
        ("CT ABD PELVIS W CONTRAST", "Abdomen and Pelvis"),
        ("MRI BRAIN W/O CONTRAST", "Brain"),
        ("CT CHEST AND ABDOMEN", "Chest and Abdomen"),
    ],
)
def test_a_protocol_name_is_read_for_its_body_part(raw: str, expected: str) -> None:
    assert label(raw) == expected


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("lung", "Lung"),
        ("Testicles", "Testis"),
        ("skin of body", "Skin"),
        ("Chest-Abdomen-Pelvis", "Chest, Abdomen and Pelvis"),
        ("prostate gland", "Prostate"),
        ("Adrenal Glands", "Adrenal gland"),
        ("Head-and-Neck", "Head and Neck"),
        ("oral cavity", "Oral cavity"),
        ("Lymph Nodes", "Lymph Node"),
    ],
)
def test_a_tumour_site_is_its_concept(raw: str, expected: str) -> None:
    assert label(raw) == expected


@pytest.mark.parametrize(
    ("raw", "side"),
    [
        ("Left Breast", "L"),
        ("Right Breast", "R"),
        ("BREAST_RT", "R"),
        ("L breast", "L"),
        ("BILATERAL BREASTS", "B"),
        ("breast, left and right", "B"),
        ("BREAST", None),
    ],
)
def test_a_side_is_kept_apart_from_the_part(raw: str, side: str | None) -> None:
    assert anatomy.normalise(raw) == ("Breast", "76752008", "SCT", side)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [("L SPINE AP", "Lumbar spine"), ("C-SPINE LAT", "Cervical spine"), ("Left ventricle",) * 2],
)
def test_a_letter_that_names_the_part_is_not_a_side(raw: str, expected: str) -> None:
    concept = anatomy.normalise(raw)
    assert concept is not None
    assert (concept.label, concept.laterality) == (expected, None)


@pytest.mark.parametrize(
    "raw",
    ["PHANTOM", "Phantom", "Lung Phantom", "SEG", "FUSION", "OTHER", "UNKNOWN", "WO INTER", "n/a"],
)
def test_a_value_that_is_not_anatomy_is_known_as_such(raw: str) -> None:
    assert anatomy.normalise(raw) is None
    assert anatomy.is_not_anatomy(raw)


@pytest.mark.parametrize("raw", [None, "", " ", "L", "W WO CONTRAST", "BODY", "ZZTOP"])
def test_a_value_that_nobody_decided_is_only_unknown(raw: str | None) -> None:
    assert anatomy.normalise(raw) is None
    assert not anatomy.is_not_anatomy(raw)


def test_every_alias_names_a_concept_of_snomed_ct() -> None:
    for row in table.read("anatomy_aliases"):
        known = {meaning[0].upper() + meaning[1:] for _, meaning in anatomy._snomed().values()}
        assert row["label"] in known, row
        assert row["use"] in {"both", "search", "name"}, row


def test_no_name_is_given_to_two_concepts() -> None:
    for row in table.read("anatomy_aliases"):
        if row["use"] != "search":
            assert label(row["alias"]) == row["label"], row


def test_people_search_with_everyday_words() -> None:
    assert {"thorax", "thoracic"} <= set(anatomy.aliases("Chest"))
    assert "renal" in anatomy.aliases("Kidney")
    assert "TH CT CHEST WO C" not in anatomy.aliases("Chest")
    assert anatomy.aliases("Patella") == ()


@settings(deadline=None)
@given(st.text())
def test_any_text_is_a_concept_or_unknown(raw: str) -> None:
    concept = anatomy.normalise(raw)
    assert concept is None or concept.system == "SCT"


@settings(deadline=None)
@given(st.sampled_from(["Lung", "Lower leg", "Chest and Abdomen"]), st.text(" _-/.,()"))
def test_punctuation_and_case_do_not_matter(name: str, marks: str) -> None:
    wanted = anatomy.normalise(name)
    assert anatomy.normalise(marks + name.upper().replace(" ", f" {marks}") + marks) == wanted


def test_search_words_do_not_load_pydicom() -> None:
    script = (
        "import sys; from schemas.vocabulary import anatomy; anatomy.aliases('Chest');"
        "anatomy.is_not_anatomy('SEG'); sys.exit('pydicom' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
