"""Evidence shows the shape of a value and nothing of its content, whatever the value is."""

from __future__ import annotations

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.metadata import evidence


@pytest.fixture(scope="module")
def shown():
    with duckdb.connect() as con:
        con.execute(evidence.MACRO)

        def show(kind, value):
            return con.execute("SELECT shown_evidence(?, ?)", [kind, value]).fetchone()[0]

        yield show


@given(text=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")))
def test_no_letter_and_no_digit_of_a_value_is_shown(shown, text):
    seen = shown("shape", text)
    assert {c for c in seen if c.isalnum()} <= set("Aa9")
    assert len(seen) <= evidence.LONGEST


@pytest.mark.parametrize(
    ("value", "seen"),
    [
        ("SMITH^JOHN", "AAAAA^AAAA"),
        ("Łukasz Öz 2004-03-12", "Aaaaaa Aa 9999-99-99"),
        ("ask jane.doe@example.org now", "aaa a***@*** aaa"),
        ("x" * 30, "a" * 24),
    ],
)
def test_a_shape_keeps_case_punctuation_and_length(shown, value, seen):
    assert shown("shape", value) == seen


@pytest.mark.parametrize(
    ("age", "seen"),
    [("091Y", "> 89 Y"), ("120Y", "> 89 Y"), ("121Y", "> 120 Y"), ("155y", "> 120 Y")],
)
def test_an_age_is_shown_as_the_limit_it_exceeds(shown, age, seen):
    assert shown("age", age) == seen


def test_a_code_is_shown_as_it_is_and_nothing_as_nothing(shown):
    assert shown("plain", "CC BY 4.0") == "CC BY 4.0"
    assert len(shown("plain", "x" * 500)) == 100
    assert shown("shape", None) is None
