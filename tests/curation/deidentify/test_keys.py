"""Key files open with their pass phrase alone, and errors never say what is in them."""

from __future__ import annotations

import base64
import io
import json
import os
from pathlib import Path

import pytest

from curation.deidentify import keys
from curation.deidentify.keys import SecretError, create, from_hex, load, passphrase

PHRASE = "correct horse battery"
COST = 14


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, bytes]:
    """A key file and the key in it."""
    path = tmp_path_factory.mktemp("keys") / "study.key"
    return path, create(path, PHRASE, cost=COST)


def test_a_key_comes_back_with_its_phrase(made: tuple[Path, bytes]) -> None:
    path, key = made
    assert load(path, PHRASE) == key
    assert len(key) == 32
    assert path.stat().st_mode & 0o077 == 0
    text = path.read_text()
    assert key.hex() not in text and base64.b64encode(key).decode() not in text


def test_a_wrong_phrase_is_said_and_nothing_else(made: tuple[Path, bytes]) -> None:
    path, key = made
    with pytest.raises(SecretError, match="pass phrase is wrong") as raised:
        load(path, "a secret that is wrong")
    assert "a secret" not in str(raised.value) and key.hex() not in str(raised.value)


def test_a_key_file_is_never_overwritten(made: tuple[Path, bytes]) -> None:
    path, key = made
    with pytest.raises(SecretError, match="never overwritten"):
        create(path, PHRASE, cost=COST)
    assert load(path, PHRASE) == key


def test_the_same_phrase_typed_on_another_system_opens_it(tmp_path: Path) -> None:
    key = create(tmp_path / "k", "Zoe\u0308 und Jürgen", cost=COST)
    assert load(tmp_path / "k", "Zo\u00eb und Ju\u0308rgen") == key


@pytest.mark.parametrize(
    "change",
    [
        {"cost": 15},
        {"nonce": base64.b64encode(bytes(12)).decode()},
        {"salt": base64.b64encode(bytes(16)).decode()},
        {"sealed": base64.b64encode(bytes(48)).decode()},
        {"what": "something else"},
        {"version": 2},
        {"cost": 63},
        {"cost": 17.0},
        {"cost": True},
        {"salt": 5},
        {"sealed": "AAAA"},
        {"kdf": None},
        {"more": "than there was"},
    ],
)
def test_an_altered_key_file_is_refused(
    made: tuple[Path, bytes], tmp_path: Path, change: dict[str, object]
) -> None:
    said = json.loads(made[0].read_text()) | change
    (tmp_path / "k").write_text(json.dumps(said))
    with pytest.raises(SecretError):
        load(tmp_path / "k", PHRASE)


@pytest.mark.parametrize(
    "text", [b"", b"\xff\xfe", b"[1]", b"[" * 9000, b'{"what":1}', b"x" * 99999]
)
def test_what_is_no_key_file_is_said(tmp_path: Path, text: bytes) -> None:
    (tmp_path / "k").write_bytes(text)
    with pytest.raises(SecretError, match="no key file, or it is damaged"):
        load(tmp_path / "k", PHRASE)


def test_a_key_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(SecretError, match="could not be read: No such file"):
        load(tmp_path / "k", PHRASE)


def test_a_short_phrase_makes_no_key(tmp_path: Path) -> None:
    with pytest.raises(SecretError, match="at least 8"):
        create(tmp_path / "k", "short", cost=COST)
    assert not (tmp_path / "k").exists()


@pytest.mark.parametrize("text", ["", "ab" * 31, "00" * 32, "x" * 64, "abababab" * 8])
def test_a_raw_key_that_is_short_or_typed_is_refused(text: str) -> None:
    with pytest.raises(SecretError):
        from_hex(text)


def test_a_raw_key_of_random_bytes_is_taken() -> None:
    assert from_hex(bytes(range(100, 132)).hex()) == bytes(range(100, 132))


def test_the_phrase_comes_from_the_descriptor_before_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(keys.PASSPHRASE, "from the environment")
    assert passphrase() == "from the environment"
    read, write = os.pipe()
    os.write(write, "from the pipe ü \nand more".encode())
    os.close(write)
    assert passphrase(descriptor=read) == "from the pipe ü "
    os.close(read)
    with pytest.raises(SecretError, match="descriptor"):
        passphrase(descriptor=read)


def test_without_a_terminal_nobody_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(keys.PASSPHRASE, raising=False)
    monkeypatch.setattr("sys.stdin", io.StringIO())
    with pytest.raises(SecretError, match="Set FAIRSCAN_PASSPHRASE"):
        passphrase()
    monkeypatch.setenv(keys.PASSPHRASE, "")
    with pytest.raises(SecretError, match="empty"):
        passphrase()


def test_a_new_phrase_is_asked_for_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter(["one phrase", "one phrase", "one phrase", "another"])
    monkeypatch.delenv(keys.PASSPHRASE, raising=False)
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr(keys.getpass, "getpass", lambda *_: next(answers))
    assert passphrase(new=True) == "one phrase"
    with pytest.raises(SecretError, match="differ"):
        passphrase(new=True)
