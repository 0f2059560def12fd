"""Every entry of a list is judged to hold medical images or not, by a rule that can be read."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from harvesters.snapshots import judged, load
from harvesters.snapshots.judged import Entry, LeftOut, imaging, judge, write
from schemas.errors import SourceError

ALL = {"openchallenges": 483, "medical_dataset_sheets": 380}
"""How many entries each list has, without those of Grand Challenge's own challenges."""


def entry(says: str, local: str = "mine") -> Entry:
    return Entry(local, says, says, {})


def left_out(key: str) -> list[dict[str, str]]:
    path = judged.FOLDER / f"left_out_{key}.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    return list(csv.DictReader(line for line in lines if not line.startswith("#")))


@pytest.mark.parametrize("key", ALL)
def test_every_entry_is_packaged_or_left_out_with_a_reason(key: str) -> None:
    packaged = load(key)
    assert packaged is not None
    taken = {row["_id"] for row in packaged.rows()}
    others = left_out(key)
    under = [row for row in others if row["reason"].startswith("under grand_challenge:")]
    assert len(taken) + len(others) == ALL[key]
    assert all(row["reason"] for row in others)
    assert not taken & {row["id"] for row in others if row not in under}


def test_a_sheet_of_a_challenge_lies_under_that_challenge_and_nowhere_else() -> None:
    packaged = load("grand_challenge")
    assert packaged is not None
    challenges = {row["_id"] for row in packaged.rows()}
    under = [
        row["reason"].removeprefix("under grand_challenge:")
        for row in left_out("medical_dataset_sheets")
        if row["reason"].startswith("under ")
    ]
    assert len(under) == 87
    assert {slug.lower() for slug in under} <= challenges


@pytest.mark.parametrize(
    ("says", "images"),
    [
        ("RSNA Screening Mammography Breast Cancer Detection", True),
        ("Chest X-Ray Imaging", True),
        ("Histopathologic Cancer Detection", True),
        ("CASP15", False),
        ("CAPRI Round12", False),
        ("ECG Compression Challenge", False),
        ("MedQA ; QA", False),
    ],
)
def test_words_decide(says: str, images: bool) -> None:
    verdict = judge("any", entry(says))
    assert verdict is not None
    assert verdict.images is images and verdict.reason


@pytest.mark.parametrize("says", ["Breast Cancer", "CT of a gene", "", "Octopus"])
def test_where_no_word_or_two_words_decide_somebody_has_to(says: str) -> None:
    assert judge("any", entry(says)) is None
    with pytest.raises(SourceError, match="1 entries that no rule decides: mine") as refused:
        imaging("any", [entry(says)])
    assert refused.value.do == "Add a row to imaging_decisions.csv"


def test_a_single_decision_rules_over_words() -> None:
    says = "CAGI2: Shewanella oneidensis strain MR-1"
    verdict = judge("openchallenges", entry(says, "cagi2-mr-1"))
    assert verdict is not None
    assert (verdict.images, judge("any", entry(says, "cagi2-mr-1"))) == (False, None)


def test_two_entries_of_one_id_are_refused() -> None:
    with pytest.raises(SourceError, match="two entries of one id: mine"):
        imaging("any", [entry("CT"), entry("MRI")])


def test_what_is_left_out_is_written_for_people(tmp_path: Path) -> None:
    taken, others = imaging("any", [entry("CT", "a"), entry("CASP, the 1st", "b")])
    write("any", others, tmp_path)
    assert [one.id for one in taken] == ["a"]
    assert others == [LeftOut("b", "CASP, the 1st", "protein structures")]
    assert (tmp_path / "left_out_any.csv").read_text(encoding="utf-8").splitlines()[1:] == [
        "id,name,reason",
        'b,"CASP, the 1st",protein structures',
    ]


def test_a_verdict_without_a_reason_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "imaging_words.csv"
    path.write_text("word,verdict,reason\nCT,maybe,who knows\n", encoding="utf-8")
    monkeypatch.setattr(judged, "WORDS", path)
    judged._rules.cache_clear()
    try:
        with pytest.raises(SourceError, match="no verdict with a reason: CT,maybe,who knows"):
            judge("any", entry("CT"))
    finally:
        judged._rules.cache_clear()
