"""How TCIA writes values: PHP's many kinds of nothing, words, numbers and days.

Its Collection Manager is WordPress: a field without a value is `""`, `false`, `[]`, `[false]` or
absent, a number is text or a number, and a text may lie under `rendered`.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from schemas.vocabulary import modality, table

_DAYS = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d", "%Y%m%d")
_UNITS = {"kb": 10**3, "mb": 10**6, "gb": 10**9, "tb": 10**12}


def first(record: Mapping[str, Any], *names: str) -> Any:
    """The value of the first of `names` that holds one, None if none does."""
    return next((record[name] for name in names if record.get(name) not in _NOTHING), None)


def text(value: Any) -> str | None:
    """One text; None for every kind of nothing."""
    if isinstance(value, dict):
        return text(first(value, "rendered", "title", "label", "name"))
    if isinstance(value, list):
        return text(value[0]) if value else None
    if value is None or isinstance(value, bool):
        return None
    return str(value).strip() or None


def words(value: Any) -> list[str]:
    """Every text of a list, once; a single text is a list of one."""
    found = (text(part) for part in (value if isinstance(value, list) else [value]))
    return list(dict.fromkeys(word for word in found if word))


def web(value: Any) -> str | None:
    """An address of the web; None for anything else."""
    written = text(value) or ""
    try:
        return written if urlsplit(written).scheme in ("http", "https") else None
    except ValueError:
        return None


def number(value: Any) -> int | None:
    """A whole number from 0, written as a number or as text ("1,566"); None if it is none."""
    found = _decimal(value)
    return _counted(found) if found is not None and found == found.to_integral_value() else None


def size(value: Any, unit: Any) -> int | None:
    """Bytes of a size and its unit (kb, mb, gb or tb, decimal); None if either is unknown."""
    found, factor = _decimal(value), _UNITS.get((text(unit) or "").lower())
    return None if found is None or factor is None else _counted(found * factor)


def day(value: Any) -> datetime | None:
    """A day as TCIA writes it, at midnight UTC; None if it is none."""
    written = text(value) or ""
    for form in _DAYS:
        try:
            return datetime.strptime(written, form).replace(tzinfo=UTC)
        except ValueError:
            continue
    return None


def modality_of(word: str) -> str | None:
    """The DICOM modality code of a data type's word; None if it names no one modality."""
    known = lookup("data_types", "word").get(table.squeeze(word))
    if known is not None:
        return known["modality"] or None
    return word if word in modality.codes() else None


def annotation_of(word: str) -> str | None:
    """The kind of annotation that a data type's word names, if it names one."""
    return lookup("data_types", "word").get(table.squeeze(word), {}).get("annotation") or None


def media_type_of(word: str) -> str | None:
    """The media type of a file type's word, if there is one."""
    return lookup("file_types", "word").get(table.squeeze(word), {}).get("media_type")


@cache
def lookup(name: str, key: str) -> dict[str, dict[str, str]]:
    """The rows of the table `name` beside this file, by the letters of their column `key`."""
    with Path(__file__).with_name(f"{name}.csv").open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(line for line in file if not line.startswith("#"))
        return {table.squeeze(row[key]): row for row in rows}


_NOTHING: tuple[Any, ...] = (None, False, "", [], [False], {})


def _decimal(value: Any) -> Decimal | None:
    written = (text(value) or "").replace(",", "")
    try:
        found = Decimal(written)
    except InvalidOperation:
        return None
    return found if found.is_finite() and found >= 0 else None


def _counted(found: Decimal) -> int | None:
    """A whole number as it fits 64 bits; what does not is no count."""
    return int(found.to_integral_value()) if found < 2**63 else None
