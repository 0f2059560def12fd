"""Names and messages as reports show them: nothing in them steers a terminal or breaks UTF-8."""

from __future__ import annotations

import re

_UNENCODABLE = re.compile("[\ud800-\udfff]")
_STEERING = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]"
)


def encodable(text: str) -> str:
    """The text with every byte that was no UTF-8 (a lone surrogate) written as `\\xNN`."""
    return _UNENCODABLE.sub(_escaped, text)


def shown(text: str) -> str:
    """The text with control, invisible and direction-turning characters written as escapes."""
    return _STEERING.sub(_escaped, encodable(text))


def size(number: int) -> str:
    """Bytes for people, in powers of 1000."""
    value, units = float(number), iter("kMGTPE")
    unit = ""
    while value >= 1000:
        value, unit = value / 1000, next(units, "E")
    return f"{value:.1f} {unit}B" if unit else f"{number} B"


def _escaped(match: re.Match[str]) -> str:
    code = ord(match[0])
    if 0xDC80 <= code <= 0xDCFF:
        return f"\\x{code - 0xDC00:02x}"
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
