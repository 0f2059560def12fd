"""What is an identifier in a text, and what only looks like one."""

from __future__ import annotations

from itertools import pairwise

import pytest

from curation.phi import Kind, Span, Style
from curation.phi.find import find


def _kinds(text: str, style: Style) -> list[Kind]:
    return [span.kind for span in find(text, style)]


@pytest.mark.parametrize(
    "date",
    [
        "2021-03-17",
        "2021/03/17",
        "20210317",
        "20210317143000.000000+0200",
        "17.03.2021",
        "17.03.21",
        "3/17/2021",
        "3/17/21",
        "17-03-2021",
        "17-MAR-2021",
        "17MAR2021",
        "17 March 2021",
        "March 17, 2021",
        "Mar 17 2021",
        "17th of March 2021",
        "17. März 2021",
        "17 mars 2021",
        "17 de marzo de 2021",
        "17 Μαρτίου 2021",
        "17 марта 2021",
        "2021年3月17日",
        "2021-03-17 14:30:05",
    ],
)
def test_a_date_is_found_in_every_usual_spelling(date: str) -> None:
    for style in (Style.PROSE, Style.PHRASE):
        text = f"CT {date} axial"
        (span,) = find(text, style)
        assert span.kind is Kind.DATE
        assert text[span.start : span.end] == date


@pytest.mark.parametrize(
    "text",
    [
        "b=50,400,800",
        "ep2d_diff_b50_400_800",
        "512x512x128",
        "version 1.2.3",
        "3.14.15",
        "2021",
        "series 20210",
        "protocol 12.3.1",
        "1/2 dose",
        "TE 30/60/90",
        "1.2.840.113619.2.55.3",
        "20211332",
        "L4/5 and L5/S1",
    ],
)
def test_numbers_of_scans_are_no_dates(text: str) -> None:
    assert Kind.DATE not in _kinds(text, Style.PHRASE)


def test_the_date_of_a_software_version_is_no_persons() -> None:
    assert find("v1.2.3 2019-05-06", Style.TECHNICAL) == []
    assert find("syngo MR 2019-05-06", Style.TECHNICAL) == []
    (span,) = find("2019-05-06", Style.TECHNICAL)
    assert not span.sure


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("call (301) 555-0123", Kind.PHONE),
        ("301-555-0123", Kind.PHONE),
        ("+1 301 555 0123", Kind.PHONE),
        ("+44 20 7946 0123", Kind.PHONE),
        ("+30 2810 391672", Kind.PHONE),
        ("τηλ. 2810 391672", Kind.PHONE),
        ("Tel: 030 123456", Kind.PHONE),
        ("j.smith@example.org", Kind.EMAIL),
        ("see https://pacs.example.org/p/1", Kind.URL),
        ("from 192.168.14.22", Kind.IP),
        ("123-45-6789", Kind.NATIONAL_NUMBER),
        ("943 476 5919", Kind.NATIONAL_NUMBER),
        ("RSSMRA54C17H501X", Kind.NATIONAL_NUMBER),
        ("MRN: 4456120", Kind.ID),
        ("Patient ID: PX-88213", Kind.ID),
        ("NHS no 9434765919", Kind.ID),
        ("MRN00123456", Kind.ID),
        ("A1234567", Kind.ID),
        ("KR900370", Kind.ID),
        ("RAD-3167034", Kind.ID),
        ("NHS no 480 970 2099", Kind.ID),
        ("IDKR900370", Kind.ID),
        ("ID008-14-8610", Kind.ID),
        ("123456789", Kind.ID),
        ("S/N AX7712345", Kind.DEVICE),
        ("92 y/o woman", Kind.AGE),
        ("a 94-year-old man", Kind.AGE),
        ("aged 101", Kind.AGE),
        ("221 Baker Street, London", Kind.ADDRESS),
        ("14 Elm Avenue, Springfield, IL 62704", Kind.ADDRESS),
        ("Hauptstraße 12, 79104 Freiburg", Kind.ADDRESS),
        ("12 rue de Rivoli, 75001 Paris", Kind.ADDRESS),
        ("seen at St. Mary's Hospital", Kind.INSTITUTION),
        ("Universitätsklinikum Freiburg", Kind.INSTITUTION),
        ("Elmwood Medical Center", Kind.INSTITUTION),
        ("Hôpital Saint-Louis", Kind.INSTITUTION),
        ("Clinique du Vieux-Moulin", Kind.INSTITUTION),
    ],
)
def test_each_kind_of_identifier_is_told(text: str, kind: Kind) -> None:
    assert kind in _kinds(text, Style.PROSE)


@pytest.mark.parametrize(
    "text",
    [
        "a 67-year-old man",
        "93 mm lesion",
        "120 kVp 350 mAs",
        "outside hospital films",
        "the day clinic",
        "Diffusion 0 100 600 1000",
        "git@github.com:QIICR/dcmqi.git",
        "3 views of the left hand",
        "series 12 image 345",
        "943 476 5918",
        "VB201905",
        "Siemens Healthcare",
        "Cardiac Clinic",
    ],
)
def test_what_only_looks_like_an_identifier_is_left(text: str) -> None:
    assert find(text, Style.PROSE) == []


@pytest.mark.parametrize(
    "text",
    [
        "tfl3d1_16ns",
        "B30f",
        "HFS",
        "*tfl2d1",
        "1.2.840.113704.7.1.1",
        "8HRBRAIN",
        "FC13",
        "BONEPLUS",
    ],
)
def test_names_of_kernels_coils_and_sequences_are_harmless(text: str) -> None:
    assert find(text, Style.TECHNICAL) == []


@pytest.mark.parametrize(
    "part",
    [
        "sub-01",
        "ses-2",
        "CT.1.2.840.113619.2.55.3.604688.123.dcm",
        "IM000123",
        "LIDC-IDRI-0001",
        "1-001.dcm",
        "series-00002",
        "3000566.000000-03192",
        "participants.tsv",
    ],
)
def test_usual_names_of_files_and_folders_are_harmless(part: str) -> None:
    assert find(part, Style.PATH) == []


def test_a_date_in_a_path_may_be_shifted_and_is_never_sure() -> None:
    (span,) = find("20010101", Style.PATH)

    assert (span.kind, span.sure) == (Kind.DATE, False)


def test_spans_come_in_order_and_never_overlap() -> None:
    text = (
        "Dr. John Smith, MRN 1234567, born 1954-03-17, +1 301 555 0123, j.smith@example.org, 1954"
    )

    spans = find(text, Style.PROSE)

    assert len(spans) == 5
    assert all(one.end <= two.start for one, two in pairwise(spans))


def test_where_two_readings_overlap_the_surer_one_tells() -> None:
    (span,) = find("MRN 20210317", Style.PATH)

    assert (span.kind, span.sure) == (Kind.ID, True)


def test_a_german_street_is_found_in_a_phrase() -> None:
    (span,) = find("CT Thorax, Lindenallee 7", Style.PHRASE)

    assert (span.kind, span.sure) == (Kind.ADDRESS, False)


def test_an_identifier_deep_in_a_long_text_keeps_its_place() -> None:
    filler = "No focal lesion in the liver. " * 3000
    text = f"{filler}Seen by Dr. Papadakis on 2021-03-17.{filler}"

    found = [text[span.start : span.end] for span in find(text, Style.PROSE)]

    assert found == ["Papadakis", "2021-03-17"]


@pytest.mark.parametrize(
    "unit",
    [
        "1",
        "1-",
        "1 ",
        "A ",
        "Aa ",
        "a.",
        "@",
        "1.",
        "^",
        "Dr ",
        "a@",
        "x-",
        "Via ",
        "MRN ",
        "1/",
        "É",
        "患者",
        "0:",
    ],
)
def test_hostile_repetition_is_read_to_its_end(unit: str) -> None:
    """A regex that goes back would need hours for this; pytest's own limit would end it."""
    text = (unit * 50_000)[:50_000]

    spans = find(text, Style.PROSE)

    assert all(0 <= span.start < span.end <= len(text) for span in spans)


def test_a_national_number_whose_check_digit_is_right_is_sure() -> None:
    assert find("943 476 5919", Style.PHRASE) == [Span(0, 12, Kind.NATIONAL_NUMBER, True)]


@pytest.mark.parametrize("text", ["19540317", "B30f 19540317"])
def test_a_day_before_there_was_dicom_is_a_birth_even_among_technical_words(text: str) -> None:
    assert _kinds(text, Style.TECHNICAL) == [Kind.DATE]


@pytest.mark.parametrize("text", ["20190830", "N4_VD11D_LATEST_20110129", "syngo 19840101"])
def test_the_day_of_a_version_is_no_persons(text: str) -> None:
    assert find(text, Style.TECHNICAL) == []


@pytest.mark.parametrize("text", ["pat_2723970", "pat_KR900370", "PAT_MRN89816605"])
def test_a_folder_may_be_named_with_a_record_number(text: str) -> None:
    assert Kind.ID in _kinds(text, Style.PATH)


def test_a_place_of_care_is_found_among_technical_words_and_bytes() -> None:
    assert _kinds("Northgate Veterans Hospital", Style.TECHNICAL) == [Kind.INSTITUTION]
