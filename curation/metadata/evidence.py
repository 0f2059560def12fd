"""What a finding may show of a value: its shape, never its content."""

from __future__ import annotations

LONGEST = 24
"""Characters of a shape that are shown."""

# An address is replaced whole: the lengths of its parts alone can tell whose it is.
_SHAPE = r"""
replace(regexp_replace(regexp_replace(regexp_replace(regexp_replace(value,
    '[^\s@]+@[^\s@]+', chr(7), 'g'),
    '\p{N}', '9', 'g'),
    '\p{Lu}', 'A', 'g'),
    '[\p{Ll}\p{Lt}\p{Lm}\p{Lo}]', 'a', 'g'), chr(7), 'a***@***')
"""

MACRO = rf"""
CREATE OR REPLACE TEMP MACRO shown_evidence(kind, value) AS
CASE kind
  WHEN 'plain' THEN left(value, 100)
  WHEN 'age' THEN
    CASE WHEN try_cast(regexp_extract(value, '(?i)^\s*(\d+)\s*y?\s*$', 1) AS INTEGER) > 120
         THEN '> 120 Y' ELSE '> 89 Y' END
  ELSE left({_SHAPE}, {LONGEST})
END
"""
"""SQL macro (kind, value): `kind` is a member of `curation.checks.Evidence`."""
