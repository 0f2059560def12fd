"""Zip, tar and compressed files: members are looked at as files, and repacked."""

from __future__ import annotations

import gzip
import io
import tarfile
import zipfile
from collections.abc import Callable
from typing import Any

import pytest

from curation.formats import Unsafe, members
from curation.formats.archives import FORMAT
from curation.formats.file import File
from curation.formats.look import Look
from curation.profiles import load

NAMED = '{"PatientName": "Papadakis^Georgios", "EchoTime": 0.03}'
CLEAN = '{"EchoTime": 0.03}'


def zipped(*entries: tuple[str, str | bytes], comment: bytes = b"") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.comment = comment
        for name, content in entries:
            archive.writestr(name, content)
    return out.getvalue()


def tarred(*entries: tuple[str, str], mode: str = "w:gz", link: str = "") -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as archive:  # type: ignore[call-overload]
        for name, content in entries:
            info = tarfile.TarInfo(name)
            info.size, info.uname, info.mtime = len(content), "asmith", 1_600_000_000
            archive.addfile(info, io.BytesIO(content.encode()))
        if link:
            info = tarfile.TarInfo("link")
            info.type, info.linkname = tarfile.SYMTYPE, link
            archive.addfile(info)
    return out.getvalue()


def places(desk: Any, name: str, content: bytes) -> list[tuple[str, str | None]]:
    found = desk.findings(name, content)
    return [(f.file, f.where) for f in found if f.severity in ("error", "warning")]


def test_members_are_told_as_files_of_the_archive(desk: Any) -> None:
    content = zipped(("a/x.json", NAMED), ("in.zip", zipped(("y.json", NAMED))))
    assert places(desk, "b.zip", content) == [
        ("b.zip!/a/x.json", "PatientName"),
        ("b.zip!/in.zip!/y.json", "PatientName"),
    ]


def test_names_and_comments_of_an_archive_are_looked_at(desk: Any) -> None:
    content = zipped(("PAPADAKIS_GEORGIOS/x.json", CLEAN), comment=b"Scans of Dr. John Smith")
    assert places(desk, "b.zip", content) == [
        ("b.zip", "comment"),
        ("b.zip!/PAPADAKIS_GEORGIOS/x.json", "filename"),
    ]


def test_a_cleaned_archive_has_the_members_in_their_order_and_no_dates(desk: Any) -> None:
    inner = zipped(("y.json", NAMED))
    content = zipped(("z.json", NAMED), ("MRN0012345/x.json", NAMED), ("in.zip", inner))
    written = desk.written("b.zip", content)
    with zipfile.ZipFile(io.BytesIO(written)) as archive:
        pseudonym = desk.act.mapping.patient("MRN0012345")
        assert archive.namelist() == ["z.json", f"{pseudonym}/x.json", "in.zip"]
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert archive.read("z.json") == b'{"EchoTime": 0.03}\n'
        with zipfile.ZipFile(io.BytesIO(archive.read("in.zip"))) as below:
            assert below.read("y.json") == b'{"EchoTime": 0.03}\n'
    assert places(desk, "b.zip", written) == []


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz"])
def test_tar_is_repacked_as_it_was_without_its_owners(desk: Any, mode: str) -> None:
    name = "b.tar" + mode[1:].replace(":", ".")
    content = tarred(("a/x.json", NAMED), mode=mode)
    assert places(desk, name, content) == [(f"{name}!/a/x.json", "PatientName")]
    written = desk.written(name, content)
    with tarfile.open(fileobj=io.BytesIO(written), mode=mode.replace("w", "r")) as archive:  # type: ignore[call-overload]
        [info] = archive.getmembers()
        assert (info.name, info.uname, info.mtime) == ("a/x.json", "", 315_532_800)


def test_a_compressed_file_is_read_as_what_it_holds(desk: Any) -> None:
    out = io.BytesIO()
    with gzip.GzipFile("John Smith.tsv", "wb", fileobj=out) as file:
        file.write(b"onset\tname\n1\tDr. John Smith\n")
    assert places(desk, "x.tsv.gz", out.getvalue()) == [
        ("x.tsv.gz", "gzip.name"),
        ("x.tsv.gz", "1:name"),
    ]
    written = desk.written("x.tsv.gz", out.getvalue())
    assert gzip.decompress(written) == b"onset\tname\n1\t\n"
    assert b"Smith" not in written and written[4:8] == bytes(4)


def test_what_unpacks_elsewhere_is_told_and_never_written(desk: Any) -> None:
    for name in ("../../evil.json", "/etc/evil.json", "C:\\evil.json", "a/../../evil.json"):
        content = zipped((name, NAMED))
        [finding] = desk.findings("b.zip", content)
        assert (finding.check, finding.where) == ("archive-member", "filename")
        with pytest.raises(Unsafe, match="member 1"):
            desk.written("b.zip", content)


def test_links_are_told_and_never_followed(desk: Any) -> None:
    content = tarred(("x.json", CLEAN), link="/etc/passwd")
    assert places(desk, "b.tgz", content) == [("b.tgz!/link", "filename")]
    with pytest.raises(Unsafe, match="member 2: a link"):
        desk.written("b.tgz", content)


def test_a_member_that_cannot_be_read_is_told_and_stops_no_other(desk: Any) -> None:
    content = zipped(("a.json", "{"), ("b.unknown", b"\0\1"), ("c.json", NAMED))
    assert places(desk, "b.zip", content) == [
        ("b.zip!/a.json", None),
        ("b.zip!/b.unknown", None),
        ("b.zip!/c.json", "PatientName"),
    ]
    with pytest.raises(Unsafe, match="member 1: no valid JSON"):
        desk.written("b.zip", content)


def test_archives_in_archives_end_at_the_third(desk: Any) -> None:
    content = zipped(("x.json", NAMED))
    for _ in range(2):
        content = zipped(("in.zip", content))
    assert places(desk, "b.zip", content) == [("b.zip!/in.zip!/in.zip!/x.json", "PatientName")]
    [finding] = desk.findings("b.zip", zipped(("in.zip", content)))
    assert (finding.check, finding.where) == ("not-read", None)


def test_a_file_compressed_twice_is_refused(desk: Any) -> None:
    content = gzip.compress(gzip.compress(CLEAN.encode()))
    assert [f.check for f in desk.findings("x.json.gz", content)] == ["not-read"]
    with pytest.raises(Unsafe, match="compressed more than once"):
        desk.written("x.json.gz", content)


def test_a_bomb_is_stopped(desk: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(members, "_ALWAYS", 0)
    with pytest.raises(Unsafe, match="unpacks to too much"):
        desk.findings("b.zip", zipped(("x.txt", bytes(10_000_000))))


@pytest.mark.parametrize(
    "broken",
    [
        lambda content: content[: len(content) // 2],
        lambda content: content[:40] + b"\xff" * 8 + content[48:],
        lambda content: content[:30],
        lambda _: b"PK\x03\x04",
    ],
)
def test_a_damaged_archive_is_unsafe(desk: Any, broken: Callable[[bytes], bytes]) -> None:
    with pytest.raises(Unsafe):
        desk.written("b.zip", broken(zipped(("x.json", NAMED * 50))))


def test_an_encrypted_archive_is_unsafe(desk: Any) -> None:
    content = bytearray(zipped(("x.json", NAMED)))
    content[6] |= 1
    content[content.index(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(Unsafe, match="encrypted"):
        desk.findings("b.zip", bytes(content))


def test_members_that_lie_over_one_another_are_unsafe(desk: Any) -> None:
    content = zipped(("x.json", NAMED * 100))
    start = content.index(b"PK\x01\x02")
    end = content.index(b"PK\x05\x06")
    entry = content[start:end]
    tail = bytearray(content[end:])
    tail[8:12] = (5).to_bytes(2, "little") * 2
    tail[12:16] = (5 * len(entry)).to_bytes(4, "little")
    with pytest.raises(Unsafe):
        desk.written("b.zip", content[:start] + entry * 5 + bytes(tail))


def test_an_office_document_is_looked_at_and_not_repacked(desk: Any) -> None:
    content = zipped(
        ("[Content_Types].xml", "<Types/>"),
        ("xl/sharedStrings.xml", "<sst><si><t>Dr. Georgios Papadakis</t></si></sst>"),
    )
    [place] = places(desk, "patients.xlsx", content)
    assert place == ("patients.xlsx!/xl/sharedStrings.xml", "sst.si.t")
    with pytest.raises(Unsafe, match="office document"):
        desk.written("patients.xlsx", content)


def test_the_file_that_is_looked_at_is_the_archive_again_afterwards(desk: Any) -> None:
    file: File = desk.file("b.zip", zipped(("x.json", "{")))
    look = Look(load("research"), lambda _: None, file=file)
    FORMAT.inspect(file, look)
    assert look.file is file
