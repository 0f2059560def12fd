"""Names are found among the words of a text: the longest first, in any spelling and number."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.vocabulary.phrases import Found, Names

NAMES = Names(
    [
        ("brain", "Brain"),
        ("brain tumour", "Brain tumor"),
        ("tumor", "Tumor"),
        ("heart", "Heart"),
        ("heart rate", None),
        ("Alzheimer's disease", "Alzheimer"),
    ]
)


def told(text: str) -> list[str]:
    return [found.meaning for found in NAMES.among(text)]


def test_a_longer_name_hides_the_names_within_it() -> None:
    assert NAMES.among("A Brain Tumors challenge") == [Found("Brain tumor", "brain tumors")]
    assert told("tumor of the brain") == ["Tumor", "Brain"]


@pytest.mark.parametrize("text", ["BRAIN-TUMOUR", "brain tumors", "(brain)tumour's"])
def test_case_punctuation_plural_and_spelling_make_no_difference(text: str) -> None:
    assert told(text) == ["Brain tumor"]
    assert NAMES.whole(text) == "Brain tumor"


def test_an_apostrophe_may_be_left_out() -> None:
    for text in ("Alzheimer's disease", "Alzheimers disease", "Alzheimer\u2019s disease"):
        assert told(text) == ["Alzheimer"]


def test_a_phrase_without_a_meaning_hides_the_names_within_it() -> None:
    assert told("heart rate variability") == []
    assert told("heart rate of a failing heart") == ["Heart"]
    assert NAMES.whole("heart rate") is None
    assert NAMES.knows("Heart rates") and not NAMES.knows("heart beat")


def test_a_part_of_a_word_is_no_name() -> None:
    assert told("brainstorm heartbeat tumorous") == []


def test_a_name_is_not_the_whole_of_a_longer_text() -> None:
    assert NAMES.whole("brain tumor segmentation") is None


def test_only_the_beginning_of_an_endless_text_is_read() -> None:
    assert told("brain " + "x" * 1_000_000 + " heart") == ["Brain"]


@given(st.text(max_size=200))
def test_any_text_can_be_read(text: str) -> None:
    for found in NAMES.among(text):
        assert NAMES.knows(found.words)
