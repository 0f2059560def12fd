"""Names of people as texts, DICOM and paths write them, and words that only look like names."""

from __future__ import annotations

import random
import re

import pytest

from curation.phi import Kind, Style
from curation.phi.find import find


def _named(text: str, style: Style) -> list[str]:
    return [text[s.start : s.end] for s in find(text, style) if s.kind is Kind.NAME]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("CT CHEST for Scott Kaufman", "Scott Kaufman"),
        ("MRI BRAIN - PAPADAKIS, GEORGIOS", "PAPADAKIS, GEORGIOS"),
        ("XR KNEE DR Papadakis", "Papadakis"),
        ("Papadakis^Georgios T1 SAG", "Papadakis^Georgios"),
        ("Mr. Brown has a mass", "Brown"),
        ("Mrs Young complains of pain", "Young"),
        ("J. Whitfield knee", "J. Whitfield"),
        ("SMITH JOHN CHEST PA", "SMITH JOHN"),
        ("Frau Müller", "Müller"),
        ("ΑΞΟΝΙΚΗ ΘΩΡΑΚΟΣ ΠΑΠΑΔΑΚΗΣ ΓΕΩΡΓΙΟΣ", "ΠΑΠΑΔΑΚΗΣ ΓΕΩΡΓΙΟΣ"),
        ("Пациент Петров Иван", "Петров Иван"),
        ("患者王小明因咳嗽就诊", "王小明"),
        ("患者王明因咳嗽就诊", "王明"),
        ("Olufemi Adeyemi brain", "Olufemi Adeyemi"),
        ("Subject is Chidinma Okafor, right-handed", "Chidinma Okafor"),
    ],
)
def test_a_name_is_found_whole(text: str, name: str) -> None:
    assert _named(text, Style.PROSE) == [name]


@pytest.mark.parametrize(
    "text",
    [
        "Circle of Willis MRA",
        "Parkinson protocol SWI",
        "Foley catheter placement",
        "Swan-Ganz position check",
        "Baker's cyst",
        "Hodgkin staging PET/CT",
        "Crohn MR enterography",
        "Colles, Smith and Jones fractures",
        "HEAD^BRAIN ROUTINE",
        "SPECIALS^ABDOMEN",
        "Mark lesion left breast",
        "Long leg standing",
        "Young adult chest",
        "Brown fat FDG uptake",
        "DR CHEST 2 VIEWS",
        "MR Brain",
        "Art. Phase",
        "May-Thurner syndrome",
        "Siemens Avanto QA",
        "Bennett_thumb",
        "Bennett joint",
        "Barrett",
        "KIDNEY STONE",
        "Long axis",
    ],
)
def test_eponyms_and_words_that_are_names_too_are_harmless(text: str) -> None:
    for style in (Style.PHRASE, Style.PROSE, Style.TECHNICAL):
        assert find(text, style) == []


@pytest.mark.parametrize(
    "value",
    [
        "Papadakis^Georgios",
        "SMITH^JOHN^A^^MR",
        "Yamada^Tarou=山田^太郎=やまだ^たろう",
        "王^小东",
        "Brown^Mark",
        "Head^Rose",
        "Wojciechowska",
        "ΠΑΠΑΔΑΚΗΣ^ΓΕΩΡΓΙΟΣ",
        "عبد الله^محمد",
        "Ouyang",
    ],
)
def test_a_value_that_ought_to_be_a_name_is_one_in_any_alphabet(value: str) -> None:
    (span,) = find(value, Style.PERSON)

    assert (span.start, span.end, span.kind, span.sure) == (0, len(value), Kind.NAME, True)


@pytest.mark.parametrize(
    "part", ["PAPADAKIS_GEORGIOS", "smith-john-1954", "Doe^Jane", "whitaker1937"]
)
def test_a_name_in_a_path_is_found(part: str) -> None:
    assert _named(part, Style.PATH)


def test_bytes_of_pictures_hardly_ever_read_as_names() -> None:
    noise = random.Random(0).randbytes(300_000).decode("latin-1")
    runs = re.findall(r"[ -~\xa0-\xff]{5,}", noise)

    assert len(runs) > 10_000
    assert sum(bool(find(run, Style.TECHNICAL)) for run in runs) < 5
    assert sum(bool(find(run, Style.PROSE)) for run in runs) < 20


def test_a_single_word_without_context_is_never_sure() -> None:
    (span,) = find("LIVER PAPADOPOULOU", Style.PHRASE)

    assert (span.start, span.sure) == (6, False)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("MARK WHITE", "MARK WHITE"),
        ("Long, Will", "Long, Will"),
        ("CHEST PA - Hope Stone", "Hope Stone"),
        ("SCAN FOR MARK WHITE^MARK", "MARK WHITE^MARK"),
        ("OYELARAN, TUNDE", "OYELARAN, TUNDE"),
        ("SZYMANSKA", "SZYMANSKA"),
        ("ROSENTHAL", "ROSENTHAL"),
    ],
)
def test_names_of_words_or_of_no_list_are_likely_where_they_stand_alone(
    text: str, name: str
) -> None:
    assert _named(text, Style.PHRASE) == [name]


@pytest.mark.parametrize("text", ["Lindqvist_TEST", "LINDQVIST_TEST", "Johnson special"])
def test_a_common_name_among_technical_words_is_likely(text: str) -> None:
    assert len(_named(text, Style.TECHNICAL)) == 1


@pytest.mark.parametrize("text", ["Stone_Hope", "Hope_Stone"])
def test_a_folder_of_two_words_that_are_names_is_likely(text: str) -> None:
    assert _named(text, Style.PATH) == [text]
