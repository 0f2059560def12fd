"""How the bytes of a text file are read: its encoding told from its first and other bytes."""

from __future__ import annotations

import codecs
from pathlib import Path

from curation.formats import Unsafe

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_BLOCK = 1 << 20


def looks_like_text(head: bytes) -> bool:
    """Whether bytes that begin a file read as text, in an encoding that is known here."""
    if any(head.startswith(mark) for mark, _ in _MARKS) or _wide(head):
        return True
    return not any(byte < 9 or 13 < byte < 27 or 27 < byte < 32 for byte in head)


def encoding_of(path: Path) -> str:
    """The encoding in which the whole file reads; Latin-1 where it is no form of Unicode.

    Raises:
        Unsafe: if its bytes are no text.
    """
    with path.open("rb") as file:
        head = file.read(4096)
        for mark, name in _MARKS:
            if head.startswith(mark):
                return name
        if (wide := _wide(head)) is not None:
            return wide
        if not looks_like_text(head):
            raise Unsafe("a text file that holds bytes of no text")
        decoder = codecs.getincrementaldecoder("utf-8")()
        block = head
        try:
            while block:
                decoder.decode(block)
                block = file.read(_BLOCK)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return "latin-1"
    return "utf-8"


def _wide(head: bytes) -> str | None:
    """UTF-16 without its mark: every other byte is zero, as in ASCII text."""
    even, odd = head[0:64:2], head[1:64:2]
    if len(odd) < 4:
        return None
    if not any(odd) and all(even):
        return "utf-16-le"
    if not any(even) and all(odd):
        return "utf-16-be"
    return None
