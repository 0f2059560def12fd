"""An age is years where DICOM's Age String says so, and says what is wrong where it does not."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.errors import VocabularyError
from schemas.vocabulary import age


@pytest.mark.parametrize(
    ("raw", "years"),
    [
        ("045Y", 45.0),
        ("543M", 45.25),
        ("006M", 0.5),
        ("998D", 998 / 365.25),
        ("052W", 364 / 365.25),
    ],
)
def test_an_age_string_is_read_in_years(raw: str, years: float) -> None:
    assert age.parse(raw).years == pytest.approx(years)
    assert age.parse(raw).problem is None


@pytest.mark.parametrize("raw", [None, "", "   ", "\0"])
def test_no_age_is_unknown_and_no_problem(raw: str | None) -> None:
    assert age.parse(raw) == (None, None)


@pytest.mark.parametrize("raw", ["000Y", "000M", "000W", "000D", "0", "000y"])
def test_a_placeholder_age_is_unknown(raw: str) -> None:
    assert age.parse(raw) == (None, "placeholder")


@pytest.mark.parametrize(
    ("raw", "years"), [("042y", 42.0), ("90", 90.0), ("64", 64.0), ("47Y", 47.0), ("60 years", 60)]
)
def test_a_malformed_age_that_is_unmistakable_is_still_read(raw: str, years: float) -> None:
    assert age.parse(raw) == (years, "malformed")


@pytest.mark.parametrize("raw", ["N-A", "-45Y", "45.5Y", "0045Y", "Y", "045X", "thirty", "٠٤٥Y"])
def test_a_malformed_age_that_could_be_anything_is_unknown(raw: str) -> None:
    assert age.parse(raw) == (None, "malformed")


@pytest.mark.parametrize(("raw", "years"), [("155Y", 155.0), ("121Y", 121.0), ("999Y", 999.0)])
def test_an_age_no_human_reached_is_implausible(raw: str, years: float) -> None:
    assert age.parse(raw) == (years, "implausible")


@pytest.mark.parametrize("raw", ["120Y", "111Y", "101Y"])
def test_a_very_old_person_is_believed(raw: str) -> None:
    assert age.parse(raw).problem is None


@pytest.mark.parametrize("raw", ["045Y ", " 045Y", "045Y\0"])
def test_padding_is_not_a_defect(raw: str) -> None:
    assert age.parse(raw) == (45.0, None)


@given(st.integers(1, 999), st.sampled_from("DWMY"))
def test_any_age_string_is_its_arithmetic_value(number: int, unit: str) -> None:
    days = {"D": 1.0, "W": 7.0, "M": 365.25 / 12, "Y": 365.25}[unit]
    years, problem = age.parse(f"{number:03}{unit}")
    assert years is not None
    assert math.isclose(years, number * days / 365.25)
    assert problem == ("implausible" if years > 120 else None)


@given(st.text())
def test_no_text_gives_a_negative_age_or_an_error(raw: str) -> None:
    years, problem = age.parse(raw)
    assert years is None or years > 0
    assert problem in {None, "placeholder", "malformed", "implausible"}


@pytest.mark.parametrize(
    ("years", "band"),
    [
        (0.0, "0-9"),
        (9.99, "0-9"),
        (10.0, "10-19"),
        (45.25, "40-49"),
        (89.9, "80-89"),
        (90.0, "90+"),
        (155.0, "90+"),
        (None, None),
    ],
)
def test_an_age_falls_in_a_band_of_ten_years(years: float | None, band: str | None) -> None:
    assert age.band(years) == band


@pytest.mark.parametrize("years", [-1.0, math.nan])
def test_what_is_not_an_age_has_no_band(years: float) -> None:
    with pytest.raises(VocabularyError, match="is not an age"):
        age.band(years)
