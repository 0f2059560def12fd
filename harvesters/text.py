"""Harvested text as plain text: no markup, no control characters, no e-mail addresses."""

from __future__ import annotations

import html
import re

import nh3

_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069]")


def plain_text(raw: str | None) -> str | None:
    """`raw` without markup, entities resolved, white space folded; None if nothing is left.

    E-mail addresses are replaced by "[e-mail removed]": people named in a description did not
    ask to be in a catalogue.
    """
    if raw is None:
        return None
    text = html.unescape(nh3.clean(raw, tags=set(), clean_content_tags={"script", "style"}))
    text = _EMAIL.sub("[e-mail removed]", _CONTROL.sub("", text))
    return " ".join(text.split()) or None
