"""Harvested text as plain text: no markup, no control characters, no e-mail addresses."""

from __future__ import annotations

import html
import re
from typing import Any

import nh3

# It begins where a word does: else each letter of a long word would be tried as the first.
_EMAIL = re.compile(
    r"(?<![\w.+-])[\w.+-]+(?:@|%40)(?:[\w-]+(?:\.[\w-]+)+|\[[\d.:a-f]+\])", re.IGNORECASE
)
_CONTROL = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]"
)
REMOVED = "[e-mail removed]"


def plain_text(raw: str | None) -> str | None:
    """`raw` without markup, entities resolved, white space folded; None if nothing is left.

    E-mail addresses are replaced by "[e-mail removed]": people named in a description did not
    ask to be in a catalogue.
    """
    if raw is None:
        return None
    text = html.unescape(nh3.clean(raw, tags=set(), clean_content_tags={"script", "style"}))
    text = _EMAIL.sub(REMOVED, _CONTROL.sub("", text).replace("\uff20", "@"))
    return " ".join(text.split()) or None


def without_addresses(value: Any) -> Any:
    """JSON-like `value` with every e-mail address in its texts and keys replaced."""
    if isinstance(value, str):
        return _EMAIL.sub(REMOVED, value) if "@" in value or "%40" in value else value
    if isinstance(value, dict):
        return {without_addresses(name): without_addresses(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [without_addresses(inner) for inner in value]
    return value
