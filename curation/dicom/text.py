"""Text of elements in their Specific Character Set, both ways (PS3.5 section 6.1.2)."""

from __future__ import annotations

import re
import warnings
from functools import lru_cache

_DELIMITERS = {0x0A, 0x0C, 0x0D, 0x09, 0x5C}
_NAME_DELIMITERS = {0x5C, 0x5E, 0x3D}
_NARROW = rb"[\x20-\x7e\xa0-\xff]{%d,}"
_HIGH = bytes(range(0xA0, 0x100))
_WIDE = rb"(?:[\x20-\x7e]\0){%d,}"


@lru_cache(256)
def encodings(stated: bytes) -> tuple[str, ...]:
    """Python's names of the encodings that (0008,0005) states; Latin-1 for one unknown.

    An unknown character set is read byte by byte, so that nothing is lost or hidden.
    """
    from pydicom.charset import python_encoding

    names = [part.strip(b" \0").decode("latin-1") for part in stated.split(b"\\")]
    found = tuple(python_encoding.get(name, "latin-1") for name in names)
    return ("latin-1",) if found == ("iso8859",) else found


def decode(value: bytes, charset: tuple[str, ...], *, person: bool = False) -> str:
    """The text of a value without its padding; bytes that do not fit are shown as U+FFFD."""
    if value.isascii() and b"\x1b" not in value:
        return value.decode("ascii").strip(" \0")
    from pydicom.charset import decode_bytes

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            text = decode_bytes(value, charset, _NAME_DELIMITERS if person else _DELIMITERS)
    except (LookupError, UnicodeError, ValueError):
        text = value.decode("latin-1")
    return str(text).strip(" \0")


def encode(text: str, charset: tuple[str, ...]) -> bytes:
    """A text as a value of even length; what the character set lacks becomes "?"."""
    if text.isascii():
        value = text.encode("ascii")
    else:
        from pydicom.charset import encode_string

        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                value = encode_string(text, list(charset))
        except (LookupError, UnicodeError, ValueError):
            value = text.encode("ascii", "replace")
    return value + b" " if len(value) & 1 else value


def readable(data: bytes | memoryview, least: int = 5) -> list[str]:
    """Runs of at least `least` printable characters in bytes of no known structure.

    UTF-16 text of Latin letters is found as well (every other byte is zero).
    """
    raw = bytes(data)
    found = []
    for run in re.findall(_NARROW % least, raw):
        found.append(run.decode("latin-1"))
        if len(bare := run.strip(_HIGH)) >= least and bare != run:
            found.append(bare.decode("latin-1"))  # what is about it may be a number
    if b"\0" in raw:
        found += [run[::2].decode("latin-1") for run in re.findall(_WIDE % least, raw)]
    return found
