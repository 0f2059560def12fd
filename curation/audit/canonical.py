"""JSON with one spelling (RFC 8785, without floating-point numbers), so that a hash means it."""

from __future__ import annotations

import json
from typing import Any

_SAFE = (1 << 53) - 1


def canonical(value: Any) -> bytes:
    """The value in the spelling of RFC 8785. Raises ValueError for what has none here.

    Numbers are whole and within ±(2^53 - 1); floating-point numbers are refused, for they are
    written differently by different programs.
    """
    text = json.dumps(_ordered(value), ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8")


def _ordered(value: Any) -> Any:
    if isinstance(value, dict):
        if not all(isinstance(key, str) for key in value):
            raise ValueError("a key is no text")
        keys = sorted(value, key=lambda key: key.encode("utf-16-be"))
        return {str(key): _ordered(value[key]) for key in keys}
    if isinstance(value, list | tuple):
        return [_ordered(item) for item in value]
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return value
    if isinstance(value, int) and abs(value) <= _SAFE:
        return value
    raise ValueError(f"a {type(value).__name__} has no one spelling")
