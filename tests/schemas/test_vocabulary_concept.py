"""Concepts: what words mean the same, what is a kind of what, and that the table is sound."""

from __future__ import annotations

import pytest

from schemas.errors import VocabularyError
from schemas.vocabulary import concept, table


def kinds(name: str) -> set[str]:
    """Every concept that is a kind of `name`, near or far."""
    return {row["concept"] for row in ROWS if name in concept.widened([row["concept"]])}


ROWS = table.read("concepts")


def test_there_are_at_least_sixty_concepts_and_each_has_other_words_or_kinds() -> None:
    keys = {row["concept"] for row in ROWS}
    assert len(keys) >= 60
    assert all(row["terms"].strip() for row in ROWS)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("T1-weighted MRI of the brain", {"mri", "structural mri", "brain"}),
        ("Chest X-rays", {"chest x-ray", "x-ray", "chest"}),
        ("H&E stained slides", {"whole slide imaging", "microscopy"}),
        ("head-and-neck tumors", {"head and neck", "tumour", "head and neck cancer", "cancer"}),
        ("GBM", {"glioblastoma", "glioma", "brain tumour", "brain", "tumour", "cancer"}),
        ("Alzheimer’s disease", {"alzheimer disease", "dementia", "brain"}),
        ("kidneys", {"kidney", "abdomen"}),
        ("", set()),
        ("nothing of the kind", set()),
    ],
)
def test_a_text_names_concepts_and_what_they_are_kinds_of(text: str, named: set[str]) -> None:
    assert concept.named(text) == named


def test_what_has_every_part_is_the_whole() -> None:
    assert "chest x-ray" in concept.widened({"chest", "x-ray"})
    assert "chest x-ray" not in concept.widened({"chest", "ct"})


def test_the_narrower_is_not_meant_by_the_wider() -> None:
    assert "glioma" not in concept.named("brain tumour")
    assert {"glioblastoma", "meningioma"} <= kinds("brain tumour")


def test_no_concept_is_a_kind_of_its_own_kind() -> None:
    for row in ROWS:
        if row["relation"] == "narrower":
            for term in row["terms"].split("|"):
                assert term not in concept.widened([row["concept"]]), (row["concept"], term)


def test_a_query_is_split_into_its_longest_names() -> None:
    split = list(concept.split(["brain", "tumor", "mri", "scanner"], 6))
    assert [(m.words, m.concepts) for m in split] == [
        (("brain", "tumor"), ("brain tumour",)),
        (("mri",), ("mri",)),
        (("scanner",), ()),
    ]
    parts = list(concept.split(["brain", "tumor"], 1))
    assert [m.words for m in parts] == [("brain",), ("tumor",)]


def test_words_that_mean_it_only_in_a_query_are_not_found_in_texts() -> None:
    assert concept.named("20 ms") == set()
    assert next(iter(concept.split(["ms"], 6))).concepts == ("multiple sclerosis",)


def test_a_table_with_an_unknown_concept_or_relation_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for row in (
        {"concept": "a", "relation": "narrower", "terms": "b"},
        {"concept": "a", "relation": "like", "terms": "a"},
    ):
        monkeypatch.setattr(table, "read", lambda _, row=row: [row])
        with pytest.raises(VocabularyError, match="no such"):
            concept._concepts.__wrapped__()
