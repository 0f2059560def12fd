"""Text of devices is told from text about people."""

from __future__ import annotations

import pytest

from curation.pixels.judge import judge


@pytest.mark.parametrize(
    "text",
    [
        *["L", "R", "A", "P", "H", "F", "cm", "mm", "kV 120", "WL 40 WW 400", "MI 1.2", "TIS<0.4"],
        *["12 MHz", "Se: 3 Im: 12", "Depth 16.0 cm", "L-MLO", "RCC", "LMLO", "GE Healthcare"],
        *["LOGIQ E9", "SIEMENS", "Philips Healthcare", "CHEST PA", "LYMPH NODE", "Gain 65", "C5-1"],
        *["CTDIvol 12.5 mGy", "LT OVARY TRV", "BPD 8.2 cm", "GA 32w4d", "NOT FOR DIAGNOSIS"],
        *["MSCSKEL", "PORTABLE", "FR 25 Hz", "Page 1 of 2", "2:56:22 PM", "ANONYMIZED"],
    ],
)
def test_marks_settings_and_makers_are_harmless(text: str) -> None:
    assert not judge(text).identifying


@pytest.mark.parametrize(
    "text",
    [
        *["LINDQVIST^INGRID", "LINDQVISTΛINGRID", "Lindqvist, Ingrid", "IngridLindqvist"],
        *["JOHNSMITH", "Dr. Okonkwo", "Pat: Yuki Tanaka", "DOB: 12/03/1956", "1956-03-12"],
        *["2019-04-16 10:22:31", "2019-04-1610:22:31", "16.04.201910:22"],
        *["5/25/2011", "MRN 48213377", "48213377", "ID: A609733", "A#: 7712345"],
        *["BAPTIST MED CTR", "Royal Infirmary", "+49 761 1234567", "jane@example.org"],
    ],
)
def test_names_dates_numbers_and_places_identify(text: str) -> None:
    assert judge(text).identifying
