"""Words judged when every file was seen: identities elsewhere, and words of one patient alone."""

from __future__ import annotations

import pickle

from curation.phi import Kind, Style
from curation.phi.leftovers import Leftovers
from schemas.file_finding import FileFinding
from schemas.finding import Severity


def _add(leftovers: Leftovers, text: str, patient: str, style: Style = Style.PHRASE) -> None:
    leftovers.add(text, style, patient, f"{patient}.dcm", "0008103E", "rule")


def _judged(leftovers: Leftovers) -> list[tuple[str, Severity, str]]:
    return [(f.check, f.severity, f.file) for f in leftovers.judge()]


def test_a_value_of_a_patients_identity_in_a_text_is_an_error() -> None:
    leftovers = Leftovers()
    _add(leftovers, "protocol zz8812345x", "p1")
    leftovers.belongs("p1", Kind.ID, "ZZ-8812345-X")

    assert _judged(leftovers) == [("identity-elsewhere", Severity.ERROR, "p1.dcm")]


def test_an_identity_is_known_again_with_other_separators() -> None:
    leftovers = Leftovers()
    _add(leftovers, "775.0021/945", "p1", Style.TECHNICAL)
    leftovers.belongs("p1", Kind.ID, "775-0021-945")

    assert _judged(leftovers) == [("identity-elsewhere", Severity.ERROR, "p1.dcm")]


def test_a_number_inside_a_uid_is_no_identity() -> None:
    leftovers = Leftovers()
    _add(leftovers, "MR.1.3.12.2.1107.5.2.7351622.30", "p1", Style.PATH)
    leftovers.belongs("p1", Kind.DEVICE, "7351622")

    assert _judged(leftovers) == []


def test_a_pseudonym_in_a_text_is_no_identity() -> None:
    leftovers = Leftovers()
    leftovers.belongs("p1", Kind.ID, "ABCDE0001")
    leftovers.belongs("p1", Kind.NAME, "ANON0001")
    _add(leftovers, "scan of ABCDE0001 ANON0001", "p1")

    assert _judged(leftovers) == []


def test_a_name_that_one_of_three_patients_has_is_a_warning() -> None:
    leftovers = Leftovers()
    for patient in ("p1", "p2", "p3"):
        _add(leftovers, "brain axial", patient)
    _add(leftovers, "brain abernethy", "p2")

    assert _judged(leftovers) == [("word-of-one-patient", Severity.WARNING, "p2.dcm")]


def test_a_word_of_several_patients_or_among_two_is_nothing() -> None:
    shared, few = Leftovers(), Leftovers()
    for patient in ("p1", "p2", "p3"):
        _add(shared, "abernethy", patient)
    _add(few, "abernethy", "p1")
    _add(few, "brain", "p2")

    assert _judged(shared) == _judged(few) == []


def test_technical_words_hashes_uids_and_pseudonyms_of_one_patient_are_nothing() -> None:
    leftovers = Leftovers()
    for patient in ("p1", "p2", "p3"):
        _add(leftovers, "brain", patient)
    for text in (
        "tfl3d1_16ns fgspr qhsxt",
        "d41d8cd98f00b204e9800998ecf8427e",
        "1.2.840.113619.2.55.3.604688",
        "LIDC-IDRI-0007 sub-017 CASE0012",
        "Br36d Qr40 B30f",
        "12.5 mm 512x512",
    ):
        _add(leftovers, text, "p2")

    assert _judged(leftovers) == []


def test_a_number_like_a_record_of_one_patient_is_a_warning() -> None:
    leftovers = Leftovers()
    for patient in ("p1", "p2", "p3"):
        _add(leftovers, "brain", patient)
    _add(leftovers, "order 7712093", "p3")

    assert _judged(leftovers) == [("word-of-one-patient", Severity.WARNING, "p3.dcm")]


def test_findings_show_the_shape_of_a_word_and_never_the_word() -> None:
    leftovers = Leftovers()
    _add(leftovers, "zz8812345x", "p1")
    leftovers.belongs("p1", Kind.ID, "zz8812345x")

    (finding,) = leftovers.judge()

    assert isinstance(finding, FileFinding)
    assert "8812345" not in repr(finding)
    assert finding.evidence == "aa9999999a"


def test_what_processes_saw_apart_is_judged_together() -> None:
    one, two = Leftovers(), Leftovers()
    _add(one, "abernethy brain", "p1")
    _add(one, "brain", "p2")
    _add(two, "abernethy", "p3")
    _add(two, "zz8812345x", "p3")
    one.belongs("p3", Kind.ID, "zz8812345x")

    one.merge(pickle.loads(pickle.dumps(two)))

    assert _judged(one) == [("identity-elsewhere", Severity.ERROR, "p3.dcm")]
