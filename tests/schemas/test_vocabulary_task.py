"""A task is what an algorithm is asked to do, whatever a challenge calls it."""

from __future__ import annotations

import pytest

from schemas.vocabulary import task


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("Segmentation", "segmentation"),
        ("Instance Segmentation", "segmentation"),
        ("Location", "localisation"),
        ("estimation", "regression"),
        ("Waist measurement", "regression"),
        ("VQA", "visual question answering"),
        ("RG (Report Generation)", "report generation"),
        ("anomaly detection", "detection"),
        ("rest", None),
        ("nback", None),
        ("", None),
    ],
)
def test_a_word_is_its_task(raw: str, expected: str | None) -> None:
    assert task.normalise(raw) == expected


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Thyroid Nodule Segmentation and Classification", ["segmentation", "classification"]),
        ("Surgical Tool Localization in endoscopic videos", ["localisation"]),
        ("CholecTriplet2022: Surgical Action Triplet Detection", ["action recognition"]),
        ("KiTS19", []),
    ],
)
def test_a_title_tells_the_tasks_that_it_names(title: str, expected: list[str]) -> None:
    assert [one.meaning for one in task.find(title)] == expected
