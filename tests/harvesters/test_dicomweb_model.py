"""The DICOM JSON Model and its XML twin are read whatever they hold, and only what is needed."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harvesters.dicomweb import model as dicom
from harvesters.http import Answer
from schemas.errors import SourceError

JSON = "application/dicom+json"
MULTIPART = 'multipart/related; type="application/dicom+xml"; boundary="b"'
PART = (
    '--b\r\nContent-Type: application/dicom+xml\r\n\r\n<NativeDicomModel xmlns="http://dicom.nema.'
    'org/PS3.19/models/NativeDICOM"><DicomAttribute tag="0020000D" vr="UI" '
    'keyword="StudyInstanceUID"><Value number="1">1.2</Value></DicomAttribute>'
    "</NativeDicomModel>\r\n"
)


def _answer(body: str | bytes, kind: str = JSON, status: int = 200) -> Answer:
    told = body if isinstance(body, bytes) else body.encode()
    return Answer("http://127.0.0.1/studies", status, {"content-type": kind}, told)


@pytest.mark.parametrize(
    ("attribute", "text"),
    [
        ({"vr": "LO", "Value": ["A"]}, "A"),
        ({"vr": "LO", "Value": [" A \0"]}, "A"),
        ({"vr": "LO", "Value": "A"}, "A"),
        ({"vr": "LO", "Value": [None, "", "A"]}, "A"),
        ({"vr": "IS", "Value": [7]}, "7"),
        ("A", "A"),
        ({"vr": "LO", "Value": []}, None),
        ({"vr": "LO", "Value": None}, None),
        ({"vr": "LO", "Value": [{"Alphabetic": "Nobody"}]}, None),
        ({"vr": "LO", "Value": [True]}, None),
        ({"vr": "LO", "BulkDataURI": "http://x"}, None),
        ({"vr": "LO"}, None),
        (None, None),
        ({"vr": "LO", "Value": ["\ud800A"]}, "?A"),
    ],
)
def test_a_value_is_read_or_unknown(attribute: Any, text: str | None) -> None:
    assert dicom.text(dicom.reduced({"00100020": attribute}), "PatientID") == text


@pytest.mark.parametrize("name", ["0020000D", "0020000d", "StudyInstanceUID"])
def test_an_attribute_is_found_by_tag_in_either_case_and_by_keyword(name: str) -> None:
    assert dicom.uid(dicom.reduced({name: {"Value": ["1.2.3"]}}), "StudyInstanceUID") == "1.2.3"


def test_what_is_not_on_the_list_is_dropped() -> None:
    row = {
        "00100010": {"vr": "PN", "Value": [{"Alphabetic": "Nobody"}]},
        "00100030": {"vr": "DA", "Value": ["19010203"]},
        "00080050": {"vr": "SH", "Value": ["ACC-1"]},
        "00100020": {"vr": "LO", "Value": ["kept"]},
    }
    assert dicom.reduced(row) == {"PatientID": ["kept"]}


@pytest.mark.parametrize("row", [None, [], "x", 3, [{}]])
def test_what_is_no_dataset_has_no_attributes(row: Any) -> None:
    assert dicom.reduced(row) == {}


@pytest.mark.parametrize(
    ("value", "count"),
    [(3, 3), ("3", 3), (" 3 ", 3), (3.0, 3), ("3.0", 3), (0, 0), (-1, None), ("3.5", None),
     ("many", None), ("", None), (10**30, None), ("nan", None), ("1e400", None)],
)  # fmt: skip
def test_a_count_is_a_whole_number_however_it_is_written(value: Any, count: int | None) -> None:
    row = {"NumberOfStudyRelatedSeries": [value]}
    assert dicom.count(row, "NumberOfStudyRelatedSeries") == count


@pytest.mark.parametrize(
    ("text", "day"),
    [("20200229", date(2020, 2, 29)), ("2020.02.29", date(2020, 2, 29)),
     ("2020-02-29", date(2020, 2, 29)), ("20210229", None), ("2020", None), ("00000000", None)],
)  # fmt: skip
def test_a_date_is_read_or_unknown(text: str, day: date | None) -> None:
    assert dicom.day({"StudyDate": [text]}, "StudyDate") == day


@pytest.mark.parametrize("text", ["..", ".", "a/b", "1.2 3", "1?x", "", "1" * 129, "1%2F2"])
def test_a_uid_that_would_change_a_path_is_none(text: str) -> None:
    assert dicom.uid({"StudyInstanceUID": [text]}, "StudyInstanceUID") is None


def test_several_values_are_kept_once_each() -> None:
    row = {"SOPClassUID": ["1.2", "1.3", "1.2", ""]}
    assert dicom.texts(row, "SOPClassUID") == "1.2,1.3"


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from([*dicom.READ, *dicom.tags().values()]), _JSON))
def test_no_row_of_whatever_values_is_an_error(row: dict[str, Any]) -> None:
    found = dicom.reduced(row)
    for keyword in dicom.READ:
        text = dicom.text(found, keyword)
        assert text is None or text.encode()
        dicom.count(found, keyword), dicom.day(found, keyword), dicom.uid(found, keyword)
    assert len(dicom.fingerprint(found)) == 32


def test_no_content_means_no_rows() -> None:
    assert dicom.rows_of(_answer(b"", status=204)) == []


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (_answer(b""), "not JSON but nothing"),
        (_answer('{"error": "no"}'), "not a list of DICOM datasets"),
        (_answer("[" * 200_000), "not JSON|nested beyond reason"),
        (_answer('[{"0020000D"'), "not JSON"),
        (_answer(PART + "--b--", "multipart/related"), "without a boundary"),
        (_answer(PART, MULTIPART), "cut short"),
        (_answer(PART[:-30] + "\r\n--b--", MULTIPART), "not XML"),
        (_answer("--b\r\n\r\n<!DOCTYPE x [<!ENTITY y 'z'>]><x>&y;</x>\r\n--b--", MULTIPART),
         "document type"),
    ],
    ids=["nothing", "an object", "too deep", "cut", "no boundary", "cut parts", "cut XML", "DTD"],
)  # fmt: skip
def test_an_answer_that_is_no_listing_is_an_error_not_an_empty_one(
    answer: Answer, told: str
) -> None:
    with pytest.raises(SourceError, match=told):
        dicom.rows_of(answer)


def test_each_part_of_a_multipart_answer_is_a_row() -> None:
    rows = dicom.rows_of(_answer(PART + PART.replace(">1.2<", ">1.3<") + "--b--", MULTIPART))
    assert [dicom.uid(dicom.reduced(row), "StudyInstanceUID") for row in rows] == ["1.2", "1.3"]


def test_json_is_read_whatever_its_content_type_says() -> None:
    body = json.dumps([{"0020000D": {"vr": "UI", "Value": ["1.2"]}}])
    assert len(dicom.rows_of(_answer(body, "text/plain"))) == 1
