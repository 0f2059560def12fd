"""What fields are called, what their values say, and how dates are spelled."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.formats import fields
from curation.formats.dates import NoDate, Spelled
from curation.formats.fields import field_of
from curation.formats.values import is_nothing, is_number
from curation.phi import Kind


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("PatientName", "person"),
        ("patient's name", "person"),
        ("last_name", "person"),
        ("Prénom", "person"),
        ("Ονοματεπώνυμο", "person"),
        ("患者姓名", "person"),
        ("Date of Birth", "birth"),
        ("geburtsdatum", "birth"),
        ("mother_dob", "birth"),
        ("MRN", "record"),
        ("dateOfLastVisit", "date"),
        ("home_phone_2", "identifier"),
        ("zip", "identifier"),
        ("EchoTime", "text"),
        ("AcquisitionTime", "time"),
        ("ImageType", "technical"),
        ("update", "unknown"),
        ("image", "unknown"),
        ("x" * 10_000, "unknown"),
    ],
)
def test_names_of_fields_say_what_they_hold(name: str, role: str) -> None:
    assert field_of(name).role == role


def test_every_row_of_the_table_is_of_a_known_sort() -> None:
    path = Path(fields.__file__).with_name("fields.csv")
    lines = path.read_text(encoding="utf-8").splitlines()
    rows = list(csv.DictReader(line for line in lines if not line.startswith("#")))
    assert {row["role"] for row in rows} <= set(
        "person patient record participant identifier institution device birth moment date time"
        " age uid path technical public text unknown".split()
    )
    names = [row["field"] for row in rows]
    assert len(names) == len(set(names))
    assert {row["kind"] for row in rows if row["kind"]} <= set(Kind)


@pytest.mark.parametrize(
    ("text", "later"),
    [
        ("2020-02-28", "2020-03-01"),
        ("2020-02-28T10:11:12.5Z", "2020-03-01T10:11:12.5Z"),
        ("20200228", "20200301"),
        ("20200228101112.000", "20200301101112.000"),
        ("28.02.2020", "01.03.2020"),
        ("28.2.20", "01.03.2020"),
        ("02/28/2020 4:05 PM", "03/01/2020 4:05 PM"),
        ("28-FEB-2020", "01-MAR-2020"),
        ("28 Feb 2020", "01 Mar 2020"),
        ("2020/02/28", "2020/03/01"),
    ],
)
def test_a_date_moves_in_its_own_spelling(text: str, later: str) -> None:
    assert Spelled(text).shifted(2) == later


@pytest.mark.parametrize("text", ["1.2.3", "2020-13-01", "31.02.2020", "12", "2020-01-02 x", ""])
def test_what_is_no_date_is_not_read_as_one(text: str) -> None:
    with pytest.raises(NoDate):
        Spelled(text)


def test_a_date_does_not_leave_the_calendar() -> None:
    with pytest.raises(NoDate):
        Spelled("0001-01-01").shifted(-1)


@given(st.dates(), st.integers(-4000, 4000))
def test_there_and_back_is_the_same_day(day: object, days: int) -> None:
    try:
        there = Spelled(str(day)).shifted(days)
    except NoDate:
        return
    assert Spelled(there).shifted(-days) == str(day)


@given(st.text(max_size=200))
def test_any_text_is_judged(text: str) -> None:
    assert isinstance(is_nothing(text), bool) and isinstance(is_number(text), bool)
    field_of(text)


@pytest.mark.parametrize("text", ["", "n/a", "UNKNOWN", "removed", "ANON^01", "X-REMOVED", "no"])
def test_words_that_stand_for_a_value_are_nothing(text: str) -> None:
    assert is_nothing(text)


@pytest.mark.parametrize("text", ["12345", "Smith", "617-555", "Nolan", "Removed Smith"])
def test_values_are_something(text: str) -> None:
    assert not is_nothing(text)
