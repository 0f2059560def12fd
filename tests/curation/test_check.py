"""A folder is checked file by file and then as a whole; whatever a file is, the check goes on."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from curation.check import check
from curation.profiles import load
from curation.reports.summary import Summary
from schemas.errors import FairscanError
from schemas.file_finding import FileFinding
from tests.corpus import key
from tests.corpus.score_check import score_check
from tests.curation.dicom.made import as_bytes, image
from tests.curation.tiny import tiny


class Checked:
    """What a check of a folder gave."""

    def __init__(self, root: Path, jobs: int = 1) -> None:
        self.findings: list[FileFinding] = []
        self.summary: Summary = check(
            root, load("research"), self.findings.append, pixels=False, faces=False, jobs=jobs
        )

    def places(self) -> list[tuple[str, str | None, str]]:
        """File, place and check of each finding that counts."""
        return [(f.file, f.where, f.check) for f in self.findings if f.severity != "info"]


def write(folder: Path, name: str, **values: object) -> Path:
    """A CT slice below a folder."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(as_bytes(image(PatientIdentityRemoved="YES", **values)))
    return path


def test_every_finding_names_its_file_below_the_folder(tmp_path: Path) -> None:
    write(tmp_path, "b/2.dcm", PatientName="KOWALSKA^ANNA")
    write(tmp_path, "a.dcm", PatientName="KOWALSKA^ANNA")
    write(tmp_path, "b/1.dcm")
    checked = Checked(tmp_path)
    assert checked.places() == [
        ("a.dcm", "00100010", "person-name"),
        ("b/2.dcm", "00100010", "person-name"),
    ]
    assert checked.summary.files == 3


def test_one_file_is_checked_by_its_name(tmp_path: Path) -> None:
    path = write(tmp_path, "a.dcm", PatientName="KOWALSKA^ANNA")
    assert Checked(path).places() == [("a.dcm", "00100010", "person-name")]


def test_a_place_has_one_finding_however_much_is_wrong_with_it(tmp_path: Path) -> None:
    write(tmp_path, "a.dcm", ImageComments="Anna Kowalska, anna@example.org, tel. 210 555 0123")
    assert len(Checked(tmp_path).places()) == 1


def test_what_names_a_patient_in_one_file_is_known_again_in_another(tmp_path: Path) -> None:
    write(tmp_path, "a/1.dcm", PatientID="SUBJ-0007", PatientName="QXZWAK^PLVNIK")
    write(tmp_path, "a/2.dcm", PatientID="SUBJ-0007", ReceiveCoilName="for Plvnik 2")
    found = Checked(tmp_path)
    assert ("a/1.dcm", "00100010", "person-name") in found.places()
    assert ("a/2.dcm", "00181250") in [place[:2] for place in found.places()]
    said = json.dumps([f.as_dict() for f in found.findings]).lower()
    assert "plvnik" not in said and "qxzwak" not in said


def test_file_and_folder_names_are_looked_at(tmp_path: Path) -> None:
    write(tmp_path, "KOWALSKA_ANNA_19610714/1.dcm")
    assert [place[1] for place in Checked(tmp_path).places()] == ["filename"]


def test_files_that_cannot_be_read_are_told_and_the_others_are_checked(tmp_path: Path) -> None:
    write(tmp_path, "z.dcm", PatientName="KOWALSKA^ANNA")
    (tmp_path / "empty.dcm").touch()
    (tmp_path / "noise.bin").write_bytes(bytes(range(256)) * 8)
    (tmp_path / "link.dcm").symlink_to(tmp_path / "z.dcm")
    checked = Checked(tmp_path)
    assert checked.places() == [
        ("empty.dcm", None, "not-read"),
        ("link.dcm", None, "not-read"),
        ("noise.bin", None, "not-read"),
        ("z.dcm", "00100010", "person-name"),
    ]
    assert "not followed" in checked.findings[1].message


def test_a_reader_that_breaks_is_told_without_what_broke_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("Anna Kowalska")

    monkeypatch.setattr("curation.dicom.inspect.inspect", broken)
    write(tmp_path, "a.dcm")
    (finding,) = Checked(tmp_path).findings
    assert (finding.check, finding.severity) == ("not-read", "warning")
    assert "RuntimeError" in finding.message and "Kowalska" not in str(finding)


def test_an_empty_folder_has_no_findings_and_a_missing_one_is_an_error(tmp_path: Path) -> None:
    assert (Checked(tmp_path).summary.files, Checked(tmp_path).findings) == (0, [])
    with pytest.raises(FairscanError, match="no such file"):
        Checked(tmp_path / "nowhere")


def test_many_processes_find_what_one_does(tmp_path: Path) -> None:
    name = "KOWALSKA^ANNA"
    for number in range(300):
        ds = image(PatientName=name if number % 3 == 0 else "SUBJ-0007")
        (tmp_path / f"{number}.dcm").write_bytes(as_bytes(ds))
    one, many = Checked(tmp_path), Checked(tmp_path, jobs=2)
    assert many.findings == one.findings
    assert many.summary.files == one.summary.files == 300


def test_the_residual_corpus_is_checked_as_well_as_is_asked(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    corpus = tiny(tmp_path_factory)
    entries = [
        entry
        for entry in key.read(corpus / "key.jsonl")
        if entry.corpus == "residual" and entry.category not in ("pixel", "face")
    ]
    found = [f.as_dict() for f in Checked(corpus / "residual").findings]
    score = score_check(found, entries)
    assert score.recall >= 0.95, score.missed
    assert score.precision >= 0.90, score.wrong
    assert score.flagged == []
