"""One keyed mapping of UIDs, patients and dates: the same in every process and every month."""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass, field
from functools import lru_cache

_DAYS = 3650
_REMEMBERED = 1 << 16


@dataclass(frozen=True)
class Mapping:
    """Pseudonyms computed with HMAC-SHA-256 from a secret key of 32 bytes.

    Nothing is stored: who has the key gets the same answers, who has not learns nothing. UIDs are
    made as PS3.5 section B.2 has them (2.25 and a number of at most 122 bits).
    """

    key: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.key) < 16:
            raise ValueError("a key of at least 16 bytes is needed")
        for name in ("uid", "patient", "days"):
            object.__setattr__(self, name, lru_cache(_REMEMBERED)(getattr(self, name)))

    def uid(self, uid: str) -> str:
        """The UID that stands for this one everywhere."""
        number = int.from_bytes(self._digest("uid", uid)[:16], "big") & ((1 << 122) - 1)
        return f"2.25.{number | 1 << 121}"

    def patient(self, patient: str) -> str:
        """The pseudonym of a patient (Patient ID, or what stands for it), 13 characters."""
        return "FS-" + _word(self._digest("patient", patient), 10)

    def days(self, patient: str) -> int:
        """By how many days every date of this patient moves: 1 to 3650 into the past."""
        return -1 - int.from_bytes(self._digest("days", patient)[:8], "big") % _DAYS

    def identifier(self, kind: str, value: str, length: int = 12) -> str:
        """What stands for another identifier, such as an accession number."""
        return _word(self._digest(kind, value), length)

    def fingerprint(self) -> str:
        """What tells one key from another without telling either (8 hex digits)."""
        return self._digest("key", "")[:4].hex()

    def _digest(self, kind: str, value: str) -> bytes:
        return hmac.digest(self.key, f"{kind}\0{value}".encode("utf-8", "surrogatepass"), "sha256")


def _word(digest: bytes, length: int) -> str:
    return base64.b32encode(digest).decode("ascii")[:length]


def new_key() -> bytes:
    """A new secret key of 32 bytes from the system's generator."""
    import secrets

    return secrets.token_bytes(hashlib.sha256().digest_size)
