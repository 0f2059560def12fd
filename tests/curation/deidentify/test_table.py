"""The re-identification table opens with the key alone, and tells what was taken out of it."""

from __future__ import annotations

import errno
import itertools
import struct
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from curation.deidentify import table
from curation.deidentify.keys import SecretError
from curation.deidentify.table import Row, append, export, read
from schemas.errors import FairscanError

KEY = bytes(range(32))
FIRST: list[Row] = [
    ("patient", "MRN 12;\u00e9\n=1", "FS-AAAA"),
    ("uid", "1.2.3", "2.25.1"),
    ("path", "Smith^John/1\udce9.dcm", "FS-AAAA/1.dcm"),
    ("days", "MRN 12;\u00e9\n=1", "-77"),
]
SECOND: list[Row] = [("uid", "1.2.3", "2.25.1"), ("uid", "1.2.4", "2.25.2")]


@pytest.fixture
def sealed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A table of two runs in several pieces."""
    monkeypatch.setattr(table, "_ROWS", 2)
    path = tmp_path / "table.sealed"
    assert append(path, KEY, FIRST) == 4
    assert append(path, KEY, iter(SECOND)) == 6
    return path


def pieces(path: Path) -> tuple[bytes, list[bytes]]:
    raw = path.read_bytes()
    head, rest = raw[:1536], raw[1536:]
    found = []
    while rest:
        size = 4 + struct.unpack(">I", rest[:4])[0]
        found.append(rest[:size])
        rest = rest[size:]
    return head, found


def test_the_key_holder_reads_every_row_of_every_run(sealed: Path) -> None:
    assert [*read(sealed, KEY)] == FIRST + SECOND


def test_who_has_no_key_reads_nothing(sealed: Path) -> None:
    raw = sealed.read_bytes()
    assert b"Smith" not in raw and b"MRN" not in raw and b"1.2.3" not in raw
    assert sealed.stat().st_mode & 0o077 == 0
    with pytest.raises(SecretError, match="another key"):
        next(read(sealed, bytes(32)))
    with pytest.raises(SecretError, match="another key"):
        append(sealed, bytes(32), SECOND)
    assert [*read(sealed, KEY)] == FIRST + SECOND


def test_runs_merge_into_one_file_a_kind(sealed: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert export(sealed, KEY, out) == {"patient": 1, "uid": 2, "path": 1, "days": 1}
    assert (out / "uid.csv").read_text() == "id_old,id_new\n1.2.3,2.25.1\n1.2.4,2.25.2\n"
    assert (out / "patient.csv").read_text("utf-8") == (
        'id_old,id_new\n"MRN 12;\u00e9\n=1",FS-AAAA\n'
    )
    assert "1\\xe9.dcm" in (out / "path.csv").read_text("utf-8")
    assert all(path.stat().st_mode & 0o077 == 0 for path in out.iterdir())


@pytest.mark.parametrize(
    "change",
    [
        lambda head, ps: head + b"".join(ps[:-1]),
        lambda head, ps: head + b"".join(ps)[:-3],
        lambda head, ps: head + b"".join([*ps[:1], *ps[2:]]),
        lambda head, ps: head + b"".join([ps[1], ps[0], *ps[2:]]),
        lambda head, ps: head + b"".join([ps[0], *ps]),
        lambda head, ps: head + b"".join(ps)[:-1] + b"\0",
        lambda head, ps: head + b"\xff\xff\xff\xff" + b"".join(ps),
        lambda head, _: head,
        lambda head, ps: head[:512] + bytes(1024) + b"".join(ps),
        lambda head, ps: head[:512] + head[1024:] + head[512:1024] + b"".join(ps),
    ],
    ids="no-end cut taken-out swapped repeated flipped huge empty stateless turned".split(),
)
def test_each_change_is_told_and_nothing_is_exported(
    sealed: Path, tmp_path: Path, change: Callable[[bytes, list[bytes]], bytes]
) -> None:
    sealed.write_bytes(change(*pieces(sealed)))
    damaged = sealed.read_bytes()
    with pytest.raises(SecretError):
        [*read(sealed, KEY)]
    with pytest.raises(SecretError):
        export(sealed, KEY, tmp_path / "out")
    assert not [*(tmp_path / "out").iterdir()]
    assert sealed.read_bytes() == damaged


def test_nothing_is_added_to_a_table_that_was_cut(sealed: Path) -> None:
    cut = sealed.read_bytes()[:-3]
    sealed.write_bytes(cut)
    with pytest.raises(SecretError, match="cut or altered"):
        append(sealed, KEY, SECOND)
    assert sealed.read_bytes() == cut


@pytest.mark.parametrize("state", [512, 1024])
def test_a_crash_while_the_table_is_written_leaves_what_was_there(sealed: Path, state: int) -> None:
    """The newest state is in the first place (turn 2), the one before in the second."""
    with sealed.open("r+b") as file:
        file.seek(state)
        file.write(b"torn")
        file.seek(0, 2)
        file.write(b"the beginning of a piece")
    there = FIRST if state == 512 else FIRST + SECOND
    assert [*read(sealed, KEY)] == there
    append(sealed, KEY, SECOND)
    assert [*read(sealed, KEY)] == there + SECOND


def test_a_full_disk_leaves_a_whole_table(sealed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        if next(calls) == failing:
            raise OSError(errno.ENOSPC, "No space left on device")

    for failing in (0, 1):
        calls = itertools.count()
        with monkeypatch.context() as patch:
            patch.setattr(table.os, "fsync", full)
            with pytest.raises(FairscanError, match="disk is full"):
                append(sealed, KEY, SECOND)
        assert [*read(sealed, KEY)] == FIRST + SECOND * (1 + failing)


def test_a_piece_of_another_table_is_told(sealed: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    append(other, KEY, FIRST)
    head, own = pieces(sealed)
    sealed.write_bytes(head + pieces(other)[1][0] + b"".join(own[1:]))
    with pytest.raises(SecretError):
        [*read(sealed, KEY)]


@pytest.mark.parametrize("text", [b"", b"{}\n", b"[]\n", b"\xff\n", b"[" * 2000])
def test_what_is_no_table_is_said_and_left_alone(tmp_path: Path, text: bytes) -> None:
    (tmp_path / "t").write_bytes(text)
    with pytest.raises(SecretError, match="no re-identification table"):
        append(tmp_path / "t", KEY, SECOND)
    assert (tmp_path / "t").read_bytes() == text


def test_a_run_that_breaks_off_leaves_the_table_as_it_was(sealed: Path) -> None:
    def rows() -> object:
        yield from SECOND * 2
        raise KeyError

    before = sealed.read_bytes()
    with pytest.raises(KeyError):
        append(sealed, KEY, rows())  # type: ignore[arg-type]
    assert sealed.read_bytes() == before


def test_a_kind_that_would_be_a_path_is_not_written(tmp_path: Path) -> None:
    append(tmp_path / "t", KEY, [("../x", "a", "b")])
    with pytest.raises(SecretError, match="no word"):
        export(tmp_path / "t", KEY, tmp_path / "out")


def test_memory_does_not_grow_with_the_rows(tmp_path: Path) -> None:
    append(tmp_path / "t", KEY, [("uid", "0", "0")])
    tracemalloc.start()
    rows = (("uid", f"1.2.{n}" + "9" * 200, f"2.25.{n}") for n in range(40_000))
    append(tmp_path / "t", KEY, rows)
    assert sum(1 for _ in read(tmp_path / "t", KEY)) == 40_001
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8e6
