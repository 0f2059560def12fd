"""What identifies the patients of a run is found again wherever it stands."""

from __future__ import annotations

import pickle

import pytest

from curation.phi import Kind
from curation.phi.known import Known


def _known() -> Known:
    known = Known()
    known.add("p1", Kind.NAME, "Papadakis^Georgios")
    known.add("p1", Kind.ID, "A-123 456")
    known.add("p1", Kind.DATE, "19540317")
    known.add("p1", Kind.PHONE, "+30 2810 391672")
    known.add("p1", Kind.INSTITUTION, "Venizeleio Heraklion")
    known.add("p2", Kind.NAME, "Head^Rosa")
    known.add("p2", Kind.ID, "4711")
    known.add("p3", Kind.NAME, "Rose^Mark")
    return known


def _seen(text: str, patient: str | None = None, known: Known | None = None) -> list[str]:
    return [text[s.start : s.end] for s in (known or _known()).spans(text, patient)]


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("PAPADAKIS chest", "PAPADAKIS"),
        ("PapadakisGeorgios.dcm", "PapadakisGeorgios"),
        ("scan_papadákis_1", "papadákis"),
        ("a123456_CT", "a123456"),
        ("id A 123-456", "A 123-456"),
        ("born 17-MAR-1954", "17-MAR-1954"),
        ("17.03.1954", "17.03.1954"),
        ("2810-391672", "2810-391672"),
        ("VENIZELEIO, HERAKLION", "VENIZELEIO, HERAKLION"),
    ],
)
def test_a_value_is_found_without_case_accents_and_separators(text: str, seen: str) -> None:
    assert seen in _seen(text, "p1") or _seen(text, "p1") == [seen.split("-", 1)[-1]]


def test_only_whole_words_are_found() -> None:
    known = Known()
    known.add("p1", Kind.NAME, "Ana^Lis")

    assert _seen("anaesthesia and analysis", "p1", known) == []


def test_a_short_number_counts_in_texts_of_its_own_patient_alone() -> None:
    assert _seen("scan 4711", "p2") == ["4711"]
    assert _seen("scan 4711", "p1") == []


def test_a_name_that_imaging_uses_counts_beside_another_of_its_patients_names_alone() -> None:
    assert _seen("HEAD CT", "p2") == []
    assert _seen("Rosa Head CT head", "p2") == ["Rosa", "Head"]


def test_a_name_that_is_a_word_counts_capitalised_and_with_its_own_patient_alone() -> None:
    assert _seen("Rose was seen, mark the lesion", "p3") == ["Rose"]
    assert _seen("Rose was seen", "p1") == []


def test_what_a_de_identifier_writes_is_not_looked_for() -> None:
    known = Known()
    known.add("p1", Kind.NAME, "ANONYMOUS^PATIENT")
    known.add("p1", Kind.ID, "REMOVED")

    assert not known.tokens


def test_what_other_processes_gathered_is_merged() -> None:
    mine, theirs = Known(), _known()
    mine.add("p9", Kind.NAME, "Whitfield^Ada")

    mine.merge(pickle.loads(pickle.dumps(theirs)))

    assert _seen("Whitfield and Papadakis", None, mine) == ["Whitfield", "Papadakis"]
    assert _seen("Rose was seen", "p3", mine) == ["Rose"]


def test_a_value_of_many_is_found_among_a_hundred_thousand() -> None:
    known = Known()
    for number in range(100_000):
        known.add(f"p{number}", Kind.ID, f"H{number:07d}")

    assert _seen("order H0077777 done", None, known) == ["H0077777"]


@pytest.mark.parametrize("text", ["IDPT801759", "B30f IDPT801759 head", "xpt801759"])
def test_letters_before_an_id_do_not_hide_it(text: str) -> None:
    known = Known()
    known.add("p1", Kind.ID, "PT801759")

    (found,) = _seen(text, "p1", known)
    assert found.lower().endswith("pt801759")
    assert known.owned("idpt801759", "p1")
    assert not known.owned("idpt801750", "p1")


def test_an_id_that_is_a_word_of_imaging_is_not_looked_for() -> None:
    known = Known()
    known.add("p1", Kind.ID, "HEAD")
    known.add("p1", Kind.INSTITUTION, "Radiology")

    assert not known.tokens


def test_prose_in_the_place_of_a_name_does_not_make_its_words_names() -> None:
    known = Known()
    known.add("p1", Kind.NAME, "Exam date 25-May-2011. Patient moved. Seen by Whitfield")

    assert _seen("Patient moved between series 3 and 4", "p1", known) == []
    assert _seen("for Whitfield", "p1", known) == ["Whitfield"]
