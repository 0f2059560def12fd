"""Cutting identifiers out, and keeping the rest word for word."""

from __future__ import annotations

import pytest

from curation.phi import Kind, Style
from curation.phi.known import Known
from curation.phi.scrub import scrub


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("CT CHEST for Scott Kaufman", "CT CHEST"),
        ("CT CHEST MRN: 1234567, arterial phase", "CT CHEST, arterial phase"),
        ("Dr. Papadakis reviewed the images.", "reviewed the images."),
        ("Seen on 2021-03-17 with cough.", "Seen on with cough."),
        ("Smith^John", ""),
        ("MRN 1234567", ""),
        ("John Smith, 1954-03-17", ""),
        ("LUNG (Papadakis) 1 mm", "LUNG 1 mm"),
    ],
)
def test_an_identifier_goes_with_its_label_and_the_rest_stays(text: str, clean: str) -> None:
    assert scrub(text, Style.PROSE) == clean


@pytest.mark.parametrize(
    "text",
    [
        "Nodule 8 mm right upper lobe, cf. prior",
        "T2w TSE sag 3mm",
        "Suspicion of Hodgkin lymphoma",
        "  spaces   and\nlines stay  ",
        "",
    ],
)
def test_a_text_without_identifiers_is_returned_as_it_is(text: str) -> None:
    assert scrub(text, Style.PHRASE) == text
    assert scrub(text, Style.PROSE) == text


def test_what_is_known_of_the_patient_is_cut_too() -> None:
    known = Known()
    known.add("p1", Kind.NAME, "Qwertzel^Zxy")
    known.add("p1", Kind.ID, "5512")

    assert scrub("qwertzel 5512 T1 sag", Style.TECHNICAL, known, "p1") == "T1 sag"
    assert scrub("T1 sag 5512", Style.TECHNICAL, known, "p2") == "T1 sag 5512"


def test_scrubbing_twice_changes_nothing_more() -> None:
    once = scrub("Call Dr. John Smith at 301-555-0123 about the nodule.", Style.PROSE)

    assert "nodule" in once
    assert scrub(once, Style.PROSE) == once
