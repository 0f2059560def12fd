"""The search puts first what answers a query, over the whole packaged catalogue."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from catalog.reader import Reader
from tests.relevancy import judge
from tests.relevancy.judge import Judged

FLOOR = 0.70
"""The mean of nDCG@10 that the search may not fall below."""
LOWEST = 0.10
"""The nDCG@10 of the worst query: nothing is answered with nothing of use."""


@pytest.fixture(scope="module")
def found(demo_home: Path) -> Iterator[list[Judged]]:
    reader = Reader((demo_home / "current").resolve())
    yield judge.judged(reader)
    reader.close()


def test_there_are_enough_queries_and_the_catalogue_answers_nearly_all(found: list[Judged]) -> None:
    assert len({one.query for one in found}) >= 60
    assert len([one for one in found if one.best]) >= 0.95 * len(found)


def test_what_answers_a_query_comes_first(found: list[Judged]) -> None:
    scores = [one.score for one in found if one.best]
    assert sum(scores) / len(scores) >= FLOOR, "\n" + judge.report(found)


def test_no_query_is_answered_with_nothing_of_use(found: list[Judged]) -> None:
    lost = [one for one in found if one.best and one.score < LOWEST]
    assert not lost, "\n" + judge.report(lost)


def test_the_measure_is_what_its_authors_define() -> None:
    assert judge.ndcg([3, 2, 1], [3, 2, 1]) == 1
    assert judge.ndcg([], [3]) == 0
    assert judge.ndcg([0, 3], [3]) == pytest.approx(0.6309, abs=1e-4)
    assert judge.ndcg([1, 2, 3], [3, 2, 1]) < 1
