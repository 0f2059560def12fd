"""Secret key files: 32 random bytes, sealed under a pass phrase (scrypt and AES-256-GCM).

Without the key nobody can repeat or undo the mapping; a run that keeps none uses `new_key()` and
writes it nowhere.
"""

from __future__ import annotations

import base64
import getpass
import json
import os
import secrets
import sys
import unicodedata
from pathlib import Path
from typing import Any

from curation.deidentify.mapping import new_key
from curation.reports.placed import sync_folder, unwritable
from schemas.errors import FairscanError

PASSPHRASE = "FAIRSCAN_PASSPHRASE"
"""The environment variable that may hold the pass phrase."""

KEY_BYTES = 32
_WHAT = "fairscan secret key"
_VERSION = 1
_COST = 17
_COSTS = range(14, 21)
_BLOCK = 8
_SHORTEST = 8
_LARGEST = 1 << 14


class SecretError(FairscanError):
    """A key, a pass phrase or a sealed file is missing, wrong or damaged."""


def create(path: Path, passphrase: str, *, cost: int = _COST) -> bytes:
    """Make a new key, keep it sealed in a new file that only its owner may read, and return it.

    `cost` is the power of two of scrypt's work (17: 128 MiB). Raises SecretError if the file
    exists or the pass phrase is too short, FairscanError if it cannot be written.
    """
    if len(passphrase) < _SHORTEST:
        raise SecretError(f"a pass phrase of at least {_SHORTEST} characters is needed")
    key, salt, nonce = new_key(), secrets.token_bytes(16), secrets.token_bytes(12)
    head = {
        "cipher": "AES-256-GCM",
        "cost": cost,
        "kdf": "scrypt",
        "nonce": _text(nonce),
        "salt": _text(salt),
        "version": _VERSION,
        "what": _WHAT,
    }
    sealed = _cipher(passphrase, salt, cost).encrypt(nonce, key, _bound(head))
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    try:
        with open(os.open(path, flags, 0o600), "w", encoding="ascii") as file:  # noqa: PTH123
            json.dump({**head, "sealed": _text(sealed)}, file, indent=1)
            file.write("\n")
            file.flush()
            os.fsync(file.fileno())
        sync_folder(path.parent)
    except FileExistsError as error:
        raise SecretError(
            "there is a file already, and a key is never overwritten",
            where=str(path),
            do="Use it, or name another file",
        ) from error
    except OSError as error:
        raise unwritable(path, error) from error
    return key


def load(path: Path, passphrase: str) -> bytes:
    """The key that a file holds. Raises SecretError if the phrase is wrong or the file damaged."""
    from cryptography.exceptions import InvalidTag

    head = _head(path)
    try:
        sealed, nonce, salt = (base64.b64decode(head.pop(k)) for k in ("sealed", "nonce", "salt"))
        head |= {"nonce": _text(nonce), "salt": _text(salt)}
        cost = head["cost"]
    except (KeyError, ValueError, TypeError):
        raise _damaged(path) from None
    if (
        head.get("version") != _VERSION
        or head.get("kdf") != "scrypt"
        or type(cost) is not int
        or cost not in _COSTS
    ):
        raise SecretError(
            "this key file is of a kind that this version does not know",
            where=str(path),
            do="Use the version of fairscan that made it",
        )
    if len(nonce) != 12 or len(sealed) != KEY_BYTES + 16:
        raise _damaged(path)
    try:
        key: bytes = _cipher(passphrase, salt, cost).decrypt(nonce, sealed, _bound(head))
    except InvalidTag:
        raise SecretError(
            "the pass phrase is wrong, or the key file was altered", where=str(path), do="Try again"
        ) from None
    return key


def passphrase(*, new: bool = False, descriptor: int | None = None) -> str:
    """The pass phrase: from a file descriptor, else the environment, else asked for (twice if new).

    Raises SecretError if there is none to be had.
    """
    if descriptor is not None:
        try:
            with open(descriptor, encoding="utf-8", closefd=False) as file:
                given = file.readline(1 << 12).rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            raise SecretError(
                "no pass phrase could be read from the descriptor", where=str(descriptor)
            ) from error
    elif (known := os.environ.get(PASSPHRASE)) is not None:
        given = known
    elif sys.stdin.isatty():
        given = getpass.getpass("Pass phrase of the key: ", sys.stderr)
        if new and getpass.getpass("Again: ", sys.stderr) != given:
            raise SecretError("the two pass phrases differ", do="Try again")
    else:
        raise SecretError(
            "a pass phrase is needed and there is no terminal to ask for it",
            do=f"Set {PASSPHRASE}, or name a file descriptor",
        )
    if not given:
        raise SecretError("the pass phrase is empty", do="Give one")
    return given


def from_hex(text: str) -> bytes:
    """A raw key written in hexadecimal digits. Raises SecretError if it is short or none."""
    try:
        key = bytes.fromhex(text)
    except ValueError:
        raise SecretError("a raw key is written in hexadecimal digits") from None
    if len(key) < KEY_BYTES or len(set(key)) < KEY_BYTES // 4:
        raise SecretError(
            f"a raw key has at least {KEY_BYTES} random bytes ({2 * KEY_BYTES} digits)",
            do="Make one with a generator of random numbers, never by hand",
        )
    return key


def _head(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            text = file.read(_LARGEST)
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise SecretError(f"the key file could not be read: {why}", where=str(path)) from error
    try:
        head = json.loads(text)
    except (ValueError, RecursionError):
        raise _damaged(path) from None
    if not isinstance(head, dict) or head.get("what") != _WHAT:
        raise _damaged(path)
    return head


def _damaged(path: Path) -> SecretError:
    return SecretError(
        "this is no key file, or it is damaged", where=str(path), do="Name the file that was made"
    )


def _cipher(passphrase: str, salt: bytes, cost: int) -> Any:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

    phrase = unicodedata.normalize("NFC", passphrase).encode("utf-8", "surrogateescape")
    derived = Scrypt(salt=salt, length=KEY_BYTES, n=1 << cost, r=_BLOCK, p=1).derive(phrase)
    return AESGCM(derived)


def _bound(head: dict[str, Any]) -> bytes:
    """What is sealed with the key, so that none of it can be changed."""
    return json.dumps(head, sort_keys=True, separators=(",", ":")).encode("ascii")


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")
