"""What the vocabularies make of the packaged records agrees with what a person reads in them."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from catalog import records
from catalog.normalise import normalised
from schemas.dataset import Access, Dataset
from schemas.vocabulary import anatomy, annotation, condition, licence, modality, task
from tests.vocabulary.accuracy import NONE, accuracy, labelled

FLOORS = {
    "modalities": (0.95, 0.92),
    "body_parts": (0.94, 0.90),
    "conditions": (0.92, 0.87),
    "licence": (0.98, 0.98),
    "access": (0.97, 0.97),
    "tasks": (0.95, 0.90),
    "annotation_kinds": (0.95, 0.95),
}
"""Least precision and recall, some hundredths below what was reached on 2026-11-23."""


@pytest.fixture(scope="module")
def packaged(demo_home: Path) -> dict[str, Dataset]:
    """Every packaged record, normalised, by id."""
    return {
        dataset.id: normalised(dataset)
        for folder in sorted((demo_home / "sources").iterdir())
        for dataset in records.read(folder / records.FILE)
    }


def test_the_labelled_set_is_large_has_every_source_and_only_words_of_the_vocabularies(
    packaged: dict[str, Dataset],
) -> None:
    rows = labelled()
    assert len(rows) == len({row["id"] for row in rows}) >= 200
    assert {row["id"] for row in rows} <= set(packaged)
    sources = Counter(row["id"].partition(":")[0] for row in rows)
    assert not {dataset.source for dataset in packaged.values()} - set(sources)
    for row in rows:
        for name, known in _KNOWN.items():
            for value in filter(None, row[name].split(";")):
                assert value == NONE or known(value), (row["id"], name, value)


@pytest.mark.parametrize("name", FLOORS)
def test_records_agree_with_their_labels(name: str, packaged: dict[str, Dataset]) -> None:
    found = accuracy(packaged)[name]
    told = "\n".join(found.wrong)
    assert found.judged >= 50
    precision, recall = FLOORS[name]
    assert found.precision >= precision, f"{found.precision:.3f}\n{told}"
    assert found.recall >= recall, f"{found.recall:.3f}\n{told}"


def _is_anatomy(label: str) -> bool:
    found = anatomy.normalise(label)
    return found is not None and found.label == label


_KNOWN = {
    "modalities": lambda code: code in modality.codes(),
    "body_parts": _is_anatomy,
    "conditions": lambda label: label in condition.conditions(),
    "licence": lambda spdx: licence.normalise(spdx) == spdx,
    "access": lambda word: word in {access.value for access in Access},
    "tasks": lambda word: task.normalise(word) == word,
    "annotation_kinds": lambda word: annotation.normalise(word) == word,
}
