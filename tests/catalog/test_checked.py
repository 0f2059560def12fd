"""What a sample found is kept, and the next release tells of it, as the policy has it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from catalog import checked
from catalog.cli.show import files_checked
from catalog.home import Home, current_release
from catalog.reader import Reader
from catalog.refresh import refresh
from catalog.sampled import Sampled
from catalog.settings import settings
from curation import policy
from curation.profiles import load
from schemas.errors import ReleaseError
from schemas.file_finding import FileFinding
from schemas.finding import Severity

WHEN = datetime(2026, 11, 24, 1, 2, 3, tzinfo=UTC)
NAMED = {
    "check": "person-name", "severity": Severity.ERROR, "where": "00400275[0].00321060",
    "rule": "PS3.15 Table E.1-1", "message": "A person is named", "kind": "name",
    "evidence": "Aaa^Aaa",
}  # fmt: skip


def finding(file: str, **more: Any) -> FileFinding:
    return FileFinding(**(NAMED | {"file": file} | more))


def sampled(dataset: str, *findings: FileFinding, **more: Any) -> Sampled:
    told = {"read": 9, "bytes": 65_536, "requests": 20, "failed": [("x/1.dcm", "no answer")]}
    return Sampled(dataset, "R1", 0, 10, WHEN, **(told | more), findings=list(findings))


@pytest.fixture
def place(tmp_path: Path) -> Home:
    return Home(tmp_path)


def keep(place: Home, *findings: FileFinding, dataset: str = "idc:lung_phantom") -> dict[str, Any]:
    checked.keep(place, sampled(dataset, *findings), load("research"))
    return checked.kept(place)[dataset]


def test_findings_alike_are_one_with_the_number_of_their_files(place: Home) -> None:
    told = keep(
        place,
        finding("a", where="00400275[0].00321060"),
        finding("a", where="00400275[1].00321060"),
        finding("b", evidence="Aaa^A"),
        finding("c", severity=Severity.INFO),
    )
    one, other = told["findings"]
    assert (one["field"], one["affected"], one["severity"]) == ("00400275[].00321060", 2, "error")
    assert (other["affected"], other["severity"]) == (1, "info")
    assert (told["error"], told["info"], told["affected"]) == (3, 1, 2)
    assert (told["asked"], told["read"], told["failed"]) == (10, 9, 1)
    assert told["reasons"] == [{"file": "x/1.dcm", "reason": "no answer"}]
    assert told["profile"].startswith("research ")


def test_every_finding_is_kept_beside_the_result(place: Home) -> None:
    pixel = finding("b", where="pixel", frame=3, bbox=(1, 2, 3, 4))
    keep(place, finding("a"), pixel)
    rows = pq.read_table(place.root / "checked" / "idc" / "lung_phantom.parquet").to_pylist()
    assert [row["file"] for row in rows] == ["a", "b"]
    assert (rows[1]["frame"], rows[1]["bbox"]) == (3, [1, 2, 3, 4])


def test_the_last_sample_takes_the_place_of_the_one_before(place: Home) -> None:
    keep(place, finding("a"))
    assert keep(place)["findings"] == []
    assert len(checked.kept(place)) == 1


@pytest.mark.parametrize(
    "dataset", ["x:../../../../tmp/evil", "x:a/b", "x:..", "x:" + "é" * 400, "x:con.json"]
)
def test_no_id_leads_out_of_the_folder(place: Home, dataset: str) -> None:
    assert keep(place, dataset=dataset)["dataset_id"] == dataset
    files = [one for one in place.root.rglob("*") if one.is_file()]
    assert {one.parent for one in files} == {place.root / "checked" / "x"}


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"version": 99, "dataset_id": "x:a"}', "null"])
def test_a_result_that_is_damaged_is_named(place: Home, text: str) -> None:
    keep(place, dataset="x:a")
    (place.root / "checked" / "x" / "a.json").write_text(text)
    with pytest.raises(ReleaseError, match=r"not what fairscan wrote.*a\.json"):
        checked.kept(place)


def test_a_fingerprint_changes_with_what_was_found(place: Home) -> None:
    assert checked.digest(checked.kept(place)) is None
    keep(place)
    before = checked.digest(checked.kept(place))
    keep(place, finding("a"))
    assert before not in (None, checked.digest(checked.kept(place)))


def test_only_a_blocker_withholds_and_observations_are_not_flagged(place: Home) -> None:
    levels = [Severity.INFO, Severity.WARNING, Severity.ERROR, Severity.BLOCKER]
    told = keep(place, *(finding("a", severity=level) for level in levels))
    found = checked.findings([told], policy.load())
    actions = dict(zip(found["severity"].to_pylist(), found["action"].to_pylist(), strict=True))
    assert actions == {"info": "none", "warning": "flag", "error": "flag", "blocker": "withhold"}
    assert checked.withheld(found).to_pylist() == [
        {"dataset_id": "idc:lung_phantom", "check_id": "file-person-name"}
    ]
    assert len(set(found["id"].to_pylist())) == 4


def test_the_next_release_tells_what_was_found(small_home: Path, small_index: Path) -> None:
    place = Home(small_home)
    here = settings([f"idc.base_url={small_index}"])

    def released() -> Reader:
        assert refresh(place, ["idc"], lambda _: None, settings=here, offline=True).release
        return Reader(current_release(place))

    keep(place, finding("a"), finding("b"))
    keep(place, dataset="idc:phantom_fda")
    keep(place, finding("a", severity=Severity.BLOCKER), dataset="idc:prostatex")
    keep(place, finding("a"), dataset="idc:is_not_there")
    reader = released()
    page = reader.dataset("idc:lung_phantom")
    assert page is not None and page.checked is not None
    assert files_checked(page.checked) == (
        "9 on 2026-11-24, something found in 2, 1 could not be read (research 1)"
    )
    one = next(row for row in page.findings if row["subject_kind"] == "file")
    assert (one["check_id"], one["affected"], one["action"]) == ("file-person-name", 2, "flag")
    assert (one["title"], one["field"]) == ("Person name, in files", "00400275[].00321060")
    clean = reader.dataset("idc:phantom_fda")
    assert clean is not None and clean.checked is not None
    assert files_checked(clean.checked).startswith("9 on 2026-11-24, nothing found in them, 1")
    assert reader.dataset("idc:prostatex") is None, "it is withheld"
    status = reader.status()
    assert status.checked["datasets"] == 2 and status.checked["files"] == 18
    assert status.checked["datasets_affected"] == 1 and status.checked["files_affected"] == 2
    assert "file-person-name" in {row["check_id"] for row in status.findings}
    reader.close()

    again = refresh(place, ["idc"], lambda _: None, settings=here, offline=True)
    assert again.release is None, "nothing is new"
    facts = json.loads((current_release(place) / "release.json").read_text())
    assert facts["sources"]["checked"] == checked.digest(checked.kept(place))
