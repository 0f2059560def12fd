"""Regular expressions (RE2) as SQL over a text's `value`."""

from __future__ import annotations


def literal(text: str) -> str:
    """`text` as an SQL string literal."""
    return "'" + text.replace("'", "''") + "'"


def matches(pattern: str) -> str:
    """Condition: `pattern` occurs in `value`."""
    return f"regexp_matches(value, {literal(pattern)})"


def extract(pattern: str, group: int = 0) -> str:
    """The first match of `pattern` in `value`, or '' if there is none."""
    return f"regexp_extract(value, {literal(pattern)}, {group})"
