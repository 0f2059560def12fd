"""British and American spellings stand for each other."""

from __future__ import annotations

from schemas.vocabulary import spelling


def test_a_word_has_both_spellings_whichever_is_asked() -> None:
    assert spelling.variants("tumour") == ("tumour", "tumor")
    assert spelling.variants("esophagus") == ("esophagus", "oesophagus")


def test_a_word_with_one_spelling_stands_alone() -> None:
    assert spelling.variants("lung") == ("lung",)
