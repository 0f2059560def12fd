"""Files that are broken or meant to do harm end in a finding or in quarantine, and harm nothing."""

from __future__ import annotations

import json
import warnings
from dataclasses import dataclass
from pathlib import Path

import pytest

from curation.check import check
from curation.deidentify.mapping import Mapping
from curation.deidentify.run import Wish, deidentify
from curation.dicom.reader import read
from curation.profiles import load
from schemas.file_finding import FileFinding
from tests.corpus import hostile
from tests.small import snapshot

UNREADABLE = [
    "binary.csv", "broken.json", "broken.nii.gz", "broken.pdf", "broken.png", "dangling.dcm",
    "deep.json", "empty.dcm", "html.dcm", "loop", "nested.dcm", "noise.dcm", "one_byte.dcm",
    "outside.dcm", "pipe.dcm", "short.nii", "text.dcm", "unreadable.dcm", "zeros.dcm",
    "zip_cut.zip",
]  # fmt: skip
DAMAGED = [
    "bad_vr.dcm", "big_endian_said_wrongly.dcm", "deflated_cut.dcm", "preamble_only.dcm",
    "truncated_in_header.dcm", "truncated_in_meta.dcm", "truncated_in_pixels.dcm",
    "two_gigabytes_said.dcm",
]  # fmt: skip
REFUSED = ["medium/DICOMDIR", "zip_outside.zip"]
UNDECODABLE = ["frames_missing.dcm", "more_rows_than_pixels.dcm", "unknown_syntax.dcm"]

ODD = [
    "zip_in_zip.zip", "zip_bomb.zip", "deflated_bomb.dcm", "broken_jpeg.dcm", "bad_utf8.dcm",
    "odd_length.dcm", "elements_out_of_order.dcm",
]  # fmt: skip


@dataclass
class Ended:
    """What became of the hostile folder."""

    folder: Path
    findings: list[FileFinding]
    written: dict[str, Path]
    quarantined: dict[str, str]


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory) -> Ended:
    """It was checked and de-identified, pixels and all."""
    root = tmp_path_factory.mktemp("bad")
    folder, out, records = root / "hostile", root / "out", root / "records"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        hostile.make(folder, 7)
    before = snapshot(folder)
    findings: list[FileFinding] = []
    check(folder, load("research"), findings.append, jobs=1)
    deidentify(
        Wish(folder, out, records, load("research"), Mapping(b"k" * 32), check=False, jobs=1),
        lambda _: None,
    )
    assert snapshot(folder) == before
    assert sorted(p.name for p in root.iterdir()) == ["hostile", "out", "records"]
    lines = (records / "quarantine.jsonl").read_text().splitlines()
    written = {p.relative_to(out).as_posix(): p for p in out.rglob("*") if p.is_file()}
    return Ended(
        folder, findings, written,
        {line["file"]: line["reason"] for line in map(json.loads, lines)},
    )  # fmt: skip


def test_every_file_is_written_or_quarantined_with_a_reason(ended: Ended) -> None:
    names = [
        p.relative_to(ended.folder).as_posix()
        for p in ended.folder.rglob("*")
        if p.is_symlink() or not p.is_dir()
    ]
    assert len(ended.written) + len(ended.quarantined) == len(names)
    assert all(ended.quarantined.values())
    assert {n for n in names if n.isprintable()} >= ended.quarantined.keys()


@pytest.mark.parametrize("name", UNREADABLE)
def test_what_cannot_be_read_is_told_and_not_written(ended: Ended, name: str) -> None:
    assert [f.check for f in ended.findings if f.file == name] == ["not-read"]
    assert ended.quarantined[name]
    assert name not in ended.written


@pytest.mark.parametrize("name", DAMAGED)
def test_what_is_damaged_is_told_and_not_written(ended: Ended, name: str) -> None:
    assert "damaged" in [f.check for f in ended.findings if f.file == name]
    assert ended.quarantined[name]
    assert name not in ended.written


@pytest.mark.parametrize("name", REFUSED)
def test_what_leads_elsewhere_is_not_written(ended: Ended, name: str) -> None:
    assert ended.quarantined[name]


@pytest.mark.parametrize("name", UNDECODABLE)
def test_pixels_that_nobody_can_look_at_are_told_and_not_written(ended: Ended, name: str) -> None:
    assert ended.quarantined[name]
    assert [f for f in ended.findings if f.file == name and f.severity != "info"]


@pytest.mark.parametrize("name", ODD)
def test_what_is_odd_and_still_whole_ends_too(ended: Ended, name: str) -> None:
    assert (name in ended.written) != (name in ended.quarantined)


def test_whatever_is_written_as_dicom_is_whole(ended: Ended) -> None:
    files = [path for name, path in ended.written.items() if name.endswith(".dcm")]
    assert len(files) > 5
    for path in files:
        part = read(path)
        assert (part.problems, part.trailing.strip(b"\0")) == ([], b""), path.name


def test_a_name_with_a_terminal_escape_is_shown_and_written_without_it(ended: Ended) -> None:
    said = json.dumps([f.as_dict() for f in ended.findings]) + json.dumps(ended.quarantined)
    assert "\\u001b" not in said
    assert any(name.startswith("name") and "escape" in name for name in ended.written)
    assert all(name.isprintable() for name in ended.written)


def test_nothing_is_written_through_a_link(ended: Ended) -> None:
    assert not any(path.is_symlink() for path in ended.written.values())
    assert not any("loop" in name for name in ended.written)
