"""Harvested text becomes plain text, whatever it held."""

from __future__ import annotations

import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harvesters.text import REMOVED, plain_text


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("a <i>big</i> one", "a big one"),
        ("Smith &amp; Sons", "Smith & Sons"),
        ("two\n\n  lines", "two lines"),
        ("<script>alert(1)</script>kept", "kept"),
        ("<style>p {}</style>kept", "kept"),
        ("3 &lt; 4", "3 < 4"),
        ("caf\u00e9 \u4e2d", "caf\u00e9 \u4e2d"),
        ("bell\x07 and \u202eoverride", "bell and override"),
        ("", None),
        ("  <br> ", None),
        (None, None),
    ],
)
def test_text_is_what_a_reader_would_see(raw: str | None, text: str | None) -> None:
    assert plain_text(raw) == text


@pytest.mark.parametrize(
    "raw",
    [
        "Write to jane.doe@example.org.",
        "Write to <a href='mailto:jane.doe@example.org'>jane.doe@example.org</a>.",
        "Write to jane.doe&#64;example.org.",
        "Write to jane\u200b.doe@example.org.",
    ],
)
def test_an_e_mail_address_is_removed(raw: str) -> None:
    assert plain_text(raw) == "Write to [e-mail removed]."


@given(st.text())
def test_what_is_left_has_no_control_characters_or_double_spaces(raw: str) -> None:
    text = plain_text(raw)
    assert text is None or text == " ".join(text.split())
    assert text is None or not re.search(r"[\x00-\x1f\x7f\u202a-\u202e]", text)


@given(st.text(alphabet="ab<>/&;i \n", max_size=40))
def test_text_that_was_escaped_comes_back_as_it_was(raw: str) -> None:
    assert plain_text(html.escape(raw)) == (" ".join(raw.split()) or None)


@given(
    st.from_regex(r"[a-z][a-z0-9.+-]{0,8}@[a-z0-9]{1,8}\.[a-z]{2,4}", fullmatch=True),
    st.text(alphabet="abc ,.;()\n", max_size=10),
)
def test_no_address_survives_in_any_sentence(address: str, around: str) -> None:
    assert address not in (plain_text(f"{around} {address} {around}") or "")


def test_a_word_without_end_is_read_once() -> None:
    """Read from each of its letters again, this would take hours."""
    assert plain_text("a" * 1_000_000) == "a" * 1_000_000
    assert plain_text("a" * 300_000 + "@example.org") == REMOVED
