"""The summary counts each file once, and goes on from where it was interrupted."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

from curation.reports.summary import Summary
from schemas.file_finding import FileFinding
from schemas.finding import Severity


def test_files_are_clean_flagged_or_not_read(summary: Summary) -> None:
    said = summary.as_dict()
    assert said["files"] == 8
    assert said["files_with_findings"] == 3
    assert said["files_not_read"] == 2
    assert said["files_clean"] == 3
    assert said["formats"] == {"dicom": 5, "json": 1}
    assert said["findings_by_severity"] == {"error": 2, "warning": 2, "info": 1}
    assert summary.counted() == 4


def test_an_observation_leaves_a_file_clean(summary: Summary) -> None:
    before = summary.clean
    summary.found(FileFinding("note", Severity.INFO, "other.dcm", None, "rule", "message"))
    assert summary.clean == before


def test_a_file_that_is_met_again_later_is_counted_once(summary: Summary) -> None:
    again = FileFinding("late", Severity.ERROR, "p1/scan 1.dcm", None, "rule", "message")
    summary.found(again)
    assert summary.flagged == 3


def test_a_file_that_was_not_read_and_has_a_finding_is_not_clean_once(summary: Summary) -> None:
    before = summary.clean
    summary.found(FileFinding("unreadable", Severity.WARNING, "p3/half.dcm", None, "r", "m"))
    assert summary.clean == before


def test_where_the_folder_lies_is_not_told(tmp_path: Path) -> None:
    inside = tmp_path / "secret" / "study"
    inside.mkdir(parents=True)
    assert Summary.of(inside).root == "study"
    assert "secret" not in json.dumps(Summary.of(inside).as_dict())


def test_parts_that_were_counted_apart_add_up(summary: Summary) -> None:
    parts = [Summary("study", started=summary.started), Summary("study")]
    for number, part in enumerate(parts):
        part.read("dicom", 10)
        part.found(FileFinding("c", Severity.ERROR, "same.dcm", None, "r", "m"))
        part.found(FileFinding("c", Severity.ERROR, f"{number}.dcm", None, "r", "m"))
    whole = pickle.loads(pickle.dumps(parts[0]))
    whole.merge(parts[1])
    assert whole.flagged == 3
    assert whole.formats["dicom"] == 2
    assert whole.bytes == 20
    assert whole.started == summary.started


def test_an_interrupted_check_goes_on_with_its_totals(summary: Summary) -> None:
    told = json.loads(json.dumps(summary.as_dict()))
    again = Summary.from_dict(told)
    again.ended = summary.ended
    assert again.as_dict() == told
    again.read("dicom", 1)
    again.found(FileFinding("c", Severity.ERROR, "new.dcm", None, "r", "m"))
    assert (again.files, again.flagged, again.clean) == (9, 4, 3)
