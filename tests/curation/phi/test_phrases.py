"""How many identifiers of the labelled phrases are seen and cut, and how much of the rest stays."""

from __future__ import annotations

import pytest

from curation.phi.find import find
from curation.phi.scrub import scrub
from tests.curation.phi.phrases import phrases, score


def test_nearly_every_identifier_of_the_tuned_phrases_is_cut_and_the_rest_stays() -> None:
    total = score("tuned")

    assert total.identifiers > 120
    assert total.cut >= 0.99 * total.identifiers
    assert total.seen >= 0.99 * total.identifiers
    assert total.kept >= 0.99 * total.words
    assert total.flagged <= 0.01 * total.clean


def test_phrases_set_aside_while_the_rules_were_tuned_fare_nearly_as_well() -> None:
    total = score("held_out")

    assert total.identifiers > 120
    assert total.cut >= 0.97 * total.identifiers
    assert total.seen >= 0.97 * total.identifiers
    assert total.kept >= 0.99 * total.words
    assert total.flagged <= 0.01 * total.clean


@pytest.mark.parametrize("name", ["tuned", "held_out"])
def test_what_was_cleaned_passes_the_check(name: str) -> None:
    left = [
        clean
        for phrase in phrases(name)
        if find(clean := scrub(phrase.text, phrase.style), phrase.style)
    ]

    assert left == []
