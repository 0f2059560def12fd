"""A steward checks and de-identifies files with the command, and its exit code says how it went."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from catalog import cli
from curation.deidentify import keys
from tests.curation.dicom.made import as_bytes, image
from tests.small import snapshot


class Command:
    """The command, in this process: its exit code, what it printed, and what it said of errors."""

    def __init__(self, patch: pytest.MonkeyPatch, capture: pytest.CaptureFixture[str]) -> None:
        self.patch, self.capture = patch, capture

    def __call__(self, *arguments: str | Path) -> tuple[int, str, str]:
        self.patch.setattr("sys.argv", ["fairscan", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        said = self.capture.readouterr()
        return int(ended.value.code or 0), said.out, said.err

    def json(self, *arguments: str | Path) -> Any:
        """What it prints with --json."""
        return json.loads(self(*arguments, "--json")[1])


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    monkeypatch.setenv(keys.PASSPHRASE, "correct horse battery staple")
    return Command(monkeypatch, capsys)


@pytest.fixture
def scans(tmp_path: Path) -> Path:
    """Two scans of one patient."""
    folder = tmp_path / "in"
    folder.mkdir()
    for number in (1, 2):
        ds = image(SOPInstanceUID=f"1.2.826.0.1.3680043.10.7.{number}", PatientID="MRN0074121",
                   PatientName="KOWALSKA^ANNA", StudyDate="20240718")  # fmt: skip
        (folder / f"{number}.dcm").write_bytes(as_bytes(ds))
    return folder


QUICK = ("--no-pixels", "--jobs", "1")


def test_check_ends_with_3_on_findings_and_0_without(command: Command, scans: Path) -> None:
    code, out, _ = command("check", scans, *QUICK)
    assert code == 3
    assert "00100010" in out and "KOWALSKA" not in out
    assert command("check", scans, *QUICK, "--fail-on", "blocker")[0] == 0
    for path in scans.iterdir():
        path.write_bytes(as_bytes(image()))
    assert command("check", scans, *QUICK)[0] == 0
    assert command("check", scans, *QUICK, "--fail-on", "info")[0] == 3


def test_check_prints_a_finding_a_line_with_json(command: Command, scans: Path) -> None:
    code, out, _ = command("check", scans, *QUICK, "--json")
    found = [json.loads(line) for line in out.splitlines()]
    assert code == 3
    assert {(f["file"], f["where"]) for f in found} == {
        (f"{number}.dcm", where) for number in (1, 2) for where in ("00100010", "00100020")
    }
    assert all({"check", "severity", "rule", "message"} <= f.keys() for f in found)


@pytest.mark.parametrize("ending", ["html", "jsonl", "sarif", "parquet"])
def test_check_writes_a_report_that_repeats_no_identifier(
    command: Command, scans: Path, tmp_path: Path, ending: str
) -> None:
    report = tmp_path / f"report.{ending}"
    assert command("check", scans, *QUICK, "--report", report)[0] == 3
    data = report.read_bytes()
    assert data
    assert b"KOWALSKA" not in data and b"0074121" not in data


@pytest.mark.parametrize(
    "arguments",
    [
        ("check",),
        ("check", ".", "--report", "report.doc"),
        ("deidentify", "."),
        ("deidentify", ".", "out", "--layout", "{patient}"),
    ],
)
def test_a_wrong_usage_ends_with_2_and_writes_nothing(
    command: Command, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    (tmp_path / "folder").mkdir()
    here = Path.cwd()
    os.chdir(tmp_path / "folder")
    try:
        code, out, _ = command(*arguments)
    finally:
        os.chdir(here)
    assert (code, out) == (2, "")
    assert list((tmp_path / "folder").iterdir()) == []
    assert [p.name for p in tmp_path.iterdir()] == ["folder"]


def test_what_is_not_there_ends_with_an_error_of_one_line(command: Command, tmp_path: Path) -> None:
    for arguments in (
        ("check", tmp_path / "no"),
        ("deidentify", tmp_path / "no", tmp_path / "out"),
    ):
        code, _, error = command(*arguments, "--no-pixels")
        assert code in (1, 2)
        assert error.startswith("fairscan: ") and error.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_a_dry_run_writes_nothing(command: Command, scans: Path, tmp_path: Path) -> None:
    before = snapshot(tmp_path)
    code, out, _ = command("deidentify", scans, tmp_path / "out", "--dry-run")
    assert code == 0
    assert "files, DICOM: 2" in out
    assert command.json("deidentify", scans, tmp_path / "out", "--dry-run")["files, DICOM"] == 2
    assert snapshot(tmp_path) == before


def test_a_steward_de_identifies_with_a_key_and_verifies_what_was_done(
    command: Command, scans: Path, tmp_path: Path
) -> None:
    out, secret, who = tmp_path / "out", tmp_path / "key.json", tmp_path / "who.table"
    code, said, _ = command(
        "deidentify", scans, out, *QUICK, "--key", secret, "--table", who, "--operator", "steward"
    )
    assert code == 0, said
    assert "2 of 2 files written" in said
    assert sorted(p.name for p in out.rglob("*.dcm")) == ["1.dcm", "2.dcm"]
    records = tmp_path / "out.fairscan"
    assert {p.name for p in records.iterdir() if not p.name.startswith(".")} >= {
        "audit.jsonl", "certificate.html", "certificate.pdf", "check.html", "check.jsonl",
        "files.parquet", "ledger.jsonl", "quarantine.jsonl",
    }  # fmt: skip
    audit = records / "audit.jsonl"
    head = said.split("Audit hash to write down: ")[1].split()[0]
    assert command("audit", "verify", audit, "--key", secret, "--head", head)[0] == 0
    shown = (records / "certificate.html").read_bytes() + audit.read_bytes()
    assert (
        b"KOWALSKA" not in shown and b"MRN0074121" not in shown and str(scans).encode() not in shown
    )

    assert command("reidentify", who, "--key", secret, "--to", tmp_path / "csv")[0] == 0
    assert "MRN0074121" in (tmp_path / "csv" / "patient.csv").read_text()
    again = command.json("deidentify", scans, out, *QUICK, "--key", secret, "--table", who)
    assert (again["files_written"], again["records"]) == (2, str(records))

    audit.write_bytes(audit.read_bytes().replace(b'"files_written":2', b'"files_written":9', 1))
    code, _, error = command("audit", "verify", audit)
    assert code == 1
    assert "Record 1 is wrong" in error


def test_quarantined_files_end_with_3_and_are_told(
    command: Command, scans: Path, tmp_path: Path
) -> None:
    (scans / "broken.dcm").write_bytes(as_bytes(image())[:-8])
    code, said, _ = command("deidentify", scans, tmp_path / "out", *QUICK, "--no-check")
    assert code == 3
    assert "2 of 3 files written" in said
    assert "1 quarantined: the file ends inside an element" in said
    assert "not checked" in said


def test_without_a_key_no_two_runs_can_be_linked(
    command: Command, scans: Path, tmp_path: Path
) -> None:
    for name in ("one", "two"):
        code, said, _ = command("deidentify", scans, tmp_path / name, *QUICK, "--no-check")
        assert code == 0
        assert "No key was kept" in said
    one, two = ((tmp_path / name / "1.dcm").read_bytes() for name in ("one", "two"))
    assert one != two


def test_another_key_for_the_same_output_ends_with_an_error(
    command: Command, scans: Path, tmp_path: Path
) -> None:
    assert command("deidentify", scans, tmp_path / "out", *QUICK, "--no-check")[0] == 0
    code, _, error = command("deidentify", scans, tmp_path / "out", *QUICK, "--no-check")
    assert code == 1
    assert "another key or profile" in error and error.count("\n") == 1


def test_a_table_without_a_key_is_refused(command: Command, scans: Path, tmp_path: Path) -> None:
    code, _, error = command("deidentify", scans, tmp_path / "out", "--table", tmp_path / "who")
    assert code == 2
    assert "--key" in error
    assert not (tmp_path / "out").exists() and not (tmp_path / "who").exists()


def test_profiles_are_listed_and_explained(command: Command) -> None:
    names = [row["name"] for row in command.json("profiles")]
    assert {"basic", "hipaa", "gdpr", "research"} <= set(names)
    code, out, _ = command("profiles", "research", "--attributes")
    assert code == 0
    assert "00100010" in out and "Dates of a patient all move" in out
