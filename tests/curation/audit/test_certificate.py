"""The certificate says what the record proves, and is none where something speaks against it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pypdf
import pytest

from curation.audit import certificate
from curation.audit.chain import AuditError, append
from curation.audit.record import Run, described, operator
from curation.profiles import load
from curation.reports.summary import Summary
from schemas.errors import UsageError
from schemas.file_finding import FileFinding
from schemas.finding import Severity

NOW = datetime(2026, 11, 20, 8, 30, tzinfo=UTC)
KEY = bytes(range(32))


def checked(*severities: Severity) -> Summary:
    made = Summary("out", started=NOW, ended=NOW)
    for _ in range(9):
        made.read("dicom", 1000)
    made.pixels.looked = 4
    for number, severity in enumerate(severities):
        made.found(FileFinding("c", severity, f"{number}.dcm", None, "r", "m"))
    return made


def run(**said: Any) -> Run:
    """A run in perfect order, but for what is said."""
    usual: dict[str, Any] = {
        "command": ["deidentify", "--profile", "hipaa"],
        "profile": described(load("hipaa")),
        "operator": "Zoë <b>Ng</b>",
        "key_fingerprint": "ab12cd34",
        "key_kept": True,
        "table_kept": False,
        "started": NOW,
        "ended": NOW,
        "complete": True,
        "files_read": 12,
        "files_written": 9,
        "bytes_written": 9000,
        "actions": Counter({"removed": 1234, "replaced": 56}),
        "quarantined": Counter({"it ends inside an element": 3}),
        "check": checked(Severity.INFO),
    }
    return Run(**{**usual, **said})


@pytest.fixture
def audited(tmp_path: Path) -> Callable[..., Path]:
    """Adds runs to a chain and says where it is."""

    def add(*runs: Run) -> Path:
        for one in runs:
            append(tmp_path / "audit.jsonl", one.as_dict(), key=KEY)
        return tmp_path / "audit.jsonl"

    return add


def said(made: certificate.Certificate) -> dict[str, str]:
    return {name: value for _, rows in made.sections for name, value in rows}


def test_a_page_has_what_is_to_be_filed(tmp_path: Path, audited: Callable[..., Path]) -> None:
    chain = audited(run())
    made = certificate.write(chain, tmp_path / "c.html", key=KEY)
    assert made.title == "Certificate of de-identification"
    assert "12 files were read; 9 were written" in made.says and "3 were set aside" in made.says
    facts = said(made)
    assert facts["Profile"].startswith("hipaa ")
    assert "113100 Basic Application Confidentiality Profile" in facts["Method codes (DCM)"]
    assert facts["Set aside"] == "3 it ends inside an element"
    assert facts["Record"] == "1 of 1 in a chain that verifies"
    assert facts["Signed with the key"] == "yes, and verified"
    assert facts["Key"] == "ab12cd34, kept, sealed"
    page = (tmp_path / "c.html").read_text("utf-8")
    assert "Zoë &lt;b&gt;Ng&lt;/b&gt;" in page and "<b>" not in page
    assert all(limit in page for limit in certificate.LIMITS)
    assert "Data protection officer: name, date, signature" in page
    assert "Social security numbers" in page


def test_the_pdf_says_the_same_on_one_page_and_the_profile_on_the_next(
    tmp_path: Path, audited: Callable[..., Path]
) -> None:
    chain = audited(run(operator="Zoë Παπα"))
    made = certificate.write(chain, tmp_path / "c.pdf")
    first, second = (page.extract_text() for page in pypdf.PdfReader(tmp_path / "c.pdf").pages)
    for name, value in said(made).items():
        assert name in first
        assert name == "Carried out by" or value.split(";")[0][:60] in " ".join(first.split())
    assert "Zoë U+03A0 U+03B1" in first
    assert "name, date, signature" in first
    assert "Social security numbers" in second and "are written as U+" in second


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"complete": False, "ended": None}, "The run did not end"),
        ({"check": None}, "The output was not checked"),
        ({"check": Summary("out", started=NOW)}, "The check of the output did not end"),
        ({"check": checked(Severity.ERROR)}, "found 1 identifiers"),
    ],
)
def test_what_speaks_against_it_makes_it_a_record(
    tmp_path: Path, audited: Callable[..., Path], change: dict[str, Any], why: str
) -> None:
    made = certificate.write(audited(run(**change)), tmp_path / "c.html")
    assert made.title == "Record of a de-identification run"
    assert why in made.says and "this is no certificate" in made.says


def test_what_someone_must_look_at_is_said(tmp_path: Path, audited: Callable[..., Path]) -> None:
    check = checked(Severity.WARNING, Severity.WARNING)
    check.unread("x.dcm", "it is empty")
    made = certificate.write(audited(run(check=check)), tmp_path / "c.html")
    assert "no identifier, and 2 places that someone must look at; it could not read 1" in made.says


def test_pixels_that_nobody_looked_at_are_said(
    tmp_path: Path, audited: Callable[..., Path]
) -> None:
    check = checked()
    check.pixels.looked = 0
    made = certificate.write(audited(run(check=check)), tmp_path / "c.html")
    assert made.says.endswith("found no identifier; it looked at no pixels.")


def test_a_run_that_came_to_its_end_says_when() -> None:
    made = run(complete=False, ended=None)
    made.end()
    told = made.as_dict()
    assert told["complete"] and told["ended"] >= told["started"]


def test_any_record_can_be_named(tmp_path: Path, audited: Callable[..., Path]) -> None:
    chain = audited(run(files_read=1), run(files_read=2), run(files_read=3))
    assert "2 files were read" in certificate.write(chain, tmp_path / "c.html", sequence=2).says
    with pytest.raises(AuditError, match="no record 4"):
        certificate.write(chain, tmp_path / "c.html", sequence=4)


def test_a_damaged_audit_gives_no_certificate(tmp_path: Path, audited: Callable[..., Path]) -> None:
    chain = audited(run())
    chain.write_bytes(chain.read_bytes().replace(b'"files_read":12', b'"files_read":13'))
    with pytest.raises(AuditError, match=r"damaged audit.*altered"):
        certificate.write(chain, tmp_path / "c.pdf")
    assert not (tmp_path / "c.pdf").exists()


def test_a_certificate_is_html_or_pdf(tmp_path: Path, audited: Callable[..., Path]) -> None:
    with pytest.raises(UsageError):
        certificate.write(audited(run()), tmp_path / "c.docx")


def test_a_run_with_endless_reasons_still_has_one_page(
    tmp_path: Path, audited: Callable[..., Path]
) -> None:
    reasons = Counter({f"{n} {'x' * 5000}": n for n in range(1, 500)})
    certificate.write(audited(run(quarantined=reasons, actions=reasons)), tmp_path / "c.pdf")
    assert len(pypdf.PdfReader(tmp_path / "c.pdf").pages) < 5


def test_the_operator_is_who_is_named_else_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGNAME", "anna")
    assert operator("Zoë") == "Zoë"
    assert operator(None) == "anna"
