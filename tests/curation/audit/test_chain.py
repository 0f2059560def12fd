"""The audit chain tells every change that was made to it, and survives a crash at any moment."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from multiprocessing import get_context
from pathlib import Path

import pytest

from curation.audit import chain
from curation.audit.chain import AuditError, append, entries, verify

KEY = bytes(range(32))


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """A chain of five signed records."""
    path = tmp_path / "audit.jsonl"
    for number in range(5):
        append(path, {"run": number, "who": "Zoë", "counts": {"b": 1, "a": None}}, key=KEY)
    return path


def rewrite(path: Path, change: Callable[[list[bytes]], list[bytes]]) -> None:
    path.write_bytes(b"".join(change(path.read_bytes().splitlines(keepends=True))))


def test_a_whole_chain_verifies_and_ends_in_the_hash_that_was_returned(log: Path) -> None:
    last = append(log, {"run": 5}, key=KEY)
    found = verify(log, key=KEY)
    assert found.whole and found.end
    assert (found.records, found.signed, found.head) == (6, 6, last["hash"])
    assert [entry["record"]["run"] for entry in entries(log)] == list(range(6))


@pytest.mark.parametrize(
    ("change", "line", "why"),
    [
        (lambda ls: [ls[0].replace(b'"run":0', b'"run":9'), *ls[1:]], 1, "altered"),
        (lambda ls: [*ls[:2], ls[2].replace(b'{"a"', b'{ "a"'), *ls[3:]], 3, "altered"),
        (lambda ls: [*ls[:2], b"\x00\xff\n", *ls[3:]], 3, "altered or damaged"),
        (lambda ls: [*ls[:2], b"[" * 50000 + b"\n", *ls[3:]], 3, "altered or damaged"),
        (lambda ls: [*ls[:2], *ls[3:]], 3, "records 3 to 3 are missing"),
        (lambda ls: ls[1:], 1, "missing"),
        (lambda ls: [ls[0], ls[2], ls[1], *ls[3:]], 2, "moved"),
        (lambda ls: [*ls[:3], ls[1], *ls[3:]], 4, "inserted, repeated or moved"),
        (lambda ls: ls[:4], 5, "cut off: 5 records were written, 4 are there"),
        (lambda _: [], 1, "cut off"),
        (lambda ls: [*ls[:4], ls[4][:-1]], 5, "torn"),
        (lambda ls: [*ls[:4], ls[4][:40]], 5, "torn"),
    ],
    ids="altered respelt garbage nested gone first swapped repeated cut emptied end torn".split(),
)
def test_each_change_is_told_with_its_line(
    log: Path, change: Callable[[list[bytes]], list[bytes]], line: int, why: str
) -> None:
    rewrite(log, change)
    found = verify(log)
    assert found.bad == line
    assert found.why is not None and why in found.why
    with pytest.raises(AuditError, match="damaged"):
        append(log, {"run": 9})


def test_a_record_inserted_with_hashes_made_anew_lacks_the_signature(log: Path) -> None:
    made = log.with_name("made.jsonl")
    for entry in [*entries(log)]:
        append(made, {**entry["record"], "run": 7})
    made.rename(log)
    (log.parent / "made.jsonl.head").rename(log.parent / "audit.jsonl.head")
    assert verify(log).whole
    found = verify(log, key=KEY)
    assert found.bad == 1 and "not signed with this key" in str(found.why)


def test_a_record_that_was_changed_with_its_hash_is_told_by_the_next(log: Path) -> None:
    entry = [*entries(log)][2]
    entry["record"]["run"] = 9
    body = {name: entry[name] for name in ("previous", "record", "sequence", "version")}
    entry["hash"] = hashlib.sha256(chain.canonical(body)).hexdigest()
    rewrite(log, lambda ls: [*ls[:2], chain.canonical(entry) + b"\n", *ls[3:]])
    found = verify(log)
    assert found.bad == 4 and "does not follow the one before" in str(found.why)


def test_another_key_does_not_verify(log: Path) -> None:
    assert verify(log, key=bytes(32)).bad == 1


def test_a_hash_that_was_written_down_tells_a_chain_cut_with_its_head_file(log: Path) -> None:
    written_down = verify(log).head
    (log.parent / "audit.jsonl.head").unlink()
    assert not verify(log).end
    assert verify(log, head=written_down).end
    rewrite(log, lambda ls: ls[:3])
    assert verify(log).whole
    assert "cut or rewritten" in str(verify(log, head=written_down).why)


def test_a_chain_that_is_gone_is_told(log: Path) -> None:
    log.unlink()
    assert "gone" in str(verify(log).why)
    (log.parent / "audit.jsonl.head").unlink()
    with pytest.raises(AuditError, match="no audit file"):
        verify(log)


def test_a_line_torn_by_a_crash_is_set_aside_and_the_next_record_says_so(log: Path) -> None:
    line = log.read_bytes().splitlines()[-1]
    torn = line.replace(b'"sequence":5', b'"sequence":6')[:100]
    with log.open("ab") as file:
        file.write(torn)
    found = verify(log)
    assert found.torn and not found.whole
    entry = append(log, {"run": 5}, key=KEY)
    assert entry["torn"]["bytes"] == 100
    assert (log.parent / "audit.jsonl.torn-6").read_bytes() == torn
    assert verify(log, key=KEY).records == 6


def test_a_file_that_is_no_chain_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "letter.txt"
    path.write_text("Dear Anna")
    with pytest.raises(AuditError):
        append(path, {})
    assert path.read_text() == "Dear Anna"


def test_a_crash_before_the_head_was_written_does_no_harm(
    log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(chain, "_write_head", crash)
        with pytest.raises(KeyboardInterrupt):
            append(log, {"run": 5}, key=KEY)
    assert verify(log).records == 6
    assert append(log, {"run": 6}, key=KEY)["sequence"] == 7


def test_a_full_disk_leaves_the_chain_as_it_was(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = log.read_bytes()
    real = os.write

    def short(descriptor: int, data: bytes) -> int:
        return (
            real(descriptor, data[:50]) if data.startswith(b'{"hash"') else real(descriptor, data)
        )

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", short)
        with pytest.raises(AuditError, match="disk is full"):
            append(log, {"run": 5})
    assert log.read_bytes() == before
    assert verify(log).whole


def test_what_has_no_one_spelling_is_refused(log: Path) -> None:
    for value in (1.5, float("nan"), 1 << 60, b"x", {1: 2}, "\ud800"):
        with pytest.raises(ValueError, match=r"spelling|is no text|surrogates"):
            append(log, {"value": value})
    assert verify(log).records == 5


def test_keys_are_in_the_order_of_rfc_8785() -> None:
    text = chain.canonical({"\U0001f600": 1, "\ufb33": 2, "a": "\x0f\n\u20ac", "": True})
    assert text.decode() == '{"":true,"a":"\\u000f\\n€","\U0001f600":1,"\ufb33":2}'


def _append_ten(path: Path) -> None:
    for number in range(10):
        append(path, {"run": number})


def test_processes_that_append_at_once_make_one_chain(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    several = [get_context("fork").Process(target=_append_ten, args=(path,)) for _ in range(3)]
    for process in several:
        process.start()
    for process in several:
        process.join()
    assert verify(path).records == 30 and verify(path).whole


def test_a_chain_that_may_only_be_read_verifies(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from filelock import FileLock

    def refused(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(FileLock, "acquire", refused)
    assert verify(log).whole
    with pytest.raises(AuditError, match="may not be written"):
        append(log, {})


def test_lines_are_plain_json(log: Path) -> None:
    for line in log.read_text("utf-8").splitlines():
        assert set(json.loads(line)) == {
            "hash", "previous", "record", "sequence", "signature", "version"
        }  # fmt: skip
