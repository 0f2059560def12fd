"""How often a normalised record agrees with what a person read in the same facts."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from schemas.dataset import Dataset

LABELLED = Path(__file__).with_name("labelled.csv")
NONE = "-"
"""Judged: the facts say that there is no value."""

VALUES: dict[str, Callable[[Dataset], list[str]]] = {
    "modalities": lambda d: d.modalities,
    "body_parts": lambda d: [term.label for term in d.body_parts],
    "conditions": lambda d: [term.label for term in d.conditions],
    "licence": lambda d: [d.licence] if d.licence else [],
    "access": lambda d: [d.access.value] if d.access else [],
    "tasks": lambda d: d.tasks,
    "annotation_kinds": lambda d: d.annotation_kinds,
}
"""The vocabularies that are judged, and a record's values in each."""


@dataclass(slots=True)
class Accuracy:
    """Counts of values over the judged records; `wrong` says which records disagree."""

    judged: int = 0
    right: int = 0
    given: int = 0
    expected: int = 0
    wrong: list[str] = field(default_factory=list)

    @property
    def precision(self) -> float:
        """Share of the given values that are right; 1 if none is given."""
        return self.right / self.given if self.given else 1.0

    @property
    def recall(self) -> float:
        """Share of the expected values that are given; 1 if none is expected."""
        return self.right / self.expected if self.expected else 1.0


def labelled() -> list[dict[str, str]]:
    """The rows of the labelled set."""
    with LABELLED.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(line for line in file if not line.startswith("#")))


def accuracy(datasets: Mapping[str, Dataset]) -> dict[str, Accuracy]:
    """Vocabulary to its accuracy over the labelled records that are among `datasets` (by id)."""
    found = {name: Accuracy() for name in VALUES}
    for row in labelled():
        dataset = datasets.get(row["id"])
        if dataset is None:
            continue
        for name, values in VALUES.items():
            if row[name]:
                _judge(found[name], row["id"], set(row[name].split(";")), set(values(dataset)))
    return found


def _judge(score: Accuracy, identifier: str, expected: set[str], given: set[str]) -> None:
    expected -= {NONE}
    score.judged += 1
    score.right += len(expected & given)
    score.given += len(given)
    score.expected += len(expected)
    if expected != given:
        missed, false = sorted(expected - given), sorted(given - expected)
        score.wrong.append(f"{identifier}: missed {missed}, false {false}")
