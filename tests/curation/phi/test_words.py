"""The lists of words: where they come from, and that they load and agree."""

from __future__ import annotations

from pathlib import Path

import curation.phi
from curation.phi.fold import fold
from curation.phi.lexicon import CLINICAL, COMMON, EPONYM, NAME, lexicon, name_like

_WORDS = Path(curation.phi.__file__).with_name("words")


def test_every_list_says_where_it_comes_from_and_when() -> None:
    for path in _WORDS.glob("*.txt"):
        head = " ".join(x for x in path.read_text(encoding="utf-8").splitlines() if x[:1] == "#")
        assert "2026" in head, path.name
        assert "ritten by hand" in head or "ade by make_words.py" in head, path.name


def test_the_lists_are_small_and_folded() -> None:
    assert sum(path.stat().st_size for path in _WORDS.iterdir()) < 2_500_000
    assert all(fold(word) == word for word in lexicon())


def test_words_have_the_marks_that_they_earn() -> None:
    marks = lexicon()

    assert marks["papadakis"] & NAME
    assert not marks["papadakis"] & CLINICAL
    assert marks["hodgkin"] & EPONYM
    assert marks["abdomen"] & CLINICAL
    assert marks["john"] & COMMON


def test_names_that_no_list_has_look_like_names_and_codes_do_not() -> None:
    for name in ("thirunavukkarasu", "kyriakopoulidis", "raghunathan"):
        assert name not in lexicon()
        assert name_like(name) > 2
    for code in ("pbbhcr", "fsgpr", "qhsxt"):
        assert name_like(code) < 0
